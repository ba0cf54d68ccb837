"""A station's HMAC key has a table of its own, encrypted at rest."""

import django.db.models.deletion
from django.db import migrations, models

import apps.common.clock
import apps.common.crypto


class Migration(migrations.Migration):
    dependencies = [("stations", "0003_repeat_a_purchase")]

    operations = [
        migrations.CreateModel(
            name="StationCredential",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hmac_key", apps.common.crypto.EncryptedTextField()),
                ("issued_at", models.DateTimeField(default=apps.common.clock.real_now)),
                (
                    "station",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credential",
                        to="stations.station",
                    ),
                ),
            ],
        ),
    ]
