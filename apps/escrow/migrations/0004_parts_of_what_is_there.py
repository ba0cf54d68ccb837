"""Money that moved before there were parts: one funding, and one part for each release and refund.

A part takes over the public id of its release or refund: the gateway's operations under way name
it as their subject, and the ledger's journals carry it in their keys.
"""

from django.db import migrations

COMPONENTS = """
UPDATE escrow_funding AS funding
   SET stay_minor = hold.stay_minor, owner_fee_minor = hold.owner_fee_minor
  FROM escrow_hold AS hold
 WHERE hold.id = funding.hold_id AND funding.stay_minor = 0 AND funding.owner_fee_minor = 0
"""
REFUND_PARTS = """
INSERT INTO escrow_refund_part (public_id, refund_id, funding_id, gateway_refund_id, status, stay_minor,
                                owner_fee_minor, failure_code, settled_at, sent_again_at)
SELECT refund.public_id, refund.id, funding.id, refund.refund_id, refund.status, refund.stay_minor,
       refund.owner_fee_minor, refund.failure_code, refund.settled_at,
       CASE WHEN refund.status = 'failed' THEN
           (SELECT min(later.started_at) FROM escrow_refund AS later
             WHERE later.hold_id = refund.hold_id AND later.id > refund.id)
       END
  FROM escrow_refund AS refund
  JOIN escrow_funding AS funding
    ON funding.hold_id = refund.hold_id AND funding.captured_at IS NOT NULL AND NOT funding.surplus
 WHERE refund.refund_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM escrow_refund_part AS part WHERE part.refund_id = refund.id)
"""
RELEASE_PARTS = """
INSERT INTO escrow_release_part (public_id, release_id, funding_id, transfer_id, status, payout_minor,
                                 sitter_fee_minor, owner_fee_minor, failure_code, settled_at)
SELECT release.public_id, release.id, funding.id, release.transfer_id, release.status, release.payout_minor,
       release.sitter_fee_minor, release.owner_fee_minor, release.failure_code, release.settled_at
  FROM escrow_release AS release
  JOIN escrow_funding AS funding
    ON funding.hold_id = release.hold_id AND funding.captured_at IS NOT NULL AND NOT funding.surplus
 WHERE NOT EXISTS (SELECT FROM escrow_release_part AS part WHERE part.release_id = release.id)
"""
LEFT_OF_FUNDINGS = """
UPDATE escrow_funding AS funding
   SET stay_left_minor = funding.stay_minor
           - COALESCE((SELECT sum(part.stay_minor) FROM escrow_refund_part AS part
                        WHERE part.funding_id = funding.id AND part.status <> 'failed'), 0)
           - COALESCE((SELECT sum(part.payout_minor + part.sitter_fee_minor) FROM escrow_release_part AS part
                        WHERE part.funding_id = funding.id AND part.status <> 'failed'), 0),
       owner_fee_left_minor = funding.owner_fee_minor
           - COALESCE((SELECT sum(part.owner_fee_minor) FROM escrow_refund_part AS part
                        WHERE part.funding_id = funding.id AND part.status <> 'failed'), 0)
           - COALESCE((SELECT sum(part.owner_fee_minor) FROM escrow_release_part AS part
                        WHERE part.funding_id = funding.id AND part.status <> 'failed'), 0)
 WHERE funding.captured_at IS NOT NULL AND NOT funding.surplus
"""
LEFT_OF_HOLDS = """
UPDATE escrow_hold AS hold
   SET stay_left_minor = funding.stay_left_minor, owner_fee_left_minor = funding.owner_fee_left_minor
  FROM escrow_funding AS funding
 WHERE funding.hold_id = hold.id AND funding.captured_at IS NOT NULL AND NOT funding.surplus
"""
STEPS = (COMPONENTS, REFUND_PARTS, RELEASE_PARTS, LEFT_OF_FUNDINGS, LEFT_OF_HOLDS)


class Migration(migrations.Migration):
    dependencies = [("escrow", "0003_parts_and_components")]
    operations = [migrations.RunSQL(step, migrations.RunSQL.noop) for step in STEPS]
