"""Amounts that sums can hold, and instants that a calendar knows (PostgreSQL's `infinity` is none)."""

import datetime

from django.db import migrations, models

MOST = 10**15
FIRST = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)
LAST = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_post_in_one_statement")]

    operations = [
        migrations.AddConstraint(
            model_name="entry",
            constraint=models.CheckConstraint(
                condition=models.Q(amount_minor__gte=-MOST, amount_minor__lte=MOST),
                name="ledger_entry_within_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="journal",
            constraint=models.CheckConstraint(
                condition=models.Q(effective_at__gte=FIRST, effective_at__lt=LAST),
                name="ledger_journal_in_this_century",
            ),
        ),
    ]
