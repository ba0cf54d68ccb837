"""A refund that no card could take back reaches the owner by transfer: the mail, the money page, the receipt say so."""

from collections.abc import Callable
from typing import Any

from apps.bookings.models import Booking
from apps.common.money import Money
from apps.escrow.amounts import Parts
from apps.escrow.services import StayPetEscrow
from apps.payments.tests.fixtures import Sandbox
from petwash.testing.staff import member_of


def test_the_owner_reads_of_the_transfer_and_of_its_return(
    api: Any, paid: Booking, written: Callable[[], dict[str, str]], stripe_sandbox: Sandbox
) -> None:
    key, owner = str(paid.public_id), paid.owner.email
    zero = Money.zero("USD")
    StayPetEscrow.refund(booking_id=key, stay=Money(4_000, "USD"), owner_fee=zero, reason="staff_decision", actor=None)
    stripe_sandbox.fail_refund(stripe_sandbox.objects("refund")[0]["id"])
    stripe_sandbox.deliver_webhooks()
    written()
    first, second = member_of("Finance"), member_of("Finance")
    row = StayPetEscrow.propose_bank_refund(
        booking_id=key, parts=Parts.of(4_000, 0, "USD"), reference="PW-77", reason="Card closed.", actor=first
    )
    assert written() == {}
    decision = {"bank_refund_id": str(row.public_id), "reason": "Looked at it."}
    StayPetEscrow.send_bank_refund(**decision, actor=second)
    letters = written()
    assert list(letters) == [owner]
    assert "40.00 USD by bank transfer. On your statement it is called PW-77." in letters[owner]
    money = api(paid.owner).get(f"/api/v1/bookings/{key}/money").json()
    assert (money["refunded_minor"], money["paid_in_minor"]) == (4_000, paid.total_minor)
    receipt = api(paid.owner).get(f"/api/v1/bookings/{key}/receipt").json()
    assert receipt["refunded_minor"] == 4_000
    assert ("Sent to the owner by bank transfer (staff decision).", -4_000) in [
        (line["what"], line["amount_minor"]) for line in receipt["lines"]
    ]
    StayPetEscrow.bank_refund_returned(**decision, actor=first)
    assert "our transfer of 40.00 USD" in written()[owner]
    assert api(paid.owner).get(f"/api/v1/bookings/{key}/money").json()["refunded_minor"] == 0
