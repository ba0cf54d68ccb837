"""A station's HMAC key gets a table of its own; the encrypted text is copied as it is."""

import django.db.models.deletion
from django.db import migrations, models

import apps.common.clock
import apps.common.crypto

COPY = """
INSERT INTO stations_stationcredential (station_id, hmac_key, issued_at)
SELECT id, hmac_key, created_at FROM stations_station
"""
COPY_BACK = """
UPDATE stations_station SET hmac_key = credential.hmac_key
  FROM stations_stationcredential AS credential WHERE credential.station_id = stations_station.id
"""


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
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField(model_name="station", name="hmac_key"),
    ]
