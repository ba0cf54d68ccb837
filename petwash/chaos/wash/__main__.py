"""`make chaos-wash SEED=n [WASHES=1000] [BROKER=mosquitto|embedded]`: the storm, the verdict, the certificate.

Exit status 0 when the certificate is clean, 1 when a wash or the books are wrong, 2 when the run could
not be made.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from apps.stations.tokens import hash_purchase
from petwash.chaos import run
from petwash.chaos.company import CompanyError
from petwash.chaos.plan import PlanError
from petwash.chaos.wash import certificate
from petwash.chaos.wash.books import water_of
from petwash.chaos.wash.company import BROKERS, WashCompany, choose_broker
from petwash.chaos.wash.files import bay_in, provisioned
from petwash.chaos.wash.hardware import hardware_diary
from petwash.chaos.wash.plan import MORE_SECONDS, Story, WashPlan
from petwash.chaos.wash.saboteurs import NAMES
from petwash.chaos.wash.storm import STILL_SECONDS, WashStorm
from petwash.chaos.wash.verdict import Sold, judge


def main(arguments: list[str]) -> int:
    """Make one run and return the exit status."""
    try:
        asked = _parse(arguments)
        plan = WashPlan(asked.seed, asked.washes, asked.calm)
        broker = choose_broker(asked.broker)
    except (PlanError, CompanyError) as error:
        return run.refuse(error)
    run.say(f"seed {plan.seed}, {plan.washes} washes at {plan.stations} stations, {broker}; plan {plan.fingerprint}")
    return run.make(
        lambda folder: WashCompany(folder, plan, asked.saboteur, broker),
        lambda company: _conduct(company, plan, asked.patience),
        keep=asked.keep,
    )


def _conduct(company: WashCompany, plan: WashPlan, patience: float) -> bool:
    blown = run.blow(company, lambda: WashStorm(company, patience), first="customer")
    gateway, ledger = run.witnesses(company)
    room = hardware_diary(company.folder).all()
    sold = [_sold(company.folder, story) for story in plan.stories]
    ours = blown.storm.database
    verdict = judge(sold, gateway, ours.wash_books(), water_of(room), blown.storm.ends(), ledger)
    if not blown.ended:
        verdict.differences.insert(0, run.NO_END)
    happened = certificate.faults(blown.lines + room)
    return run.publish(verdict, happened, certificate.line(verdict, sum(happened.values()), plan))


def _sold(folder: Path, story: Story) -> Sold:
    """Return what the person was to buy, by what is printed at the station."""
    file = provisioned(folder, story.station)
    program = next(row for row in file["programs"] if row["code"] == story.program)
    more = MORE_SECONDS if story.kind in {"top_up", "two_top_ups"} else 0
    purchase = hash_purchase(bay_in(file, story.bay)["id"], story.key)
    return Sold(story.kind, purchase, story.pays, program["price_minor"], program["seconds"], more)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = run.parser_of("make chaos-wash", __doc__, NAMES, STILL_SECONDS)
    parser.add_argument("--washes", type=int, default=run.number_of("WASHES", 1000))
    parser.add_argument("--broker", default=os.environ.get("BROKER", ""), help=f"one of {', '.join(BROKERS)}")
    parser.add_argument("--calm", action="store_true", help="without the mishaps that take minutes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
