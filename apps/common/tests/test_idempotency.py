"""Idempotency keys: a repeat gets the first answer, and never a second effect."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.common import idempotency
from apps.common.api.idempotency import idempotent
from apps.common.api.views import ApiView
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, PaymentRefused, TooManyRequests, Unavailable
from apps.common.models import IdempotencyRecord

CALLS: list[dict] = []
GATE = threading.Event()
URL = "/paint"


class PaintView(ApiView):
    """Counts how often it really ran."""

    permission_classes = [AllowAny]
    authentication_classes = []

    @idempotent("paint", scope=lambda request: f"kennel:{dict(request.data).get('kennel', 1)}")
    def post(self, request):
        CALLS.append(dict(request.data))
        mood = request.data.get("mood")
        if mood == "slow":
            GATE.wait(10)
        if mood == "refused":
            raise PaymentRefused("card_declined", "The card was declined.")
        if mood == "down":
            raise Unavailable("gateway_down", "Try again.")
        if mood == "busy":
            raise TooManyRequests("slow_down", "Later.", retry_after=7)
        if mood == "passing":
            raise Conflict("payment_in_progress", "Look again in a minute.", transient=True)
        if mood == "settled":
            raise Conflict("already_painted", "It is red.")
        if mood == "wrong":
            raise InvalidInput.field("colour", "Choose a colour.")
        if mood == "bug":
            raise ZeroDivisionError
        return Response({"n": len(CALLS)}, status=201)


urlpatterns = [path("paint", PaintView.as_view())]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture(autouse=True)
def _fresh():
    CALLS.clear()
    GATE.clear()


def post(body=None, key="key-00000001", client=None):
    headers = {"Idempotency-Key": key} if key is not None else {}
    return (client or APIClient(raise_request_exception=False)).post(URL, body or {"kennel": 1}, headers=headers)


def test_a_repeat_gets_the_first_answer(db):
    first, second = post(), post()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"n": 1}
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(CALLS) == 1


def test_the_header_is_required(db):
    answer = post(key=None)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["error"]["details"]
    assert CALLS == []


@pytest.mark.parametrize("key", ["short", "x" * 256])
def test_an_unusable_key_is_refused(db, key):
    assert post(key=key).status_code == 400
    assert CALLS == []


def test_another_body_under_the_same_key_is_refused(db):
    post({"kennel": 1, "colour": "red"})
    answer = post({"kennel": 1, "colour": "blue"})
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "idempotency_key_reused"
    assert len(CALLS) == 1


def test_another_scope_may_use_the_same_key(db):
    assert post({"kennel": 1}).json() == {"n": 1}
    assert post({"kennel": 2}).json() == {"n": 2}


def test_a_refused_payment_is_an_answer(db):
    assert [post({"mood": "refused"}).status_code for _ in range(2)] == [402, 402]
    assert len(CALLS) == 1


@pytest.mark.parametrize(("mood", "status"), [("down", 503), ("busy", 429), ("wrong", 400), ("bug", 500)])
def test_what_did_not_settle_may_be_tried_again(db, mood, status):
    assert [post({"mood": mood}).status_code for _ in range(2)] == [status, status]
    assert len(CALLS) == 2
    assert IdempotencyRecord.objects.count() == 0


def test_a_conflict_that_passes_by_itself_is_asked_about_again(db):
    answers = [post({"mood": "passing"}) for _ in range(2)]
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [
        (409, "payment_in_progress"), (409, "payment_in_progress"),
    ]  # fmt: skip
    assert "Idempotent-Replayed" not in answers[1].headers
    assert len(CALLS) == 2
    assert IdempotencyRecord.objects.count() == 0


def test_a_conflict_that_stays_is_an_answer(db):
    assert [post({"mood": "settled"}).status_code for _ in range(2)] == [409, 409]
    assert len(CALLS) == 1


def test_a_429_says_when(db):
    assert post({"mood": "busy"}).headers["Retry-After"] == "7"


def test_a_key_is_forgotten_after_a_day(db):
    post()
    IdempotencyRecord.objects.update(created_at=real_now() - timedelta(hours=25))
    assert post().json() == {"n": 2}


def test_the_stored_answer_is_encrypted(db):
    post()
    with connection.cursor() as cursor:
        cursor.execute("SELECT response_body FROM common_idempotency_record")
        assert '"n"' not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_parallel_repeat_is_told_to_wait():
    answers = []

    def first():
        answers.append(post({"mood": "slow"}))
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    while not CALLS:
        GATE.wait(0.01)
    rival = post({"mood": "slow"})
    GATE.set()
    thread.join()
    assert rival.status_code == 409
    assert rival.json()["error"]["code"] == "idempotency_in_progress"
    assert answers[0].status_code == 201
    assert len(CALLS) == 1


def test_a_crashed_request_can_be_resumed_when_its_lease_is_over(db):
    lease = idempotency.begin(scope="s", route="r", key="key-00000001", body_fingerprint="f")
    assert isinstance(lease, idempotency.Lease)
    with pytest.raises(Conflict, match="still running"):
        idempotency.begin(scope="s", route="r", key="key-00000001", body_fingerprint="f")
    IdempotencyRecord.objects.update(lease_expires_at=real_now() - timedelta(seconds=1))
    second = idempotency.begin(scope="s", route="r", key="key-00000001", body_fingerprint="f")
    assert isinstance(second, idempotency.Lease)
    idempotency.finish(lease, status=201, body={"late": True})
    assert IdempotencyRecord.objects.get().response_status is None, "a lost lease must not answer"
    idempotency.finish(second, status=201, body={"ok": True})
    third = idempotency.begin(scope="s", route="r", key="key-00000001", body_fingerprint="f")
    assert third == idempotency.StoredAnswer(201, {"ok": True})
