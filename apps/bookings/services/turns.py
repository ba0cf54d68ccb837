"""Sweeps: each due booking on its own; what failed before waits behind what was not tried yet."""

import logging
from collections.abc import Callable

from django.db.models import F

from apps.bookings.models import Booking, BookingQuerySet
from apps.common.clock import business_now

logger = logging.getLogger(__name__)

BATCH = 100


def in_turn(rows: BookingQuerySet, act: Callable[[str], bool | None], *, batch: int = BATCH) -> int:
    """Act on the due bookings, at most `batch` of them; return for how many it worked.

    `act` answers None for a booking that somebody else is at just now: it keeps its turn.
    """
    ordered = rows.order_by(F("expiry_tried_at").asc(nulls_first=True), "id")
    keys = [str(key) for key in ordered.values_list("public_id", flat=True)[:batch]]
    return sum(_attempt(act, key) for key in keys)


def _attempt(act: Callable[[str], bool | None], booking_id: str) -> bool:
    try:
        done = act(booking_id)
    except Exception:
        logger.exception("postponed", extra={"booking": booking_id})
        done = False
    if done is False:
        Booking.objects.filter(public_id=booking_id).update(expiry_tried_at=business_now())
    return bool(done)
