"""Finance pays by transfer what no card could take back, in the console: proposed, looked at, sent, come back."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from apps.escrow.models import BankRefund
from petwash.testing.staff import console, member_of

LIST = "/admin/escrow/bankrefund/"
PROPOSE = f"{LIST}propose/"
HOLDS = "/admin/escrow/hold/"


def post(client: Any, path: str, **fields: str) -> str:
    return str(client.post(path, fields, follow=True).content.decode())


def choose(client: Any, action: str, row: BankRefund, **fields: str) -> str:
    return post(client, LIST, action=action, **{ACTION_CHECKBOX_NAME: str(row.pk)}, **fields)


def test_it_is_proposed_looked_at_sent_and_comes_back(refused: Any) -> None:
    first, second = console(member_of("Finance")), console(member_of("Finance"))
    assert refused.booking_id in first.get(f"{HOLDS}?refund=waits").content.decode()
    wish = {
        "booking": refused.booking_id, "stay": "40.00", "owner_fee": "5", "reference": "pw-1234",
        "reason": "Card closed.",
    }  # fmt: skip
    shown = post(first, PROPOSE, **wish)
    assert "45.00 USD goes by bank transfer; the failed refund owes 45.00 USD" in shown
    assert not BankRefund.objects.exists()
    assert "45.00 USD by transfer PW-1234: proposed." in post(first, PROPOSE, **wish, decide="yes")
    assert "No refund of this payment waits" in post(first, PROPOSE, **wish, decide="yes")
    row = BankRefund.objects.get()
    assert refused.booking_id not in first.get(f"{HOLDS}?refund=waits").content.decode()
    seen = choose(second, "send", row)
    assert "under exactly this reference" in seen
    pin = seen.split('name="seen" value="')[1].split('"')[0]
    assert "Somebody else of Finance" in choose(first, "send", row, reason="Mine.", seen=pin)
    choose(second, "send", row, reason="Looked at it.", seen=pin)
    row.refresh_from_db()
    assert (row.status, refused.balances()) == ("sent", (6_000, 500))
    assert "PW-1234" in first.get(f"{HOLDS}{refused.row.pk}/change/").content.decode()
    assert "Looked at it." in first.get(f"{LIST}{row.pk}/change/").content.decode()
    choose(second, "returned", row, reason="Closed account.")
    row.refresh_from_db()
    assert (row.status, refused.balances()) == ("returned", (10_000, 1_000))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("stay", "40.001", "finer than the smallest unit"),
        ("stay", "lots", "is no amount"),
        ("stay", "40.01", "what the failed refund owes: 40.00 USD"),
        ("reference", "GB82WEST12345698765432", "looks like an account"),
        ("booking", "nobody", "There is no such thing"),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(refused: Any, field: str, typed: str, said: str) -> None:
    wish = {"booking": refused.booking_id, "stay": "1", "reference": "PW-1234", "reason": "Card closed.", field: typed}
    page = post(console(member_of("Finance")), PROPOSE, **wish, decide="yes")
    assert said in page
    assert (BankRefund.objects.count(), refused.hold.state) == (0, "held")


def test_only_finance_comes_in(refused: Any) -> None:
    client = console(member_of("Trust & Safety"))
    assert [client.get(path).status_code for path in (LIST, PROPOSE)] == [403, 403]
