"""Seconds bought for a running wash, and the refunds of a wash payment by payment."""

import apps.common.clock
import apps.common.ids
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0004_keys_apart_from_stations'),
    ]

    operations = [
        migrations.CreateModel(
            name='TopUp',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('status', models.CharField(choices=[('awaiting_payment', 'Awaiting payment'), ('paid', 'Paid, not confirmed by the station'), ('confirmed', 'Confirmed by the station'), ('cancelled', 'Cancelled before payment'), ('refunding', 'Refunding'), ('refunded', 'Refunded')], default='awaiting_payment', max_length=20)),
                ('expected_total', models.PositiveIntegerField()),
                ('add_seconds', models.PositiveIntegerField()),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('ml', models.JSONField(default=dict)),
                ('payment_id', models.CharField(blank=True, max_length=36)),
                ('refund_id', models.CharField(blank=True, max_length=36)),
                ('purchase', models.CharField(max_length=64, unique=True)),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('goodwill', models.BooleanField(default=False)),
                ('lease_expires_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(default=apps.common.clock.real_now)),
                ('paid_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='TopUpTransition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_status', models.CharField(blank=True, max_length=20)),
                ('to_status', models.CharField(max_length=20)),
                ('reason', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField(default=apps.common.clock.real_now)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='WashRefund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('payment_id', models.CharField(max_length=36)),
                ('refund_id', models.CharField(max_length=36, null=True, unique=True)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('status', models.CharField(choices=[('waiting', 'Waits for the bank'), ('pending', 'Pending'), ('succeeded', 'Succeeded'), ('charged_back', 'Taken by the bank'), ('failed', 'Failed')], default='pending', max_length=12)),
                ('created_at', models.DateTimeField(default=apps.common.clock.real_now)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='wash',
            name='wash_refund_within_amount',
        ),
        migrations.AddField(
            model_name='wash',
            name='topped_up_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='wash',
            name='topped_up_seconds',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name='wash',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_minor__gte', 0), ('refunded_minor__lte', django.db.models.expressions.CombinedExpression(models.F('amount_minor'), '+', models.F('topped_up_minor')))), name='wash_refund_within_paid'),
        ),
        migrations.AddConstraint(
            model_name='wash',
            constraint=models.CheckConstraint(condition=models.Q(('topped_up_minor__gte', 0), ('total_seconds__gt', models.F('topped_up_seconds'))), name='wash_top_ups_within_total'),
        ),
        migrations.AddField(
            model_name='topup',
            name='command',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='top_ups', to='stations.command'),
        ),
        migrations.AddField(
            model_name='topup',
            name='wash',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='top_ups', to='stations.wash'),
        ),
        migrations.AddField(
            model_name='topuptransition',
            name='top_up',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transitions', to='stations.topup'),
        ),
        migrations.AddField(
            model_name='washrefund',
            name='wash',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='stations.wash'),
        ),
        migrations.AddIndex(
            model_name='topup',
            index=models.Index(condition=models.Q(('status__in', ['awaiting_payment', 'paid', 'refunding'])), fields=['status', 'created_at'], name='top_up_unsettled'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ('awaiting_payment', 'paid'))), fields=('wash',), name='one_open_top_up_a_wash'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.CheckConstraint(condition=models.Q(('add_seconds__gt', 0), ('amount_minor__gt', 0)), name='top_up_sells_something'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['awaiting_payment', 'paid', 'confirmed', 'cancelled', 'refunding', 'refunded'])), name='top_up_status_known'),
        ),
        migrations.AddConstraint(
            model_name='washrefund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gte', 0)), name='wash_refund_takes_nothing'),
        ),
    ]
