"""A customer with a phone in a real browser: pays, sees the clock run, stops, keeps the receipt."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from apps.payments.tests.fixtures import Sandbox
from apps.stations import live
from apps.stations.bay_codes import bay_path
from apps.stations.models import Bay, Station, Wash
from apps.stations.states import WashStatus
from apps.stations.tests.device import Device
from apps.stations.tests.factories import bay_token, buy_wash
from petwash.testing.browser import FLAGS, PATIENCE_MS, Backstage, WebServer, backstage, chromium, web_server

__all__ = ["backstage", "web_server"]

pytestmark = pytest.mark.django_db(transaction=True)
expect.set_options(timeout=PATIENCE_MS)
PHONE: ViewportSize = {"width": 390, "height": 844}
SMALLEST_TARGET = 44
VISA, ASKS, DECLINED = "Test card: accepted", "Test card: the bank asks", "Test card: declined"


@pytest.fixture
def phone(web_server: WebServer, stripe_sandbox: Sandbox, bay: Bay) -> Iterator[Page]:
    """A page on a phone; a script error, or a request that leaves our own server, fails the test."""
    from playwright.sync_api import sync_playwright

    executable, errors, foreign = chromium(), [], []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        context = browser.new_context(base_url=web_server.url, viewport=PHONE, has_touch=True, is_mobile=True)
        context.set_default_timeout(PATIENCE_MS)
        one = context.new_page()
        one.on("pageerror", lambda error: errors.append(str(error)))
        one.on("request", lambda request: foreign.append(request.url) if is_foreign(request.url, web_server) else None)
        one.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        yield one
        browser.close()
    assert errors == []
    assert [url for url in foreign if not url.startswith("https://js.stripe.com/")] == []


def is_foreign(url: str, server: WebServer) -> bool:
    return not url.startswith(server.url)


@pytest.fixture
def shop(phone: Page, bay: Bay) -> Page:
    """The bay's page, as its printed code opens it."""
    phone.goto(path_of(bay))
    expect(phone.get_by_role("heading", name="Bay 1")).to_be_visible()
    return phone


def path_of(bay: Bay) -> str:
    return bay_path(str(bay.public_id), bay_token(bay))


def tap(page: Page, radio: Locator) -> None:
    """Tap where the radio is once it is scrolled to, as a thumb does; what lies on top takes the tap."""
    radio.evaluate("one => one.scrollIntoView({ block: 'nearest' })")
    box = radio.bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(radio).to_be_checked()


def pay(page: Page, card: str = VISA) -> None:
    page.get_by_role("radio", name="Quick wash").check()
    page.get_by_role("radio", name=card).check()
    page.get_by_role("button", name="Pay 9.00 USD and start").tap()


def heard(device: Device, *messages: Any) -> None:
    """Let the station speak, and the socket tell of it."""
    device.say(*messages)
    live.broadcast([device.slug])


def start(device: Device, seconds_left: int = 300) -> Wash:
    wash = Wash.objects.get(status__in=["activating", "running"])
    heard(device, device.event("started", wash), device.state("running", wash, seconds_left=seconds_left))
    return wash


def washes() -> list[str]:
    return list(Wash.objects.order_by("id").values_list("status", flat=True))


def charges(sandbox: Sandbox) -> int:
    return sum(intent["status"] == "succeeded" for intent in sandbox.objects("payment_intent"))


def seconds_on(page: Page) -> int:
    minutes, _, seconds = str(page.get_by_role("timer").text_content()).partition(":")
    return int(minutes) * 60 + int(seconds)


def test_pay_run_stop_and_see_the_refund(
    shop: Page, device: Device, backstage: Backstage, settle: Callable[[], None]
) -> None:
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    wash = backstage.do(lambda: start(device))
    expect(shop.get_by_role("heading", name="Bay 1 is running")).to_be_focused()
    expect(shop.get_by_role("timer")).to_contain_text("4:5")
    expect(shop.locator("#said")).to_contain_text("left")
    shop.locator("#stage").get_by_text("Stop the wash").tap()
    expect(shop.locator("#stage").get_by_text("The seconds that are left are refunded to your card.")).to_be_visible()
    assert backstage.do(lambda: not wash.commands.filter(type="stop").exists())
    shop.get_by_role("button", name="Yes, stop now").tap()
    expect(shop.get_by_role("button", name="Yes, stop now")).to_be_visible()
    backstage.do(lambda: heard(device, device.event("stopped", wash, used=100), device.state("sanitizing")))
    expect(shop.locator("#stage").get_by_text("Refund on its way")).to_be_visible()
    backstage.do(settle)
    receipt = shop.get_by_role("region", name="Receipt")
    expect(receipt).to_contain_text(re.compile(r"Refunded\s*6.00 USD"))
    expect(receipt).to_contain_text(re.compile(r"You paid in the end\s*3.00 USD"))
    expect(receipt).to_contain_text("1 minute 40 seconds of 5 minutes")
    expect(shop.get_by_role("button", name="Print the receipt")).to_be_visible()
    shop.get_by_role("button", name="Another wash").tap()
    expect(shop.locator("#stage").get_by_text("This bay is in use or being cleaned.")).to_be_visible()


def test_each_choice_is_reached_by_a_tap_and_none_lies_under_the_bar(shop: Page, backstage: Backstage) -> None:
    for radio in shop.get_by_role("radio").all():
        shop.evaluate("window.scrollTo(0, 0)")
        tap(shop, radio)
    assert backstage.do(washes) == []


def test_a_declined_card_charges_nothing_and_another_one_may_pay(
    shop: Page, backstage: Backstage, stripe_sandbox: Sandbox
) -> None:
    pay(shop, DECLINED)
    expect(shop.locator("#stage").get_by_text("Your card was declined.")).to_be_visible()
    expect(shop.locator("#said")).to_have_text("Your card was declined.")
    assert charges(stripe_sandbox) == 0
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    assert charges(stripe_sandbox) == 1
    assert backstage.do(washes) == ["cancelled", "activating"]


def test_a_busy_bay_says_so_and_tells_when_it_is_free(
    phone: Page, bay: Bay, device: Device, backstage: Backstage
) -> None:
    other = backstage.do(lambda: buy_wash(bay).wash)
    phone.goto(path_of(bay))
    expect(phone.locator("#stage").get_by_text("This bay is in use or being cleaned.")).to_be_visible()
    expect(phone.locator("#stage").get_by_text("Free right now: bay 2.")).to_be_visible()
    expect(phone.get_by_role("button", name="Not possible right now")).to_be_disabled()
    backstage.do(lambda: heard(device, device.event("finished", other, used=300), device.state("idle")))
    expect(phone.get_by_role("button", name="Pay 9.00 USD and start")).to_be_enabled()
    expect(phone.locator("#said")).to_have_text("Bay 1 is free.")


def test_the_bank_asks_and_the_wash_goes_on(
    shop: Page, device: Device, backstage: Backstage, stripe_sandbox: Sandbox
) -> None:
    pay(shop, ASKS)
    expect(shop.get_by_role("heading", name="One more step")).to_be_visible()
    shop.get_by_role("button", name="Go to the test bank").tap()
    shop.get_by_role("button", name="Confirm").tap()
    expect(shop.get_by_role("button", name="Cancel the payment")).to_be_visible()
    backstage.do(stripe_sandbox.deliver_webhooks)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    assert charges(stripe_sandbox) == 1


def test_time_is_added_and_the_clock_follows(
    shop: Page, device: Device, backstage: Backstage, stripe_sandbox: Sandbox
) -> None:
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    wash = backstage.do(lambda: start(device, 100))
    shop.locator("#stage").get_by_text("Add time").tap()
    shop.get_by_role("radio", name="2 minutes").check()
    shop.get_by_role("button", name="Pay and add").dblclick()
    expect(shop.locator("#stage").get_by_text("Adding 120 seconds.")).to_be_visible()
    stored = device.event("topped_up", wash, used=200, total_seconds=420)
    clock = device.state("running", wash, seconds_left=220)
    backstage.do(lambda: heard(device, stored, clock))
    expect(shop.locator("#stage").get_by_text("12.60 USD paid")).to_be_visible()
    expect(shop.get_by_role("timer")).to_have_text(re.compile(r"^3:[0-4]\d$"))
    expect(shop.locator("#stage").get_by_text("Add time")).to_be_visible()
    assert charges(stripe_sandbox) == 2


def test_time_that_the_bank_asks_about_is_given_up(
    shop: Page, device: Device, backstage: Backstage, stripe_sandbox: Sandbox
) -> None:
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    backstage.do(lambda: start(device, 100))
    shop.locator("#stage").get_by_text("Add time").tap()
    tap(shop, shop.get_by_role("radio", name=ASKS))
    shop.get_by_role("button", name="Pay and add").tap()
    expect(shop.get_by_role("button", name="Go to the test bank")).to_be_visible()
    shop.get_by_role("button", name="Do not add time").tap()
    expect(shop.locator("#stage").get_by_text("The payment was cancelled.")).to_be_visible()
    expect(shop.locator("#stage").get_by_text("Add time")).to_be_visible()
    expect(shop.get_by_role("heading", name="Bay 1 is running")).to_be_visible()
    assert charges(stripe_sandbox) == 1


def test_a_reload_in_mid_wash_finds_the_wash_again(shop: Page, device: Device, backstage: Backstage) -> None:
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    shop.reload()
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    backstage.do(lambda: start(device))
    expect(shop.get_by_role("timer")).to_be_visible()
    address = shop.url
    shop.goto("about:blank")
    shop.goto(address)
    expect(shop.get_by_role("heading", name="Bay 1 is running")).to_be_visible()
    assert 200 < seconds_on(shop) <= 300


def test_a_lost_answer_and_a_double_tap_are_one_wash(shop: Page, backstage: Backstage, stripe_sandbox: Sandbox) -> None:
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if len(lost) < 2:
            route.fetch()  # it is bought, and the phone never hears of it
            lost.append(1)
            route.abort()
        else:
            route.continue_()

    shop.route("**/buy?*", lose_the_answer)
    shop.get_by_role("radio", name="Quick wash").check()
    shop.get_by_role("button", name="Pay 9.00 USD and start").dblclick()
    expect(shop.get_by_text("you are never charged twice")).to_be_visible()
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    expect(shop.locator("#link")).to_be_hidden()
    assert len(lost) == 2
    assert charges(stripe_sandbox) == 1
    assert backstage.do(washes) == ["activating"]


def test_a_phone_without_a_network_says_so_and_goes_on(shop: Page, device: Device, backstage: Backstage) -> None:
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    backstage.do(lambda: start(device))
    expect(shop.get_by_role("timer")).to_be_visible()
    shop.context.set_offline(True)
    expect(shop.locator("#link")).to_contain_text("No connection. Your wash goes on at the bay.")
    before = seconds_on(shop)
    expect(shop.get_by_role("timer")).not_to_have_text(f"{before // 60}:{before % 60:02}")
    wash = backstage.do(lambda: Wash.objects.get())
    backstage.do(lambda: heard(device, device.event("finished", wash, used=300), device.state("sanitizing")))
    shop.context.set_offline(False)
    expect(shop.get_by_role("heading", name="Your wash is finished.")).to_be_visible()
    expect(shop.locator("#link")).to_be_hidden()


def test_an_old_code_is_told_on_the_open_page_too(shop: Page, bay: Bay, backstage: Backstage) -> None:
    backstage.do(lambda: Bay.objects.filter(pk=bay.pk).update(token_version=2))
    pay(shop)
    expect(shop.get_by_role("heading", name="This code is no longer valid")).to_be_visible()
    assert backstage.do(washes) == []


FAKE_STRIPE = """
window.Stripe = (key) => ({
  elements: (options) => ({
    update(change) { window.stripeAmount = change.amount; },
    create: () => ({ mount(place) {
      window.stripeAmount = options.amount;
      place.innerHTML = '<label>Card number <input id="number"></label>';
    } }),
    submit: async () =>
      document.getElementById("number").value ? {} : { error: { message: "Your card number is incomplete." } },
  }),
  createPaymentMethod: async () => ({ paymentMethod: { id: document.getElementById("number").value } }),
  handleNextAction: async ({ clientSecret }) => { window.stripeAsked = clientSecret; return {}; },
});
"""


def test_with_keys_the_card_is_typed_in_at_stripe(
    phone: Page, bay: Bay, backstage: Backstage, stripe_sandbox: Sandbox, settings: Any
) -> None:
    settings.STRIPE_PUBLISHABLE_KEY = "pk_test_123"
    phone.route(
        "https://js.stripe.com/**", lambda route: route.fulfill(body=FAKE_STRIPE, content_type="text/javascript")
    )
    phone.goto(path_of(bay))
    phone.get_by_role("radio", name="Quick wash").check()
    phone.get_by_role("button", name="Pay 9.00 USD and start").tap()
    expect(phone.locator("#stage").get_by_text("Your card number is incomplete.")).to_be_visible()
    assert backstage.do(washes) == []
    assert phone.evaluate("window.stripeAmount") == 900
    phone.get_by_label("Card number").fill("pm_card_chargeDeclined")
    phone.get_by_role("button", name="Pay 9.00 USD and start").tap()
    expect(phone.locator("#stage").get_by_text("Your card was declined.")).to_be_visible()
    expect(phone.get_by_label("Card number")).to_have_value("pm_card_chargeDeclined")
    phone.get_by_label("Card number").fill("pm_card_authenticationRequired")
    phone.get_by_role("button", name="Pay 9.00 USD and start").tap()
    expect(phone.get_by_role("button", name="Confirm with your bank")).to_be_visible()
    [intent] = [one for one in stripe_sandbox.objects("payment_intent") if one["status"] == "requires_action"]
    phone.wait_for_function("secret => window.stripeAsked === secret", arg=intent["client_secret"])
    stripe_sandbox.authenticate(intent["id"])
    backstage.do(stripe_sandbox.deliver_webhooks)
    expect(phone.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    assert charges(stripe_sandbox) == 1


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const found = rgb(getComputedStyle(one).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!text || !node.checkVisibility() || node.closest(":disabled")) continue;
    const [a, b] = [light(rgb(getComputedStyle(node).color)), light(under(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) weak.push(`${node.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return weak;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_thumb_and_a_screen_reader(shop: Page, device: Device, backstage: Backstage, scheme: Any) -> None:
    shop.emulate_media(color_scheme=scheme)
    look_closely(shop)
    pay(shop)
    expect(shop.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
    look_closely(shop)
    wash = backstage.do(lambda: start(device))
    expect(shop.get_by_role("timer")).to_be_visible()
    expect(shop.get_by_role("timer")).to_have_accessible_name(re.compile(r"^\d minutes( \d+ seconds?)? left$"))
    shop.locator("#stage").get_by_text("Stop the wash").tap()
    look_closely(shop)
    backstage.do(lambda: heard(device, device.event("finished", wash, used=300), device.state("sanitizing")))
    expect(shop.get_by_role("heading", name="Your wash is finished.")).to_be_visible()
    look_closely(shop)


def look_closely(page: Page) -> None:
    """Landmarks, one heading of the first rank, names, sizes, contrast, nothing wider than the phone."""
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("#said")).to_have_attribute("aria-live", "polite")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate("document.documentElement.lang") == "en"
    for target in page.locator("button:visible, summary:visible, label.choice:visible").all():
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= SMALLEST_TARGET, target.text_content()
        assert str(target.text_content()).strip()
    for radio in page.get_by_role("radio").all():
        expect(radio).to_have_accessible_name(re.compile(r"\w"))
    main = page.locator(".bar").last.bounding_box()
    assert main
    assert main["y"] + main["height"] > PHONE["height"] / 2, "what to press is out of the thumb's reach"
    assert page.evaluate(CONTRAST) == []


def test_it_works_without_javascript(
    web_server: WebServer, stripe_sandbox: Sandbox, bay: Bay, device: Device, backstage: Backstage
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(base_url=web_server.url, viewport=PHONE, java_script_enabled=False)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(path_of(bay))
        page.get_by_role("radio", name="Quick wash").check()
        page.get_by_role("button", name="Pay and start").click()
        expect(page.get_by_role("heading", name="Paid. Starting bay 1")).to_be_visible()
        backstage.do(lambda: start(device))
        expect(page.get_by_role("heading", name="Bay 1 is running")).to_be_visible()
        page.locator("#stage").get_by_text("Stop the wash").click()
        page.get_by_role("button", name="Yes, stop now").click()
        expect(page.get_by_role("heading", name="Bay 1 is running")).to_be_visible()
        assert backstage.do(lambda: Wash.objects.get().commands.filter(type="stop").count()) == 1
        browser.close()
    assert charges(stripe_sandbox) == 1
    assert backstage.do(washes) == [WashStatus.RUNNING]
    assert backstage.do(lambda: Station.objects.count()) == 1
