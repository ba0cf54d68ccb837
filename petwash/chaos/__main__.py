"""`make chaos SEED=n [RELEASES=2000] [KILLS=100]`: the storm, the verdict, the certificate.

Exit status 0 when the certificate is clean, 1 when money or books are wrong, 2 when the run could not
be made.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from petwash.chaos import certificate, gateway_books
from petwash.chaos.company import Company, CompanyError
from petwash.chaos.plan import Plan, PlanError
from petwash.chaos.saboteurs import NAMES
from petwash.chaos.storm import STILL_SECONDS, Storm
from petwash.chaos.verdict import Verdict, judge
from petwash.devstack.programs import manage
from petwash.devstack.server import ServerStartError


def main(arguments: list[str]) -> int:
    """Make one run and return the exit status."""
    try:
        asked = _parse(arguments)
        plan = Plan(asked.seed, asked.releases, asked.kills)
    except PlanError as error:
        print(f"petwash: {error}", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="petwash-chaos-"))
    say(f"seed {plan.seed}, {plan.releases} releases, {plan.kills} kills at least; plan {plan.fingerprint}")
    company = Company(folder, plan, asked.saboteur)
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


def _run(company: Company, plan: Plan, patience: float) -> bool:
    say("starting PostgreSQL, Redis, the sandbox and the workers ...")
    company.start()
    say("the storm begins ...")
    started = time.monotonic()
    company.begin()
    storm = Storm(company, patience)
    ended = storm.blow()
    lines = company.diary.all()
    company.halt()
    verdict = _judged(company, plan, storm)
    if not ended:
        verdict.differences.insert(0, "the workers did not come to an end; what is open stands below")
    say(f"{time.monotonic() - started:.0f} s from the first payment to the last open end")
    killed = certificate.kills(lines)
    if killed < plan.kills:
        verdict.differences.append(f"only {killed} workers were killed, {plan.kills} were asked for")
    print(certificate.table(certificate.faults(lines)))
    if not verdict.is_clean:
        print(certificate.complaints(verdict))
    print(certificate.line(verdict, killed, plan), flush=True)
    return verdict.is_clean


def _judged(company: Company, plan: Plan, storm: Storm) -> Verdict:
    ledger = ""
    try:
        company.run(manage("check_ledger"))
    except CompanyError as error:
        ledger = str(error)
    gateway = gateway_books.read(company.folder / "stripe_sandbox.sqlite3")
    return judge(plan.stories, gateway, storm.database.books(), storm.database.open_ends(), ledger)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=number_of("SEED", 1))
    parser.add_argument("--releases", type=int, default=number_of("RELEASES", 2000))
    parser.add_argument("--kills", type=int, default=number_of("KILLS", 100))
    parser.add_argument("--patience", type=float, default=STILL_SECONDS, help="seconds without progress that end a run")
    parser.add_argument("--keep", action="store_true", help="keep the run's folder also when it is clean")
    parser.add_argument("--saboteur", choices=["", *NAMES], default="", help="break the payout code: for tests")
    return parser.parse_args(arguments)


def number_of(name: str, default: int) -> int:
    """Return the whole number that a variable holds. Raises: PlanError."""
    text = os.environ.get(name) or str(default)
    if not text.lstrip("-").isdigit():
        raise PlanError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def say(sentence: str) -> None:
    """Tell the person at the terminal, at once."""
    print(f"petwash: {sentence}", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
