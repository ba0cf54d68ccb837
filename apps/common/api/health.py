"""Health pages: for the process manager, the load balancer and people."""

from collections.abc import Iterable

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.common import health


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when requests can be served: database and migrations."""
    return _answer(probe() for probe in health.READY)


@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all is well, else 503 and what is wrong."""
    return _answer(health.status())


def _answer(findings: Iterable[health.Finding]) -> JsonResponse:
    rows = list(findings)
    well = all(row.ok for row in rows)
    parts = {row.part: {"ok": row.ok, "note": row.note} for row in rows}
    answer = JsonResponse({"status": "ok" if well else "unwell", "parts": parts}, status=200 if well else 503)
    # An honest 503 is an answer, not an error of ours: Django logs no line for each question.
    setattr(answer, "_has_been_logged", True)  # noqa: B010  Django's own mark, unknown to its types
    return answer
