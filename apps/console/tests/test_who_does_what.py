"""Which group carries out which action of the console: every door, sent to directly as by a forged form.

Each action and each page beside the lists has its line; a new one without a line fails.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from unfold.sites import UnfoldAdminSite

from apps.commission.models import CommissionPlan
from apps.console.tests.test_who_sees_which_list import EVERYBODY, FINANCE, OPERATIONS, PAGES, SAFETY, SUPPORT
from apps.stations.tests.factories import make_station
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db
Groups = tuple[str, ...]
ACTIONS: dict[str, dict[Groups, tuple[str, ...]]] = {
    "accounts.User": {(SAFETY,): ("suspend", "reactivate"), (): ("set_groups",)},
    "bookings.NoShowReview": {(OPERATIONS, SAFETY): ("owner_absent", "sitter_absent", "took_place")},
    "commission.CommissionPlan": {(FINANCE,): ("new_version",)},
    "common.OutboxEvent": {(): ("send_again",)},
    "escrow.BankRefund": {(FINANCE,): ("send", "reject", "returned")},
    "escrow.Freeze": {(FINANCE, SAFETY): ("approve", "lift")},
    "escrow.Hold": {
        (FINANCE, SAFETY): ("freeze", "lift"),
        (FINANCE,): ("pause_sitter", "refund_again", "surplus_again", "claw_back", "recover", "goodwill"),
    },
    "escrow.PayeeStanding": {(FINANCE,): ("resume",)},
    "escrow.Receivable": {(FINANCE,): ("write_off",)},
    "payments.WebhookEvent": {(FINANCE,): ("retry",)},
    "reconciliation.Break": {
        (FINANCE,): (
            "take", "explain", "post", "reject", "propose_stripe_fees", "propose_bank", "propose_dispute_loss",
            "propose_goodwill", "propose_tax_payable",
        ),
    },
    "reconciliation.Run": {(FINANCE,): ("reconcile_now",)},
    "sitters.VettingCase": {(SAFETY,): ("clear", "reject")},
    "statements.Statement": {(FINANCE,): ("year_of_everybody",)},
    "stations.Alert": {(OPERATIONS,): ("acknowledge", "escalate", "clear")},
    "stations.Bay": {
        (OPERATIONS,): (
            "unlock", "identify", "ask_for_code", "ask_for_no_code", "print_codes", "picture_of_code", "revoke_code",
        ),
    },
    "stations.DeadLetter": {(OPERATIONS,): ("replay",)},
    "stations.Station": {(OPERATIONS,): ("print_station_codes", "revoke")},
    "stations.Tank": {(OPERATIONS,): ("set_thresholds",)},
    "stations.Wash": {(OPERATIONS,): ("write_off",)},
}  # fmt: skip
LOOK = (OPERATIONS, SUPPORT)
DOORS: dict[str, Groups] = {
    "commission/commissionplan/{pk}/new-version/": (FINANCE,),
    "escrow/bankrefund/propose/": (FINANCE,),
    "escrow/freeze/place/": (FINANCE, SAFETY),
    "escrow/freezelimit/decide/": (FINANCE,),
    "escrow/holdpolicy/decide/": (FINANCE,),
    "payouts/": (FINANCE,),
    "statements/statement/year/2026.csv": (FINANCE,),
    "stations/chemicallimits/change/": (OPERATIONS,),
    "stations/chemicallimits/decide/": (OPERATIONS,),
    "stations/live/": EVERYBODY,
    "stations/live/alerts/0197f0a0-7c1e-7000-8000-000000000002/acknowledge": (OPERATIONS,),
    "stations/live/desk": EVERYBODY,
    **dict.fromkeys(
        (f"stations/maintenancevisit/at/riverside/{form}/" for form in ("record", "zone", "hours", "photo")),
        (OPERATIONS,),
    ),
    "stations/maintenancevisit/at/riverside/figures/": LOOK,
    "stations/maintenancevisit/due/": LOOK,
    "stations/maintenancevisit/refills.csv": LOOK,
    "stations/maintenancevisit/refills/": LOOK,
    "stations/maintenancevisit/tank/{tank}/thresholds/": (OPERATIONS,),
    "stations/station/{station}/charts/": LOOK,
}


# Actions of one line share a permission: one of them stands for all when the whole way is gone.
ONE_OF_EACH = {(label, names[0]) for label, doors in ACTIONS.items() for names in doors.values()}
FORGED = {ACTION_CHECKBOX_NAME: ["1"], "reason": "forged"}


def list_of(label: str) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_changelist")


def listed(group: str) -> set[tuple[str, str]]:
    return {
        (label, name)
        for label, doors in ACTIONS.items()
        for groups, names in doors.items()
        for name in names
        if group in groups
    }


@pytest.fixture(autouse=True)
def _drawn_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes in is asked here, not what they see: drawing two hundred pages would take most of the time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What came through to an action's own code, which is not run."""
    came: set[tuple[str, str]] = set()
    base = admin.ModelAdmin._get_base_actions  # type: ignore[attr-defined]  # where each action's code is looked up

    def recording(page: Any) -> list[Any]:
        return [(record(page, function, name), name, words) for function, name, words in base(page)]

    def record(page: Any, function: Any, name: str) -> Any:
        def instead(*_given: Any) -> None:
            came.add((page.opts.label, name))

        instead.__dict__.update(function.__dict__)
        return instead

    monkeypatch.setattr(admin.ModelAdmin, "_get_base_actions", recording)
    return came


def test_every_action_has_its_line() -> None:
    ours = {(label, name) for label, page in PAGES.items() for name in page.actions or ()}
    assert ours == {(label, name) for label, doors in ACTIONS.items() for names in doors.values() for name in names}


@pytest.mark.parametrize("group", EVERYBODY)
def test_a_group_is_offered_its_actions_and_no_other(group: str) -> None:
    request: Any = RequestFactory().get("/")
    request.user = member_of(group)
    seen = {label: page for label, page in PAGES.items() if page.has_view_permission(request)}
    offered = {(label, name) for label, page in seen.items() for name in page.get_actions(request)}
    assert offered == listed(group)


@pytest.mark.parametrize("group", EVERYBODY)
def test_a_forged_form_gets_no_further_than_what_is_offered(group: str, carried_out: set[tuple[str, str]]) -> None:
    client = console(member_of(group))
    for label, name in ONE_OF_EACH:
        client.post(list_of(label), {"action": name, **FORGED})
    assert carried_out == ONE_OF_EACH & listed(group)


def test_who_has_not_signed_in_or_shown_a_second_factor_carries_out_nothing(
    carried_out: set[tuple[str, str]],
) -> None:
    half = Client()
    half.force_login(member_of(FINANCE))
    for client in (Client(), half):
        for label, name in ONE_OF_EACH:
            assert client.post(list_of(label), {"action": name, **FORGED}).status_code == 302
    assert carried_out == set()


def ours_beside_the_lists() -> set[str]:
    """Return the addresses that Django's own console does not have, without what an id fills in."""
    usual = {str(url.pattern) for url in UnfoldAdminSite.get_urls(admin.site)}
    found = {str(url.pattern) for url in admin.site.get_urls()} - usual
    for label, page in PAGES.items():
        lists = {str(url.pattern) for url in admin.ModelAdmin.get_urls(page)}
        found |= {
            f"{label.lower().replace('.', '/')}/{url.pattern}"
            for url in page.get_urls()
            if str(url.pattern) not in lists
        }
    return found


@pytest.fixture
def filled() -> dict[str, int]:
    """Rows for the ids in the doors."""
    station = make_station()
    return {"station": station.pk, "tank": station.tanks.first().pk, "pk": CommissionPlan.objects.first().pk}  # type: ignore[union-attr]  # both are there


def test_every_door_has_its_line(filled: dict[str, int]) -> None:
    routes = {resolve(f"/admin/{door.format(**filled)}").route for door in DOORS}
    assert routes == {f"admin/{route}" for route in ours_beside_the_lists()}


@pytest.mark.parametrize("group", EVERYBODY)
def test_a_group_enters_its_doors_and_no_other(group: str, filled: dict[str, int]) -> None:
    client = console(member_of(group))
    came = set()
    for door in DOORS:
        answer = client.post(f"/admin/{door.format(**filled)}")
        if answer.status_code == 405:
            answer = client.get(f"/admin/{door.format(**filled)}")
        if answer.status_code != 403:
            came.add(door)
    assert came == {door for door, groups in DOORS.items() if group in groups}


def test_who_has_not_signed_in_or_shown_a_second_factor_enters_none(filled: dict[str, int]) -> None:
    half = Client()
    half.force_login(member_of(FINANCE))
    for client in (Client(), half):
        for door in DOORS:
            assert client.post(f"/admin/{door.format(**filled)}").status_code in (302, 401, 403), door
