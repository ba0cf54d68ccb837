"""`make chaos-wash SEED=n [WASHES=1000] [BROKER=mosquitto|embedded]`: the storm, the verdict, the certificate.

Exit status 0 when the certificate is clean, 1 when a wash or the books are wrong, 2 when the run could
not be made.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from apps.stations.tokens import hash_purchase
from petwash.chaos import gateway_books
from petwash.chaos.__main__ import number_of, say
from petwash.chaos.certificate import complaints, table
from petwash.chaos.company import CompanyError
from petwash.chaos.plan import PlanError
from petwash.chaos.wash import certificate
from petwash.chaos.wash.books import water_of
from petwash.chaos.wash.company import BROKERS, WashCompany, choose_broker
from petwash.chaos.wash.hardware import hardware_diary
from petwash.chaos.wash.plan import MORE_SECONDS, Story, WashPlan, slug
from petwash.chaos.wash.saboteurs import NAMES
from petwash.chaos.wash.storm import STILL_SECONDS, WashStorm
from petwash.chaos.wash.verdict import Sold, WashVerdict, judge
from petwash.devstack.programs import manage
from petwash.devstack.server import ServerStartError


def main(arguments: list[str]) -> int:
    """Make one run and return the exit status."""
    try:
        asked = _parse(arguments)
        plan = WashPlan(asked.seed, asked.washes, asked.calm)
        broker = choose_broker(asked.broker)
    except (PlanError, CompanyError) as error:
        print(f"petwash: {error}", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="petwash-chaos-"))
    say(f"seed {plan.seed}, {plan.washes} washes at {plan.stations} stations, {broker}; plan {plan.fingerprint}")
    company = WashCompany(folder, plan, asked.saboteur, broker)
    clean = False
    try:
        clean = _run(company, plan, asked.patience)
    except (CompanyError, ServerStartError) as error:
        print(f"petwash: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        company.stop()
        if clean and not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            say(f"the logs are in {folder}")
    return 0 if clean else 1


def _run(company: WashCompany, plan: WashPlan, patience: float) -> bool:
    say("starting PostgreSQL, Redis, the sandbox, the broker, the stations and the workers ...")
    company.start()
    say("the storm begins ...")
    started = time.monotonic()
    company.begin()
    storm = WashStorm(company, patience)
    ended = storm.blow()
    lines = company.diary.all()
    company.halt()
    verdict = _judged(company, plan, storm)
    if not ended:
        verdict.differences.insert(0, "the run did not come to an end; what is open stands below")
    happened = certificate.faults(lines + hardware_diary(company.folder).all())
    say(f"{time.monotonic() - started:.0f} s from the first customer to the last open end")
    print(table(happened))
    if not verdict.is_clean:
        print(complaints(verdict))
    print(certificate.line(verdict, sum(happened.values()), plan), flush=True)
    return verdict.is_clean


def _judged(company: WashCompany, plan: WashPlan, storm: WashStorm) -> WashVerdict:
    ledger = ""
    try:
        company.run(manage("check_ledger"))
    except CompanyError as error:
        ledger = str(error)
    return judge(
        [_sold(company.folder, story) for story in plan.stories],
        gateway_books.read(company.folder / "stripe_sandbox.sqlite3"),
        storm.wash_database.wash_books(),
        water_of(hardware_diary(company.folder).all()),
        storm.ends(),
        ledger,
    )


def _sold(folder: Path, story: Story) -> Sold:
    """Return what the person was to buy, by what is printed at the station."""
    file = json.loads((folder / "stations" / f"{slug(story.station)}.json").read_text())
    program = next(row for row in file["programs"] if row["code"] == story.program)
    bay = next(row for row in file["bays"] if row["number"] == story.bay)
    more = MORE_SECONDS if story.kind in {"top_up", "two_top_ups"} else 0
    purchase = hash_purchase(bay["id"], story.key)
    return Sold(story.kind, purchase, story.pays, program["price_minor"], program["seconds"], more)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos-wash", description=__doc__)
    parser.add_argument("--seed", type=int, default=number_of("SEED", 1))
    parser.add_argument("--washes", type=int, default=number_of("WASHES", 1000))
    parser.add_argument("--broker", default=os.environ.get("BROKER", ""), help=f"one of {', '.join(BROKERS)}")
    parser.add_argument("--calm", action="store_true", help="without the mishaps that take minutes")
    parser.add_argument("--patience", type=float, default=STILL_SECONDS, help="seconds without progress that end a run")
    parser.add_argument("--keep", action="store_true", help="keep the run's folder also when it is clean")
    parser.add_argument("--saboteur", choices=["", *NAMES], default="", help="break the wash path: for tests")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
