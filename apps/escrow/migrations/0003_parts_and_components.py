"""A refund and a release have a part for each funding; a funding knows its components."""

import django.db.models.deletion
from django.db import migrations, models

import apps.common.ids


class Migration(migrations.Migration):
    dependencies = [("escrow", "0002_append_only_history")]
    operations = [
        migrations.CreateModel(
            name='RefundPart',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('gateway_refund_id', models.CharField(help_text="the payments app's refund", max_length=64, unique=True)),
                ('status', models.CharField(choices=[('in_transit', 'Under way'), ('paid', 'Confirmed'), ('failed', 'Refused or returned; the money is held')], default='in_transit', max_length=12)),
                ('stay_minor', models.BigIntegerField()),
                ('owner_fee_minor', models.BigIntegerField()),
                ('failure_code', models.CharField(blank=True, max_length=80)),
                ('settled_at', models.DateTimeField(null=True)),
                ('returned_at', models.DateTimeField(help_text="confirmed, and sent back by the owner's bank later", null=True)),
                ('sent_again_at', models.DateTimeField(help_text='failed, and asked for again in another refund', null=True)),
                ('funding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refund_parts', to='escrow.funding')),
                ('refund', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='escrow.refund')),
            ],
            options={
                'db_table': 'escrow_refund_part',
            },
        ),
        migrations.CreateModel(
            name='ReleasePart',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('transfer_id', models.CharField(blank=True, help_text='empty when nothing travels', max_length=64)),
                ('status', models.CharField(choices=[('in_transit', 'Under way'), ('paid', 'Confirmed'), ('failed', 'Refused or returned; the money is held')], default='in_transit', max_length=12)),
                ('payout_minor', models.BigIntegerField(help_text='transferred to the sitter')),
                ('sitter_fee_minor', models.BigIntegerField()),
                ('owner_fee_minor', models.BigIntegerField()),
                ('offset_minor', models.BigIntegerField(db_default=0, default=0, help_text='kept for what the sitter owes')),
                ('failure_code', models.CharField(blank=True, max_length=80)),
                ('settled_at', models.DateTimeField(null=True)),
                ('funding', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='release_parts', to='escrow.funding')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='escrow.release')),
            ],
            options={
                'db_table': 'escrow_release_part',
            },
        ),
        migrations.AddConstraint(
            model_name='refundpart',
            constraint=models.UniqueConstraint(fields=('refund', 'funding'), name='escrow_refund_part_one_a_funding'),
        ),
        migrations.AddConstraint(
            model_name='refundpart',
            constraint=models.CheckConstraint(condition=models.Q(('owner_fee_minor__gte', 0), ('stay_minor__gte', 0), models.Q(('stay_minor__gt', 0), ('owner_fee_minor__gt', 0), _connector='OR')), name='escrow_refund_part_moves_money'),
        ),
        migrations.AddConstraint(
            model_name='releasepart',
            constraint=models.UniqueConstraint(fields=('release', 'funding'), name='escrow_release_part_one_a_funding'),
        ),
        migrations.AddConstraint(
            model_name='releasepart',
            constraint=models.UniqueConstraint(condition=models.Q(('transfer_id', ''), _negated=True), fields=('transfer_id',), name='escrow_release_part_transfer'),
        ),
        migrations.AddConstraint(
            model_name='releasepart',
            constraint=models.CheckConstraint(condition=models.Q(('offset_minor__gte', 0), ('owner_fee_minor__gte', 0), ('payout_minor__gte', 0), ('sitter_fee_minor__gte', 0)), name='escrow_release_part_not_negative'),
        ),
        migrations.RemoveConstraint(
            model_name='funding',
            name='escrow_funding_one_counts',
        ),
        migrations.RemoveConstraint(
            model_name='refund',
            name='escrow_refund_one_alive',
        ),
        migrations.RemoveConstraint(
            model_name='release',
            name='escrow_release_one_alive',
        ),
        migrations.AddField(
            model_name='funding',
            name='change_id',
            field=models.CharField(blank=True, db_default='', default='', help_text='the change that it pays for; empty: the stay', max_length=64),
        ),
        migrations.AddField(
            model_name='funding',
            name='owner_fee_left_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text="the same of the owner's fee"),
        ),
        migrations.AddField(
            model_name='funding',
            name='owner_fee_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='funding',
            name='stay_left_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text='of the stay: held, and neither on its way back nor on its way to the sitter'),
        ),
        migrations.AddField(
            model_name='funding',
            name='stay_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='hold',
            name='owner_fee_left_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text="the same of the owner's fee"),
        ),
        migrations.AddField(
            model_name='hold',
            name='stay_left_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text='of the stay: held, and neither on its way back nor on its way to the sitter'),
        ),
        migrations.AddField(
            model_name='release',
            name='offset_minor',
            field=models.BigIntegerField(db_default=0, default=0, help_text='beside the payout: kept for what the sitter owes'),
        ),
        migrations.AlterField(
            model_name='funding',
            name='surplus',
            field=models.BooleanField(default=False, help_text='brought money that the hold had no use for; it goes back'),
        ),
        migrations.AlterField(
            model_name='refund',
            name='refund_id',
            field=models.CharField(help_text='of refunds made before they had parts; the parts know theirs', max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='refund',
            name='status',
            field=models.CharField(choices=[('in_transit', 'The refund is under way'), ('paid', 'The refund is confirmed'), ('partial', 'A part was refused or returned; that part is held'), ('failed', 'The refund was refused or returned; the money is held')], default='in_transit', max_length=12),
        ),
        migrations.AlterField(
            model_name='release',
            name='status',
            field=models.CharField(choices=[('in_transit', 'Transfers are under way'), ('paid', 'Every transfer is confirmed'), ('partial', 'Some transfers were refused; their money is back in escrow'), ('failed', 'Every transfer was refused; the money is back in escrow')], default='in_transit', max_length=12),
        ),
        migrations.AlterField(
            model_name='release',
            name='transfer_id',
            field=models.CharField(blank=True, help_text='of releases made before they had parts; the parts know theirs', max_length=64),
        ),
    ]
