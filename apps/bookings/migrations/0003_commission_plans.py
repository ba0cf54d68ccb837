"""The two plans that sitters are on. Rates are policy; a booking keeps the rates of its quote."""

from decimal import Decimal

from django.db import migrations

# The owner's fee stops at 50.00 of the large currencies, and at a like sum in yen.
CAPS = {"USD": 5000, "EUR": 5000, "GBP": 5000, "CAD": 5000, "AUD": 5000, "JPY": 7500}
PLANS = [("standard", "Standard", Decimal(15)), ("premium", "Premium", Decimal(10))]


def add_plans(apps, schema_editor):
    plan = apps.get_model("bookings", "CommissionPlan")
    for code, name, sitter_fee_pct in PLANS:
        terms = {"name": name, "owner_fee_pct": Decimal(10), "owner_fee_caps_minor": CAPS}
        plan.objects.update_or_create(code=code, defaults={**terms, "sitter_fee_pct": sitter_fee_pct})


class Migration(migrations.Migration):
    dependencies = [("bookings", "0002_append_only_history")]
    operations = [migrations.RunPython(add_plans, migrations.RunPython.noop)]
