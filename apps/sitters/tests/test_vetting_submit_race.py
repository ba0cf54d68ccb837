"""Eight submissions of one sitter at once: one case, one paid report, eight times 202."""

import pytest
from django.db import connection

from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.tests.conftest import SUBMIT, application
from petwash.testing.races import crowd

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_order_whoever_comes_first(api, sitter_user, sandbox):
    answers = crowd(8, lambda _: api(sitter_user).post(SUBMIT, application()))
    assert [answer.status_code for answer in answers] == [202] * 8
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (SitterProfile.objects.count(), VettingCase.objects.count(), sandbox.reports()) == (1, 1, 1)
    assert VettingCase.objects.get().status == "pending"


def test_no_connection_is_held_while_the_provider_thinks(api, sitter_user, sandbox, use_transport):
    import httpx

    held = []

    class Watching(httpx.BaseTransport):
        inner = httpx.HTTPTransport()

        def handle_request(self, request):
            held.append(connection.connection is not None)
            return self.inner.handle_request(request)

        def close(self):
            self.inner.close()

    use_transport(Watching())
    assert api(sitter_user).post(SUBMIT, application()).status_code == 202
    assert held == [False, False]
