"""Many stories at once: what holds for one must hold for all of them together."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Lock
from typing import Any, TypeVar
from uuid import uuid4

from tqdm import tqdm

from apps.demo import people, sitting, washing
from apps.demo.books import Books
from apps.demo.client import Client, expect
from apps.demo.hardware import Bay, Witness
from apps.demo.mailbox import Mailbox
from apps.demo.people import Person
from apps.demo.sitting import Shares

AT_ONCE = 8
ADVANCE_SECONDS = 14 * 24 * 3600
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Stay:
    """One stay of the crowd; a declined one is refunded."""

    owner: Person
    sitter: Person
    booking: str
    declined: bool = False


@dataclass
class WashTotals:
    """What became of the paid washes; amounts in minor units."""

    paid: int = 0
    run: int = 0
    refunded: int = 0
    taken_minor: int = 0
    refunded_minor: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)


class Crowd:
    """Plays stays and washes with a seed: the same seed draws the same people, pets and programs."""

    def __init__(self, base: Client, mailbox: Mailbox, books: Books, seed: int) -> None:
        self.base, self.mailbox, self.books, self.seed = base, mailbox, books, seed
        self.random = random.Random(seed)  # noqa: S311 - reproducible stories, not secrets

    def stays(self, count: int) -> list[Stay]:
        """Deposit all, then complete all, then advance the clock once; return the stays."""
        run = uuid4().hex[:10]
        plans = [(n, run, self.random.randint(1, 4), self.random.randint(25, 90) * 100) for n in range(count)]
        stays = self._each("deposited", plans, self._deposit)
        for stay in stays[7::8]:
            stay.declined = True
        self._each("completed", stays, self._complete)
        self.base.post("demo/clock", {"advance_seconds": ADVANCE_SECONDS}).expect(200)
        for stay in stays:  # fourteen days are longer than an access token's quarter of an hour can tell
            people.sign_in(stay.sitter.client, stay.sitter.email, people.PASSWORD)
        self._each("paid out", [stay for stay in stays if not stay.declined], self._await_payout)
        return stays

    def _deposit(self, plan: tuple[int, str, int, int]) -> Stay:
        number, run, nights, nightly_minor = plan
        owner = self._person(f"Owner {_letters(number)}", f"owner{number}.{run}", "owner")
        sitter = self._person(f"Sitter {_letters(number)}", f"sitter{number}.{run}", "sitter")
        sitting.submit_vetting(sitter)
        sitting.await_clearance(sitter)
        sitting.open_for_business(sitter, lat=34.0 + number * 0.2, lng=-118.0, nightly_minor=nightly_minor)
        pet = sitting.add_pet(owner)
        start = sitting.today(owner.client)
        booking = sitting.book(owner, sitting.quote(owner, sitting.sitter_id(sitter), pet, start, nights), pet)["id"]
        body = sitting.deposit(owner, booking)
        expect(body["escrow"]["status"] == "held", f"{booking} is not held")
        return Stay(owner, sitter, booking)

    def _person(self, name: str, local: str, role: str) -> Person:
        return people.register(self.base, self.mailbox, name=name, email=f"{local}@demo.petwash.example", role=role)

    def _complete(self, stay: Stay) -> None:
        if stay.declined:
            stay.sitter.client.post(f"bookings/{stay.booking}/decline", once=True).expect(200)
            return
        sitting.start_stay(stay.owner, stay.sitter, stay.booking)
        sitting.complete_stay(stay.sitter, stay.booking)

    def _await_payout(self, stay: Stay) -> None:
        sitting.await_payout(stay.sitter, stay.booking, seconds=180)

    def money(self, stays: list[Stay]) -> Shares:
        """Return the sum over the stays; each one balances by itself. Raises: StepFailed."""
        total = Shares(0, 0, 0, 0, 0)
        for stay in stays:
            if stay.declined:
                stay.sitter.client.wait_for(
                    f"bookings/{stay.booking}", lambda body: body["escrow_status"] == "refunded", "the refund"
                )
            total += self.books.of(stay.sitter.client, stay.booking)
        return total

    def washes(self, count: int, bays: list[Bay], witness: Witness) -> WashTotals:
        """Run the washes, one at a time in each bay and all bays at once."""
        programs = washing.programs_everywhere(self.base, {bay.station for bay in bays})
        todo: Queue[str] = Queue()
        for _ in range(count):
            todo.put(self.random.choice(programs))
        totals = WashTotals()
        with tqdm(total=count, desc="washes", unit="wash") as bar, ThreadPoolExecutor(len(bays)) as pool:
            for done in [pool.submit(self._work, bay, todo, totals, witness, bar) for bay in bays]:
                done.result()
        return totals

    def _work(self, bay: Bay, todo: "Queue[str]", totals: WashTotals, witness: Witness, bar: "tqdm[Any]") -> None:
        client = self.base.anonymous()
        while True:
            try:
                program = todo.get_nowait()
            except Empty:
                return
            self._wash(client, bay, program, totals, witness)
            bar.update()

    def _wash(self, client: Client, bay: Bay, program: str, totals: WashTotals, witness: Witness) -> None:
        washing.await_ready(client, bay, program)
        paid = washing.pay(client, bay, program).expect(202).body
        wash = washing.await_wash(client, paid["wash"]["id"], paid["wash_token"], washing.OVER, seconds=180)
        expect(len(witness.starts_for(wash["id"])) <= 1, f"{wash['id']} was started twice")
        with totals.lock:
            totals.paid += 1
            totals.taken_minor += wash["amount_minor"]
            totals.refunded_minor += wash["refunded_minor"]
            totals.run += wash["status"] in washing.RUN
            totals.refunded += wash["status"] in washing.REFUNDED

    def _each(self, what: str, items: list[T], action: Callable[[T], R]) -> list[R]:
        with tqdm(total=len(items), desc=what, unit="stay") as bar, ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [pool.submit(action, item) for item in items]
            results = []
            for future in futures:
                results.append(future.result())
                bar.update()
        return results


def _letters(number: int) -> str:
    """Return a surname of letters alone, so that it is a name: 0 is Aa, 27 is Bb."""
    return chr(ord("A") + number // 26 % 26) + chr(ord("a") + number % 26)
