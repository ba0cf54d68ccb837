"""The console says entries, not entrys; no column changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0008_append_only_reviews'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='noshowentry',
            options={'verbose_name_plural': 'no-show entries'},
        ),
    ]
