"""Cuts through the entries, and the totals of each day up to them: balances need not start from the first entry."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_bound_amounts_and_instants")]

    operations = [
        migrations.CreateModel(
            name="Cut",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("up_to_entry", models.BigIntegerField(editable=False, help_text="set by the database", unique=True)),
                ("made_at", models.DateTimeField(editable=False, help_text="set by the database")),
            ],
            options={"db_table": "ledger_cut"},
        ),
        migrations.CreateModel(
            name="DayTotal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("day", models.DateField(help_text="of the entries' effective instant, in UTC")),
                ("total_minor", models.DecimalField(decimal_places=0, max_digits=30)),
                ("entries", models.BigIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.account"
                    ),
                ),
                (
                    "cut",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.cut"),
                ),
            ],
            options={"db_table": "ledger_day_total"},
        ),
        migrations.AddConstraint(
            model_name="daytotal",
            constraint=models.UniqueConstraint(
                fields=["account", "day", "cut"], include=["total_minor"], name="ledger_day_total_once"
            ),
        ),
    ]
