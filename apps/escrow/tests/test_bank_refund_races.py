"""Two of Finance at once, or Finance and the gateway: one wins, and the owner has the money once."""

from typing import Any

import pytest

from apps.escrow.models import BankRefund
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.transfers import propose, reject, send
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from petwash.testing.races import race
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_all_that_could_happen_to_it_happens(refused: Any, stripe_sandbox: Any) -> None:
    """Two propose while a third sends it to the card again; then two send the proposal and one rejects it."""
    first, second, third = (member_of("Finance") for _ in range(3))

    def again() -> str:
        booking = refused.booking_id
        return StayPetEscrow.refund_again(booking_id=booking, actor=third, reason="the card works again").status

    outcomes = race(lambda: propose(refused, first), lambda: propose(refused, second, reference="PW-2"), again)
    row = BankRefund.objects.first()
    if row is None:
        assert outcomes == ["no_refused_refund", "no_refused_refund", "paid"]
        paid = 4_500
    else:
        assert {"proposal_waiting", "no_refused_refund"} <= {code for code in outcomes if isinstance(code, str)}
        others = [person for person in (first, second, third) if person != row.proposed_by]
        decided = race(*[lambda who=who: send(row, who) for who in others], lambda: reject(row, others[0]))
        assert decided.count("proposal_decided") == 2
        row.refresh_from_db()
        paid = 0
    from_bank = -ledger.balance(AccountRef("bank"), "USD").amount_minor
    assert from_bank == (4_500 if row and row.status == "sent" else 0)
    assert sum(refused.balances()) == 11_000 - paid - from_bank
    assert len(stripe_sandbox.objects("refund")) == 1 + (row is None)
    assert ledger.check().ok
