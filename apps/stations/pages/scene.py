"""What the page shows at one moment: read from the rows, told in words."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from apps.common.clock import business_now, real_now
from apps.common.money import Money
from apps.payments import selectors as payments
from apps.payments.types import PaymentView
from apps.stations import availability, selectors
from apps.stations.hours import write_spans
from apps.stations.models import Bay, Station, TopUp, Wash
from apps.stations.pages import words
from apps.stations.pages.words import Notice
from apps.stations.services import moving
from apps.stations.states import BACK, OPEN_TOP_UP, TopUpStatus, WashStatus
from apps.stations.top_up_terms import LONGEST_TOTAL, price_of

# How often the page looks again, in seconds; the socket only makes it look earlier.
_LOOK = {"shop": 5, "paying": 2, "starting": 2, "running": 4, "paused": 4, "interrupted": 3, "receipt": 0}
_TEST_CARDS = (
    ("pm_card_visa", "Test card: accepted"),
    ("pm_card_authenticationRequired", "Test card: the bank asks (3-D Secure)"),
    ("pm_card_chargeDeclined", "Test card: declined"),
    ("pm_card_chargeDeclinedInsufficientFunds", "Test card: not enough money"),
)
_MORE_SECONDS = (60, 120, 300)
_STALE_SECONDS = 30


@dataclass(frozen=True)
class Scene:
    """A stage with all that its template needs; `version` changes when the page must be drawn anew."""

    stage: str
    version: str
    look: int
    said: str
    facts: dict[str, Any] = field(default_factory=dict)


def way_to_pay() -> str:
    """Return `stripe` with a publishable key, `sandbox` in a demonstration, else `none`."""
    if settings.STRIPE_PUBLISHABLE_KEY:
        return "stripe"
    return "sandbox" if settings.PETWASH_DEMO else "none"


def shop(bay: Bay, notice: Notice | None) -> Scene:
    """Return the programs, each with its price, its time and why it cannot be bought now."""
    offers = selectors.offers_at(bay)
    rows = [(offer.program, _why(offer)) for offer in offers.programs]
    open_rows = [program for program, why in rows if why is None]
    blocked = None if open_rows else _whole_bay(rows)
    pay = way_to_pay()
    facts = {
        "rows": rows,
        "chosen": open_rows[0].code if len(open_rows) == 1 else "",
        "blocked": blocked,
        "free_bays": offers.free_bays if blocked else [],
        "notice": notice,
        "hours": _hours(bay.station),
        "pay": pay,
        "test_cards": _TEST_CARDS if pay == "sandbox" else (),
    }
    said = (notice or blocked or Notice(f"Bay {bay.number} is free.")).what
    return Scene("shop", f"shop:{said}:{bool(blocked)}", _LOOK["shop"], said, facts)


def wash(row: Wash, notice: Notice | None) -> Scene:
    """Return what a paid or almost paid wash shows."""
    stage = words.STAGES.get(WashStatus(row.status), "receipt")
    facts: dict[str, Any] = {"wash": row, "notice": notice}
    if stage == "receipt":
        facts |= _receipt(row)
    elif stage == "paying":
        facts |= _bank(row)
    else:
        facts |= _clock(row, stage)
        facts |= _more(row) if stage in ("running", "paused") else {}
    said = facts["said"]
    look = 3 if row.status == WashStatus.REFUNDING else _LOOK[stage]
    told = notice.what if notice else ""
    marks = (row.public_id, row.status, row.total_seconds, row.refunded_minor, facts.get("secret"), facts.get("adding"))
    version = ":".join([*map(str, marks), told])
    return Scene(stage, version, look, told or said, facts)


def move_here(row: Wash, bay: Bay, notice: Notice | None) -> Scene:
    """Return the question whether an interrupted wash of the station goes on at this bay."""
    left = selectors.seconds_left(row)
    facts = {"wash": row, "notice": notice, "clock": words.clock(left), "spoken": words.spoken(left)}
    said = f"Your wash can go on here, at bay {bay.number}."
    return Scene(
        "move_here", f"{row.public_id}:here:{notice}", _LOOK["interrupted"], notice.what if notice else said, facts
    )


def why_unpaid(row: Wash) -> Notice:
    """Return why a try took no money, or what became of money that came too late."""
    if row.status == WashStatus.CANCELLED:
        payment = payments.payment(row.payment_id)
        return words.refusal(row.reason, payment.failure_message)
    sentence = words.ending(row.status)
    return Notice("Your payment came after the bay was given free.", sentence)


def _hours(station: Station) -> str:
    """Return today's hours in the place's time; nothing for a station that is always open."""
    if not station.hours:
        return ""
    hours = station.opening_hours
    return write_spans(hours.spans_of(business_now().astimezone(hours.zone).date())).replace("-", "–")  # noqa: RUF001 - a dash between times


def _why(offer: selectors.Offer) -> Notice | None:
    refused = offer.refusal
    return None if refused is None else words.refusal(refused.code, refused.sentence)


def _whole_bay(rows: list[tuple[Any, Notice | None]]) -> Notice:
    """When every program is refused, say once why; a dry tank is then the whole bay's trouble."""
    reasons = {why for _, why in rows if why}
    if len(reasons) == 1:
        return reasons.pop()
    return Notice("Nothing can be bought at this bay right now.", "Please use another bay.")


def _clock(row: Wash, stage: str) -> dict[str, Any]:
    left = _left_now(row) if stage == "running" else selectors.seconds_left(row)
    said = {
        "starting": "Paid. The water starts in a few seconds.",
        "running": f"Your wash is running. {words.spoken(left)} left.",
        "paused": f"Your wash is paused. {words.spoken(left)} left.",
        "interrupted": f"Bay {row.bay.number} has stopped. {words.spoken(left)} left.",
    }[stage]
    return {
        "left": left,
        "clock": words.clock(left),
        "spoken": words.spoken(left),
        "said": said,
        "bay_number": row.bay.number,
        "unconfirmed": row.status == WashStatus.UNCONFIRMED,
        "offered": [bay.number for bay in moving.offered(row)],
    }


def _more(row: Wash) -> dict[str, Any]:
    """Return the seconds that can be added, the one addition that is under way, and what came of the last.

    `tries` counts the additions so far: with the total it names the next one, so that a repeat is the same.
    """
    made = list(row.top_ups.order_by("id"))
    last = made[-1] if made else None
    waiting = last is not None and last.status == TopUpStatus.AWAITING_PAYMENT
    payment = payments.payment(last.payment_id) if last is not None and last.status != TopUpStatus.CONFIRMED else None
    secret = payment.client_secret if payment and waiting and payment.status == "requires_action" else None
    adding = last is not None and last.status in OPEN_TOP_UP
    station, left = row.bay.station, selectors.seconds_left(row)
    choices = [
        (seconds, words.spoken(seconds), price_of(seconds, row.price, row.bought_seconds))
        for seconds in _MORE_SECONDS
        if row.total_seconds + seconds <= LONGEST_TOTAL and availability.closed(station, left + seconds) is None
    ]
    return {
        "choices": [] if adding else choices,
        "adding": last.status if last is not None else "",
        "under_way": last if adding else None,
        "waiting": waiting,
        "unpaid": _not_added(last, payment),
        "tries": len(made),
        "secret": secret,
        "test_bank": _test_bank() if secret else None,
        "pay": way_to_pay(),
        "test_cards": _TEST_CARDS if way_to_pay() == "sandbox" else (),
    }


def _not_added(last: TopUp | None, payment: PaymentView | None) -> Notice | None:
    """Say why the last addition did not come, as long as no other one was tried."""
    if last is None or payment is None or last.status in OPEN_TOP_UP:
        return None
    if last.status == TopUpStatus.CANCELLED:
        return words.refusal(payment.failure_code or "cancelled", payment.failure_message)
    return Notice("The bay did not take the added time.", "All that you paid for it goes back to your card.")


def _left_now(row: Wash) -> int:
    """Return the seconds left at this instant: a bay reports now and then, its water runs on."""
    left, at = selectors.seconds_left(row), row.bay.reported_at
    if at is None or row.bay.device_wash != str(row.public_id):
        return left
    age = (real_now() - at).total_seconds()
    return max(left - int(min(max(age, 0), _STALE_SECONDS)), 0)


def _bank(row: Wash) -> dict[str, Any]:
    """Return what 3-D Secure needs; nobody but who holds the purchase's key gets here."""
    payment = payments.payment(row.payment_id)
    secret = payment.client_secret if payment.status == "requires_action" else None
    said = "Your bank wants to confirm the payment." if secret else "Asking your bank."
    return {"secret": secret, "said": said, "pay": way_to_pay(), "test_bank": _test_bank() if secret else None}


def _test_bank() -> str | None:
    """Return the address of the demonstration's bank, where there is one."""
    try:
        return reverse("test-bank") if way_to_pay() == "sandbox" else None
    except NoReverseMatch:
        return None


def _receipt(row: Wash) -> dict[str, Any]:
    refunded = Money(row.refunded_minor, row.currency)
    coming = _coming(row)
    charged = row.paid_at is not None
    return {
        "paid": row.paid if charged else Money(0, row.currency),
        "refunded": refunded,
        "coming": coming,
        "kept": (row.paid if charged else Money(0, row.currency)) - refunded - coming,
        "used": words.spoken(row.seconds_used),
        "total": words.spoken(row.total_seconds),
        "said": words.ending(row.status),
        "company": settings.COMPANY_NAME,
        "address": settings.COMPANY_ADDRESS,
        "bay_number": row.bay.number,
    }


def _coming(row: Wash) -> Money:
    """Return what is on its way back to the card."""
    parts = row.refunds.exclude(status__in=BACK) if row.status == WashStatus.REFUNDING else ()
    return sum((part.amount for part in parts), Money(0, row.currency))
