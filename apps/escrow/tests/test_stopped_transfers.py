"""A transfer that was sent without an answer, and what may not leave any more: looked up, never sent again."""

from datetime import timedelta
from typing import Any

import pytest

from apps.common.clock import real_now
from apps.escrow.models import Release
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes, swept, usd
from apps.ledger import selectors as ledger
from apps.payments.models import Operation
from apps.payments.services.operations import ARRIVES_WITHIN


@pytest.fixture
def unanswered(story: Any, stripe_sandbox: Any) -> Any:
    """A payout whose transfer never reached the gateway."""
    story.pay()
    story.complete()
    a_day_passes()
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_request", times=50)
    story.release()
    stripe_sandbox.repair()
    return story


def freeze(story: Any, agent: Any, sandbox: Any) -> None:
    StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="a scratched sofa")


def dispute(story: Any, agent: Any, sandbox: Any) -> None:
    sandbox.dispute(sandbox.objects("charge")[0]["id"])
    sandbox.deliver_webhooks()


def long_ago() -> None:
    """What was asked for cannot arrive any more."""
    Operation.objects.update(asked_at=real_now() - ARRIVES_WITHIN - timedelta(seconds=1))


@pytest.mark.parametrize(("stop", "code"), [(freeze, "escrow_frozen"), (dispute, "payment_disputed")])
def test_it_is_not_sent_again_and_comes_back_once_it_cannot_arrive(
    unanswered: Any, agent: Any, stripe_sandbox: Any, stop: Any, code: str
) -> None:
    stop(unanswered, agent, stripe_sandbox)
    swept(unanswered.row.opened_at)
    assert (stripe_sandbox.objects("transfer"), unanswered.hold.state) == ([], "releasing")
    long_ago()
    swept(unanswered.row.opened_at)
    assert (stripe_sandbox.objects("transfer"), unanswered.hold.state) == ([], "release_due")
    assert (unanswered.balances(), unanswered.hold.stay_left) == ((10_000, 1_000), usd(10_000))
    assert Release.objects.get().failure_code == code
    assert ledger.check().ok


def test_what_did_arrive_is_found_and_booked(story: Any, agent: Any, stripe_sandbox: Any) -> None:
    story.pay()
    story.complete()
    a_day_passes()
    stripe_sandbox.fault("POST", "/v1/transfers", "drop_answer", times=50)
    story.release()
    stripe_sandbox.repair()
    freeze(story, agent, stripe_sandbox)
    long_ago()
    swept(story.row.opened_at)
    assert (len(stripe_sandbox.objects("transfer")), story.hold.state) == (1, "released")


def test_a_look_up_does_not_put_the_end_off(unanswered: Any, agent: Any, stripe_sandbox: Any) -> None:
    freeze(unanswered, agent, stripe_sandbox)
    before = Operation.objects.get(kind="transfer").asked_at
    swept(unanswered.row.opened_at)
    assert Operation.objects.get(kind="transfer").asked_at == before


def test_lifted_in_time_it_is_sent_again_under_the_same_key(unanswered: Any, agent: Any, stripe_sandbox: Any) -> None:
    freeze(unanswered, agent, stripe_sandbox)
    swept(unanswered.row.opened_at)
    StayPetEscrow.lift(booking_id=unanswered.booking_id, actor=agent, reason="settled")
    swept(unanswered.row.opened_at)
    assert (len(stripe_sandbox.objects("transfer")), unanswered.hold.state) == (1, "released")
    assert Release.objects.count() == 1
