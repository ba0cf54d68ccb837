"""`make chaos SEED=n [RELEASES=2000] [KILLS=100]`: the storm, the verdict, the certificate.

Exit status 0 when the certificate is clean, 1 when money or books are wrong, 2 when the run could not
be made.
"""

import argparse
import signal
import sys

from petwash.chaos import certificate, run
from petwash.chaos.company import Company
from petwash.chaos.plan import Plan, PlanError
from petwash.chaos.saboteurs import NAMES
from petwash.chaos.storm import STILL_SECONDS, Storm
from petwash.chaos.verdict import judge


def main(arguments: list[str]) -> int:
    """Make one run and return the exit status."""
    try:
        asked = _parse(arguments)
        plan = Plan(asked.seed, asked.releases, asked.kills)
    except PlanError as error:
        return run.refuse(error)
    run.say(f"seed {plan.seed}, {plan.releases} releases, {plan.kills} kills at least; plan {plan.fingerprint}")
    return run.make(
        lambda folder: Company(folder, plan, asked.saboteur),
        lambda company: _conduct(company, plan, asked.patience),
        keep=asked.keep,
    )


def _conduct(company: Company, plan: Plan, patience: float) -> bool:
    blown = run.blow(company, lambda: Storm(company, patience), first="payment")
    gateway, ledger = run.witnesses(company)
    ours = blown.storm.database
    verdict = judge(plan.stories, gateway, ours.books(), ours.open_ends(), ledger)
    if not blown.ended:
        verdict.differences.insert(0, run.NO_END)
    killed = certificate.kills(blown.lines)
    if killed < plan.kills:
        verdict.differences.append(f"only {killed} workers were killed, {plan.kills} were asked for")
    return run.publish(verdict, certificate.faults(blown.lines), certificate.line(verdict, killed, plan))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = run.parser_of("make chaos", __doc__, NAMES, STILL_SECONDS)
    parser.add_argument("--releases", type=int, default=run.number_of("RELEASES", 2000))
    parser.add_argument("--kills", type=int, default=run.number_of("KILLS", 100))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
