"""The bank of the demonstration: where a test card asks its holder (3-D Secure).

With real cards this happens between the browser and Stripe. The sandbox has no pages, so the page stands here.
"""

from typing import Any

import httpx
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

OUTCOMES = ("succeed", "fail")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SECONDS = 10


@method_decorator(never_cache, name="dispatch")
class TestBank(View):
    """Asks, then tells the sandbox; whoever holds the payment's client secret may answer for its card."""

    __test__ = False

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the question, or pass the answer on and go back to the page that sent the customer here."""
        if not settings.PETWASH_DEMO:
            raise Http404
        secret, back, outcome = (request.POST.get(name, "") for name in ("client_secret", "back", "outcome"))
        if not back.startswith("/w/"):
            raise Http404
        intent = _intent(secret)
        if intent["status"] != "requires_action":
            return HttpResponseRedirect(back, status=303)
        if outcome not in OUTCOMES:
            amount = f"{intent['amount'] / 100:.2f} {intent['currency'].upper()}"
            response = render(request, "demo/bank.html", {"secret": secret, "back": back, "amount": amount})
            response["Content-Security-Policy"] = _POLICY
            return response
        _call("POST", f"/_sandbox/payment_intents/{intent['id']}/authenticate", data={"outcome": outcome})
        return HttpResponseRedirect(back, status=303)


def _intent(secret: str) -> dict[str, Any]:
    """Return the payment that the secret opens. Raises: Http404."""
    intent_id, mark, _ = secret.partition("_secret_")
    if not mark or not intent_id.isascii() or not intent_id.replace("_", "").isalnum():
        raise Http404
    found = _call("GET", f"/v1/payment_intents/{intent_id}")
    if found.get("client_secret") != secret:
        raise Http404
    return found


def _call(method: str, path: str, **options: Any) -> dict[str, Any]:
    key = {"Authorization": f"Bearer {settings.STRIPE_API_KEY}"}
    answer = httpx.request(method, settings.STRIPE_API_BASE + path, headers=key, timeout=_SECONDS, **options)
    if answer.status_code == 404:
        raise Http404
    body: dict[str, Any] = answer.json()
    return body
