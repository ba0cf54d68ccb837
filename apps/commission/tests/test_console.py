"""Finance opens the form from the list; others look."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from apps.commission.models import CommissionPlan
from apps.common.clock import business_now
from petwash.testing.staff import console, member_of

pytestmark = pytest.mark.django_db(transaction=True)


def form_of(plan: CommissionPlan, **other: Any) -> dict[str, Any]:
    start = business_now() + timedelta(days=2)
    return {
        "effective_from_0": f"{start:%Y-%m-%d}",
        "effective_from_1": "00:00",
        "owner_fee_pct": "9.5",
        "owner_fee_caps_minor": json.dumps(plan.owner_fee_caps_minor),
        "sitter_fee_pct": "15",
        "reason": "cheaper for owners",
        **other,
    }


@pytest.fixture
def plan() -> CommissionPlan:
    return CommissionPlan.objects.get(code="standard")


def page_of(plan: CommissionPlan) -> str:
    return reverse("admin:commission_new_version", args=[plan.pk])


def test_finance_records_a_new_version(plan: CommissionPlan) -> None:
    client = console(member_of("Finance"))
    assert b"New version of Standard" in client.get(page_of(plan)).content
    assert client.post(page_of(plan), form_of(plan)).status_code == 302
    newest = CommissionPlan.objects.filter(code="standard").latest("effective_from")
    assert (str(newest.owner_fee_pct), newest.reason) == ("9.50", "cheaper for owners")


def test_a_refusal_stands_beside_its_field(plan: CommissionPlan) -> None:
    answer = console(member_of("Finance")).post(page_of(plan), form_of(plan, owner_fee_pct="101"))
    assert answer.status_code == 200
    assert answer.context["form"].errors == {"owner_fee_pct": ["must be between 0 and 100, with two digits at most."]}
    assert CommissionPlan.objects.filter(code="standard").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("owner_fee_pct", "NaN"),
        ("owner_fee_pct", "-0.01"),
        ("sitter_fee_pct", "1E+5"),
        ("sitter_fee_pct", "100.001"),
        ("owner_fee_caps_minor", "[1]"),
        ("owner_fee_caps_minor", "5"),
        ("owner_fee_caps_minor", '"USD"'),
        ("owner_fee_caps_minor", '{"USD": NaN}'),
        ("owner_fee_caps_minor", '{"USD": true}'),
        ("owner_fee_caps_minor", '{"USD": 1000000000000000000000}'),
        ("effective_from_0", "9999-12-31"),
        ("effective_from_0", "0001-01-01"),
    ],
)
def test_hostile_terms_stand_beside_their_field(plan: CommissionPlan, field: str, value: str) -> None:
    answer = console(member_of("Finance")).post(page_of(plan), form_of(plan, **{field: value}))
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field.removesuffix("_0")]
    assert CommissionPlan.objects.filter(code="standard").count() == 1


@pytest.mark.parametrize("group", ["Operations", "Support", "Trust & Safety"])
def test_others_cannot(plan: CommissionPlan, group: str) -> None:
    assert console(member_of(group)).post(page_of(plan), form_of(plan)).status_code == 403
    assert CommissionPlan.objects.filter(code="standard").count() == 1
