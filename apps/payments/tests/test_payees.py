"""Payee accounts: one a person, opened once, completed by its holder."""

from typing import Any

import httpx
import pytest

from apps.common import privacy
from apps.common.errors import Conflict, Unavailable
from apps.payments import selectors, services
from apps.payments.models import Operation, PayeeAccount
from apps.payments.stripe_sandbox.context import Rules
from apps.payments.tests.fixtures import Sandbox
from apps.payments.tests.test_outages import later

pytestmark = pytest.mark.django_db


def test_an_account_is_opened_once(stripe_sandbox: Sandbox, sitter_user: Any) -> None:
    first = services.open_payee_account(sitter_user)

    assert services.open_payee_account(sitter_user) == first
    assert first.payouts_enabled is True
    (account,) = stripe_sandbox.objects("account")
    assert (account["id"], account["email"]) == (first.provider_account_id, sitter_user.email)
    assert selectors.payee_of(sitter_user) == selectors.payee(first.id) == first


def test_without_an_answer_the_person_is_told_and_the_sweep_finishes(stripe_sandbox: Sandbox, sitter_user: Any) -> None:
    stripe_sandbox.fault("POST", "/v1/accounts", "drop_answer", times=3)
    with pytest.raises(Unavailable) as refusal:
        services.open_payee_account(sitter_user)
    assert refusal.value.code == "gateway_unavailable"
    stripe_sandbox.advance_clock(60)

    with later():
        services.resume_stale()

    assert services.open_payee_account(sitter_user).payouts_enabled is True
    assert len(stripe_sandbox.objects("account")) == 1


def test_an_account_is_found_again_after_its_key_was_pruned(stripe_sandbox: Sandbox, sitter_user: Any) -> None:
    stripe_sandbox.fault("POST", "/v1/accounts", "drop_answer", times=3)
    with pytest.raises(Unavailable):
        services.open_payee_account(sitter_user)
    stripe_sandbox.advance_clock(25 * 3600)

    with later():
        services.open_payee_account(sitter_user)

    assert len(stripe_sandbox.objects("account")) == 1


def test_a_refusal_is_told_and_may_be_tried_again(
    stripe_sandbox: Sandbox, sitter_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("apps.payments.services.payees.COUNTRY", "Nowhere")
        with pytest.raises(Conflict) as refusal:
            services.open_payee_account(sitter_user)
    assert refusal.value.code == "payee_refused"

    assert services.open_payee_account(sitter_user).payouts_enabled is True
    assert Operation.objects.get().generation == 2


class TestOnboarding:
    """As at Stripe: the holder must complete the account first."""

    @pytest.fixture
    def sandbox_rules(self) -> Rules:
        return Rules(instant_onboarding=False)

    def test_the_holder_follows_the_link_and_can_be_paid(self, stripe_sandbox: Sandbox, sitter_user: Any) -> None:
        payee = services.open_payee_account(sitter_user)
        assert payee.payouts_enabled is False

        link = services.onboarding_link(payee.id, return_path="/sitter/payouts")
        answer = httpx.get(link)
        stripe_sandbox.deliver_webhooks()

        assert (answer.status_code, answer.headers["location"][-15:]) == (303, "/sitter/payouts")
        assert selectors.payee(payee.id).payouts_enabled is True

    def test_asking_again_finds_out_what_a_lost_webhook_said(self, stripe_sandbox: Sandbox, sitter_user: Any) -> None:
        payee = services.open_payee_account(sitter_user)
        httpx.get(services.onboarding_link(payee.id))

        assert services.open_payee_account(sitter_user).payouts_enabled is True
        assert selectors.payee(payee.id).payouts_enabled is True

    def test_asking_again_works_without_the_gateway(self, stripe_sandbox: Sandbox, sitter_user: Any) -> None:
        payee = services.open_payee_account(sitter_user)
        stripe_sandbox.fault("GET", "/v1/accounts/.*", "drop_request", times=3)

        assert services.open_payee_account(sitter_user) == payee

    def test_a_link_works_once_and_with_its_token_alone(self, stripe_sandbox: Sandbox, sitter_user: Any) -> None:
        payee = services.open_payee_account(sitter_user)
        link = services.onboarding_link(payee.id, return_path="/done", refresh_path="/again")

        assert httpx.get(f"{link}x").headers["location"].endswith("/again")
        assert httpx.get(link).headers["location"].endswith("/done")
        assert httpx.get(link).headers["location"].endswith("/again")

    def test_a_gateway_that_is_down_is_named(self, stripe_sandbox: Sandbox, sitter_user: Any) -> None:
        payee = services.open_payee_account(sitter_user)
        stripe_sandbox.fault("POST", "/v1/account_links", "drop_request", times=3)

        with pytest.raises(Unavailable):
            services.onboarding_link(payee.id)


def test_an_account_that_is_not_open_has_no_link(sitter_user: Any) -> None:
    payee = PayeeAccount.objects.create(user=sitter_user)

    with pytest.raises(Conflict, match="open it first"):
        services.onboarding_link(str(payee.public_id))


def test_a_persons_export_names_the_account(stripe_sandbox: Sandbox, sitter_user: Any, stranger: Any) -> None:
    payee = services.open_payee_account(sitter_user)

    assert privacy.export_all(sitter_user)["payments"] == {
        "payee_account": {"id": payee.id, "provider_account_id": payee.provider_account_id, "payouts_enabled": True}
    }
    assert privacy.export_all(stranger)["payments"] == {}
