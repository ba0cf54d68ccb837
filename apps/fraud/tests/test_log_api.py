"""Trust & Safety reads the fraud log; nobody else does, and nobody reads words there."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group

from apps.accounts.tests.factories import StaffFactory
from apps.common.ids import uuid7
from apps.fraud.models import FraudLog, Source
from apps.fraud.states import Decision, Relation

URL = "/api/v1/fraud/log"


@pytest.fixture
def guard(db: None) -> Any:
    """Somebody of Trust & Safety without other powers."""
    guard = StaffFactory.create(is_superuser=False)
    guard.groups.add(Group.objects.get(name="Trust & Safety"))
    return guard


def flag(sender: Any, conversation: UUID, category: str = "contact") -> FraudLog:
    return FraudLog.objects.create(
        source=Source.MESSAGE,
        message_reference=uuid7(),
        conversation_reference=conversation,
        sender=sender,
        relation=Relation.BEFORE_BOOKING,
        action=Decision.MASK,
        category=category,
        categories={category: 0.99},
        findings=[{"rule": "digits", "start": 3, "end": 9, "score": 0.99}],
        score="0.990",
        monitor_version="rules-1",
    )


def test_the_log_is_read_by_conversation_and_category(api: Any, guard: Any, owner: Any) -> None:
    first, second = uuid7(), uuid7()
    row = flag(owner, first)
    flag(owner, second, "scam")
    body = api(guard).get(URL, {"conversation_id": str(first)}).json()
    assert [found["id"] for found in body["results"]] == [str(row.public_id)]
    assert body["results"][0]["categories"] == {"contact": 0.99}
    assert len(api(guard).get(URL, {"category": "scam"}).json()["results"]) == 1
    assert len(api(guard).get(URL).json()["results"]) == 2


def test_a_page_takes_the_same_queries_whatever_it_holds(
    api: Any, guard: Any, owner: Any, django_assert_num_queries: Any
) -> None:
    client = api(guard)
    with django_assert_num_queries(4):
        client.get(URL)
    for _ in range(10):
        flag(owner, uuid7())
    with django_assert_num_queries(4):
        assert len(client.get(URL).json()["results"]) == 10


def test_a_wrong_filter_names_itself(api: Any, guard: Any) -> None:
    answer = api(guard).get(URL, {"conversation_id": "nonsense", "category": "weather"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]) == {"conversation_id", "category"}


def test_nobody_else_reads_it(api: Any, guard: Any, owner: Any) -> None:
    flag(owner, uuid7())
    finance = StaffFactory.create(is_superuser=False)
    finance.groups.add(Group.objects.get(name="Finance"))
    assert api().get(URL).status_code == 401
    assert api(owner).get(URL).json()["error"]["code"] == "staff_only"
    assert api(guard, second_factor=False).get(URL).json()["error"]["code"] == "second_factor_required"
    assert api(finance).get(URL).json()["error"]["code"] == "forbidden"
