"""Every story has as many clients as it asks for, and of two who disagree one is the second."""

from collections import Counter

from petwash.chaos.clients import Client
from petwash.chaos.plan import Plan
from petwash.chaos.strikes import CLIENTS


def test_each_story_has_its_clients() -> None:
    plan, places = Plan(5, 200, 0), len(CLIENTS)
    clients = [Client(plan, place, places) for place in range(places)]

    acting = Counter(story.number for client in clients for story in client._waiting)
    assert acting == {story.number: story.clients for story in plan.stories}
    for story in plan.stories:
        seconds = sum(client._is_second(story) for client in clients if story in client._waiting)
        assert seconds == story.clients - 1
