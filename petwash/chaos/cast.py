"""The people of a run: owners who pay and sitters who can be paid. Run once, before the storm."""

import django


def main() -> None:
    """Make the accounts; each sitter's payout account is opened at the sandbox."""
    django.setup()
    from apps.accounts.models import User
    from apps.accounts.states import Role
    from apps.payments import services as payments
    from petwash.chaos.clients import OWNER, SITTER
    from petwash.chaos.stories import OWNERS, SITTERS

    def person(address: str, number: int, role: Role) -> User:
        user = User(email=address.format(number), full_name=f"{role.label} {number}", role=role)
        user.set_unusable_password()
        user.save()
        return user

    for number in range(OWNERS):
        person(OWNER, number, Role.OWNER)
    for number in range(SITTERS):
        payee = payments.open_payee_account(person(SITTER, number, Role.SITTER))
        assert payee.payouts_enabled, "the sandbox approves accounts at once"


if __name__ == "__main__":
    main()
