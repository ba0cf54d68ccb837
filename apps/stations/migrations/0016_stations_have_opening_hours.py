"""When a station is open, in the time of its place; without hours it is always open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0015_dead_letters_are_taken_again")]

    operations = [
        migrations.AddField(
            model_name="station",
            name="timezone",
            field=models.CharField(db_default="UTC", default="UTC", max_length=64),
        ),
        migrations.AddField(
            model_name="station",
            name="hours",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
    ]
