"""Bays that lock themselves and show codes; washes that go on at another bay after a fault."""

import apps.common.clock
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stations', '0009_find_by_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='WashMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('carried_seconds', models.PositiveIntegerField()),
                ('at', models.DateTimeField(default=apps.common.clock.real_now)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='wash',
            name='wash_status_known',
        ),
        migrations.AddField(
            model_name='bay',
            name='failed_starts',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='bay',
            name='locked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='bay',
            name='presence_code',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='bay',
            name='presence_version',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='wash',
            name='carried_seconds',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='wash',
            name='move_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='wash',
            name='moved_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='command',
            name='type',
            field=models.CharField(choices=[('start', 'Start'), ('top_up', 'Top up'), ('cancel', 'Cancel'), ('stop', 'Stop'), ('resume', 'Resume'), ('identify', 'Identify'), ('rebirth', 'Rebirth')], max_length=10),
        ),
        migrations.AlterField(
            model_name='wash',
            name='status',
            field=models.CharField(choices=[('awaiting_payment', 'Awaiting payment'), ('activating', 'Activating'), ('unconfirmed', 'Start unconfirmed'), ('running', 'Running'), ('paused', 'Paused'), ('interrupted', 'Interrupted by a fault, may move'), ('finished', 'Finished'), ('stopped', 'Stopped'), ('refunding', 'Refunding'), ('partially_refunded', 'Partially refunded'), ('refunded', 'Refunded'), ('cancelled', 'Cancelled before payment')], default='awaiting_payment', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='wash',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['awaiting_payment', 'activating', 'unconfirmed', 'running', 'paused', 'interrupted', 'finished', 'stopped', 'refunding', 'partially_refunded', 'refunded', 'cancelled'])), name='wash_status_known'),
        ),
        migrations.AddField(
            model_name='washmove',
            name='from_bay',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.bay'),
        ),
        migrations.AddField(
            model_name='washmove',
            name='to_bay',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.bay'),
        ),
        migrations.AddField(
            model_name='washmove',
            name='wash',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='stations.wash'),
        ),
        migrations.AddConstraint(
            model_name='washmove',
            constraint=models.UniqueConstraint(fields=('wash', 'from_bay'), name='a_wash_leaves_a_bay_once'),
        ),
    ]
