"""Let expiries that could not be confirmed wait behind those that were not tried yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0004_problem_reports")]

    operations = [
        migrations.AddField(
            model_name="booking",
            name="expiry_tried_at",
            field=models.DateTimeField(help_text="when its expiry last failed; others go first", null=True),
        ),
    ]
