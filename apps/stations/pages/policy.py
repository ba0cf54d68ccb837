"""What a browser may load for the page: our own files, and Stripe's when cards are typed in there."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# docs.stripe.com/security/guide#content-security-policy
_STRIPE_SCRIPTS = "https://js.stripe.com https://*.js.stripe.com"
_STRIPE_FRAMES = f"{_STRIPE_SCRIPTS} https://hooks.stripe.com"
_STRIPE_CALLS = "https://api.stripe.com"


def protect(response: HttpResponseBase, request: HttpRequest) -> HttpResponseBase:
    """Set the headers: no inline script, no foreign request, no address told to anybody else."""
    stripe = bool(settings.STRIPE_PUBLISHABLE_KEY)
    socket = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"  # 'self' is no socket for older phones
    rules = {
        "default-src": "'none'",
        "script-src": f"'self' {_STRIPE_SCRIPTS}" if stripe else "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": f"'self' {socket} {_STRIPE_CALLS}" if stripe else f"'self' {socket}",
        "frame-src": _STRIPE_FRAMES if stripe else "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    response["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in rules.items())
    # Not no-referrer: with it browsers send `Origin: null`, which the check against forged forms refuses.
    response["Referrer-Policy"] = "same-origin"
    return response
