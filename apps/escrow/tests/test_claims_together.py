"""Claiming and settling many payouts together: the same rows as one by one, and one bad payee harms nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.models import OutboxEvent
from apps.escrow import journals, services
from apps.escrow.models import Funding, Hold, HoldTransition, PayoutRun, Release, ReleasePart
from apps.escrow.services import StayPetEscrow, releases, runs
from apps.escrow.tests.holds import Story, a_day_passes, usd
from apps.ledger import selectors as ledger
from apps.ledger.types import AccountRef
from apps.payments import services as payments
from apps.payments.gateways.port import BalanceFacts
from apps.payments.gateways.stripe_api import StripeGateway
from apps.payments.models import Operation, Transfer, Transition


def due(story: Story, many: int) -> list[Story]:
    """Return that many more holds whose 24 hours are over, beside the first."""
    with transaction.atomic():
        stories = [Story.open(str(uuid4()), story.owner, story.sitter) for _ in range(many)]
    for each in stories:
        each.pay()
        each.complete()
    a_day_passes()
    return stories


def rows_of(story: Story) -> dict[str, Any]:
    """Return what a payout has written about a hold, without ids and instants."""
    hold = story.row
    parts = ReleasePart.objects.filter(release__hold=hold)
    transfers = Transfer.objects.filter(public_id__in=list(parts.values_list("transfer_id", flat=True)))
    keys = [transfer.public_id for transfer in transfers]
    of_release = ("status", "currency", "payout_minor", "sitter_fee_minor", "owner_fee_minor", "offset_minor")
    of_part = ("status", "payout_minor", "sitter_fee_minor", "owner_fee_minor", "offset_minor", "failure_code")
    moves = HoldTransition.objects.filter(hold=hold, old_state__in=["release_due", "releasing"]).order_by("id")
    events = OutboxEvent.objects.filter(payload__booking_id=story.booking_id, name="escrow.PayoutReleased")
    return {
        "hold": (
            hold.state,
            hold.stay_left_minor,
            hold.owner_fee_left_minor,
            hold.last_problem,
            hold.released_at is None,
        ),
        "fundings": list(Funding.objects.filter(hold=hold).values_list("stay_left_minor", "owner_fee_left_minor")),
        "releases": list(Release.objects.filter(hold=hold).values_list(*of_release)),
        "parts": list(parts.values_list(*of_part)),
        "settled": [part.settled_at is None for part in parts],
        "moves": list(moves.values_list("old_state", "new_state")),
        "events": [{**event.payload, "hold_id": "", "booking_id": ""} for event in events],
        "transfers": list(transfers.values_list("purpose", "amount_minor", "currency", "status", "payee")),
        "groups": [transfer.transfer_group == story.booking_id for transfer in transfers],
        "operations": list(Operation.objects.filter(transfer__in=transfers).values_list("status", "attempts")),
        "transitions": list(Transition.objects.filter(subject_id__in=keys).values_list("kind", "to_status")),
        "journals": [
            (journal.kind, [(leg.account.kind, leg.amount) for leg in journal.legs])
            for journal in ledger.journals_of(AccountRef("escrow", story.booking_id))
        ],
    }


def test_together_writes_what_one_by_one_writes(story, stripe_sandbox, diary):
    alone, first, second = due(story, 3)
    diary.moves.clear()
    StayPetEscrow.release_payout(booking_id=alone.booking_id, actor=alone.sitter)
    assert services.release_due_payouts() == 2
    assert rows_of(first) == rows_of(alone)
    assert rows_of(second) == rows_of(alone)
    assert sorted(diary.moves) == ["released"] * 3 + ["releasing"] * 3
    assert ledger.check().ok


def test_a_hold_of_several_fundings_is_claimed_with_the_others(story, stripe_sandbox):
    story.pay()
    story.add(3_000, 300)
    story.complete()
    others = due(story, 2)
    assert services.release_due_payouts() == 4
    assert {each.hold.state for each in [story, *others]} == {"released"}
    assert sorted(row["amount"] for row in stripe_sandbox.objects("transfer")) == [2_550, 8_500, 8_500, 8_500]
    assert ledger.check().ok


@contextmanager
def broken(bad: Hold) -> Iterator[None]:
    """Let nothing be posted for this one."""
    together = journals.post_releases

    def break_one(pairs: Any) -> Any:
        pairs = list(pairs)
        if any(hold.pk == bad.pk for hold, _ in pairs):
            raise RuntimeError("this one is broken")
        return together(pairs)

    with patch.object(journals, "post_releases", break_one):
        yield


def test_what_goes_wrong_together_goes_one_by_one_and_only_the_bad_one_waits(story, stripe_sandbox):
    stories = due(story, 4)
    bad = Hold.objects.get(booking_id=stories[1].booking_id)
    with broken(bad), patch.object(runs, "claim", wraps=releases.claim) as claimed:
        assert services.release_due_payouts() == 3
    assert claimed.call_count == 4
    run = PayoutRun.objects.get()
    assert (run.claimed, run.started, run.postponed) == (3, 3, {"RuntimeError": 1})
    assert [each.hold.state for each in stories] == ["released", "release_due", "released", "released"]
    bad.refresh_from_db()
    assert (bad.last_problem, stories[1].balances()) == ("RuntimeError", (10_000, 1_000))
    assert ledger.check().ok


def test_a_bad_one_does_not_keep_cash_from_those_before_the_last(story, stripe_sandbox):
    """Together, the last was refused for want of cash; the bad one leaves its share to it after all."""
    stories = due(story, 4)
    cash = BalanceFacts({"USD": usd(3 * 8_500)}, {})
    with broken(stories[0].row), patch.object(StripeGateway, "balance", return_value=cash):
        assert services.release_due_payouts() == 3
    assert [each.hold.state for each in stories] == ["release_due", "released", "released", "released"]
    run = PayoutRun.objects.get()
    assert (run.claimed, run.stopped_by, run.postponed) == (3, "", {"RuntimeError": 1})
    assert ledger.check().ok


def test_one_frozen_between_claim_and_call_goes_back_and_the_others_go(story, agent, stripe_sandbox):
    stories = due(story, 3)
    claimed = runs._claim_batch(PayoutRun.objects.create(), runs.Budget.read()).transfers
    StayPetEscrow.freeze(booking_id=stories[1].booking_id, actor=agent, reason="a scratched sofa")
    assert payments.execute_transfers(claimed) == 2
    assert [each.hold.state for each in stories] == ["released", "release_due", "released"]
    assert len(stripe_sandbox.objects("transfer")) == 2
    assert ledger.check().ok


def test_the_statements_do_not_grow_with_the_payouts(story, stripe_sandbox):
    counts = []
    for many in (2, 5):
        due(story, many)
        with CaptureQueriesContext(connection) as queries:
            assert services.release_due_payouts() == many
        counts.append(len([query for query in queries if "common_business_clock" not in query["sql"]]))
    assert counts[0] == counts[1]
