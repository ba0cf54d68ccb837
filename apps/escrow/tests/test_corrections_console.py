"""Finance puts right what went wrong after a payout, in the console: amounts, a reason, a record."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from apps.common.clock import real_now
from apps.common.models import AuditEntry, IdempotencyRecord
from apps.escrow.models import ClawBack, Goodwill, PayeeStanding, Receivable
from apps.escrow.tests.paid_out import claw, owed, spend
from apps.ledger import selectors as ledger
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


HOSTILE = ["0", "-0", "-40", "-0.01", "110.01", "1000000000000", "1e12"]


@pytest.mark.parametrize(
    ("action", "field"),
    [("claw_back", "stay"), ("claw_back", "owner_fee"), ("goodwill", "amount"), ("recover", "amount")],
)
def test_amounts_of_nothing_less_or_too_much_change_nothing(released, agent, stripe_sandbox, action, field):
    before = ledger.trial_balance()
    client = console(agent)
    for amount in HOSTILE:
        choose(client, LIST, action, released.row, **{field: amount}, reason="Because.")
    choose(client, LIST, "claw_back", released.row, stay="40", owner_fee="-40", reason="They cancel out.")
    assert (released.hold.state, ClawBack.objects.count(), Goodwill.objects.count()) == ("released", 0, 0)
    assert ledger.trial_balance() == before
    assert (stripe_sandbox.objects("refund"), stripe_sandbox.objects("transfer_reversal")) == ([], [])


def once_of(page: str) -> str:
    """Return what tells this copy of a form from others."""
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def test_a_form_that_is_sent_twice_gives_once(released, agent):
    client = console(agent)
    first, second = (once_of(choose(client, LIST, "goodwill", released.row)) for _ in range(2))
    wish = {"amount": "20", "reason": "We are sorry."}
    choose(client, LIST, "goodwill", released.row, once=first, **wish)
    assert "sent already" in choose(client, LIST, "goodwill", released.row, once=first, **wish)
    assert Goodwill.objects.count() == 1
    choose(client, LIST, "goodwill", released.row, once=second, **wish)
    assert Goodwill.objects.count() == 2


def test_a_form_that_broke_off_is_not_carried_out_again_however_late(released, agent):
    """The gift stands, the page broke: a reload after any lease must not give another."""
    client = console(agent)
    once = once_of(choose(client, LIST, "goodwill", released.row))
    wish = {"amount": "20", "reason": "We are sorry.", "once": once}
    broken = patch("apps.payments.services.execute_refund", side_effect=RuntimeError("the server stops"))
    with broken, pytest.raises(RuntimeError):
        choose(client, LIST, "goodwill", released.row, **wish)
    IdempotencyRecord.objects.update(lease_expires_at=real_now() - timedelta(seconds=1))
    assert "sent already" in choose(client, LIST, "goodwill", released.row, **wish)
    assert Goodwill.objects.count() == 1


def test_a_form_that_was_refused_may_be_sent_again(released, agent):
    client = console(agent)
    once = once_of(choose(client, LIST, "goodwill", released.row))
    assert "must be above 0" in choose(client, LIST, "goodwill", released.row, once=once, amount="500", reason="Sorry.")
    choose(client, LIST, "goodwill", released.row, once=once, amount="50", reason="Sorry.")
    assert Goodwill.objects.get().amount_minor == 5_000


BY_POST = [
    (LIST, "claw_back"), (LIST, "recover"), (LIST, "goodwill"), (LIST, "surplus_again"), (LIST, "refund_again"),
    (LIST, "pause_sitter"), (LIST, "freeze"), (LIST, "lift"),
]  # fmt: skip


@pytest.mark.parametrize("group", ["Support", "Operations"])
def test_a_direct_post_of_staff_without_the_permission_changes_nothing(released, agent, stripe_sandbox, group):
    before = ledger.trial_balance()
    client = console(member_of(group))
    audited = AuditEntry.objects.count()
    for path, action in BY_POST:
        choose(client, path, action, released.row, stay="10", owner_fee="0", amount="10", reason="Because.")
    hold = released.hold
    assert (hold.state, hold.frozen, ClawBack.objects.count(), Goodwill.objects.count()) == ("released", False, 0, 0)
    assert (AuditEntry.objects.count(), PayeeStanding.objects.count()) == (audited, 0)
    assert ledger.trial_balance() == before
    assert stripe_sandbox.objects("refund") == []


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
