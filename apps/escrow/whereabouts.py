"""Where each cent of a booking is, at any instant, in plain words.

Every figure comes from the ledger's journals up to that instant, every sentence from rows that are
dated: what has happened since changes neither.
"""

from collections import defaultdict
from datetime import datetime

from django.db.models import Q

from apps.common.money import Money
from apps.escrow.accounts import deferred_of, escrow_of
from apps.escrow.flows import Flows, flows
from apps.escrow.freezing import FreezeScope
from apps.escrow.models import (
    BlockerChange,
    ClawBackPart,
    Dispute,
    DueChange,
    Freeze,
    Goodwill,
    Hold,
    HoldTransition,
    RefundPart,
    ReleasePart,
)  # fmt: skip
from apps.escrow.states import Blocker, HoldState
from apps.escrow.types import MoneyThen, Whereabouts
from apps.ledger import selectors as ledger
from apps.ledger.types import JournalView


def money_then(hold: Hold, as_of: datetime) -> MoneyThen:
    """Return where the money of a hold was at an instant; the places add up to what had been paid by then."""
    journals = [journal for journal in _journals(hold) if journal.effective_at <= as_of]
    sums = flows(journals)
    state = _state(hold, as_of)
    frozen, disputed, due = _frozen(hold, as_of), _disputed(hold, as_of), _due(hold, as_of)
    why_held = _why_held(state, frozen=frozen, disputed=disputed, due=due)
    rows = [*_held(sums, why_held), *_with_sitter(sums), *_fees(sums), *_bank(sums)]
    places = [Whereabouts(place, Money(minor, hold.currency), why) for place, minor, why in rows]
    places += _refunds(hold, journals)
    return MoneyThen(
        state=state,
        frozen=frozen,
        disputed=disputed,
        release_due_at=due,
        paid_in=Money(sums.paid_in, hold.currency),
        places=[place for place in places if place.amount],
    )


def _held(sums: Flows, why: str) -> list[tuple[str, int, str]]:
    return [
        ("held_for_stay", sums.held, why),
        ("paid_too_much", sums.surplus, "Paid twice, or too late to be of use; it goes back to the card."),
        ("owner_fee_not_yet_earned", sums.deferred, "Our service fee; earned when the sitter is paid."),
        ("withdrawn_by_bank", sums.suspended, "Taken by the cardholder's bank while it decides a dispute."),
        ("advanced_by_us", -sums.advanced, "Ours: it stands in for what the bank has taken meanwhile."),
    ]


def _with_sitter(sums: Flows) -> list[tuple[str, int, str]]:
    why = "Sent to the sitter's payout account."
    if sums.owed_by_sitter:
        why += " More went there than the sitter may keep: the difference is the sitter's debt to us."
    return [
        ("on_its_way_to_sitter", sums.in_flight, "On its way to the sitter's payout account."),
        ("paid_to_sitter", sums.with_sitter, why),
        ("kept_for_sitters_debt", sums.kept, "The sitter's, kept for what the sitter owed us."),
    ]


def _fees(sums: Flows) -> list[tuple[str, int, str]]:
    return [
        ("sitter_fee", sums.sitter_fee, "The sitter's service fee, ours."),
        ("owner_fee", sums.owner_fee, "The owner's service fee, ours."),
        ("our_goodwill", -sums.goodwill, "Given to the owner at our cost."),
    ]


def _bank(sums: Flows) -> list[tuple[str, int, str]]:
    return [
        ("returned_by_bank", sums.charged_back, "Given back to the owner by the card's bank, after a dispute."),
        ("our_loss", -sums.loss, "Lost to that dispute at our cost."),
    ]


def _refunds(hold: Hold, journals: list[JournalView]) -> list[Whereabouts]:
    """One place for each way and reason by which money went back to the owner."""
    reasons = _reasons(hold)
    sums: dict[str, int] = defaultdict(int)
    for journal in journals:
        if reason := reasons.get(journal.key.removeprefix("reverse:")) or _OTHER.get(journal.kind):
            for leg in journal.legs:
                if way := _WAYS.get(leg.account.kind):
                    sums[f"{way} ({reason})."] -= leg.amount.amount_minor
    return [Whereabouts("refunded_to_owner", Money(minor, hold.currency), why) for why, minor in sums.items()]


_WAYS = {"stripe_clearing": "Sent back to the owner's card", "bank": "Sent to the owner by bank transfer"}


_OTHER = {
    "escrow.surplus_returned": "not needed",
    "escrow.surplus_back": "not needed",
    "escrow.goodwill": "goodwill",
    "escrow.goodwill_returned": "goodwill",
}


def _reasons(hold: Hold) -> dict[str, str]:
    parts = RefundPart.objects.filter(refund__hold=hold).values_list("public_id", "refund_id", "refund__reason")
    return {f"escrow-refund:{key}": reason.replace("_", " ") for key, _, reason in parts}


def _journals(hold: Hold) -> list[JournalView]:
    """Return every journal that moved money of the booking, each once."""
    found = [
        *ledger.journals_of(escrow_of(hold)),
        *ledger.journals_of(deferred_of(hold)),
        *ledger.journals_under(_keys(hold)),
    ]
    return sorted({journal.id: journal for journal in found}.values(), key=lambda journal: journal.effective_at)


def _keys(hold: Hold) -> list[str]:
    """Return the beginnings of the keys of journals that do not touch the booking's own accounts."""
    transfers = ReleasePart.objects.filter(release__hold=hold).values_list("public_id", flat=True)
    gifts = Goodwill.objects.filter(hold=hold).values_list("public_id", flat=True)
    taken = ClawBackPart.objects.filter(claw_back__hold=hold).values_list("public_id", flat=True)
    disputes = Dispute.objects.filter(hold=hold).values_list("public_id", "dispute_id")
    keys = [f"escrow-transfer:{key}" for key in transfers]
    keys += [f"{reverse}escrow-goodwill:{key}" for key in gifts for reverse in ("", "reverse:")]
    keys += [f"escrow-clawback:{key}" for key in taken]
    for ours, theirs in disputes:
        keys += [f"escrow-dispute-lost:{ours}", f"dispute-funds:{theirs}", f"dispute-loss:{theirs}"]
    return keys


def _state(hold: Hold, as_of: datetime) -> str:
    moves = HoldTransition.objects.filter(hold=hold, happened_at__lte=as_of).order_by("id")
    last = moves.last()
    return last.new_state if last else HoldState.AWAITING_FUNDS


def _frozen(hold: Hold, as_of: datetime) -> bool:
    """Tell whether a freeze of the booking, of its sitter or of everything stood at an instant."""
    booking = Q(scope=FreezeScope.BOOKING, booking_id=hold.booking_id)
    wider = Q(scope=FreezeScope.SITTER, payee_user=hold.payee_user_id) | Q(scope=FreezeScope.EVERYTHING)
    stood = Q(placed_at__lte=as_of) & (Q(ended_at__isnull=True) | Q(ended_at__gt=as_of))
    return Freeze.objects.filter(stood, booking | wider).exists()


def _disputed(hold: Hold, as_of: datetime) -> bool:
    marks = BlockerChange.objects.filter(hold=hold, blocker=Blocker.DISPUTE, happened_at__lte=as_of)
    last = marks.order_by("id").last()
    return last is not None and last.set_on


def _due(hold: Hold, as_of: datetime) -> datetime | None:
    last = DueChange.objects.filter(hold=hold, happened_at__lte=as_of).order_by("id").last()
    return last.new_due_at if last else None


def _why_held(state: str, *, frozen: bool, disputed: bool, due: datetime | None) -> str:
    if frozen:
        return "Held, and frozen while a problem is looked into."
    if disputed:
        return "Held while the cardholder's bank decides a dispute."
    if state == HoldState.REFUNDING:
        return "Held; a refund is on its way through the payment provider."
    if state == HoldState.CLAWING_BACK:
        return "Taken back from the sitter; on its way to the owner."
    if due is not None:
        return f"Held until {due.isoformat()}, then paid to the sitter, less the sitter's fee."
    return "Held until 24 hours after the stay."
