"""Finance adds versions; what was agreed keeps its rates, and history cannot be changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from apps.commission import selectors
from apps.commission.models import CommissionPlan
from apps.commission.services import change_plan
from apps.commission.types import PlanKind, PlanRates
from apps.common.clock import advance_business_clock, business_now
from apps.common.errors import DomainError
from apps.common.models import AuditEntry
from apps.common.money import Money
from petwash.testing.races import crowd
from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db(transaction=True)
CAPS = dict.fromkeys(settings.CURRENCIES, 6_000)
RATES = PlanRates(owner_fee_pct=Decimal(12), owner_fee_caps_minor=CAPS, sitter_fee_pct=Decimal(14))


@pytest.fixture(autouse=True)
def fresh_plans() -> Any:
    selectors.forget()
    yield
    selectors.forget()


def change(**other: Any) -> CommissionPlan:
    wish: dict[str, Any] = {
        "actor": member_of("Finance"),
        "code": "standard",
        "effective_from": business_now() + timedelta(days=1),
        "rates": RATES,
        "reason": "board of November",
    }
    return change_plan(**wish | other)


def test_every_currency_has_its_cap_and_its_minimum() -> None:
    for plan in CommissionPlan.objects.all():
        limits = plan.owner_fee_caps_minor if plan.kind == PlanKind.STAY else plan.minimums_minor
        assert set(limits) == set(settings.CURRENCIES), plan


def test_vendors_get_four_fifths_from_fifty_on() -> None:
    terms = {code: selectors.plan_of(code).vendor_terms_in("USD") for code in ("vendor-weekly", "vendor-monthly")}
    assert {code: (term.share_pct, term.minimum.amount_minor) for code, term in terms.items()} == {
        "vendor-weekly": (Decimal(80), 5_000),
        "vendor-monthly": (Decimal(80), 5_000),
    }


def test_a_version_counts_from_its_date_on() -> None:
    change()
    assert selectors.plan_of("standard").owner_fee_pct == 10
    advance_business_clock(86_401)
    selectors.forget()
    in_force = selectors.plan_of("standard")
    rates = in_force.rates_in("USD")
    assert (rates.owner_fee_pct, rates.owner_fee_cap) == (Decimal(12), Money(6_000, "USD"))
    entry = AuditEntry.objects.get(action="commission.change_plan")
    assert (entry.subject, entry.reason) == ("plan:standard", "board of November")


@pytest.mark.parametrize(
    ("other", "code", "field"),
    [
        ({"reason": " "}, "validation_error", "reason"),
        ({"code": "gold"}, "plan_not_found", "code"),
        ({"effective_from": datetime(2026, 1, 2, tzinfo=UTC)}, "validation_error", "effective_from"),
        ({"rates": replace(RATES, owner_fee_pct=Decimal("100.01"))}, "validation_error", "owner_fee_pct"),
        ({"rates": replace(RATES, sitter_fee_pct=Decimal("-1"))}, "validation_error", "sitter_fee_pct"),
        ({"rates": replace(RATES, sitter_fee_pct=Decimal("1.005"))}, "validation_error", "sitter_fee_pct"),
        ({"rates": replace(RATES, owner_fee_caps_minor={})}, "validation_error", "owner_fee_caps_minor"),
        (
            {"rates": replace(RATES, owner_fee_caps_minor=CAPS | {"KWD": 15_001})},
            "validation_error",
            "owner_fee_caps_minor",
        ),
        ({"rates": replace(RATES, owner_fee_caps_minor=CAPS | {"ZZZ": 1})}, "validation_error", "owner_fee_caps_minor"),
        ({"rates": replace(RATES, vendor_share_pct=Decimal(80))}, "validation_error", "vendor_share_pct"),
        ({"code": "vendor-weekly"}, "validation_error", "vendor_share_pct"),
    ],
)
def test_what_is_refused_leaves_no_version(other: dict[str, Any], code: str, field: str) -> None:
    before = CommissionPlan.objects.count()
    with pytest.raises(DomainError) as refusal:
        change(**other)
    assert refusal.value.code == code
    assert field in refusal.value.details
    assert CommissionPlan.objects.count() == before


def test_only_finance_changes_rates() -> None:
    with pytest.raises(DomainError) as refusal:
        change(actor=member_of("Operations"))
    assert refusal.value.code == "only_finance"


def test_a_repeat_and_eight_at_once_make_one_version() -> None:
    actor, start = member_of("Finance"), business_now() + timedelta(days=1)
    outcomes = crowd(8, lambda _: change(actor=actor, effective_from=start).reason)
    assert sorted(outcomes) == ["board of November", *["later_version_exists"] * 7]
    assert CommissionPlan.objects.filter(code="standard").count() == 2


def test_history_cannot_be_changed() -> None:
    for attack in (
        "UPDATE commission_plan SET sitter_fee_pct = 0",
        "DELETE FROM commission_plan",
        "TRUNCATE commission_plan",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
    assert selectors.plan_of("standard").sitter_fee_pct == 15
