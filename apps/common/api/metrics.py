"""`GET /metrics`: private. Without METRICS_TOKEN it does not exist; with one, only its bearer reads."""

import hmac

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common import metrics

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Answer the figures. Raises: Http404 for whoever has not the token, as if there were nothing."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=TEXT_FORMAT)
