"""Faults of the sandbox: ordered over HTTP or left to seeded chance; keys that are in use."""

import threading
from typing import Any

import httpx
import pytest
import stripe
from django.core.management import CommandError, call_command

from apps.payments.management.commands.stripe_sandbox import Command
from apps.payments.stripe_sandbox.faults import EFFECTS, Faults, Regime
from apps.payments.tests.conformance import Target, charged, intent
from apps.payments.tests.fixtures import API_KEY, Sandbox

pytestmark = pytest.mark.needs_sandbox("faults are ordered")
INTENTS = "/v1/payment_intents"
FIELDS = {"amount": "10000", "currency": "usd"}


def ask(sandbox: Sandbox, key: str = "k1", timeout: float = 5.0) -> httpx.Response:
    """Create a payment intent, without the SDK's retries."""
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": key}
    return httpx.post(f"{sandbox.url}{INTENTS}", data=FIELDS, headers=headers, timeout=timeout)


def order(sandbox: Sandbox, effect: str, **form: Any) -> None:
    """Order a fault over HTTP."""
    answer = sandbox.post("/_sandbox/faults", method="post", path=INTENTS, effect=effect, **form)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("effect", "status", "code"),
    [
        ("fail_500_before", 500, None),
        ("rate_limit", 429, "rate_limit"),
        ("lock_timeout", 429, "lock_timeout"),
        ("conflict", 409, "idempotency_key_in_use"),
    ],
)
def test_what_fails_before_anything_happened_leaves_the_key_free(
    stripe_sandbox: Sandbox, effect: str, status: int, code: str | None
) -> None:
    order(stripe_sandbox, effect)
    failed = ask(stripe_sandbox)
    assert (failed.status_code, failed.json()["error"].get("code")) == (status, code)
    assert stripe_sandbox.objects("payment_intent") == []
    assert ask(stripe_sandbox).status_code == 200
    assert len(stripe_sandbox.objects("payment_intent")) == 1


@pytest.mark.parametrize(("effect", "made"), [("fail_500", 0), ("fail_500_after", 1)])
def test_a_server_error_that_is_kept_is_replayed_whether_or_not_it_happened(
    stripe_sandbox: Sandbox, effect: str, made: int
) -> None:
    order(stripe_sandbox, effect)
    first, second = ask(stripe_sandbox), ask(stripe_sandbox)
    assert [first.status_code, second.status_code] == [500, 500]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(stripe_sandbox.objects("payment_intent")) == made
    assert len(stripe_sandbox.events("payment_intent.created")) == made


@pytest.mark.parametrize(("effect", "made"), [("drop_request", 0), ("drop_answer", 1)])
def test_a_connection_ends_before_or_after_it_happened(stripe_sandbox: Sandbox, effect: str, made: int) -> None:
    order(stripe_sandbox, effect)
    with pytest.raises(httpx.RemoteProtocolError):
        ask(stripe_sandbox)
    assert len(stripe_sandbox.objects("payment_intent")) == made


def test_a_stalled_answer_comes_after_it_happened(stripe_sandbox: Sandbox) -> None:
    order(stripe_sandbox, "stall_answer", seconds="30")
    with pytest.raises(httpx.ReadTimeout):
        ask(stripe_sandbox, timeout=0.2)
    assert len(stripe_sandbox.objects("payment_intent")) == 1


def test_a_key_whose_first_request_still_runs_is_refused(stripe_sandbox: Sandbox) -> None:
    """docs.stripe.com/error-codes#idempotency-key-in-use"""
    order(stripe_sandbox, "slow", seconds="30")
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(ask(stripe_sandbox, timeout=20)))
    first.start()
    while stripe_sandbox.server.faults.waiting():
        first.join(0.01)

    statuses = {ask(stripe_sandbox).status_code for _ in range(3)} | {ask(stripe_sandbox, key="k2").status_code}
    stripe_sandbox.repair()
    first.join()

    assert statuses == {409, 200}
    assert answers[0].status_code == 200
    assert ask(stripe_sandbox).json()["id"] == answers[0].json()["id"]
    assert len(stripe_sandbox.objects("payment_intent")) == 2


def test_a_crowd_with_one_key_makes_one(stripe_sandbox: Sandbox) -> None:
    answers: list[httpx.Response] = []
    crowd = [threading.Thread(target=lambda: answers.append(ask(stripe_sandbox))) for _ in range(12)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert len(stripe_sandbox.objects("payment_intent")) == 1


def test_orders_are_listed_and_taken_back(stripe_sandbox: Sandbox) -> None:
    order(stripe_sandbox, "fail_500", times="2", seconds="0.5")
    listed = stripe_sandbox.get("/_sandbox/faults")
    assert listed["waiting"] == [
        {"method": "POST", "path": INTENTS, "effect": "fail_500", "times": 2, "seconds": 0.5},
    ]
    ask(stripe_sandbox, "other")
    assert stripe_sandbox.get("/_sandbox/faults")["waiting"][0]["times"] == 1
    assert stripe_sandbox.post("/_sandbox/faults/clear").json()["waiting"] == []
    assert ask(stripe_sandbox).status_code == 200


@pytest.mark.parametrize(
    ("path", "form", "param"),
    [
        ("/_sandbox/faults", {"method": "POST", "path": "/", "effect": "nothing"}, "effect"),
        ("/_sandbox/faults", {"method": "POST", "path": "/", "effect": "slow", "seconds": "x"}, "seconds"),
        ("/_sandbox/faults/regime", {"rates[nothing]": "0.1"}, "rates"),
        ("/_sandbox/faults/regime", {"rates[drop_answer]": "1.5"}, "rates"),
        ("/_sandbox/faults/regime", {"rates[drop_answer]": "0.6", "rates[slow]": "0.6"}, "rates"),
        ("/_sandbox/objects/charge", {}, None),
    ],
)
def test_orders_that_make_no_sense_are_refused_by_name(
    stripe_sandbox: Sandbox, path: str, form: dict[str, str], param: str | None
) -> None:
    answer = stripe_sandbox.post(path, **form)
    assert answer.status_code in {400, 404}
    assert answer.json()["error"].get("param") == param
    assert stripe_sandbox.get("/_sandbox/faults")["waiting"] == []


def test_chance_repeats_itself_with_its_seed() -> None:
    def drawn(seed: int) -> list[str]:
        faults = Faults()
        faults.rule_by(Regime(seed, dict.fromkeys(EFFECTS, 0.05)))
        struck = [faults.take("POST", INTENTS) for _ in range(400)]
        return [fault.effect if fault else "" for fault in struck]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert set(drawn(7)) == {*EFFECTS, ""}


def test_chance_leaves_the_sandboxs_own_addresses_alone() -> None:
    faults = Faults()
    faults.rule_by(Regime(1, {"drop_request": 1.0}))
    assert faults.take("POST", "/_sandbox/clock") is None
    assert faults.take("GET", "/v1/balance") is not None


def test_a_regime_outlives_a_restart_until_it_is_cleared(tmp_path: Any) -> None:
    from apps.payments.tests.test_sandbox_process import serve

    rates = {"seed": "3", "rates[fail_500_before]": "1"}
    path = tmp_path / "store.sqlite3"
    first = serve(path)
    assert Sandbox(first).post("/_sandbox/faults/regime", **rates).status_code == 200
    first.stop()

    second = serve(path)
    assert ask(Sandbox(second)).status_code == 500
    Sandbox(second).post("/_sandbox/faults/clear")
    assert ask(Sandbox(second)).status_code == 200
    second.stop()

    third = serve(path)
    assert ask(Sandbox(third), "k2").status_code == 200
    third.stop()


def test_the_sdk_gets_through_a_bad_day_with_everything_done_once(stripe_sandbox: Sandbox, target: Target) -> None:
    """Answers that are lost, and refusals before anything happened, are what keys are for."""
    rates = {"rates[drop_answer]": "0.1", "rates[drop_request]": "0.1", "rates[conflict]": "0.1"}
    stripe_sandbox.post("/_sandbox/faults/regime", seed="5", **rates)
    patient: Any = stripe.StripeClient(API_KEY, base_addresses={"api": stripe_sandbox.url}, max_network_retries=12).v1
    for number in range(40):
        patient.payment_intents.create(FIELDS, {"idempotency_key": f"k{number}"})

    assert len(stripe_sandbox.objects("payment_intent")) == 40


def test_everything_is_told_to_a_simulation(stripe_sandbox: Sandbox, target: Target) -> None:
    paid = charged(target, metadata={"payment_id": "p-1"})
    intent(target)
    listed = stripe_sandbox.get("/_sandbox/objects/charge", payment_intent=paid.id)["data"]
    assert [(row["id"], row["metadata"]) for row in listed] == [(paid.latest_charge, {"payment_id": "p-1"})]
    assert len(stripe_sandbox.get("/_sandbox/objects/payment_intent")["data"]) == 2
    state = stripe_sandbox.get("/_sandbox/state")
    assert state["balances"] == {"platform": {"usd": {"available": 0, "pending": 10_000}}}
    assert state["deliveries_left"] == 0


def test_the_command_line_sets_the_regime(settings: Any, tmp_path: Any) -> None:
    settings.PETWASH_HOME = tmp_path
    command = Command()
    words = ["--port", "0", "--no-webhooks", "--fault-seed", "7", "--fault-rate", "slow=0.2", "--fault-rate"]
    options = command.create_parser("manage.py", "stripe_sandbox").parse_args([*words, "drop_answer=0.1"])
    server = command.server(vars(options))
    assert server.faults.regime == Regime(7, {"slow": 0.2, "drop_answer": 0.1})
    server.server_close()
    server.store.close()


@pytest.mark.parametrize("rate", ["drop_answer", "nothing=0.1", "drop_answer=2"])
def test_a_rate_on_the_command_line_that_makes_no_sense_is_refused(settings: Any, tmp_path: Any, rate: str) -> None:
    settings.PETWASH_HOME = tmp_path
    with pytest.raises(CommandError, match="--fault-rate"):
        call_command("stripe_sandbox", "--port", "0", "--no-webhooks", "--fault-rate", rate)
