"""The console's browser: a page of a desk's size."""

from collections.abc import Iterator
from typing import Any

import pytest

from petwash.testing.browser import FLAGS, PATIENCE_MS, Backstage, WebServer, backstage, chromium, web_server

__all__ = ["PATIENCE_MS", "Backstage", "WebServer", "backstage", "page", "web_server"]


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
