"""Finance puts right what went wrong after a payout, in the console: amounts, a reason, a record."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from apps.common.models import AuditEntry
from apps.escrow.models import ClawBack, Goodwill, Receivable
from apps.escrow.tests.paid_out import claw, owed, spend
from petwash.testing.staff import console, member_of

LIST = "/admin/escrow/hold/"
DEBTS = "/admin/escrow/receivable/"


def choose(client, path, action, *rows, **data):
    """Choose rows of a list and act."""
    body = {"action": action, ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows], **data}
    return client.post(path, body, follow=True).content.decode()


def test_a_claw_back_asks_for_its_amounts_and_a_reason(released, agent):
    client = console(agent)
    asked = choose(client, LIST, "claw_back", released.row)
    assert 'name="stay"' in asked
    assert 'name="owner_fee"' in asked
    assert released.hold.state == "released"
    choose(client, LIST, "claw_back", released.row, stay="40.00", owner_fee="", reason="A scratched sofa.")
    row = ClawBack.objects.get()
    assert (row.stay_minor, row.owner_fee_minor, row.status) == (4_000, 0, "done")
    assert AuditEntry.objects.get(action="escrow.claw_back").reason == "A scratched sofa."


@pytest.mark.parametrize("amount", ["40.001", "lots", "NaN", "1e99"])
def test_an_amount_that_is_none_is_told_and_changes_nothing(released, agent, amount):
    page = choose(console(agent), LIST, "claw_back", released.row, stay=amount, reason="Because.")
    assert "write it like" in page or "finer than" in page
    assert (released.hold.state, ClawBack.objects.count()) == ("released", 0)


def test_a_refusal_is_told(released, agent):
    page = choose(console(agent), LIST, "recover", released.row, amount="1", reason="Because.")
    assert "No lost dispute" in page


@pytest.mark.parametrize(
    ("group", "gives"), [("Finance", True), ("Trust & Safety", False), ("Operations", False), ("Support", False)]
)
def test_only_finance_gives_goodwill(released, group, gives):
    choose(console(member_of(group)), LIST, "goodwill", released.row, amount="20", reason="We are sorry.")
    assert Goodwill.objects.filter(amount_minor=2_000, status="paid").exists() == gives


def test_finance_writes_a_debt_off(released, agent, stripe_sandbox):
    spend(stripe_sandbox, 8_500)
    claw(released, 10_000, 1_000, agent)
    debt = Receivable.objects.get()
    client = console(member_of("Finance"))
    assert "85.00 USD" in client.get(DEBTS).content.decode()
    choose(client, DEBTS, "write_off", debt, reason="Insolvent.")
    assert owed(released) == 0


def test_the_page_of_a_hold_shows_what_was_put_right(released, agent):
    claw(released, 4_000, 0, agent)
    text = console(agent).get(f"{LIST}{released.row.pk}/change/").content.decode()
    assert "a scratched sofa" in text
