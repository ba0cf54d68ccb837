"""`manage.py demo`: plays the main jobs against a running system, through its API and broker alone."""

import json
import os
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.demo.books import Books
from apps.demo.client import Client, StepFailed, expect
from apps.demo.crowd import Crowd, WashTotals
from apps.demo.hardware import Witness, read_bays
from apps.demo.mailbox import Mailbox
from apps.demo.narrator import Narrator
from apps.demo.sitting import Shares
from apps.demo.stay_story import StayStory
from apps.demo.wash_story import WashStory


class Command(BaseCommand):
    """Without numbers it tells both stories; with numbers it plays many at once and adds up."""

    help = "Play the main jobs against a running system; exit status 1 when a step is not as promised."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the numbers, the seed and where the system is."""
        parser.add_argument("--stations", type=int, default=2, help="how many stations take part (2)")
        parser.add_argument("--stays", type=int, default=0, help="how many stays to play at once")
        parser.add_argument("--washes", type=int, default=0, help="how many washes to play at once")
        parser.add_argument("--seed", type=int, default=1, help="draws the same stories again")
        parser.add_argument("--base-url", default=settings.PUBLIC_BASE_URL, help="where the system answers")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play. Exits with status 1 when a promise is broken, 2 when there is no system to play on."""
        home = Path(settings.PETWASH_HOME)
        narrator = Narrator(sys.stdout)
        witness = None
        try:
            base, books = self._enter(home, options["base_url"].rstrip("/"))
            witness = Witness(os.environ.get("MQTT_URL", ""))
            bays = read_bays(home / "stations", options["stations"])
            mailbox = Mailbox(Path(settings.EMAIL_FILE_PATH))
            if options["stays"] or options["washes"]:
                self._crowd(Crowd(base, mailbox, books, options["seed"]), options, bays, witness, narrator)
            else:
                narrator.chapter("Pet Wash Stay: a stay, from registration to payout")
                StayStory(base, mailbox, narrator, books).play()
                narrator.chapter("Pet Wash K9000: a walk-in wash")
                WashStory(base.anonymous(), bays, witness, narrator).play()
                narrator.say(f"\n{narrator.steps} steps, all as promised.")
        except StepFailed as error:
            narrator.say(f"\nNot as promised: {error}")
            raise SystemExit(1) from error
        finally:
            if witness:
                witness.close()

    def _enter(self, home: Path, base_url: str) -> tuple[Client, Books]:
        accounts_file = home / "demo.json"
        if not accounts_file.exists():
            raise CommandError(
                f"{accounts_file} is missing: start the system first (make run), with the demo settings on."
            )
        accounts = json.loads(accounts_file.read_text())["accounts"]
        admin = next(row for row in accounts if row["role"] == "admin")
        base = Client(base_url)
        expect(base.is_well(), "the system is not well: see /health/status")
        return base, Books(base, admin["email"], admin["password"], admin["totp_secret"])

    def _crowd(self, crowd: Crowd, options: dict[str, Any], bays: Any, witness: Witness, narrator: Narrator) -> None:
        narrator.chapter(f"{options['stays']} stays and {options['washes']} washes, seed {options['seed']}")
        before = crowd.books.balances()
        stays = crowd.stays(options["stays"]) if options["stays"] else []
        washes = crowd.washes(options["washes"], bays, witness) if options["washes"] else WashTotals()
        money = crowd.money(stays)
        narrator.step(
            "Money of the stays",
            lambda: expect(money.balanced and money.held == 0, f"{money}"),
            f"in {money.paid_in} = held {money.held} + paid out {money.paid_out} + fees {money.fees} "
            f"+ refunds {money.refunded}",
        )
        narrator.step(
            "Washes",
            lambda: expect(washes.paid == washes.run + washes.refunded == options["washes"], f"{washes}"),
            f"paid {washes.paid} = run {washes.run} + refunded {washes.refunded}; "
            f"taken {washes.taken_minor}, given back {washes.refunded_minor}",
        )
        narrator.step(
            "The ledger has grown by the same",
            lambda: _compare(crowd.books.balances() - before, money, washes),
            lambda earned: f"fees earned {earned}; washes sold {washes.taken_minor - washes.refunded_minor}",
        )
        narrator.step("The whole ledger", crowd.books.check, lambda text: text)


def _compare(grown: Counter[str], money: Shares, washes: WashTotals) -> int:
    """Return the fees that the ledger earned. Raises: StepFailed when it tells another story than the API."""
    fees = grown["revenue_owner_fee"] + grown["revenue_sitter_fee"]
    expect(fees == money.fees, f"the ledger earned {fees} of fees, the bookings say {money.fees}")
    sold = washes.taken_minor - washes.refunded_minor
    expect(grown["revenue_wash"] == sold, f"the ledger sold washes for {grown['revenue_wash']}, customers paid {sold}")
    return fees
