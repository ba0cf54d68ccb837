"""Refunds by bank transfer, and their history."""

import apps.common.clock
import apps.common.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('escrow', '0011_parts_asked_again'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BankRefund',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('status', models.CharField(choices=[('proposed', 'Waits for a second person'), ('sent', 'Sent'), ('rejected', 'Rejected; the money is held'), ('returned', 'Returned by the bank; the money is held')], default='proposed', max_length=10)),
                ('currency', models.CharField(max_length=3)),
                ('amount_minor', models.BigIntegerField()),
                ('reference', models.CharField(help_text='as the transfer shows it at both banks; no account number', max_length=35)),
                ('proposed_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(max_length=200)),
            ],
            options={
                'verbose_name': 'refund by bank transfer',
                'verbose_name_plural': 'refunds by bank transfer',
                'db_table': 'escrow_bank_refund',
            },
        ),
        migrations.CreateModel(
            name='BankRefundChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('old_status', models.CharField(blank=True, max_length=10)),
                ('new_status', models.CharField(choices=[('proposed', 'Waits for a second person'), ('sent', 'Sent'), ('rejected', 'Rejected; the money is held'), ('returned', 'Returned by the bank; the money is held')], max_length=10)),
                ('reason', models.CharField(max_length=200)),
                ('happened_at', models.DateTimeField(default=apps.common.clock.business_now)),
            ],
            options={
                'db_table': 'escrow_bank_refund_change',
            },
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='hold',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bank_refunds', to='escrow.hold'),
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='instead_of',
            field=models.ForeignKey(help_text='that the card could not take back', on_delete=django.db.models.deletion.PROTECT, related_name='bank_refunds', to='escrow.refund'),
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bankrefund',
            name='refund',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='bank_refund', to='escrow.refund'),
        ),
        migrations.AddField(
            model_name='bankrefundchange',
            name='actor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bankrefundchange',
            name='bank_refund',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='escrow.bankrefund'),
        ),
        migrations.AddConstraint(
            model_name='bankrefund',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'proposed')), fields=('hold',), name='escrow_bank_refund_one_open'),
        ),
        migrations.AddConstraint(
            model_name='bankrefund',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'rejected'), _negated=True), fields=('reference',), name='escrow_bank_refund_one_a_reference'),
        ),
        migrations.AddConstraint(
            model_name='bankrefund',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor__gt', 0)), name='escrow_bank_refund_above_zero'),
        ),
        migrations.AddConstraint(
            model_name='bankrefund',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('status', 'proposed')), models.Q(('decided_by__isnull', False), ('status', 'rejected')), models.Q(('decided_by__isnull', False), ('status__in', ['sent', 'returned']), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='escrow_bank_refund_sent_by_a_second_person'),
        ),
    ]
