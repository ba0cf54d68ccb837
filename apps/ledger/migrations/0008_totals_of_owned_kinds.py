"""Totals of days for the kinds of account that bookings and sitters own: the trial balance need not add up their entries.

A cut's number is no sequence's any more: drawing from one gives a transaction its id, and a cut must
not have one before it has read how far the entries go (see 0009).
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_rules_of_cuts")]

    operations = [
        migrations.AlterField(
            model_name="cut",
            name="id",
            field=models.BigIntegerField(
                primary_key=True, editable=False, serialize=False, help_text="set by the database"
            ),
        ),
        migrations.CreateModel(
            name="KindTotal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("currency", models.CharField(max_length=3)),
                ("day", models.DateField(help_text="of the entries' effective instant, in UTC")),
                ("total_minor", models.DecimalField(decimal_places=0, max_digits=30)),
                ("entries", models.BigIntegerField()),
                (
                    "cut",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="ledger.cut"),
                ),
            ],
            options={"db_table": "ledger_kind_total"},
        ),
        migrations.AddConstraint(
            model_name="kindtotal",
            constraint=models.UniqueConstraint(
                fields=["kind", "currency", "day", "cut"], include=["total_minor"], name="ledger_kind_total_once"
            ),
        ),
    ]
