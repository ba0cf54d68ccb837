"""The conformance cases run on the sandbox, and on whatever gateway a test key opens."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from apps.payments.stripe_sandbox.context import Rules
from apps.payments.stripe_sandbox.server import SandboxServer
from apps.payments.tests import conformance
from apps.payments.tests.conformance import Target
from apps.payments.tests.fixtures import Sandbox

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("test_conformance*.py"))
ROOT = HERE.parents[2]


def test_without_a_key_the_sandbox_is_spoken_to(monkeypatch: pytest.MonkeyPatch, stripe_sandbox: Sandbox) -> None:
    monkeypatch.delenv("STRIPE_TEST_API_KEY", raising=False)
    target = Target.chosen(lambda: stripe_sandbox)
    assert (target.url, target.is_sandbox) == (stripe_sandbox.url, True)


def test_with_a_key_stripe_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_TEST_API_KEY", "sk_test_ours")
    monkeypatch.delenv("STRIPE_TEST_API_BASE", raising=False)
    target = Target.chosen(lambda: pytest.fail("the sandbox was started"))
    assert (target.url, target.key, target.is_sandbox) == (conformance.STRIPE, "sk_test_ours", False)


def test_a_live_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_TEST_API_KEY", "sk_live_ours")
    with pytest.raises(ValueError, match="must be a test key"):
        Target.chosen(lambda: pytest.fail("the sandbox was started"))


def test_the_cases_hold_at_a_gateway_of_which_nothing_is_known_but_its_key() -> None:
    """They run in a process of their own against a server that is reached as Stripe would be, and that they share.

    A case that needs `/_sandbox` and does not say so fails there.
    """
    server = SandboxServer(path=":memory:", api_key="sk_test_stranger", rules=Rules(later_seconds=1))
    server.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n0", "-rs", "--reuse-db", "-p", "no:cacheprovider"]
            + [str(path) for path in CASES if path != Path(__file__)],
            cwd=ROOT,
            env={**os.environ, "STRIPE_TEST_API_KEY": "sk_test_stranger", "STRIPE_TEST_API_BASE": server.url},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    finally:
        server.stop()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    passed = int(re.search(r"(\d+) passed", done.stdout).group(1))  # type: ignore[union-attr]  # asserted above
    skipped = re.findall(r"SKIPPED \[(\d+)\].*?: needs /_sandbox: ", done.stdout)
    assert passed > 80
    assert sum(map(int, skipped)) == marked_cases(done.stdout)


def marked_cases(report: str) -> int:
    """Return how many cases the report says were skipped."""
    found = re.search(r"(\d+) skipped", report)
    return int(found.group(1)) if found else 0
