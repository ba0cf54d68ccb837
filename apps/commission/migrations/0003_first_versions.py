"""The plans that PetWash begins with. Rates are policy; a booking keeps the rates of its quote."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import migrations

FROM = datetime(2026, 1, 1, tzinfo=UTC)
# The owner's fee stops at 50.00, and at a like sum where money has another size. Vendors' payouts
# begin at the same sum.
FIFTY = {
    "AUD": 5000, "CAD": 5000, "CHF": 5000, "EUR": 5000, "GBP": 5000, "NZD": 5000, "USD": 5000,
    "ISK": 7000, "JPY": 7500, "KWD": 15000,
}  # fmt: skip
STAYS = [("standard", "Standard", Decimal(15)), ("premium", "Premium", Decimal(10))]
VENDORS = [("vendor-weekly", "Vendors, weekly", "weekly"), ("vendor-monthly", "Vendors, monthly", "monthly")]


def add_plans(apps, schema_editor):
    plan = apps.get_model("commission", "CommissionPlan")
    reason = "the first version"
    for code, name, pct in STAYS:
        terms = {"kind": "stay", "owner_fee_pct": Decimal(10), "owner_fee_caps_minor": FIFTY, "sitter_fee_pct": pct}
        plan.objects.create(code=code, name=name, effective_from=FROM, reason=reason, **terms)
    for code, name, cadence in VENDORS:
        terms = {"kind": "vendor", "vendor_share_pct": Decimal(80), "minimums_minor": FIFTY, "cadence": cadence}
        plan.objects.create(code=code, name=name, effective_from=FROM, reason=reason, **terms)


class Migration(migrations.Migration):
    dependencies = [("commission", "0002_versions_are_kept")]
    operations = [migrations.RunPython(add_plans, migrations.RunPython.noop)]
