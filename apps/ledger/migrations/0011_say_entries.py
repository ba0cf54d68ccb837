"""The console says entries, not entrys; no column changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0010_find_entries_by_instant'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='entry',
            options={'verbose_name_plural': 'entries'},
        ),
    ]
