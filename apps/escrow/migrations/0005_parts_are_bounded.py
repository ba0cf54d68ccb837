"""What is left of a funding lies between nothing and what it brought; one payment counts for a change.

The unique indexes are looser than those that they follow (one a hold), so no row that is there can break
them; they are built without locking the tables.
"""

import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("escrow", "0004_parts_of_what_is_there")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS escrow_funding_one_counts_a_change "
                    "ON escrow_funding (hold_id, change_id) WHERE captured_at IS NOT NULL AND NOT surplus",
                    "DROP INDEX CONCURRENTLY IF EXISTS escrow_funding_one_counts_a_change",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
            model_name='funding',
            constraint=models.UniqueConstraint(condition=models.Q(('captured_at__isnull', False), ('surplus', False)), fields=('hold', 'change_id'), name='escrow_funding_one_counts_a_change'),
        ),
            ],
        ),
        migrations.AddConstraint(
            model_name='funding',
            constraint=models.CheckConstraint(condition=models.Q(('owner_fee_minor__gte', 0), ('stay_minor__gte', 0), models.Q(('stay_minor__gt', 0), ('owner_fee_minor__gt', 0), _connector='OR')), name='escrow_funding_brings_money'),
        ),
        migrations.AddConstraint(
            model_name='funding',
            constraint=models.CheckConstraint(condition=models.Q(('stay_left_minor__gte', 0), ('stay_left_minor__lte', models.F('stay_minor')), ('owner_fee_left_minor__gte', 0), ('owner_fee_left_minor__lte', models.F('owner_fee_minor'))), name='escrow_funding_left_within_payment'),
        ),
        migrations.AddConstraint(
            model_name='funding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('captured_at__isnull', False), ('surplus', False)), models.Q(('owner_fee_left_minor', 0), ('stay_left_minor', 0)), _connector='OR'), name='escrow_funding_only_captured_holds'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('stay_left_minor__gte', 0), ('stay_left_minor__lte', django.db.models.expressions.CombinedExpression(models.F('stay_minor'), '-', models.F('stay_refunded_minor'))), ('owner_fee_left_minor__gte', 0), ('owner_fee_left_minor__lte', django.db.models.expressions.CombinedExpression(models.F('owner_fee_minor'), '-', models.F('owner_fee_refunded_minor')))), name='escrow_hold_left_within_payment'),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS escrow_release_one_under_way "
                    "ON escrow_release (hold_id) WHERE status = 'in_transit'",
                    "DROP INDEX CONCURRENTLY IF EXISTS escrow_release_one_under_way",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
            model_name='release',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'in_transit')), fields=('hold',), name='escrow_release_one_under_way'),
        ),
            ],
        ),
    ]
