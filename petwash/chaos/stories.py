"""Who pays whom what: the population of a run, all of it decided by the seed. Pure."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
ASKS_HOLDER = "pm_card_authenticationRequired"
OWNERS, SITTERS = 12, 12
FEWEST_SMALL_PAYOUTS = 6
CURRENCIES = (("USD", 100), ("USD", 100), ("USD", 100), ("EUR", 100), ("JPY", 1))


@dataclass(frozen=True)
class Refund:
    """What the owner gets back at one request, in minor units."""

    stay: int
    fee: int


@dataclass(frozen=True)
class Story:
    """One hold and what its people do with it.

    cards: tried one after the other until one pays. clients: how many processes act for its people at
    the same time. answers_bank: whether a holder who is asked by the bank (3-D Secure) answers, or
    takes the next card. wants: "payout"; "everything_back" after paying; "give_up" without a payment;
    "pay_or_give_up", both at once. refunds are asked for before the stay is completed; `together`: all
    before the first is confirmed; `hasty`: the stay is completed before they are confirmed; `late`:
    they are asked for when the payout may be under way, and may be refused. added: what a change of the
    booking costs more, paid while the money is held. bank: what the card's bank decides about a dispute
    that it opens before the payout: won (by us) or lost. clawed_back: of the stay's price, what goes back
    to the owner after the payout.
    """

    number: int
    booking_id: str
    owner: int
    sitter: int
    currency: str
    stay: int
    fee: int
    fee_pct: int
    kind: str = "plain"
    cards: tuple[str, ...] = (VISA,)
    answers_bank: bool = True
    clients: int = 1
    wants: str = "payout"
    refunds: tuple[Refund, ...] = ()
    together: bool = False
    hasty: bool = False
    late: bool = False
    added: int = 0
    bank: str = ""
    clawed_back: int = 0

    @property
    def is_paid_out(self) -> bool:
        """Tell whether this story comes to a payout to the sitter."""
        return self.wants == "payout" and self.bank != "lost"

    @property
    def prices(self) -> list[int]:
        """What the owner's card is charged, one payment each."""
        return [self.stay + self.fee, *([self.added] if self.added else [])]

    @property
    def reversed(self) -> int:
        """What the sitter gives back after the payout: what was earned on that part, which comes out even."""
        return self.clawed_back * (100 - self.fee_pct) // 100

    @property
    def could_be_paid_twice(self) -> bool:
        """Tell whether the payment would cover the payout twice: then nobody but we would notice."""
        refunded = sum(refund.stay for refund in self.refunds)
        return self.kind == "mostly_refunded" and 2 * self.payout(refunded) <= self.stay

    def payout(self, refunded_stay: int) -> int:
        """Return what the sitter is owed after refunds, the fee rounded half to even: computed here anew."""
        left = self.stay + self.added - refunded_stay
        fee = (Decimal(left) * self.fee_pct / 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
        return left - int(fee)


def population(seed: int, releases: int) -> list[Story]:
    """Return the stories: exactly so many that end in a payout, and some that end without one."""
    chance = random.Random(f"{seed} stories")  # noqa: S311 - has to be repeatable, not secret
    kinds = ["mostly_refunded"] * min(releases, FEWEST_SMALL_PAYOUTS)
    kinds += [_drawn(chance, _PAID_OUT) for _ in range(releases - len(kinds))]
    kinds += [_drawn(chance, _NOT_PAID_OUT) for _ in range(max(len(_NOT_PAID_OUT), releases // 10))]
    chance.shuffle(kinds)
    return [_KINDS[kind](_plain(chance, number, kind), chance) for number, kind in enumerate(kinds)]


def _drawn(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _plain(chance: random.Random, number: int, kind: str) -> Story:
    currency, unit = chance.choice(CURRENCIES)
    stay = chance.randint(40, 900) * unit + (chance.randint(0, 99) if unit > 1 else chance.randint(3_000, 90_000))
    return Story(
        number=number,
        booking_id=str(UUID(int=chance.getrandbits(128), version=4)),
        owner=chance.randrange(OWNERS),
        sitter=chance.randrange(SITTERS),
        currency=currency,
        stay=stay,
        fee=stay // 10,
        fee_pct=chance.choice((10, 15)),
        kind=kind,
    )


Change = Callable[[Story, random.Random], Story]


def _with(**fields: object) -> Change:
    def change(story: Story, chance: random.Random) -> Story:
        return _changed(story, **fields)

    return change


def _changed(story: Story, **fields: object) -> Story:
    return Story(**{**vars(story), **fields})


def _refunded(count: int, *, equal: bool = False, percent: tuple[int, int] = (5, 40), **fields: object) -> Change:
    """Let the owner ask for so many refunds, each of the stay's price within these percents."""

    def change(story: Story, chance: random.Random) -> Story:
        parts = [Refund(story.stay * chance.randint(*percent) // 100, 0) for _ in range(count)]
        refunds = tuple(parts[:1] * count if equal else parts)
        return _changed(story, refunds=refunds, **fields)

    return change


def _all_back(story: Story, chance: random.Random) -> Story:
    return _changed(story, wants="everything_back", refunds=(Refund(story.stay, story.fee),))


def _longer(story: Story, chance: random.Random) -> Story:
    return _changed(story, added=story.stay * chance.randint(20, 80) // 100)


def _regretted(story: Story, chance: random.Random) -> Story:
    even = story.stay - story.stay % 2_000
    return _changed(story, stay=even, fee=even // 10, clawed_back=even * chance.randint(1, 10) // 10 // 20 * 20)


def _pay_or_give_up(story: Story, chance: random.Random) -> Story:
    return _changed(story, wants="pay_or_give_up", clients=2, refunds=(Refund(story.stay, story.fee),))


_PAID_OUT = {
    "plain": 49,
    "declined_first": 6,
    "asked_by_bank": 6,
    "other_card": 4,
    "double_click": 5,
    "refunded_in_part": 7,
    "mostly_refunded": 4,
    "two_equal_refunds": 4,
    "completed_in_refund": 3,
    "late_refund": 3,
    "made_longer": 3,
    "dispute_won": 3,
    "clawed_back": 3,
}
_NOT_PAID_OUT = {
    "everything_back": 5,
    "declined_for_good": 2,
    "left_at_bank": 2,
    "pay_or_give_up": 3,
    "dispute_lost": 2,
}
_KINDS: dict[str, Change] = {
    "plain": _with(),
    "declined_first": _with(cards=(DECLINED, VISA)),
    "asked_by_bank": _with(cards=(ASKS_HOLDER,)),
    "other_card": _with(cards=(ASKS_HOLDER, VISA), answers_bank=False),
    "double_click": _with(clients=2),
    "refunded_in_part": _refunded(1),
    "mostly_refunded": _refunded(2, percent=(30, 42)),
    "two_equal_refunds": _refunded(2, equal=True, together=True),
    "completed_in_refund": _refunded(1, hasty=True),
    "late_refund": _refunded(1, late=True),
    "made_longer": _longer,
    "dispute_won": _with(bank="won"),
    "dispute_lost": _with(bank="lost"),
    "clawed_back": _regretted,
    "everything_back": _all_back,
    "declined_for_good": _with(cards=(DECLINED,), wants="give_up"),
    "left_at_bank": _with(cards=(ASKS_HOLDER,), answers_bank=False, wants="give_up"),
    "pay_or_give_up": _pay_or_give_up,
}
