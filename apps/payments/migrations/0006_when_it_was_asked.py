"""When an effect was last asked for: a stopped transfer is given up only when no request can arrive any more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0005_events_swept")]
    operations = [
        migrations.AddField(
            model_name="operation",
            name="asked_at",
            field=models.DateTimeField(
                help_text="when the effect was last asked for, not only looked up", null=True
            ),
        ),
    ]
