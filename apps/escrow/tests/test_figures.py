"""What /metrics says of payouts."""

import pytest
from django.test import Client

from apps.escrow import services
from apps.escrow.services import StayPetEscrow
from apps.escrow.tests.holds import a_day_passes

TOKEN = "t" * 32


@pytest.fixture
def figures(settings):
    """Read /metrics as monitoring does."""
    settings.METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        text = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("petwash_payout")]
        return {name: float(value) for name, value in lines}

    return read


def test_payouts_due_blocked_and_run(story, agent, figures, stripe_sandbox):
    assert figures() == {
        "petwash_payouts_due": 0, "petwash_payouts_blocked": 0, "petwash_payouts_oldest_due_seconds": 0,
    }  # fmt: skip
    story.pay()
    story.complete()
    a_day_passes(extra=600)
    due = figures()
    assert due["petwash_payouts_due"] == 1
    assert due["petwash_payouts_oldest_due_seconds"] >= 600
    StayPetEscrow.freeze(booking_id=story.booking_id, actor=agent, reason="a complaint")
    frozen = figures()
    assert (frozen["petwash_payouts_due"], frozen["petwash_payouts_blocked"]) == (0, 1)
    StayPetEscrow.lift(booking_id=story.booking_id, actor=agent, reason="settled")
    services.release_due_payouts()
    paid = figures()
    facts = {name.split('"')[1]: value for name, value in paid.items() if name.startswith("petwash_payout_run{")}
    assert facts.pop("age_seconds") < 600
    assert facts == {"claimed": 1, "started": 1, "postponed": 0, "stopped": 0}
