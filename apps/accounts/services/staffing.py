"""Who belongs to the staff, and to which of its groups: administrators decide, and each change has a reason."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from apps.accounts.events import PasswordResetRequested
from apps.accounts.models import User
from apps.accounts.services import moderation, sessions
from apps.accounts.states import EndReason, Role
from apps.common import audit, events
from apps.common.errors import Conflict, Forbidden, InvalidInput


def invite(*, actor: User | None, email: str, full_name: str, groups: Collection[str], reason: str) -> User:
    """Make an account of staff in these groups, and mail its owner a link to set a password.

    `actor` is None for who runs commands on the server. The console still asks for a second factor (`enroll_otp`).

    Raises: Forbidden; InvalidInput for no or an unknown group, or without a reason; Conflict(address_has_account).
    """
    _refuse_all_but_administrators(actor)
    chosen = _groups(groups)
    if not chosen:
        raise InvalidInput.field("groups", "Name at least one group: without one there is nothing to see.")
    try:
        with transaction.atomic(durable=True):
            user = User.objects.create_user(email, None, full_name=full_name, role=Role.STAFF, is_staff=True)
            user.groups.set(chosen)
            events.publish(PasswordResetRequested(user_id=str(user.public_id)))
            _record(actor, "accounts.staff_invited", user, chosen, reason)
    except IntegrityError as error:
        raise Conflict(
            "address_has_account",
            "This address has an account. Staff use one of their own, apart from what they own or sit.",
        ) from error
    return user


def set_groups(
    *, actor: User | None, user: User, groups: Collection[str], reason: str, was: Collection[str] | None = None
) -> list[str]:
    """Put a member of staff into exactly these groups; without any, the account is staff no more and is signed out.

    Takes effect with the next request: what a group may do is read anew each time. `was` is what the decision was made
    on: when a colleague has decided otherwise meanwhile, nothing changes. Returns the groups before.

    Raises: Forbidden; InvalidInput for an unknown group or without a reason; Conflict(not_staff, administrator,
    own_groups, changed_meanwhile).
    """
    _refuse_all_but_administrators(actor)
    chosen = _groups(groups)
    if actor is not None and actor.pk == user.pk:
        raise Conflict("own_groups", "Ask a colleague: nobody decides what they may do themselves.")
    with transaction.atomic(durable=True):
        member = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if member.role != Role.STAFF:
            raise Conflict("not_staff", "This account owns or sits pets. Invite the person with an address for work.")
        if member.is_superuser:
            raise Conflict("administrator", "Administrators are in every group.")
        before = sorted(member.groups.values_list("name", flat=True))
        if was is not None and sorted(was) != before:
            now = ", ".join(before) or "no group"
            raise Conflict("changed_meanwhile", f"The groups have changed meanwhile, to {now}. Look at them again.")
        member.groups.set(chosen)
        member.is_staff = bool(chosen)
        member.save(update_fields=["is_staff"])
        if not chosen:
            sessions.end_sessions(member, EndReason.LEFT_STAFF)
        _record(actor, "accounts.staff_groups_set", member, chosen, reason, before=before)
    return before


def group_names() -> list[str]:
    """Return what groups there are, by name."""
    return list(Group.objects.order_by("name").values_list("name", flat=True))


def _refuse_all_but_administrators(actor: User | None) -> None:
    if actor is not None and not (actor.is_active and actor.is_staff and actor.is_superuser):
        raise Forbidden("administrators_only", "Only administrators decide who belongs to the staff.")


def _groups(names: Collection[str]) -> list[Group]:
    found = list(Group.objects.filter(name__in=set(names)).order_by("name"))
    unknown = set(names) - {group.name for group in found}
    if unknown:
        known = ", ".join(group_names())
        raise InvalidInput.field("groups", f"Nobody knows {', '.join(sorted(unknown))}. There are: {known}.")
    return found


def _record(actor: User | None, action: str, user: User, groups: list[Group], reason: str, **facts: list[str]) -> None:
    why = moderation.checked_reason(reason)
    audit.record(actor, action, moderation.subject_of(user), why, groups=[group.name for group in groups], **facts)
