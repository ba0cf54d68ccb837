"""The people at the bays: they buy, top up, stop, regret, and ask again when nobody answered.

A customer keeps nothing that a closed and opened page would not have: the key of the purchase and the bay.
Killed at any point, the successor looks where the wash stands and goes on there.
"""

import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from apps.common.errors import Conflict, DomainError, PaymentRefused, TooManyRequests, Unavailable
from apps.stations.models import Bay, TopUp, Wash
from apps.stations.services import customer
from apps.stations.services.activation import activate
from apps.stations.services.top_ups import TopUpOrder, top_up
from apps.stations.states import OPEN_WASH, WashStatus
from apps.stations.tokens import hash_purchase, make_wash_token
from petwash.chaos import bank
from petwash.chaos.diary import Diary
from petwash.chaos.wash.files import bay_in, provisioned
from petwash.chaos.wash.pace import LOOK_SECONDS
from petwash.chaos.wash.plan import MORE_SECONDS, WashPlan
from petwash.chaos.wash.plan import Story as WashStory

OVER = (
    WashStatus.FINISHED,
    WashStatus.STOPPED,
    WashStatus.PARTIALLY_REFUNDED,
    WashStatus.REFUNDED,
    WashStatus.CANCELLED,
)
_AGAIN = {"payment_in_progress", "bay_busy", "bay_offline", "bay_fault", "tank_too_low", "station_no_host"}
Place = tuple[int, int]


class Customers:
    """One process of people: its bays, and at each the queue of those who wait."""

    def __init__(self, plan: WashPlan, place: int, places: int) -> None:
        folder = Path(os.environ["PETWASH_HOME"])
        self._diary = Diary(folder / "diary")
        over = {line["story"] for line in self._diary.all() if line["what"] == "story_over"}
        self._queues: dict[Place, deque[WashStory]] = defaultdict(deque)
        for story in plan.stories:
            if story.station % places == place and story.number not in over:
                self._queues[story.station, story.bay].append(story)
        self._doors = {where: bay_in(provisioned(folder, where[0]), where[1]) for where in self._queues}
        self._due: dict[Place, float] = dict.fromkeys(self._queues, 0.0)

    def turn(self) -> None:
        """Look at every bay once, and do what its first in the queue wants."""
        fronts = {where: queue[0] for where, queue in self._queues.items() if queue}
        if not fronts:
            time.sleep(1.0)
            return
        purchases = {where: self._purchase(where, story) for where, story in fronts.items()}
        washes = {wash.purchase: wash for wash in _washes(purchases.values())}
        free = _free([door["id"] for door in self._doors.values()])
        for where, story in fronts.items():
            wash = washes.get(purchases[where])
            if wash is None and (self._doors[where]["id"] not in free or time.monotonic() < self._due[where]):
                continue
            self._due[where] = time.monotonic() + LOOK_SECONDS
            if self._step(where, story, wash):
                self._diary.note("story_over", story=story.number)
                self._queues[where].popleft()
        time.sleep(LOOK_SECONDS / 2)

    def _step(self, where: Place, story: WashStory, wash: Wash | None) -> bool:
        """Do the next thing; tell whether the story is over."""
        try:
            if wash is None:
                self._buy(where, story)
                return False
            return self._go_on(where, story, wash)
        except Unavailable:
            return False
        except (PaymentRefused, TooManyRequests):
            # Who comes with a bad card leaves; the card that declines is one and the same, and soon has its limit.
            return story.kind == "declined"
        except DomainError as refusal:
            if refusal.code not in _AGAIN:
                print(story.number, story.kind, refusal.code, refusal.message, flush=True)
            return False

    def _go_on(self, where: Place, story: WashStory, wash: Wash) -> bool:
        token = make_wash_token(settings.BAY_TOKEN_KEY, str(wash.public_id), str(wash.purchase))
        stop = partial(customer.stop_wash, wash_id=str(wash.public_id), wash_token=token)
        match wash.status:
            case WashStatus.AWAITING_PAYMENT if story.kind == "asks_bank":
                if not _answer_bank(wash):
                    self._buy(where, story)
            case WashStatus.AWAITING_PAYMENT if story.kind == "gives_up":
                stop()
            case WashStatus.AWAITING_PAYMENT:
                self._buy(where, story)
            case WashStatus.ACTIVATING if story.kind == "regret":
                stop()
            case WashStatus.RUNNING if story.kind in {"stop", "regret"}:
                stop()
            case WashStatus.RUNNING if story.kind in {"top_up", "two_top_ups"}:
                self._top_up(story, wash, token)
        return wash.status in OVER

    def _buy(self, where: Place, story: WashStory) -> None:
        door = self._doors[where]
        act = partial(
            activate,
            bay_id=door["id"],
            bay_token=door["bay_token"],
            program=story.program,
            payment_method=story.card,
            key=story.key,
            address=_address(story),
        )
        both(act, act) if story.kind == "double_click" else act()

    def _top_up(self, story: WashStory, wash: Wash, token: str) -> None:
        """Ask for more once; of two who name the same total one is told that it changed."""
        if TopUp.objects.filter(wash=wash).exists():
            return
        order = TopUpOrder(wash.total_seconds, MORE_SECONDS, story.card)
        acts = [
            partial(
                top_up,
                wash_id=str(wash.public_id),
                wash_token=token,
                order=order,
                key=f"{story.key}-more-{number}",
                address=_address(story),
            )
            for number in range(2 if story.kind == "two_top_ups" else 1)
        ]
        both(*acts)

    def _purchase(self, where: Place, story: WashStory) -> str:
        return hash_purchase(self._doors[where]["id"], story.key)


def both(*acts: Callable[[], object]) -> None:
    """Do it all at the same moment; the first refusal is raised when all are over.

    Raises: DomainError.
    """
    refusals: list[DomainError] = []

    def one(act: Callable[[], object]) -> None:
        try:
            act()
        except DomainError as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = [refusal for refusal in refusals if not isinstance(refusal, Conflict)]
    if wanted:
        raise wanted[0]


def _address(story: WashStory) -> str:
    return f"198.18.{story.number // 250 % 250}.{story.number % 250}"


def _washes(purchases: Any) -> list[Wash]:
    return list(Wash.objects.filter(purchase__in=list(purchases)))


def _free(bay_ids: list[str]) -> set[str]:
    """Return the bays that show that they can be bought at."""
    open_bays = Wash.objects.filter(status__in=OPEN_WASH).values("bay")
    free = Bay.objects.filter(public_id__in=bay_ids, state="idle", locked_at=None, station__online=True)
    return {str(found) for found in free.exclude(pk__in=open_bays).values_list("public_id", flat=True)}


def _answer_bank(wash: Wash) -> bool:
    """Say yes to the bank; False while it has not asked."""
    from apps.payments import selectors as payments_q

    intent = payments_q.payment(wash.payment_id).provider_id
    return bool(intent and bank.ask("POST", f"payment_intents/{intent}/authenticate", outcome="succeed"))
