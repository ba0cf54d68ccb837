"""The hash of a station's broker password, so that the broker's files can be written from the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0011_moves_are_append_only")]

    operations = [
        migrations.AddField(
            model_name="stationcredential",
            name="broker_entry",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
    ]
