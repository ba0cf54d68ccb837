"""A clearance ends after its year, by the sweep and, before it, by the clock."""

import pytest

from apps.common.clock import advance_business_clock
from apps.common.models import OutboxEvent
from apps.sitters import services as sitters
from apps.sitters.models import SitterProfile, TrustTransition
from apps.sitters.services import results
from apps.sitters.tests.conftest import SUBMIT, application
from apps.sitters.tests.factories import ClearedSitterFactory

pytestmark = pytest.mark.django_db
YEAR = 366 * 24 * 3600


def test_the_sweep_expires_what_is_due_and_nothing_else():
    old = ClearedSitterFactory.create()
    advance_business_clock(YEAR)
    fresh = ClearedSitterFactory.create()
    assert sitters.expire_clearances() == 1
    assert sitters.expire_clearances() == 0
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.vetting_status, old.trust_badge) == ("expired", "none")
    assert (fresh.vetting_status, fresh.trust_badge) == ("cleared", "vetted")
    transition = TrustTransition.objects.get()
    assert (transition.sitter, transition.to_status, transition.cause) == (old, "expired", "clearance_expired")
    event = OutboxEvent.objects.get(name="sitters.SitterTrustChanged")
    assert event.payload["to_status"] == "expired"


def test_more_than_one_batch(monkeypatch):
    monkeypatch.setattr(results, "EXPIRY_BATCH", 2)
    for _ in range(5):
        ClearedSitterFactory.create()
    advance_business_clock(YEAR)
    assert sitters.expire_clearances() == 5


def test_an_open_renewal_takes_the_place_of_the_ended_clearance(api, sitter_user, vet):
    vet(sitter_user)
    advance_business_clock(310 * 24 * 3600)
    api(sitter_user).post(SUBMIT, application())
    advance_business_clock(60 * 24 * 3600)
    assert sitters.expire_clearances() == 1
    assert SitterProfile.objects.get().vetting_status == "pending"


def test_an_expired_sitter_can_apply_again(api, sitter_user, vet):
    vet(sitter_user)
    advance_business_clock(YEAR)
    sitters.expire_clearances()
    assert api(sitter_user).get("/api/v1/sitter/vetting").json()["status"] == "expired"
    vet(sitter_user)
    assert SitterProfile.objects.get().vetting_status == "cleared"


def test_between_the_end_and_the_sweep_the_api_says_expired(api, sitter_user, vet):
    vet(sitter_user)
    advance_business_clock(YEAR)
    body = api(sitter_user).get("/api/v1/sitter/vetting").json()
    assert (body["status"], body["badge"]) == ("expired", "none")
