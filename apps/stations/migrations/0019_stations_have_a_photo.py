"""The name of a station's photo in the storage, empty without one, with its size for the page's layout."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0018_shards_of_the_bridge")]

    operations = [
        migrations.AddField(
            model_name="station",
            name="photo",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="station",
            name="photo_width",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="station",
            name="photo_height",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
    ]
