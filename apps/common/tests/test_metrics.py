"""Figures for monitoring: in Prometheus' words, for the bearer of the token alone."""

from typing import Any

import pytest
from django.test import Client

from apps.common import metrics

URL = "/metrics"
TOKEN = "t" * 32


@pytest.fixture
def gauge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_GAUGES", {})
    metrics.register_gauge("petwash_test", "a test", lambda: [({"class": 'a "b"\\'}, 2), ({}, 0.5)])


def test_figures_are_written_as_prometheus_reads_them(gauge: None, client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN

    answer = client.get(URL, headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert answer.content.decode() == (
        "# HELP petwash_test a test\n"
        "# TYPE petwash_test gauge\n"
        'petwash_test{class="a \\"b\\"\\\\"} 2\n'
        "petwash_test 0.5\n"
    )


@pytest.mark.parametrize("token", ["", TOKEN])
@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_nobody_else_sees_that_there_is_anything(
    gauge: None, client: Client, settings: Any, token: str, given: dict[str, str]
) -> None:
    settings.METRICS_TOKEN = token

    answer = client.get(URL, headers=given)

    assert answer.status_code == 404
    assert b"petwash_test" not in answer.content
