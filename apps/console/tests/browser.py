"""The console's browser: a page of a desk's size."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.tests.factories import PASSWORD
from petwash.testing.browser import FLAGS, PATIENCE_MS, Backstage, WebServer, backstage, chromium, web_server

from .conftest import code_now

__all__ = ["PATIENCE_MS", "Backstage", "WebServer", "backstage", "page", "sign_in", "web_server"]


@pytest.fixture
def page(web_server: WebServer) -> Iterator[Any]:
    """A page in a fresh browser; a script error on it fails the test."""
    from playwright.sync_api import sync_playwright

    executable = chromium()
    errors: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(base_url=web_server.url, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        one = context.new_page()
        one.on("pageerror", lambda error: errors.append(str(error)))
        yield one
        browser.close()
    assert errors == []


def sign_in(page: Any, address: str, person: Any, backstage: Backstage) -> None:
    """Go to a page of the console, through the login form."""
    page.goto(address)
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(backstage.do(lambda: code_now(person)))
    page.get_by_role("button", name="Sign in").click()
