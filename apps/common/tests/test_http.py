"""What every HTTP answer has in common."""

import pytest
from django.db import OperationalError
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.common.api.views import ApiView, PagedView
from apps.common.models import OutboxEvent


class ListView(PagedView):
    """A paginated list of events."""

    permission_classes = [AllowAny]

    def get(self, request):
        return self.page(OutboxEvent.objects.all(), lambda row: {"id": row.id})

    def post(self, request):
        raise OperationalError("password=secret host=db")


class PrivateView(ApiView):
    """Needs somebody."""

    def get(self, request):
        return Response({})


class BrokenView(ApiView):
    """A bug."""

    permission_classes = [AllowAny]

    def get(self, request):
        raise ZeroDivisionError("secret 4242")


urlpatterns = [
    path("api/v1/things", ListView.as_view()),
    path("api/v1/private", PrivateView.as_view()),
    path("api/v1/broken", BrokenView.as_view()),
    path("health/", include("apps.common.api.health_urls")),
]
handler404 = "apps.common.api.exceptions.not_found"
handler500 = "apps.common.api.exceptions.server_error"
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


def code_of(answer):
    return answer.json()["error"]["code"]


def test_a_request_id_is_made_and_echoed(client, db):
    assert len(client.get("/api/v1/things").headers["X-Request-ID"]) == 36
    assert client.get("/api/v1/things", headers={"X-Request-ID": "abcdefgh-1"}).headers["X-Request-ID"] == "abcdefgh-1"


@pytest.mark.parametrize("offered", ["short", "x" * 65, "line\nbreak-1234", "<script>alert</script>"])
def test_a_strange_request_id_is_replaced(client, db, offered):
    assert client.get("/api/v1/things", headers={"X-Request-ID": offered}).headers["X-Request-ID"] != offered


def test_a_trailing_slash_is_welcome(client, db):
    assert client.get("/api/v1/things/").status_code == 200


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("get", "/api/v1/nowhere", 404, "not_found"),
        ("get", "/api/v1/private", 401, "not_authenticated"),
        ("put", "/api/v1/things", 405, "method_not_allowed"),
        ("post", "/api/v1/things", 503, "database_unavailable"),
        ("get", "/api/v1/broken", 500, "server_error"),
    ],
)
def test_every_error_has_the_same_body(client, db, method, url, status, code):
    answer = getattr(client, method)(url, {} if method != "get" else None)
    assert answer.status_code == status
    assert code_of(answer) == code
    assert set(answer.json()["error"]) == {"code", "message", "details"}
    assert "secret" not in answer.content.decode()


def test_a_401_says_how_to_sign_in(client, db):
    assert client.get("/api/v1/private").headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_that_is_none_is_refused(client, db):
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert client.get("/api/v1/private").status_code == 401


def test_lists_are_read_by_cursor(client, db):
    OutboxEvent.objects.bulk_create([OutboxEvent(name="common.X", payload={}) for _ in range(5)])
    first = client.get("/api/v1/things?limit=3").json()
    assert len(first["results"]) == 3
    assert first["previous"] is None
    second = client.get("/api/v1/things", {"limit": 3, "cursor": first["next"]}).json()
    assert len(second["results"]) == 2
    assert second["next"] is None
    ids = [row["id"] for row in first["results"] + second["results"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 5


def test_a_page_has_at_most_a_hundred_rows(client, db):
    OutboxEvent.objects.bulk_create([OutboxEvent(name="common.X", payload={}) for _ in range(120)])
    assert len(client.get("/api/v1/things?limit=5000").json()["results"]) == 100


def test_a_cursor_that_is_none_is_refused(client, db):
    answer = client.get("/api/v1/things?cursor=%00%ff")
    assert answer.status_code == 400
    assert "cursor" in answer.json()["error"]["details"]


def test_live_and_ready(client, db):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").status_code == 200


def test_status_names_what_is_down(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/health/status")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert parts["database"]["ok"] is True
    assert parts["redis"]["ok"] is False
    assert parts["bridge"] == {"ok": False, "note": "never seen"}


def test_status_counts_beats_and_dead_letters(client, db):
    from apps.common.clock import real_now
    from apps.common.heartbeats import beat

    for name in ("worker", "beat", "relay", "bridge"):
        beat(name)
    OutboxEvent.objects.create(name="common.X", payload={}, dead_at=real_now())
    parts = client.get("/health/status").json()["parts"]
    assert all(parts[name]["ok"] for name in ("worker", "beat", "relay", "bridge"))
    assert parts["outbox"]["ok"] is False
    assert "1 dead" in parts["outbox"]["note"]
