"""The public record of stays that failed through their sitter: counted in the transaction that ends the stay."""

from django.db.models import F

from apps.common.db import require_transaction
from apps.sitters.models import SitterProfile


def count_cancelled_stay(*, sitter_id: int) -> None:
    """Count a stay that the sitter had accepted and called off."""
    require_transaction()
    SitterProfile.objects.filter(pk=sitter_id).update(cancelled_stays=F("cancelled_stays") + 1)


def count_missed_stay(*, sitter_id: int) -> None:
    """Count a stay for which the sitter was not there."""
    require_transaction()
    SitterProfile.objects.filter(pk=sitter_id).update(missed_stays=F("missed_stays") + 1)
