"""Reads of accounts."""

from collections.abc import Collection
from typing import Any

from apps.accounts import recovery
from apps.accounts.models import RecoveryDevice, SessionFamily, TOTPDevice, User
from apps.common.ids import parse_public_id


def find_by_email(email: str) -> User | None:
    """Return whose address this is, whatever its case; None when nobody's."""
    return User.objects.with_address(email).first()


def find_by_public_id(public_id: str) -> User | None:
    """Return the account with this outside id; None when there is none."""
    return User.objects.filter(public_id=public_id).first()


def find_open_session(session_id: str) -> SessionFamily | None:
    """Return the session with its person in one query; None when it has ended or never was."""
    key = parse_public_id(session_id)
    if key is None:
        return None
    rows = SessionFamily.objects.open().select_related("user")
    return rows.filter(public_id=key).first()


def device_for_code(user: User, code: str) -> TOTPDevice | RecoveryDevice | None:
    """Return the device that a code of this form is for, so that nobody has to choose one."""
    device: TOTPDevice | RecoveryDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    if recovery.looks_like_code(code):
        device = RecoveryDevice.objects.filter(user=user).first()
    return device


def belongs_to(person: Any, *groups: str) -> bool:
    """Tell whether somebody is active staff in any of the groups; administrators are in all.

    The groups are read once a request: the answer stays with the person's object.
    """
    if not (person.is_active and person.is_staff):
        return False
    if person.is_superuser:
        return True
    if not hasattr(person, "_group_names"):
        person._group_names = set(person.groups.values_list("name", flat=True))
    return not person._group_names.isdisjoint(groups)


def addresses_of(ids: Collection[str]) -> dict[str, str]:
    """Return the addresses of people by their inside id, in one query."""
    people = User.objects.filter(pk__in=[int(key) for key in ids])
    return {str(key): address for key, address in people.values_list("pk", "email")}
