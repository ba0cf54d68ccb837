"""Commission plans are an app of their own.

The old table stays until the release after this one: processes of the old release still read it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("bookings", "0005_expiry_in_turn"), ("commission", "0003_first_versions")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="CommissionPlan")]),
    ]
