"""What the page at the bay keeps from scripts, other pages, other phones and logs, and what it weighs."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.stations.bay_codes import short_id
from apps.stations.models import Bay, Program, Station
from apps.stations.pages import cookies
from apps.stations.tests.factories import bay_token
from apps.stations.tests.phone import Phone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stripe_sandbox")]


def test_the_key_is_kept_where_no_script_and_no_other_page_reads_it(phone: Phone) -> None:
    kept = phone.client.cookies[cookies.NAME]
    assert kept["httponly"]
    assert kept["samesite"] == "Lax"
    assert kept["path"] == phone.root
    before = kept.value
    phone.look()
    assert phone.client.cookies[cookies.NAME].value == before


def test_over_tls_the_key_travels_over_tls_alone(bay: Bay) -> None:
    phone = Phone(bay)
    phone.client.get(phone.path, secure=True)
    assert phone.client.cookies[cookies.NAME]["secure"]


def test_a_foreign_page_cannot_stop_a_wash(phone: Phone, running_on: Any) -> None:
    wash = running_on(phone)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = phone.client.cookies
    assert strict.post(f"{phone.root}/stop").status_code == 403
    assert not wash.commands.filter(type="stop").exists()


def test_nothing_inline_and_nothing_foreign(phone: Phone) -> None:
    answer = phone.client.get(phone.path)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "https://" not in policy
    assert "default-src 'none'" in policy
    html = answer.content.decode()
    assert "https://" not in html
    assert re.findall(r"<script(?![^>]* src=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert "no-store" in answer["Cache-Control"]


def test_with_keys_the_card_is_typed_in_at_stripe_alone(phone: Phone, settings: Any) -> None:
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_123"
    answer = phone.client.get(phone.path)
    html = answer.content.decode()
    assert "Test card" not in html
    assert 'data-stripe="pk_test_123"' in html
    assert set(re.findall(r"https://[^\"'\s;]+", html)) == {"https://js.stripe.com/clover/stripe.js"}
    hosts = set(re.findall(r"https://([^\s;]+)", answer["Content-Security-Policy"]))
    assert hosts == {"js.stripe.com", "*.js.stripe.com", "hooks.stripe.com", "api.stripe.com"}


def test_without_keys_and_without_a_demonstration_nothing_is_sold(phone: Phone, settings: Any) -> None:
    settings.PETWASH_DEMO = False
    html = phone.look()
    assert "Cards cannot be taken" in html
    assert "disabled>Pay and start" in html


def test_the_page_weighs_less_than_60_kb(phone: Phone, running_on: Any) -> None:
    files = sum(Path(str(finders.find(f"wash/{name}"))).stat().st_size for name in ("wash.css", "wash.js", "card.js"))
    assert files + len(phone.look().encode()) < 60_000
    running_on(phone)
    assert files + len(phone.look().encode()) < 60_000


def test_a_look_costs_as_many_queries_for_many_programs_and_bays(phone: Phone, station: Station) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            phone.look()
        return len(queries)

    before = cost()
    for number in range(3, 9):
        Bay.objects.create(station=station, number=number, state="idle")
        Program.objects.create(station=station, code=f"p{number}", name="P", seconds=60, price_minor=100, ml={})
    assert cost() == before <= 8


def test_the_token_is_not_in_the_logged_path(bay: Bay) -> None:
    assert bay_token(bay) not in Phone(bay).root
    assert Phone(bay).root == f"/w/{short_id(str(bay.public_id))}"
    assert django_settings.BAY_TOKEN_KEY not in Phone(bay).path
