"""The sitter answers, the stay starts with the owner's PIN, and ends."""

import hmac
from datetime import timedelta

from django.db import transaction

from apps.accounts.models import User
from apps.bookings import selectors
from apps.bookings.models import Booking
from apps.bookings.schedule import local_date
from apps.bookings.services.moves import lock_booking, move, wrong_state
from apps.bookings.services.settling import settle_started
from apps.bookings.states import BookingStatus
from apps.common.clock import business_now, real_now
from apps.common.errors import Conflict, Forbidden, TooManyRequests
from apps.escrow import services as escrow
from apps.sitters import services as sitters

PIN_TRIES = 5
PIN_PAUSE = timedelta(minutes=15)


def accept(*, actor: User, booking_id: str) -> Booking:
    """The sitter takes the booking. Asked again, it stays as it is.

    Raises: NotFound; Forbidden `only_the_sitter`; Conflict `booking_moved` | `answer_window_over`.
    """
    key = str(selectors.access_as_sitter(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if booking.status == BookingStatus.CONFIRMED:
            return selectors.access_as_sitter(actor, key)
        now = business_now()
        if booking.status == BookingStatus.REQUESTED and booking.answer_due_at and booking.answer_due_at <= now:
            raise Conflict("answer_window_over", "The time to answer is over: the owner gets the money back.")
        move(booking, BookingStatus.CONFIRMED, actor=actor, reason="accepted", confirmed_at=now)
    return selectors.access_as_sitter(actor, key)


def decline(*, actor: User, booking_id: str, reason: str = "declined by the sitter") -> Booking:
    """The sitter does not take the booking: the nights are free and no charge survives.

    Raises: NotFound; Forbidden `only_the_sitter`; Conflict `booking_moved`.
    """
    key = str(selectors.access_as_sitter(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if booking.status == BookingStatus.DECLINED:
            return selectors.access_as_sitter(actor, key)
        move(booking, BookingStatus.DECLINED, actor=actor, reason=reason)
        sitters.free_nights(booking=key)
        refund = escrow.prepare_full_refund(booking_id=key, reason="declined", actor=actor)
    escrow.execute_refund(refund.id)
    return selectors.access_as_sitter(actor, key)


def start_stay(*, actor: User, booking_id: str, pin: str) -> Booking:
    """The sitter starts the stay with the PIN that the owner tells at the door.

    Raises: NotFound; Forbidden `only_the_sitter` | `wrong_pin` (details: tries_left); Conflict
    `too_early` | `booking_moved`; TooManyRequests `pin_locked` after five wrong PINs in a row.
    """
    key = str(selectors.access_as_sitter(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if booking.status == BookingStatus.IN_PROGRESS:
            return selectors.access_as_sitter(actor, key)
        _refuse_start(booking)
        right = hmac.compare_digest(pin.encode(), booking.start_pin.encode())
        if right:
            move(
                booking,
                BookingStatus.IN_PROGRESS,
                actor=actor,
                reason="started with the owner's PIN",
                started_at=business_now(),
                pin_failures=0,
            )
            settle_started(booking, actor=actor)
        else:
            _count_failure(booking)
    if not right:  # after the commit: the failure must count
        left = PIN_TRIES - booking.pin_failures
        raise Forbidden("wrong_pin", "That is not the PIN that the owner has.", {"tries_left": left})
    return selectors.access_as_sitter(actor, key)


def complete_stay(*, actor: User, booking_id: str) -> Booking:
    """The sitter ends the stay; the payout is due 24 hours after this or the scheduled end.

    Raises: NotFound; Forbidden `only_the_sitter`; Conflict `booking_moved` | `hold_moved`.
    """
    key = str(selectors.access_as_sitter(actor, booking_id).public_id)
    with transaction.atomic(durable=True):
        booking = lock_booking(key)
        if booking.status == BookingStatus.COMPLETED:
            return selectors.access_as_sitter(actor, key)
        now = business_now()
        move(booking, BookingStatus.COMPLETED, actor=actor, reason="completed", completed_at=now)
        escrow.start_release_clock(
            booking_id=key,
            completed_at=now,
            scheduled_end_at=booking.scheduled_end_at,
            actor=actor,
            reason="stay completed",
        )
    return selectors.access_as_sitter(actor, key)


def _refuse_start(booking: Booking) -> None:
    if booking.status != BookingStatus.CONFIRMED:
        raise wrong_state(booking)
    today = local_date(business_now(), booking.timezone)
    if today < booking.start_date:
        raise Conflict(
            "too_early", f"The stay starts on {booking.start_date}.", {"start_date": str(booking.start_date)}
        )
    now = real_now()  # guessing is a matter of real time
    if booking.pin_locked_until is not None and booking.pin_locked_until > now:
        wait = int((booking.pin_locked_until - now).total_seconds()) + 1
        raise TooManyRequests("pin_locked", "Too many wrong PINs. Ask the owner, then try later.", retry_after=wait)


def _count_failure(booking: Booking) -> None:
    if booking.pin_locked_until is not None:  # the pause is over: count anew
        booking.pin_failures, booking.pin_locked_until = 0, None
    booking.pin_failures += 1
    if booking.pin_failures >= PIN_TRIES:
        booking.pin_locked_until = real_now() + PIN_PAUSE
    booking.save(update_fields=["pin_failures", "pin_locked_until"])
