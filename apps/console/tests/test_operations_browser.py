"""Operations in a real browser: charts, refills, a visit, thresholds, limits, alerts; at a desk and on a phone."""

import re
from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from apps.stations.models import Alert, ChemicalLimits, MaintenanceVisit, Station, Tank
from apps.stations.services import alerts
from apps.stations.tests.factories import make_station

from .browser import PATIENCE_MS, Backstage, backstage, page, sign_in, web_server

__all__ = ["backstage", "page", "web_server"]

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)
DESK, PHONE = (1440, 900), (390, 844)
VISITS = "/admin/stations/maintenancevisit"


def a_low_tank() -> Alert:
    tank = Tank.objects.get(station=make_station("tlv-1"), chemical="shampoo")
    Tank.objects.filter(pk=tank.pk).update(level_ml=1_000, status="critical")
    with transaction.atomic():
        return alerts.raise_alert(tank.station, "tank:shampoo", "critical", level_pct=5)


def test_operations_find_their_pages_and_do_their_work(operator: Any, backstage: Backstage, page: Page) -> None:
    alert = backstage.do(a_low_tank)
    sign_in(page, f"{VISITS}/refills/", operator, backstage)
    expect(page.locator('[data-tank="tlv-1/shampoo"]')).to_contain_text("5% (1000 ml), critical")
    the_charts_lead_to_a_visit(page)
    a_visit_is_recorded(page, backstage)
    thresholds_are_set(page, backstage)
    limits_are_changed_from_their_list(page, backstage)
    the_station_leads_to_its_charts(page, backstage)
    everything_fits(page, alert, backstage.do(lambda: Tank.objects.get(chemical="shampoo")).pk)


def the_charts_lead_to_a_visit(page: Page) -> None:
    page.get_by_role("link", name="Tlv-1").click()
    expect(page.get_by_role("img", name="Levels of the last 7 days, in per cent")).to_be_visible()
    expect(page.get_by_role("img", name="Washes begun in each hour of the last 7 days")).to_be_visible()
    page.get_by_role("link", name="Record a visit").click()


def a_visit_is_recorded(page: Page, backstage: Backstage) -> None:
    page.get_by_label("What was done?").fill("Filled the shampoo.")
    shampoo = page.get_by_role("group", name="Shampoo, 20,000 ml when full")
    shampoo.get_by_label("Before the refill, ml").fill("1000")
    page.get_by_role("button", name="Record the visit").click()
    expect(page.get_by_role("alert")).to_have_text("Give both levels, or neither.")
    shampoo.get_by_label("After it, ml").fill("19000")
    page.get_by_role("button", name="Record the visit").click()
    expect(page.get_by_text("Done: Record a visit to Tlv-1.")).to_be_visible()
    visit = backstage.do(MaintenanceVisit.objects.get)
    assert backstage.do(lambda: [(one.before_ml, one.after_ml) for one in visit.refills.all()]) == [(1_000, 19_000)]
    expect(page).to_have_url(re.compile(r"/at/tlv-1/figures/$"))
    page.goto(f"{VISITS}/")
    page.get_by_role("link", name="Refills that are due").click()
    expect(page).to_have_url(re.compile(r"/refills/$"))


def thresholds_are_set(page: Page, backstage: Backstage) -> None:
    page.goto(f"{VISITS}/at/tlv-1/figures/")
    page.get_by_role("row", name="shampoo").get_by_role("link", name="25% and 10%").click()
    page.get_by_label("Warn below, %").fill("12")
    page.get_by_label("Why?").fill("Far away.")
    page.get_by_role("button", name="Save the thresholds").click()
    expect(page.get_by_role("alert").first).to_contain_text("three points more than critical")
    page.get_by_label("Warn below, %").fill("40")
    page.get_by_role("button", name="Save the thresholds").click()
    expect(page.get_by_text("Done: Thresholds of Tlv-1, shampoo.")).to_be_visible()
    assert backstage.do(lambda: Tank.objects.get(chemical="shampoo").warning_pct) == 40


def limits_are_changed_from_their_list(page: Page, backstage: Backstage) -> None:
    page.goto("/admin/stations/chemicallimits/")
    page.get_by_role("link", name="Change the limits").click()
    page.get_by_label("A leak is told from, ml missing in 24 hours").fill("250")
    page.get_by_label("Why?").fill("Small tanks.")
    page.get_by_role("button", name="Save the limits").click()
    expect(page.get_by_text("Done: Limits of the chemical reconciliation.")).to_be_visible()
    assert backstage.do(lambda: ChemicalLimits.objects.get().leak_ml) == 250


def the_station_leads_to_its_charts(page: Page, backstage: Backstage) -> None:
    page.goto(f"/admin/stations/station/{backstage.do(Station.objects.get).pk}/change/")
    page.get_by_role("link", name="Charts of levels and washes").click()
    expect(page.get_by_role("heading", name="Washes per hour")).to_be_visible()


def everything_fits(page: Page, alert: Alert, tank: int) -> None:
    """Nothing is wider than its window, and what can be filled in has an edge to see."""
    paths = [
        *(f"{VISITS}/{rest}" for rest in ("", "refills/?within=60", "at/tlv-1/figures/", "at/tlv-1/record/")),
        *(f"{VISITS}/at/tlv-1/zone/", f"{VISITS}/at/tlv-1/hours/", f"{VISITS}/tank/{tank}/thresholds/"),
        *("/admin/stations/chemicallimits/", "/admin/stations/chemicallimits/change/"),
        *("/admin/stations/alert/", f"/admin/stations/alert/{alert.pk}/change/", "/admin/stations/tank/"),
    ]
    for width, height in (DESK, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        for path in paths:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            for box in page.locator(".pw-form :is(input, textarea):visible").all():
                assert box.evaluate("one => getComputedStyle(one).borderTopWidth") == "1px", path
    expect(page.get_by_role("main").get_by_text("ntrys")).to_have_count(0)
