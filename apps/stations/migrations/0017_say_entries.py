"""The console says entries, not entrys; no column changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0016_stations_have_opening_hours'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='alertentry',
            options={'ordering': ['id'], 'verbose_name_plural': 'alert entries'},
        ),
    ]
