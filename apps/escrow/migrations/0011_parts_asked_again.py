"""Of a failed part of a refund, what was asked for again in another way; a part that no gateway pays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escrow", "0010_append_only_corrections")]

    operations = [
        migrations.AddField(
            model_name='refundpart',
            name='owner_fee_again_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text="the same of the owner's fee"),
        ),
        migrations.AddField(
            model_name='refundpart',
            name='stay_again_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text='of the stay price: failed, and asked for again in another refund'),
        ),
        migrations.AlterField(
            model_name='refundpart',
            name='gateway_refund_id',
            field=models.CharField(help_text="the payments app's refund; empty: paid by bank transfer", max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='refundpart',
            name='sent_again_at',
            field=models.DateTimeField(help_text='failed, and all of it asked for again elsewhere', null=True),
        ),
        migrations.AddConstraint(
            model_name='refundpart',
            constraint=models.CheckConstraint(condition=models.Q(('stay_again_minor__gte', 0), ('stay_again_minor__lte', models.F('stay_minor')), ('owner_fee_again_minor__gte', 0), ('owner_fee_again_minor__lte', models.F('owner_fee_minor'))), name='escrow_refund_part_again_within_part'),
        ),
    ]
