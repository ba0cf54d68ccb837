"""POST /sitter/payout-account: opened once, whatever happens in between."""

import pytest

from apps.payments import selectors as payments_q
from apps.sitters import selectors
from apps.sitters.models import SitterProfile

pytestmark = pytest.mark.django_db
PATH = "/api/v1/sitter/payout-account"


def test_the_account_is_opened_once_and_bound_to_the_profile(api, sitter_user, stripe_sandbox):
    first = api(sitter_user).post(PATH)
    again = api(sitter_user).post(PATH)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(stripe_sandbox.objects("account")) == 1
    profile = SitterProfile.objects.get()
    payee = payments_q.payee_of(sitter_user)
    assert payee is not None
    assert selectors.payee_id_of(profile) == payee.id == first.json()["id"]
    assert first.json()["payouts_enabled"] is payee.payouts_enabled


def test_an_outage_answers_503_and_binds_nothing(api, sitter_user, stripe_sandbox, settings):
    settings.STRIPE_API_BASE = "http://127.0.0.1:1"
    answer = api(sitter_user).post(PATH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "gateway_unavailable")
    assert not SitterProfile.objects.exists()


def test_before_it_there_is_no_payee(api, sitter_user):
    api(sitter_user).put("/api/v1/sitter/profile", {"display_name": "Simon"})
    assert selectors.payee_id_of(SitterProfile.objects.get()) is None


def test_is_for_sitters_with_a_verified_address(api, owner, sitter_user):
    assert api(owner).post(PATH).json()["error"]["code"] == "sitter_role_required"
    sitter_user.email_verified_at = None
    sitter_user.save()
    assert api(sitter_user).post(PATH).json()["error"]["code"] == "email_not_verified"
    assert api().post(PATH).status_code == 401
