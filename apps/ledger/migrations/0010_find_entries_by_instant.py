"""The entries of one day, of all accounts. Entries come nearly in the order of their instants, so ranges of pages do."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0009_rules_of_kind_totals")]

    operations = [
        AddIndexConcurrently(
            model_name="entry",
            index=BrinIndex(fields=["effective_at"], autosummarize=True, pages_per_range=32, name="ledger_entry_instant"),
        ),
    ]
