"""Who may enter which door of the API: every operation, every role.

Each row names the door of one operation; a new operation without a row fails. Behind the door, whose
object it is decides: that is tested by each app with its own cast, and here with ids of nothing (404).
"""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from apps.accounts.tests.factories import StaffFactory

GROUPS = {
    "operations": "Operations",
    "finance": "Finance",
    "trust": "Trust & Safety",
    "support": "Support",
}
ROLES = ("nobody", "owner", "sitter_user", "stranger", *GROUPS)
REFUSED = {401, 403}
ENTERED = "entered"


def everybody(role: str) -> object:
    """The door is open; what a request is worth is decided inside."""
    return ENTERED


def signed_in(role: str) -> object:
    """Anyone with an account."""
    return 401 if role == "nobody" else ENTERED


def only(*groups: str) -> Callable[[str], object]:
    """Staff of these groups, with a second factor."""

    def door(role: str) -> object:
        if role == "nobody":
            return 401
        return ENTERED if role in groups else 403

    return door


def sitters(role: str) -> object:
    """Who registered as a sitter."""
    if role == "nobody":
        return 401
    return ENTERED if role == "sitter_user" else 403


any_staff = only(*GROUPS)

DOORS: dict[str, Callable[[str], object]] = {
    "POST auth/2fa/confirm": signed_in,
    "POST auth/2fa/disable": signed_in,
    "POST auth/2fa/setup": signed_in,
    "POST auth/2fa/verify": everybody,
    "POST auth/email/resend": everybody,
    "POST auth/email/verify": everybody,
    "POST auth/login": everybody,
    "POST auth/logout": everybody,
    "POST auth/password/forgot": everybody,
    "POST auth/password/reset": everybody,
    "POST auth/refresh": everybody,
    "POST auth/register": everybody,
    "POST booking/create": signed_in,
    "POST booking/deposit": signed_in,
    "POST booking/price": signed_in,
    "GET bookings": signed_in,
    "GET bookings/{}": signed_in,
    "POST bookings/{}/accept": signed_in,
    "POST bookings/{}/cancel": signed_in,
    "POST bookings/{}/complete": signed_in,
    "POST bookings/{}/decline": signed_in,
    "GET bookings/{}/money": signed_in,
    "POST bookings/{}/no-show-report": signed_in,
    "GET bookings/{}/receipt": signed_in,
    "GET bookings/{}/receipt/pdf": signed_in,
    "GET bookings/{}/refund-quote": signed_in,
    "POST bookings/{}/report-problem": signed_in,
    "POST bookings/{}/start": signed_in,
    "GET chat/conversations": signed_in,
    "POST chat/conversations": signed_in,
    "GET chat/conversations/{}/messages": signed_in,
    "POST chat/conversations/{}/messages": signed_in,
    "POST chat/monitor": any_staff,
    "GET demo/clock": everybody,
    "POST demo/clock": everybody,
    "GET fraud/log": only("trust"),
    "GET ledger/trial-balance": only("finance"),
    "GET pets": signed_in,
    "POST pets": signed_in,
    "GET pets/{}": signed_in,
    "PATCH pets/{}": signed_in,
    "DELETE pets/{}": signed_in,
    "GET sitter/calendar": sitters,
    "PUT sitter/calendar": sitters,
    "GET sitter/earnings/{}": signed_in,
    "GET sitter/earnings/{}/csv": signed_in,
    "GET sitter/earnings/{}/pdf": signed_in,
    "POST sitter/payout": signed_in,
    "POST sitter/payout-account": sitters,
    "GET sitter/profile": sitters,
    "PUT sitter/profile": sitters,
    "GET sitter/rates": sitters,
    "PUT sitter/rates": sitters,
    "GET sitter/statements": signed_in,
    "GET sitter/statements/open": signed_in,
    "GET sitter/statements/{}": signed_in,
    "GET sitter/statements/{}/csv": signed_in,
    "GET sitter/statements/{}/pdf": signed_in,
    "GET sitter/vetting": sitters,
    "POST sitter/vetting/submit": sitters,
    "GET sitters": everybody,
    "GET sitters/{}": everybody,
    "GET users/me": signed_in,
    "PATCH users/me": signed_in,
    "DELETE users/me": signed_in,
    "GET users/me/export": signed_in,
    "PUT users/me/password": signed_in,
    "GET wash/stations": everybody,
    "GET wash/stations/{}": everybody,
    "GET wash/status/live": everybody,
    "GET wash/{}": everybody,
    "POST wash/{}/stop": everybody,
    "POST wash/{}/top-up": everybody,
    "POST wash/{}/top-up/cancel": everybody,
    "POST wash/{}/move": everybody,
    "POST wash/{}/resume": everybody,
    "POST wash/payment/activate": everybody,
    "POST wash/maintenance/alert": only("operations"),
    "POST webhooks/stripe": everybody,
    "POST webhooks/vetting/{}": everybody,
}
# Open to everybody on the way in, because what they ask for is a proof of its own inside.
PROOFS_INSIDE = {"POST webhooks/vetting/{}", "POST wash/maintenance/alert", "POST auth/login", "POST auth/2fa/verify"}


def operations_of_the_api() -> list[str]:
    """Return "METHOD path" of every operation under /api/v1/, read from the URLconf."""
    found = []
    for route, callback in _routes(get_resolver().url_patterns, ""):
        if not route.startswith("api/v1/"):
            continue
        view = getattr(callback, "view_class", None) or callback.cls
        path = re.sub(r"<[^>]+>", "{}", route.removeprefix("api/v1/"))
        methods = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
        found += [f"{method.upper()} {path}" for method in methods]
    return found


def _routes(patterns: list[Any], prefix: str) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            rows += _routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            rows.append((prefix + str(pattern.pattern), pattern.callback))
    return rows


@pytest.fixture
def client_of(request: pytest.FixtureRequest, api: Any, db: None) -> Callable[[str], APIClient]:
    """Return a maker of clients by role."""

    def make(role: str) -> APIClient:
        if role == "nobody":
            return api()  # type: ignore[no-any-return]  # the fixture is a factory of clients
        if role not in GROUPS:
            return api(request.getfixturevalue(role))  # type: ignore[no-any-return]  # as above
        member = StaffFactory.create(is_superuser=False)
        member.groups.add(Group.objects.get(name=GROUPS[role]))
        return api(member)  # type: ignore[no-any-return]  # as above

    return make


def test_every_operation_has_a_door_and_every_door_an_operation():
    assert sorted(operations_of_the_api()) == sorted(DOORS)


@pytest.mark.parametrize("role", ROLES)
def test_doors_open_for_whom_they_should(role, client_of, stripe_sandbox, settings):
    settings.VETTING_API_BASE = "http://127.0.0.1:9"
    client = client_of(role)
    wrong = []
    for name, door in DOORS.items():
        if name == "DELETE users/me":
            continue  # it would end the role; its own app tests it
        status, body = _knock(client, name)
        wanted = door(role)
        fine = (status not in REFUSED or name in PROOFS_INSIDE) if wanted == ENTERED else status == wanted
        if not fine:
            wrong.append(f"{name} as {role}: {status} instead of {wanted}: {body}")
    assert wrong == []


@pytest.mark.parametrize("role", list(GROUPS))
def test_no_staff_door_opens_with_one_factor(role, api, db):
    member = StaffFactory.create(is_superuser=False)
    member.groups.add(Group.objects.get(name=GROUPS[role]))
    client = api(member, second_factor=False)
    for name, door in DOORS.items():
        if door("stranger") == 403 and door(role) == ENTERED:
            status, body = _knock(client, name)
            assert status == 403, f"{name} as {role} with one factor: {status} {body}"


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door("nobody") == 401])
def test_an_object_that_is_not_there_looks_like_one_that_is_not_yours(name, client_of):
    if "{}" in name:
        status, body = _knock(client_of("stranger"), name)
        assert status in {400, 404}, f"{name}: {status} {body}"


def _knock(client: APIClient, name: str) -> tuple[int, str]:
    method, _, path = name.partition(" ")
    while "{}" in path:
        path = path.replace("{}", str(uuid4()), 1)
    headers = {"Idempotency-Key": uuid4().hex}
    answer = client.generic(method, f"/api/v1/{path}", "{}", "application/json", headers=headers)
    assert answer.status_code < 500, f"{name}: {answer.status_code}"
    return answer.status_code, answer.content.decode()[:200]
