"""What a sitter owes is guarded: it is never settled beyond what is owed.

Nothing was posted on such an account before, so none exists without a guard; if one did, the new
constraint would refuse the migration rather than leave it unguarded.
"""

from django.db import migrations, models

GUARDED = ["escrow", "owner_fee_deferred", "sitter_receivable"]


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_rules_in_the_database")]

    operations = [
        migrations.RemoveConstraint(model_name="account", name="ledger_account_guarded_by_kind"),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(guarded=True, kind__in=GUARDED) | models.Q(guarded=False) & ~models.Q(kind__in=GUARDED),
                name="ledger_account_guarded_by_kind",
            ),
        ),
    ]
