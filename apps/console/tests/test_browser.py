"""An operator in a real browser: signs in with a code and sees a bay change by itself."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from apps.common.clock import real_now
from apps.common.models import Heartbeat
from apps.stations import live
from apps.stations.models import Alert, Bay, Tank
from apps.stations.services import alerts
from apps.stations.states import AlertChange
from apps.stations.tests.factories import make_station

from .browser import PATIENCE_MS, Backstage, WebServer, backstage, page, sign_in, web_server
from .conftest import keep_the_bridge_alive

__all__ = ["backstage", "page", "web_server"]

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def board(operator: Any, backstage: Backstage, page: Page) -> Page:
    """The live board, reached through the login form."""
    backstage.do(lambda: make_station("tlv-1"))
    backstage.do(keep_the_bridge_alive)
    sign_in(page, "/admin/stations/live/", operator, backstage)
    expect(page.locator("#live-link")).to_have_text("Live")
    return page


def report(state: str, *, seconds_left: int = 0) -> None:
    """Let bay 1 report a state, as the bridge stores and announces it."""
    Bay.objects.filter(station__slug="tlv-1", number=1).update(state=state, seconds_left=seconds_left)
    live.broadcast(["tlv-1"])


def drain() -> Alert:
    """Let the shampoo fall below its critical level."""
    tank = Tank.objects.get(station__slug="tlv-1", chemical="shampoo")
    Tank.objects.filter(pk=tank.pk).update(level_ml=1_000, status="critical")
    with transaction.atomic():
        alert = alerts.raise_alert(tank.station, "tank:shampoo", "critical", level_pct=5)
    live.broadcast(["tlv-1"])
    return alert


def test_a_bay_changes_live_and_its_clock_runs_between_two_reports(board: Page, backstage: Backstage) -> None:
    bay = board.locator('[data-station="tlv-1"] .pw-bay').first
    expect(bay).to_contain_text("Free")
    backstage.do(lambda: report("running", seconds_left=300))
    expect(bay).to_contain_text("Washing")
    expect(board.locator('[data-figure="washing"]')).to_have_text("1")
    expect(bay).to_contain_text(re.compile(r"4:5\d left"))
    expect(board.locator("#live-said")).to_have_text("Tlv-1: bay 1 washing")
    backstage.do(lambda: report("sanitizing"))
    expect(bay).to_contain_text("Sanitising")
    expect(bay).not_to_contain_text("left")


def test_after_a_lost_connection_the_board_shows_what_happened_meanwhile(
    board: Page, backstage: Backstage, web_server: WebServer
) -> None:
    bay = board.locator('[data-station="tlv-1"] .pw-bay').first
    expect(bay).to_contain_text("Free")
    web_server.stop()
    expect(board.locator("#live-link")).to_contain_text("Connection lost")
    backstage.do(lambda: report("fault"))
    expect(bay).to_contain_text("Free")
    web_server.start()
    expect(board.locator("#live-link")).to_have_text("Live")
    expect(bay).to_contain_text("Fault")
    expect(board.locator('[data-figure="out"]')).to_have_text("1")


def silence() -> None:
    """The bridge beat for the last time ten minutes ago."""
    Heartbeat.objects.filter(name="bridge").update(beaten_at=real_now() - timedelta(minutes=10))
    report("sanitizing")


def test_a_silent_bridge_is_told_and_so_is_its_end(board: Page, backstage: Backstage) -> None:
    backstage.do(silence)
    expect(board.locator("#live-link")).to_have_text(
        "No word from the stations for 10 min: the bridge is silent. What you see is old."
    )
    expect(board.locator("#live-board")).to_have_attribute("data-link", "stale")
    backstage.do(keep_the_bridge_alive)
    backstage.do(lambda: report("idle"))
    expect(board.locator("#live-link")).to_have_text("Live")


def test_an_operator_takes_a_critical_alert_on(board: Page, backstage: Backstage) -> None:
    expect(board.locator("#live-alerts-note")).to_have_text("Nothing is wrong.")
    alert = backstage.do(drain)
    row = board.locator(".pw-alert")
    expect(row).to_contain_text("Critical")
    expect(row).to_contain_text("Shampoo tank · Tlv-1")
    expect(board.locator("#live-urgent")).to_have_text("Tlv-1: Shampoo tank critical")
    gauge = board.get_by_role("meter", name="Shampoo")
    expect(gauge).to_have_attribute("aria-valuetext", "5 per cent, Critical")
    row.get_by_role("button", name="Acknowledge").click()
    row.get_by_label("What is being done?").fill("Refill is on its way")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Somebody looks after it")
    entry = backstage.do(lambda: alert.entries.get(change=AlertChange.ACKNOWLEDGED))
    assert entry.reason == "Refill is on its way"


ESCALATION_FOR_WHO_MAY_ONLY_LOOK = """async () => {
  const main = [...document.scripts].find((one) => one.src.includes("/live/main")).src;
  const { AlertPanel } = await import(main.replace("/main", "/alerts"));
  const root = document.createElement("div");
  for (const id of ["live-alerts", "live-alerts-note"]) root.appendChild(document.createElement("div")).id = id;
  const panel = new AlertPanel(root, { url: "", mayAcknowledge: false, refresh() {}, warn() {} });
  const alert = { id: "1", severity: "warning", component: "tank:shampoo", station_name: "Tlv-1", level_pct: 20,
    message: "", raised_at: "2026-01-01T00:00:00Z", acknowledged_at: "2026-01-01T00:01:00Z" };
  const foot = () => root.querySelector(".pw-alert-foot").textContent;
  panel.show([alert]);
  const taken = foot();
  panel.show([{ ...alert, severity: "critical", acknowledged_at: null }]);
  return [taken, foot()];
}"""


def test_what_became_worse_is_looked_after_by_nobody(board: Page) -> None:
    assert board.evaluate(ESCALATION_FOR_WHO_MAY_ONLY_LOOK) == ["Somebody looks after it", ""]


def test_the_board_fits_a_phone_and_filters(board: Page, backstage: Backstage) -> None:
    board.set_viewport_size({"width": 390, "height": 844})
    width = board.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    board.get_by_role("button", name="Needs attention").click()
    expect(board.locator('[data-station="tlv-1"]')).to_be_hidden()
    backstage.do(lambda: report("fault"))
    expect(board.locator('[data-station="tlv-1"]')).to_be_visible()
    board.get_by_placeholder("Find a station").fill("harbour")
    expect(board.locator("#live-empty")).to_have_text("No station matches.")
