"""How many messages of a station came over its limit, and when the last one did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0012_the_database_keeps_broker_hashes")]

    operations = [
        migrations.AddField(
            model_name="station",
            name="messages_over_limit",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="station",
            name="over_limit_at",
            field=models.DateTimeField(null=True),
        ),
    ]
