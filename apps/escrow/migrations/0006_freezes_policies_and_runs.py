
import apps.common.clock
import apps.common.ids
import datetime
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_staff_groups'),
        ('escrow', '0005_parts_are_bounded'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Freeze',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('scope', models.CharField(choices=[('booking', 'One booking'), ('sitter', 'All bookings of one sitter'), ('everything', 'Every payout')], max_length=12)),
                ('booking_id', models.CharField(blank=True, max_length=64)),
                ('reason', models.CharField(max_length=200)),
                ('placed_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('expires_at', models.DateTimeField(help_text='empty: stands until it is lifted', null=True)),
                ('approve_by', models.DateTimeField(help_text='lapses then unless a second person approves', null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('lift_asked_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lift_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('payee_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sitter')),
                ('placed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'escrow_freeze',
            },
        ),
        migrations.CreateModel(
            name='FreezeChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('step', models.CharField(choices=[('placed', 'Placed'), ('kept', 'Stands until it is lifted: a further reason came'), ('approved', 'Approved by a second person'), ('lift_asked', 'Lift asked for; a second person decides'), ('lifted', 'Lifted'), ('expired', 'Expired'), ('lapsed', 'Lapsed: no second person approved in time')], max_length=12)),
                ('reason', models.CharField(max_length=200)),
                ('facts', models.JSONField(default=dict)),
                ('happened_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('freeze', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='escrow.freeze')),
            ],
            options={
                'db_table': 'escrow_freeze_change',
            },
        ),
        migrations.CreateModel(
            name='FreezeLimit',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=3)),
                ('limit_minor', models.BigIntegerField()),
                ('approve_within', models.DurationField(default=datetime.timedelta(seconds=14400))),
                ('effective_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('reason', models.CharField(max_length=200)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'escrow_freeze_limit',
            },
        ),
        migrations.CreateModel(
            name='HoldPolicy',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('hold_hours', models.PositiveSmallIntegerField()),
                ('first_stays', models.PositiveSmallIntegerField(default=0, help_text='how many stays of a sitter count as first')),
                ('first_stays_hours', models.PositiveSmallIntegerField(default=0)),
                ('effective_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('reason', models.CharField(max_length=200)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'hold policies',
                'db_table': 'escrow_hold_policy',
            },
        ),
        migrations.CreateModel(
            name='PayeeStanding',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL, verbose_name='sitter')),
                ('paused_at', models.DateTimeField(help_text='by staff', null=True)),
                ('disabled_at', models.DateTimeField(help_text='by the payment provider', null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('paused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'escrow_payee_standing',
            },
        ),
        migrations.CreateModel(
            name='PayoutRun',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('public_id', models.UUIDField(default=apps.common.ids.uuid7, editable=False, unique=True)),
                ('started_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('finished_at', models.DateTimeField(null=True)),
                ('claimed', models.PositiveIntegerField(default=0, help_text='holds taken for a payout')),
                ('started', models.PositiveIntegerField(default=0, help_text='transfers made')),
                ('postponed', models.JSONField(default=dict, help_text='reason -> how many are looked at again later')),
                ('stopped_by', models.CharField(blank=True, help_text='why money that was due did not leave', max_length=300)),
            ],
            options={
                'db_table': 'escrow_payout_run',
                'indexes': [models.Index(fields=['-started_at'], name='escrow_payout_run_latest'), models.Index(condition=models.Q(('claimed', 0), ('stopped_by', '')), fields=['started_at'], name='escrow_payout_run_idle')],
            },
        ),
        migrations.CreateModel(
            name='StandingChange',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mark', models.CharField(choices=[('paused', 'Paused by staff'), ('disabled', 'Disabled at the payment provider')], max_length=12)),
                ('set_on', models.BooleanField()),
                ('reason', models.CharField(max_length=200)),
                ('happened_at', models.DateTimeField(default=apps.common.clock.business_now)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('standing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='escrow.payeestanding')),
            ],
            options={
                'db_table': 'escrow_standing_change',
            },
        ),
        migrations.AddIndex(
            model_name='freeze',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['expires_at'], name='escrow_freeze_active'),
        ),
        migrations.AddConstraint(
            model_name='freeze',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('scope', 'booking')), fields=('booking_id',), name='escrow_freeze_one_a_booking'),
        ),
        migrations.AddConstraint(
            model_name='freeze',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('scope', 'sitter')), fields=('payee_user',), name='escrow_freeze_one_a_sitter'),
        ),
        migrations.AddConstraint(
            model_name='freeze',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('scope', 'everything')), fields=('scope',), name='escrow_freeze_one_of_everything'),
        ),
        migrations.AddConstraint(
            model_name='freeze',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('payee_user__isnull', True), ('scope', 'booking'), models.Q(('booking_id', ''), _negated=True)), models.Q(('booking_id', ''), ('payee_user__isnull', False), ('scope', 'sitter')), models.Q(('booking_id', ''), ('payee_user__isnull', True), ('scope', 'everything')), _connector='OR'), name='escrow_freeze_target_fits_scope'),
        ),
        migrations.AddIndex(
            model_name='freezelimit',
            index=models.Index(fields=['currency', '-effective_at'], name='escrow_freeze_limit_latest'),
        ),
        migrations.AddConstraint(
            model_name='freezelimit',
            constraint=models.CheckConstraint(condition=models.Q(('limit_minor__gte', 0)), name='escrow_freeze_limit_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='holdpolicy',
            constraint=models.CheckConstraint(condition=models.Q(('hold_hours__range', (24, 720))), name='escrow_hold_policy_hours'),
        ),
        migrations.AddConstraint(
            model_name='holdpolicy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first_stays', 0), ('first_stays_hours', 0)), models.Q(('first_stays__range', (1, 50)), ('first_stays_hours__range', (24, 720))), _connector='OR'), name='escrow_hold_policy_first_stays'),
        ),
        migrations.AddIndex(
            model_name='payeestanding',
            index=models.Index(condition=models.Q(('paused_at__isnull', False), ('disabled_at__isnull', False), _connector='OR'), fields=['user'], name='escrow_payee_resting'),
        ),
    ]
