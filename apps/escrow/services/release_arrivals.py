"""Many transfers of payouts that arrived, settled together: what `release_results` does with one of them."""

from collections.abc import Iterable, Sequence

from django.db.models import Sum

from apps.common import events
from apps.common.clock import business_now
from apps.common.db import require_transaction
from apps.escrow import journals
from apps.escrow.events import PayoutReleased
from apps.escrow.models import Hold, Release, ReleasePart
from apps.escrow.services.holds import lock_holds, move_all
from apps.escrow.services.release_results import conclude
from apps.escrow.states import HoldState, PartStatus
from apps.payments.types import TransferView


def settle_successes(transfers: Sequence[TransferView]) -> None:
    """These transfers are confirmed: with a fixed number of statements for those that end their payouts whole."""
    require_transaction()
    mine = ReleasePart.objects.filter(public_id__in=[transfer.subject for transfer in transfers])
    holds = lock_holds(mine.values_list("release__hold", flat=True))
    # Read again now that the holds are locked: another answer may have been first.
    parts = list(mine.filter(status=PartStatus.IN_TRANSIT).select_related("release").order_by("pk"))
    now = business_now()
    ReleasePart.objects.filter(pk__in=[part.pk for part in parts]).update(status=PartStatus.PAID, settled_at=now)
    journals.post_transfers_confirmed(parts)
    releases = {part.release_id: part.release for part in parts}
    whole = _without(releases, PartStatus.FAILED, PartStatus.IN_TRANSIT)
    _finish(holds, [releases[key] for key in whole])
    for key in releases.keys() - whole:
        conclude(holds[releases[key].hold_id], releases[key])


def _without(releases: Iterable[int], *statuses: PartStatus) -> set[int]:
    """Return the keys of those releases that have no part in these states."""
    having = ReleasePart.objects.filter(release__in=list(releases), status__in=statuses)
    return set(releases) - set(having.values_list("release", flat=True))


def _finish(holds: dict[int, Hold], releases: Sequence[Release]) -> None:
    """Settle releases all of whose transfers have arrived, and their holds."""
    now = business_now()
    Release.objects.filter(pk__in=[release.pk for release in releases]).update(
        status=Release.Status.PAID, failure_code="", settled_at=now
    )
    done = [holds[release.hold_id] for release in releases]
    move_all(done, HoldState.RELEASED, reason="transfer confirmed", released_at=now)
    paid = ReleasePart.objects.filter(release__hold__in=done, status=PartStatus.PAID).order_by()
    sums = dict(paid.values("release__hold").annotate(total=Sum("payout_minor")).values_list("release__hold", "total"))
    events.publish_all(
        PayoutReleased(
            hold_id=str(hold.public_id),
            booking_id=hold.booking_id,
            amount_minor=sums[hold.pk],
            currency=hold.currency,
        )
        for hold in done
    )
