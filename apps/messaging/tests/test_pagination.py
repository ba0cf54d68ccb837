"""Messages come newest first, by cursor, with a bounded number of queries."""

from apps.common.clock import real_now
from apps.fraud.states import Decision
from apps.messaging.models import Message


def test_pages_follow_each_other(api, owner, conversation, messages_url, django_assert_max_num_queries):
    now = real_now()
    Message.objects.bulk_create(
        Message(conversation=conversation, sender=owner, body=str(n), decision=Decision.ALLOW, delivered_at=now)
        for n in range(5)
    )
    client = api(owner)
    with django_assert_max_num_queries(3):
        first = client.get(messages_url, {"limit": 3}).json()
    second = client.get(messages_url, {"limit": 3, "cursor": first["next"]}).json()
    assert [m["text"] for m in first["results"]] == ["4", "3", "2"]
    assert [m["text"] for m in second["results"]] == ["1", "0"]
    assert second["next"] is None
