"""When a dead letter was tried again, what came of it, and when it was taken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0014_find_money_by_day")]

    operations = [
        migrations.AddField("deadletter", "tried_at", models.DateTimeField(null=True)),
        migrations.AddField("deadletter", "outcome", models.CharField(blank=True, db_default="", max_length=120)),
        migrations.AddField("deadletter", "taken_at", models.DateTimeField(null=True)),
    ]
