"""The rows of a booking and its payment, written by hand: no look before, no lock beyond the write's own.

The same rows in the same five transactions as the services write, through the same constraints and
triggers: what a payment that survives a crash in any place cannot do without.
"""

import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_POST = (
    "SELECT ledger_post(%s::uuid, %s, %s, %s, %s::timestamptz, NULL,"
    " %s::text[], %s::text[], %s::integer[], %s::boolean[], %s::bigint[])"
)
_NIGHTS = """
INSERT INTO sitters_night (sitter_id, night, capacity, booked, blocked, exclusive)
VALUES (%s, %s, 2, 1, false, false), (%s, %s, 2, 1, false, false) RETURNING id
"""
_TERMS = (
    "service", "start_date", "end_date", "timezone", "pet_count", "currency", "subtotal_minor",
    "owner_fee_minor", "sitter_fee_minor", "owner_fee_pct", "sitter_fee_pct", "cancellation_policy",
)  # fmt: skip


class BareBooking:
    """Books and pays through one connection, which prepares its statements."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._number = itertools.count()

    def book_and_pay(self, quote: Any, owner: Any, pet: Any) -> None:
        """Write a stay that is paid for and waits for its sitter's answer."""
        with self._connection.transaction():
            booking = _Stay(self, quote, owner)
            booking.book(pet)
        with self._connection.transaction():
            booking.intend()
        with self._connection.transaction():
            booking.claim()
        with self._connection.transaction():
            booking.register()
        with self._connection.transaction():
            booking.settle()

    def insert(self, table: str, **values: Any) -> int:
        """Insert one row and return its key."""
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        found = self.execute(f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING id", values.values())  # noqa: S608 - names of this module
        row = found.fetchone()
        assert row is not None
        return int(row[0])

    def execute(self, statement: str, values: Any) -> psycopg.Cursor:
        """Run one statement."""
        return self._connection.execute(statement, list(values))


class _Stay:
    """One stay on its way through the five transactions."""

    def __init__(self, sql: BareBooking, quote: Any, owner: Any) -> None:
        from apps.common.ids import uuid7

        self._sql, self._quote, self._owner, self._new = sql, quote, owner, uuid7
        self._now = datetime.now(UTC)
        self._total = quote.subtotal_minor + quote.owner_fee_minor
        self._id, self._hold_id, self._payment_id = uuid7(), uuid7(), uuid7()

    def book(self, pet: Any) -> None:
        """The booking, its pet, hold and nights, its first transition and event."""
        from apps.bookings.schedule import stay_instants
        from apps.bookings.types import Service

        quote, now, sql = self._quote, self._now, self._sql
        begins, ends = stay_instants(Service(quote.service), quote.start_date, quote.end_date, quote.timezone)
        self._ends = ends
        self._booking = sql.insert("bookings", **self._booking_row(begins, ends))
        sql.execute("INSERT INTO booking_pet (booking_id, pet_id) VALUES (%s, %s)", [self._booking, pet.pk])
        self._hold = sql.insert("escrow_hold", **self._hold_row())
        self._take_nights()
        self._booking_moved("", "pending_payment", "booked from a quote", self._owner.pk, now)

    def intend(self) -> None:
        """The payment, its operation and the funding that waits for it."""
        key, total = str(self._payment_id), self._total
        metadata = {"purpose": "escrow_deposit", "subject": str(self._hold_id), "booking": str(self._id)}
        self._payment = self._sql.insert(
            "payments_payment", public_id=self._payment_id, purpose="escrow_deposit", subject=str(self._hold_id),
            amount_minor=total, currency="USD", failure_code="", failure_message="", created_at=self._now,
            status="prepared", payment_method="pm_card_visa", transfer_group=str(self._id),
            metadata=Jsonb({**metadata, "owner": str(self._owner.public_id)}), charge_id="", card_fingerprint="",
        )  # fmt: skip
        self._operation = self._sql.insert(
            "payments_operation", public_id=self._new(), kind="charge", payment_id=self._payment, status="prepared",
            generation=1, attempts=0, next_attempt_at=self._now, last_error="", created_at=self._now,
        )  # fmt: skip
        self._funding = self._sql.insert(
            "escrow_funding", hold_id=self._hold, change_id="", payment_id=key, payment_method="pm_card_visa",
            stay_minor=self._quote.subtotal_minor, owner_fee_minor=self._quote.owner_fee_minor,
            stay_left_minor=0, owner_fee_left_minor=0, surplus=False, created_at=self._now,
        )  # fmt: skip

    def claim(self) -> None:
        """The lease of the call to the gateway."""
        self._sql.execute(
            "UPDATE payments_operation SET status = 'sent', lease_token = %s, lease_until = %s, next_attempt_at = %s,"
            " attempts = attempts + 1, sent_at = %s WHERE id = %s",
            [self._new(), self._now, self._now, self._now, self._operation],
        )
        self._sql.execute("UPDATE payments_payment SET status = 'sent' WHERE id = %s", [self._payment])

    def register(self) -> None:
        """The gateway's id, before any money moves."""
        values = [f"pi_bare_{self._payment_id}", self._payment]
        self._sql.execute("UPDATE payments_payment SET provider_id = %s WHERE id = %s", values)

    def settle(self) -> None:
        """The result: payment, funding, journal, hold and booking, each with its history and events."""
        sql, now, quote = self._sql, self._now, self._quote
        values: list[Any] = [f"ch_bare_{self._payment_id}", self._payment]
        sql.execute("UPDATE payments_payment SET status = 'succeeded', charge_id = %s WHERE id = %s", values)
        sql.insert(
            "payments_transition", kind="payment", subject_id=self._payment_id, from_status="sent",
            to_status="succeeded", happened_at=now,
        )  # fmt: skip
        sql.execute(
            "UPDATE payments_operation SET status = 'succeeded', finished_at = %s, lease_token = NULL,"
            " lease_until = NULL WHERE id = %s",
            [now, self._operation],
        )
        left = [quote.subtotal_minor, quote.owner_fee_minor]
        sql.execute(
            "UPDATE escrow_funding SET captured_at = %s, stay_left_minor = %s, owner_fee_left_minor = %s WHERE id = %s",
            [now, *left, self._funding],
        )
        self._capture()
        sql.execute(
            "UPDATE escrow_hold SET state = 'held', stay_left_minor = %s, owner_fee_left_minor = %s WHERE id = %s",
            [*left, self._hold],
        )
        sql.insert(
            "escrow_hold_transition", hold_id=self._hold, old_state="awaiting_funds", new_state="held",
            reason="payment succeeded", happened_at=now, recorded_at=now,
        )  # fmt: skip
        facts = {"hold_id": str(self._hold_id), "amount_minor": self._total, "currency": "USD"}
        self._publish("escrow.FundsHeld", {"booking_id": str(self._id), **facts})
        sql.execute(
            "UPDATE bookings SET status = 'requested', escrow_status = 'held', requested_at = %s, answer_due_at = %s"
            " WHERE id = %s",
            [now, now + timedelta(hours=24), self._booking],
        )
        self._booking_moved("pending_payment", "requested", "payment held", None, now)

    def _booking_row(self, begins: datetime, ends: datetime) -> dict[str, Any]:
        from apps.common.crypto import encrypt
        from apps.common.ids import make_reference

        quote, now = self._quote, self._now
        return {name: getattr(quote, name) for name in _TERMS} | {
            "public_id": self._id, "reference": make_reference(), "owner_id": self._owner.pk,
            "sitter_id": quote.sitter_id, "quote_id": quote.pk, "status": "pending_payment",
            "escrow_status": "awaiting_funds", "scheduled_start_at": begins, "scheduled_end_at": ends, "message": "",
            "start_pin": encrypt(f"{secrets.randbelow(1_000_000):06d}"), "pin_failures": 0, "created_at": now,
            "hold_expires_at": now + timedelta(minutes=15),
        }  # fmt: skip

    def _hold_row(self) -> dict[str, Any]:
        quote = self._quote
        return {
            "public_id": self._hold_id, "booking_id": str(self._id), "payee_user_id": quote.sitter.user_id,
            "state": "awaiting_funds", "resume_state": "", "currency": "USD", "stay_minor": quote.subtotal_minor,
            "owner_fee_minor": quote.owner_fee_minor, "stay_refunded_minor": 0, "owner_fee_refunded_minor": 0,
            "stay_left_minor": 0, "owner_fee_left_minor": 0, "sitter_fee_pct": quote.sitter_fee_pct,
            "last_problem": "", "opened_at": self._now,
        }  # fmt: skip

    def _take_nights(self) -> None:
        quote, sql = self._quote, self._sql
        second = quote.start_date + timedelta(days=1)
        nights = sql.execute(_NIGHTS, [quote.sitter_id, quote.start_date, quote.sitter_id, second]).fetchall()
        rows = [value for (night,) in nights for value in (night, str(self._id), quote.service, 1, self._now)]
        sql.execute(
            "INSERT INTO sitters_night_reservation (night_id, booking, service, units, reserved_at)"
            " VALUES (%s, %s, %s, %s, %s), (%s, %s, %s, %s, %s)",
            rows,
        )

    def _booking_moved(self, old: str, new: str, reason: str, actor: int | None, now: datetime) -> None:
        self._sql.insert(
            "booking_transition", booking_id=self._booking, old_status=old, new_status=new, actor_id=actor,
            reason=reason, happened_at=now, recorded_at=now,
        )  # fmt: skip
        self._publish("bookings.BookingMoved", {"booking_id": str(self._id), "old_status": old, "new_status": new})

    def _publish(self, name: str, payload: dict[str, Any]) -> None:
        self._sql.insert(
            "common_outbox_event", name=name, payload=Jsonb(payload), published_at=self._now,
            next_attempt_at=self._now, attempts=0, last_error="",
        )  # fmt: skip

    def _capture(self) -> None:
        quote, key = self._quote, str(self._id)
        amounts = [self._total, -quote.subtotal_minor, -quote.owner_fee_minor]
        self._sql.execute(_POST, [
            self._new(), f"escrow-capture:{self._payment_id}", "escrow.capture", "USD", self._now,
            ["stripe_clearing", "escrow", "owner_fee_deferred"], ["", key, key], [1, -1, -1], [False, True, True],
            amounts,
        ])  # fmt: skip
