"""The people of the stories: they pay, complete, take refunds, and ask again when nobody answered.

A client keeps nothing in memory that it could not read again: killed at any point, its successor looks
where a story stands and goes on there, as an app does that was closed and opened.
"""

import contextlib
import time
from collections import deque
from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.common.clock import business_now
from apps.common.errors import Conflict, DomainError, NotFound, Unavailable
from apps.common.money import Money
from apps.escrow import selectors, services
from apps.escrow.services import Parts, StayPetEscrow
from apps.escrow.types import DepositView, HoldTerms, HoldView
from apps.payments import selectors as payments_q
from petwash.chaos import bank
from petwash.chaos.plan import Plan
from petwash.chaos.stories import Refund, Story

AT_ONCE = 8
AGAIN_SECONDS = 0.3
OWNER, SITTER = "owner-{}@chaos.example", "sitter-{}@chaos.example"


class NotYetError(Exception):
    """The story cannot go on at this moment; ask again in a moment."""


class Client:
    """Takes its share of the stories, a few at a time, until each has its end."""

    def __init__(self, plan: Plan, place: int, places: int) -> None:
        mine = (story for story in plan.stories if (place - story.number) % places < story.clients)
        self._waiting = deque(mine)
        self._active: deque[tuple[float, Story]] = deque()
        self._place, self._places = place, places
        self.is_busy = True

    def turn(self) -> None:
        """Take one step in the story that has waited longest."""
        while self._waiting and len(self._active) < AT_ONCE:
            self._active.append((0.0, self._waiting.popleft()))
        self.is_busy = bool(self._active) and self._active[0][0] <= time.monotonic()
        if not self.is_busy:
            return
        _, story = self._active.popleft()
        over, due = False, time.monotonic() + AGAIN_SECONDS
        try:
            over, due = self._step(story), 0.0
        except (NotYetError, Unavailable):
            return
        except DomainError as refusal:
            if not refusal.code.endswith(("_in_progress", "already_paid", "hold_moved")):
                print(story.number, story.kind, refusal.code, flush=True)
        finally:
            if not over:
                self._active.append((due, story))

    def _step(self, story: Story) -> bool:
        """Do the next thing; tell whether nothing is left to do for this client."""
        try:
            hold = selectors.hold_of(story.booking_id)
        except NotFound:
            _open(story)
            return False
        match hold.state:
            case "awaiting_funds":
                self._pay(story, hold)
            case "held":
                self._go_on(story, hold)
            case "refunding":
                _while_refunding(story, hold)
            case "release_due" | "releasing" | "released":
                return _after_completion(story, hold)
            case "refunded" | "void" | "clawing_back" | "clawed_back" | "clawback_short":
                return True
            case _:
                raise NotYetError
        return False

    def _is_second(self, story: Story) -> bool:
        """Tell whether this client is the second of two who want different things."""
        return (self._place - story.number) % self._places == 1

    def _pay(self, story: Story, hold: HoldView) -> None:
        tried = _attempts_over(story)
        gives_up = story.wants == "give_up" and tried >= len(story.cards)
        if gives_up or (story.wants == "pay_or_give_up" and self._is_second(story)):
            _give_up(story)
            return
        view = _deposit(story, story.cards[min(tried, len(story.cards) - 1)])
        if view.payment_status != "requires_action":
            return
        if story.answers_bank:
            _answer_bank(view.payment_id)
            raise NotYetError
        if story.wants == "give_up":
            _give_up(story)
        else:
            _deposit(story, story.cards[-1])

    def _go_on(self, story: Story, hold: HoldView) -> None:
        """The money is held: pay for changes, take refunds, hear of disputes, then complete the stay."""
        if story.added and hold.stay.amount_minor == story.stay:
            _make_longer(story)
            return
        if story.bank and not hold.disputed:
            bank.dispute(story.booking_id)
            raise NotYetError
        open_ones = [] if story.late else _not_asked(story)
        if open_ones:
            _ask(story, open_ones if story.together else open_ones[:1])
        elif story.wants == "payout":
            _complete(story)
        else:
            raise NotYetError


def _while_refunding(story: Story, hold: HoldView) -> None:
    open_ones = _not_asked(story)
    if story.together and open_ones:
        _ask(story, open_ones)
    elif story.hasty and hold.release_due_at is None:
        _complete(story)
    else:
        raise NotYetError


def _after_completion(story: Story, hold: HoldView) -> bool:
    """Let the bank decide, ask for a late refund once, regret a payout; tell whether all is done."""
    if story.bank:
        return bank.decide(story.booking_id, story.bank)
    if story.clawed_back:
        _claw_back(story, hold)
        return False
    if story.late and _not_asked(story):
        try:
            _ask(story, _not_asked(story))
        except Conflict as refusal:
            return refusal.code in {"payout_in_progress", "already_paid_out"}
    return True


def _open(story: Story) -> None:
    sitter = User.objects.get(email=SITTER.format(story.sitter))
    terms = HoldTerms(
        story.booking_id,
        Money(story.stay, story.currency),
        Money(story.fee, story.currency),
        Decimal(story.fee_pct),
        sitter.pk,
    )
    with contextlib.suppress(IntegrityError), transaction.atomic():  # of two clients, one is the first
        services.open_hold(terms)


def _deposit(story: Story, card: str) -> DepositView:
    owner = User.objects.get(email=OWNER.format(story.owner))
    return StayPetEscrow.deposit_funds(
        booking_id=story.booking_id, payment_method=card, actor=owner, admit=lambda: None
    )


def _make_longer(story: Story) -> None:
    StayPetEscrow.add_funding(
        booking_id=story.booking_id,
        change_id="longer",
        stay=Money(story.added, story.currency),
        owner_fee=Money.zero(story.currency),
        payment_method=story.cards[-1],
        actor=User.objects.get(email=OWNER.format(story.owner)),
    )


def _claw_back(story: Story, hold: HoldView) -> None:
    if hold.state != "released":
        raise NotYetError
    StayPetEscrow.claw_back(
        booking_id=story.booking_id,
        stay=Money(story.clawed_back, story.currency),
        owner_fee=Money.zero(story.currency),
        reason="the stay was not what was promised",
        actor=User.objects.get(email=OWNER.format(story.owner)),
    )


def _answer_bank(payment_id: str) -> None:
    """Say yes to the bank, as the holder does in a browser; once is enough, and more is refused."""
    intent = payments_q.payment(payment_id).provider_id
    bank.ask("POST", f"payment_intents/{intent}/authenticate", outcome="succeed")


def _give_up(story: Story) -> None:
    if not services.cancel_attempts(story.booking_id):
        raise NotYetError
    with transaction.atomic():
        services.void_unpaid(booking_id=story.booking_id, actor=None, reason="given up")


def _complete(story: Story) -> None:
    """The stay ended more than a day ago: what is left is due at once."""
    ended = business_now() - timedelta(hours=25)
    with transaction.atomic():
        services.start_release_clock(
            booking_id=story.booking_id,
            completed_at=ended,
            scheduled_end_at=ended,
            actor=None,
            reason="stay completed",
        )


def _ask(story: Story, wanted: list[tuple[str, Refund]]) -> None:
    """Ask for refunds, each once: whoever asks looks under the hold's lock whether it was asked for."""
    prepared = []
    for reason, refund in wanted:
        parts = Parts(Money(refund.stay, story.currency), Money(refund.fee, story.currency))
        with transaction.atomic():
            services.lock(story.booking_id)
            if reason not in _asked(story):
                view = services.prepare_refund(booking_id=story.booking_id, parts=parts, reason=reason, actor=None)
                prepared.append(view.id)
    for refund_id in prepared:
        services.execute_refund(refund_id)


def _not_asked(story: Story) -> list[tuple[str, Refund]]:
    asked = _asked(story)
    wanted = [(f"refund {number}", refund) for number, refund in enumerate(story.refunds, start=1)]
    return [(reason, refund) for reason, refund in wanted if reason not in asked]


def _asked(story: Story) -> set[str]:
    return {refund.reason for refund in selectors.refunds_of(story.booking_id)}


def _attempts_over(story: Story) -> int:
    """Return how many cards were refused: escrow's rows are private, the payments' views are not."""
    hold = selectors.hold_of(story.booking_id)
    attempts = payments_q.payments_for("escrow_deposit", hold.id)
    return sum(attempt.status == "failed" for attempt in attempts)
