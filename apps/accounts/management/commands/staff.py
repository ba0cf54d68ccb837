"""`manage.py staff EMAIL --groups Finance --reason …`: who belongs to the staff, and to which groups."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from apps.accounts import selectors
from apps.accounts.services import staffing
from apps.common.errors import DomainError, InvalidInput


class Command(BaseCommand):
    """Sets the groups of a member of staff, or invites one."""

    help = "Put a member of staff into exactly these groups; with --invite, make the account and mail a link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address, the groups, the reason, and the name of who is new."""
        parser.add_argument("email", help="the address of the account")
        parser.add_argument("--groups", default="", help="names, parted by commas; none takes them all away")
        parser.add_argument("--was", help="change only who is in exactly these groups now; parted by commas")
        parser.add_argument("--reason", required=True, help="why; it stays in the audit")
        parser.add_argument("--invite", metavar="FULL_NAME", help="make the account of a new member of staff")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError when refused, with what to do."""
        email, reason = options["email"], options["reason"]
        groups, was = _names(options["groups"]), options["was"]
        before: list[str] = []
        try:
            if options["invite"]:
                validate_email(email)
                name = options["invite"]
                staffing.invite(actor=None, email=email, full_name=name, groups=groups, reason=reason)
            else:
                user = selectors.find_by_email(email)
                if user is None:
                    raise CommandError("Nobody has this address. To make an account of staff: --invite 'FULL NAME'.")
                seen = None if was is None else _names(was)
                before = staffing.set_groups(actor=None, user=user, groups=groups, reason=reason, was=seen)
        except ValidationError as error:
            raise CommandError(f"{email!r} is no e-mail address.") from error
        except InvalidInput as refusal:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(why)}" for field, why in refusal.details.items())
            ) from refusal
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        after = ", ".join(groups) or "no group, and staff no more"
        self.stdout.write(f"{email}: {after}. Before: {', '.join(before) or 'no group'}.")


def _names(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]
