"""`manage.py stripe_sandbox`: a stand-in for Stripe as a process of its own."""

import argparse
import logging
import signal
import threading
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.payments.stripe_sandbox.context import DAY, Rules
from apps.payments.stripe_sandbox.faults import EFFECTS, MISHAPS, Regime
from apps.payments.stripe_sandbox.server import SandboxServer


class Command(BaseCommand):
    """Serve until SIGTERM or SIGINT; the store stays in $PETWASH_HOME/stripe_sandbox.sqlite3."""

    help = "Run the sandbox that stands in for Stripe's API, with signed webhooks to PUBLIC_BASE_URL."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare how the sandbox may differ."""
        parser.add_argument("--port", type=int, default=settings.STRIPE_SANDBOX_PORT)
        parser.add_argument("--fee-pct", type=Decimal, default=Decimal(0), help="the gateway's fee in percent")
        parser.add_argument("--fee-fixed", type=int, default=0, help="and in minor units for each charge")
        parser.add_argument("--pending-days", type=int, default=2, help="until a charge's money is available")
        parser.add_argument(
            "--manual-onboarding", action="store_true", help="payees must visit their onboarding link first"
        )
        parser.add_argument("--dispute-fee", type=int, default=1_500, help="of a dispute, in minor units")
        parser.add_argument(
            "--dispute-fee-returned", action="store_true", help="a dispute that is won gives its fee back"
        )
        parser.add_argument("--fault-seed", type=int, default=0, help="repeats the faults that chance chose")
        parser.add_argument(
            "--fault-rate",
            action="append",
            default=[],
            metavar="FAULT=RATE",
            help=f"how often one goes off, from 0 to 1; may be repeated; one of {', '.join([*EFFECTS, *MISHAPS])}",
        )
        parser.add_argument("--stall-seconds", type=float, default=1.0, help="how long stalled requests take")
        parser.add_argument("--no-webhooks", action="store_true", help="deliver no events")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve. Raises: CommandError when the port is taken."""
        logging.getLogger("apps.payments.stripe_sandbox").setLevel(logging.INFO)
        server = self.server(options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        self.stdout.write(f"stripe sandbox at {server.url}")
        self.stdout.flush()
        server.run()
        server.stop()

    def server(self, options: dict[str, Any]) -> SandboxServer:
        """Return the server that the options ask for. Raises: CommandError naming what is wrong with them."""
        webhooks = not options["no_webhooks"]
        rules = Rules(
            fee_pct=options["fee_pct"],
            fee_fixed=options["fee_fixed"],
            pending_seconds=options["pending_days"] * DAY,
            instant_onboarding=not options["manual_onboarding"],
            webhooks=webhooks,
            dispute_fee=options["dispute_fee"],
            dispute_fee_returned=options["dispute_fee_returned"],
        )
        regime = _regime(options)
        settings.PETWASH_HOME.mkdir(parents=True, exist_ok=True)
        try:
            server = SandboxServer(
                path=settings.PETWASH_HOME / "stripe_sandbox.sqlite3",
                api_key=settings.STRIPE_API_KEY,
                port=options["port"],
                rules=rules,
                webhook_url=f"{settings.PUBLIC_BASE_URL}/api/v1/webhooks/stripe" if webhooks else "",
                webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            )
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} is taken ({error.strerror}). Set STRIPE_SANDBOX_PORT to a free one."
            ) from error
        if regime.rates:
            server.faults.rule_by(regime)
        return server


def _regime(options: dict[str, Any]) -> Regime:
    """Return the chances of faults. Raises: CommandError naming what is wrong with an option."""
    rates: dict[str, float] = {}
    for given in options["fault_rate"]:
        name, _, rate = given.partition("=")
        try:
            rates[name] = float(rate)
        except ValueError as error:
            raise CommandError(f"--fault-rate {given}: give it as FAULT=RATE, e.g. drop_answer=0.01.") from error
    try:
        return Regime(seed=options["fault_seed"], rates=rates, stall_seconds=options["stall_seconds"])
    except ValueError as error:
        raise CommandError(f"--fault-rate: {error}.") from error
