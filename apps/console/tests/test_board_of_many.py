"""200 stations on one screen: trouble first, found by zone and name, drawn a few times a second, cheap to read."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from apps.stations import live
from apps.stations.models import Bay, Station
from apps.stations.tests.factories import make_station
from apps.stations.tests.many import make_many

from .browser import PATIENCE_MS, Backstage, backstage, page, sign_in, web_server
from .conftest import keep_the_bridge_alive

__all__ = ["backstage", "page", "web_server"]

expect.set_options(timeout=PATIENCE_MS)
MANY = 200


@pytest.mark.django_db
def test_the_picture_and_the_desk_cost_the_same_for_200_stations(console: Client) -> None:
    make_station("tlv-1")
    console.get("/admin/stations/live/desk")
    with CaptureQueriesContext(connection) as few:
        console.get("/admin/stations/live/desk")
    make_many(MANY)
    with CaptureQueriesContext(connection) as many:
        desk = console.get("/admin/stations/live/desk").json()
    assert len(many) == len(few)
    assert len(desk["places"]) == MANY + 1
    with CaptureQueriesContext(connection) as queries:
        picture = live.snapshot()
    assert len(queries) == 3
    assert len(picture["stations"]) == MANY + 1
    assert len(json.dumps(picture)) < 250_000


@pytest.mark.django_db(transaction=True)
def test_200_stations_in_a_browser(operator: Any, backstage: Backstage, page: Page) -> None:
    backstage.do(lambda: make_many(MANY))
    backstage.do(keep_the_bridge_alive)
    sign_in(page, "/admin/stations/live/", operator, backstage)
    expect(page.locator("#live-link")).to_have_text("Live")
    expect(page.locator(".pw-station")).to_have_count(MANY)
    trouble_comes_first(page)
    find_by_zone_and_trouble(page)
    a_change_is_drawn_and_moves_its_card(page, backstage)
    a_storm_is_drawn_a_few_times(page, backstage)
    fits_a_phone(page)


def names(page: Page) -> list[str]:
    """Return the shown stations in the order of the document: what a screen reader reads."""
    shown: list[str] = page.evaluate(
        "[...document.querySelectorAll('.pw-station:not([hidden]) h3')].map((one) => one.textContent)"
    )
    return shown


def trouble_comes_first(page: Page) -> None:
    expect(page.locator(".pw-station").first).to_have_attribute("data-station", "st-197")
    assert names(page)[:5] == ["Station 197", "Station 198", "Station 199", "Station 000", "Station 001"]
    expect(page.locator('[data-figure="online"]')).to_have_text("199 of 200")


def find_by_zone_and_trouble(page: Page) -> None:
    page.get_by_label("Zone").select_option("north")
    expect(page.locator("#live-count")).to_have_text("50 of 200 stations")
    page.get_by_role("button", name="Needs attention").press("Enter")
    expect(page.locator("#live-count")).to_have_text("1 of 200 stations")
    assert names(page) == ["Station 197"]
    page.reload()
    expect(page.locator("#live-count")).to_have_text("1 of 200 stations")
    page.get_by_label("Zone").select_option("All zones")
    expect(page.locator("#live-count")).to_have_text("3 of 200 stations")
    page.get_by_role("button", name="All", exact=True).click()
    page.get_by_placeholder("Find a station").fill("station 04")
    expect(page.locator("#live-count")).to_have_text("10 of 200 stations")
    page.get_by_placeholder("Find a station").fill("")
    expect(page.locator("#live-count")).to_have_text("")


def fault(slug: str) -> None:
    Bay.objects.filter(station__slug=slug, number=2).update(state="fault")
    live.broadcast([slug])


def a_change_is_drawn_and_moves_its_card(page: Page, backstage: Backstage) -> None:
    link = page.locator('[data-station="st-120"] h3 a')
    link.focus()
    backstage.do(lambda: fault("st-120"))
    expect(page.locator('[data-station="st-120"]')).to_contain_text("Fault")
    expect(link).to_be_focused()
    page.get_by_placeholder("Find a station").focus()
    expect(page.locator(".pw-station").first).to_have_attribute("data-station", "st-120")
    assert names(page)[:4] == ["Station 120", "Station 197", "Station 198", "Station 199"]


def a_storm_is_drawn_a_few_times(page: Page, backstage: Backstage) -> None:
    wire = page.context.new_cdp_session(page)
    wire.send("Performance.enable")

    def layouts() -> int:
        found = {one["name"]: one["value"] for one in wire.send("Performance.getMetrics")["metrics"]}
        return int(found["LayoutCount"])

    def storm() -> int:
        Bay.objects.filter(number=1, state="idle").update(state="sanitizing")
        return live.broadcast(Station.objects.values_list("slug", flat=True))

    before = layouts()
    assert backstage.do(storm) == MANY
    expect(page.locator('.pw-bay[data-state="sanitizing"]')).to_have_count(132)
    assert layouts() - before < MANY / 2, "each message was laid out by itself"


def fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
