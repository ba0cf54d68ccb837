"""Staff stops and resumes payouts in the console, sees runs and changes policies."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.common.clock import business_now
from apps.escrow import previews, services
from apps.escrow.freezing import FreezeScope, FreezeTarget
from apps.escrow.models import Freeze, FreezeLimit, HoldPolicy, PayeeStanding
from apps.escrow.services import freezes, payees
from apps.escrow.tests.holds import Story, a_day_passes, usd
from petwash.testing.staff import console, member_of

PLACE = "/admin/escrow/freeze/place/"


@pytest.fixture
def due(story):
    """A hold whose 24 hours are over."""
    story.pay()
    story.complete()
    a_day_passes()
    return story


@pytest.fixture
def finance(db):
    return member_of("Finance")


def post(client: Any, path: str, **fields: object) -> str:
    return str(client.post(path, fields, follow=True).content.decode())


def choose(client: Any, path: str, action: str, row: Any, **fields: str) -> str:
    return post(client, path, action=action, **{ACTION_CHECKBOX_NAME: str(row.pk)}, **fields)


def test_a_freeze_is_shown_first_and_placed_by_a_second_click(due, finance):
    client = console(finance)
    wish = {"scope": "booking", "booking": due.booking_id, "hours": 2, "reason": "A complaint."}
    shown = post(client, PLACE, **wish)
    assert "This stops 1 payment: 110.00 USD" in shown
    assert due.booking_id in shown
    assert not due.hold.frozen
    assert "Frozen." in post(client, PLACE, **wish, decide="yes")
    assert due.hold.frozen
    freeze = Freeze.objects.get()
    assert (freeze.placed_by, freeze.reason) == (finance, "A complaint.")
    assert freeze.expires_at == freeze.placed_at + timedelta(hours=2)


def test_a_sitter_is_named_by_address(due, finance):
    wish = {"scope": "sitter", "sitter": due.sitter.email, "reason": "In doubt.", "decide": "yes"}
    post(console(finance), PLACE, **wish)
    assert Freeze.objects.get().payee_user == due.sitter


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"scope": "sitter", "sitter": "nobody@example.com"}, "Nobody has this address."),
        ({"scope": "booking"}, "Name the booking."),
        ({"scope": "everything", "hours": 0}, "greater than or equal to 1"),
        ({"scope": "everything", "reason": ""}, "This field is required."),
    ],
)
def test_a_wrong_field_is_told_and_nothing_is_frozen(due, finance, wish, said):
    assert said in post(console(finance), PLACE, **({"reason": "Because."} | wish), decide="yes")
    assert not Freeze.objects.exists()


def test_safety_may_not_freeze_everything(due):
    page = post(console(member_of("Trust & Safety")), PLACE, scope="everything", reason="Because.", decide="yes")
    assert "Only Finance may do this." in page
    assert not Freeze.objects.exists()


@pytest.mark.parametrize("group", ["Operations", "Support"])
def test_others_do_not_come_in(due, group):
    assert console(member_of(group)).get(PLACE).status_code == 403


def test_two_people_approve_and_lift(due, finance):
    freeze = freezes.place(target=FreezeTarget(FreezeScope.EVERYTHING), actor=finance, reason="stop")
    first, second = console(finance), console(member_of("Finance"))
    path = "/admin/escrow/freeze/"
    assert "two people" in choose(first, path, "approve", freeze, reason="Mine.")
    choose(second, path, "approve", freeze, reason="Agreed.")
    choose(first, path, "lift", freeze, reason="Over.")
    assert due.hold.frozen
    choose(second, path, "lift", freeze, reason="Over.")
    assert not due.hold.frozen
    assert "Approved by a second person" in first.get(f"{path}{freeze.pk}/change/").content.decode()


def test_a_sitters_payouts_are_paused_and_resumed(due, finance):
    client = console(finance)
    choose(client, "/admin/escrow/hold/", "pause_sitter", due.row, reason="Account taken over.")
    assert services.release_due_payouts() == 0
    standing = PayeeStanding.objects.get()
    assert due.sitter.email in client.get("/admin/escrow/payeestanding/").content.decode()
    choose(client, "/admin/escrow/payeestanding/", "resume", standing, reason="It is them.")
    assert services.release_due_payouts() == 1


def test_safety_looks_at_resting_payees_and_does_not_resume_them(due, finance):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="because")
    client = console(member_of("Trust & Safety"))
    choose(client, "/admin/escrow/payeestanding/", "resume", PayeeStanding.objects.get(), reason="Because.")
    assert PayeeStanding.objects.resting().exists()


def test_runs_are_listed(due, finance):
    services.release_due_payouts()
    page = console(finance).get("/admin/escrow/payoutrun/")
    assert page.status_code == 200
    assert page.context["cl"].result_count == 1


def test_finance_changes_the_hold_policy(finance):
    wish = {"hold_hours": 24, "first_stays": 3, "first_stays_hours": 72, "starts_in": 0, "reason": "New sitters."}
    page = post(console(finance), "/admin/escrow/holdpolicy/decide/", **wish)
    assert "72 h for a sitter&#x27;s first 3" in page
    row = HoldPolicy.objects.at(business_now())
    assert (row.first_stays, row.first_stays_hours, row.actor) == (3, 72, finance)


def test_a_policy_that_does_not_fit_is_told_at_its_field(finance):
    wish = {"hold_hours": 24, "first_stays": 3, "first_stays_hours": 0, "starts_in": 0, "reason": "New sitters."}
    assert "must be 24 to 720 hours" in post(console(finance), "/admin/escrow/holdpolicy/decide/", **wish)
    assert HoldPolicy.objects.count() == 1


def test_finance_changes_a_limit(finance):
    post(console(finance), "/admin/escrow/freezelimit/decide/", currency="USD", limit_minor=5_000, reason="Smaller.")
    assert FreezeLimit.objects.filter(currency="USD", limit_minor=5_000, actor=finance).count() == 1


@pytest.mark.parametrize("path", ["/admin/escrow/holdpolicy/decide/", "/admin/escrow/freezelimit/decide/"])
def test_only_finance_changes_policies(db, path):
    assert console(member_of("Trust & Safety")).get(path).status_code == 403


def test_the_preview_says_what_is_due_blocked_and_covered(due, finance, owner, sitter_user):
    with transaction.atomic():
        later, stopped = (Story.open(str(uuid4()), owner, sitter_user) for _ in range(2))
    for each in (later, stopped):
        each.pay()
    later.complete(ends_in=timedelta(days=2))
    stopped.complete()
    services.StayPetEscrow.freeze(booking_id=stopped.booking_id, actor=finance, reason="a complaint")
    preview = previews.release_preview()
    assert [(window.count, window.sums) for window in preview.windows] == [
        (1, {"USD": usd(11_000)}), (1, {"USD": usd(11_000)}), (2, {"USD": usd(22_000)}),
    ]  # fmt: skip
    assert [(row.booking, row.left, row.why) for row in preview.blocked] == [
        (stopped.booking_id, usd(11_000), "frozen"),
    ]  # fmt: skip
    assert (preview.blocked_count, preview.reasons) == (1, [("frozen", 1)])
    assert preview.cover is not None
    (usd_cover,) = [one for one in preview.cover if one.currency == "USD"]
    assert (usd_cover.held, usd_cover.due, usd_cover.covers_due) == (usd(33_000), usd(22_000), True)


def test_the_preview_names_each_reason(due, finance):
    payees.pause(user_id=due.sitter.pk, actor=finance, reason="because")
    assert previews.release_preview().reasons == [("payouts to this sitter rest", 1)]
    freezes.place(target=FreezeTarget(FreezeScope.EVERYTHING), actor=finance, reason="stop")
    assert previews.release_preview().reasons == [("frozen: sitter or everything", 1)]


def test_a_payout_that_was_put_off_is_blocked_with_its_reason(due):
    from apps.payments.models import PayeeAccount

    PayeeAccount.objects.update(payouts_enabled=False)
    services.release_due_payouts()
    assert previews.release_preview().reasons == [("payout_account_not_enabled", 1)]


def test_a_silent_gateway_is_said(due, finance, stripe_sandbox):
    stripe_sandbox.fault("GET", "/v1/balance", "drop_request", times=50)
    page = console(finance).get("/admin/payouts/").content.decode()
    stripe_sandbox.repair()
    assert "The payment provider does not answer" in page
    assert 'data-window="Now"' in page


def test_the_page_costs_the_same_queries_whatever_there_is(due, finance, owner, sitter_user):
    client = console(finance)
    client.get("/admin/payouts/")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/admin/payouts/").status_code == 200
        return len(queries)

    services.StayPetEscrow.freeze(booking_id=due.booking_id, actor=finance, reason="a complaint")
    one = count()
    for _ in range(4):
        with transaction.atomic():
            more = Story.open(str(uuid4()), owner, sitter_user)
        more.pay()
        more.complete()
        services.StayPetEscrow.freeze(booking_id=more.booking_id, actor=finance, reason="a complaint")
    assert count() == one


@pytest.mark.parametrize("group", ["Operations", "Support", "Trust & Safety"])
def test_only_finance_sees_the_payouts_page(db, group):
    client = console(member_of(group))
    assert client.get("/admin/payouts/").status_code == 403
    assert "/admin/payouts/" not in client.get("/admin/").content.decode()
