"""`manage.py enroll_otp EMAIL`: a second factor for the first administrator."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts import selectors
from apps.accounts.services import second_factor
from apps.common.errors import DomainError


class Command(BaseCommand):
    """Prints the secret once; who can run this can read the database anyway."""

    help = "Set up a second factor for an account and print its secret and recovery codes, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address, and whether an existing second factor may go."""
        parser.add_argument("email", help="the address of the account")
        parser.add_argument("--replace", action="store_true", help="void a second factor that is already on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises: CommandError for an unknown or inactive account, or one that has a factor."""
        user = selectors.find_by_email(options["email"])
        if user is None or not user.is_active:
            raise CommandError("No active account has this address. Make it: createsuperuser.")
        try:
            enrolled = second_factor.enrol_directly(user=user, replace=options["replace"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} Or run this again with --replace.") from refusal
        self.stdout.write(f"otpauth URI: {enrolled.otpauth_uri}")
        self.stdout.write(f"secret: {enrolled.secret}")
        self.stdout.write("recovery codes (each works once; they are not shown again):")
        for code in enrolled.recovery_codes:
            self.stdout.write(f"  {code}")
