"""Payments and refunds found by their day; built without locking the tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("stations", "0013_messages_over_a_stations_limit")]

    operations = [
        AddIndexConcurrently(
            model_name="wash",
            index=models.Index(fields=["paid_at"], condition=models.Q(paid_at__isnull=False), name="wash_paid"),
        ),
        AddIndexConcurrently(
            model_name="topup",
            index=models.Index(fields=["paid_at"], condition=models.Q(paid_at__isnull=False), name="top_up_paid"),
        ),
        AddIndexConcurrently(
            model_name="topup",
            index=models.Index(
                fields=["ended_at"],
                condition=models.Q(status__in=["refunding", "refunded"]),
                name="top_up_given_back",
            ),
        ),
        AddIndexConcurrently(
            model_name="washrefund",
            index=models.Index(fields=["created_at"], name="wash_refund_made"),
        ),
    ]
