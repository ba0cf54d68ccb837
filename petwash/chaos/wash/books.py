"""What the devices' diaries and our own rows say of each wash; the code that is tried has no part in the reading."""

from collections import defaultdict
from dataclasses import dataclass, field

from petwash.chaos.diary import Line
from petwash.chaos.our_books import OurDatabase

_WASHES = """
SELECT w.public_id::text, w.purchase, w.status, w.amount_minor, w.seconds_used, w.refunded_minor, w.goodwill,
       w.started_at IS NOT NULL,
       coalesce((SELECT sum(t.amount_minor) FROM stations_topup t WHERE t.wash_id = w.id AND t.paid_at IS NOT NULL), 0),
       coalesce((SELECT sum(t.amount_minor) FROM stations_topup t WHERE t.wash_id = w.id AND t.status = 'refunded'), 0),
       coalesce((SELECT bool_or(t.goodwill) FROM stations_topup t WHERE t.wash_id = w.id), false)
FROM stations_wash w
"""
_STATES = "SELECT status, count(*) FROM stations_wash GROUP BY 1"
_OPEN = """
SELECT (SELECT count(*) FROM payments_operation WHERE status IN ('prepared', 'sent', 'unknown')),
       (SELECT count(*) FROM payments_webhook_event WHERE status IN ('received', 'parked')),
       (SELECT count(*) FROM payments_webhook_event WHERE status = 'unmatched'),
       (SELECT count(*) FROM common_outbox_event WHERE delivered_at IS NULL),
       (SELECT count(*) FROM stations_wash WHERE status IN
           ('awaiting_payment', 'activating', 'unconfirmed', 'running', 'paused', 'interrupted', 'refunding')),
       (SELECT count(*) FROM stations_topup WHERE status IN ('awaiting_payment', 'paid', 'refunding')),
       (SELECT count(*) FROM stations_command WHERE next_attempt_at IS NOT NULL)
"""
_SYSTEM = """
SELECT a.kind, sum(e.amount_minor) FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
WHERE a.kind IN ('stripe_clearing', 'revenue_wash', 'goodwill') GROUP BY 1
"""


@dataclass
class Ours:
    """One wash by our rows, in minor units; `top_ups`: what was paid and refunded for more seconds alone."""

    wash: str
    status: str
    amount: int
    seconds_used: int = 0
    refunded: int = 0
    goodwill: bool = False
    started: bool = False
    top_ups: int = 0
    top_ups_back: int = 0


@dataclass
class Water:
    """One wash by the diary of its station's valves.

    opened: how often the valve was opened for a start; seconds: how much had run when it was last turned.
    forgotten: the board that knew of it was replaced.
    """

    opened: int = 0
    resumed: int = 0
    closed: int = 0
    seconds: float = 0.0
    forgotten: bool = False


@dataclass
class OpenEnds:
    """What is not finished, each by its count."""

    operations: int = 0
    inbox: int = 0
    unmatched: int = 0
    outbox: int = 0
    washes: int = 0
    top_ups: int = 0
    commands: int = 0
    flash: int = 0

    @property
    def waiting(self) -> int:
        """Return how many will still come to an end; what the inbox gave up will not."""
        return sum(int(count) for count in vars(self).values()) - self.unmatched


@dataclass
class Books:
    """Our rows by purchase, and the accounts as signed minor units, debit positive."""

    washes: dict[str, Ours] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)


class WashDatabase(OurDatabase):
    """The conductor's own connection, with the questions of a wash run."""

    def states(self) -> dict[str, int]:
        """Return how many washes are in each state."""
        return dict(self._all(_STATES))

    def ends(self) -> OpenEnds:
        """Return what is not finished, as far as the database knows."""
        return OpenEnds(*self._all(_OPEN)[0])

    def wash_books(self) -> Books:
        """Read everything."""
        found = Books(accounts={kind: int(total) for kind, total in self._all(_SYSTEM)})
        for wash, purchase, status, amount, used, refunded, gift, started, more, back, gift_of_more in self._all(
            _WASHES
        ):
            found.washes[purchase] = Ours(
                wash, status, amount, used, refunded, gift or gift_of_more, started, int(more), int(back)
            )
        return found


def water_of(lines: list[Line]) -> dict[str, Water]:
    """Return what the diary of the valves says of each wash. Pure."""
    found: dict[str, Water] = defaultdict(Water)
    for line in lines:
        if line["what"] == "valve":
            water = found[line["wash"]]
            setattr(water, line["turned"], getattr(water, line["turned"]) + 1)
            water.seconds = max(water.seconds, float(line["seconds"]))
        elif line["what"] == "new_board":
            for wash in line["washes"]:
                found[wash].forgotten = True
    return found
