"""Since when a station's counters may be somebody else's: set with new credentials."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0019_stations_have_a_photo")]

    operations = [
        migrations.AddField(
            model_name="station",
            name="doubted_since",
            field=models.DateTimeField(null=True),
        ),
    ]
