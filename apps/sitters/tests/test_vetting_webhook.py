"""The inbox: authenticated over the raw bytes, stored once, 200 for every repeat."""

import json
from datetime import timedelta

import pytest

from apps.common.clock import real_now
from apps.common.models import OutboxEvent
from apps.sitters.models import VettingNotice
from apps.sitters.tests.conftest import WEBHOOK

pytestmark = pytest.mark.django_db


def event(**changes):
    return {
        "id": "evt-1",
        "type": "report.completed",
        "created_at": real_now().isoformat(),
        "data": {"object": {"id": "rep-1", "object": "report"}},
        **changes,
    }


def raw(**changes):
    return json.dumps(event(**changes)).encode()


def test_a_signed_event_is_stored_without_its_payload(api, sandbox):
    assert sandbox.post(api(), raw()).status_code == 200
    notice = VettingNotice.objects.get()
    assert (notice.provider, notice.event_id, notice.report_id, notice.status) == (
        "checkr", "evt-1", "rep-1", "received",
    )  # fmt: skip
    assert OutboxEvent.objects.get().payload == {"notice_id": notice.pk}


def test_repeats_answer_200_and_are_stored_once(api, sandbox):
    assert [sandbox.post(api(), raw()).status_code for _ in range(3)] == [200] * 3
    assert (VettingNotice.objects.count(), OutboxEvent.objects.count()) == (1, 1)


@pytest.mark.parametrize("signature", ["", "0" * 64, "sha256=", "ü"])
def test_a_forged_signature_is_refused(api, sandbox, signature):
    answer = sandbox.post(api(), raw(), **{"X-Checkr-Signature": signature})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "webhook_signature_invalid")
    assert not VettingNotice.objects.exists()


def test_a_missing_signature_is_refused(api):
    answer = api().post(WEBHOOK, raw(), content_type="application/json")
    assert answer.status_code == 401


def test_a_changed_byte_breaks_the_signature(api, sandbox):
    body = raw()
    answer = sandbox.post(api(), body.replace(b"rep-1", b"rep-2"), **{"X-Checkr-Signature": sandbox.sign(body)})
    assert answer.status_code == 401
    assert not VettingNotice.objects.exists()


@pytest.mark.parametrize("age", [timedelta(days=3, minutes=1), timedelta(minutes=-6)])
def test_a_stale_or_future_event_is_refused(api, sandbox, age):
    answer = sandbox.post(api(), raw(created_at=(real_now() - age).isoformat()))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "webhook_stale")
    assert not VettingNotice.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b"null",
        raw(id=7),
        raw(id=""),
        raw(id="x" * 101),
        raw(data={"object": {"id": "../candidates"}}),
        raw(data=None),
        raw(created_at="yesterday"),
        raw(created_at="2026-01-01T00:00:00"),
        raw(created_at=5),
    ],
)
def test_signed_nonsense_is_refused(api, sandbox, body):
    answer = sandbox.post(api(), body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "webhook_malformed")
    assert not VettingNotice.objects.exists()


def test_a_body_beyond_the_limit_is_refused_unread(api, sandbox):
    answer = sandbox.post(api(), b" " * 256_001)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "webhook_malformed")


def test_an_unknown_provider(api, sandbox):
    body = raw()
    path = WEBHOOK.replace("checkr", "nobody")
    headers = {"X-Checkr-Signature": sandbox.sign(body)}
    assert api().post(path, body, content_type="application/json", headers=headers).status_code == 404
