"""The access list follows from the contract's topics: nothing that is said lacks a right, nothing else has one."""

from apps.stations.protocol import access, topics
from apps.stations.protocol.topics import Kind


def test_every_kind_of_message_has_one_direction() -> None:
    assert topics.FROM_STATION | access.TO_STATION | {Kind.HOST_STATE} == set(Kind)
    assert not topics.FROM_STATION & access.TO_STATION


def test_the_list_is_written_word_for_word() -> None:
    assert access.access_list(["hill-2", "bridge"]).splitlines()[2:] == [
        "user bridge",
        "topic readwrite #",
        "",
        "user hill-2",
        "topic write pw/v1/st/hill-2/ack/+",
        "topic write pw/v1/st/hill-2/alert",
        "topic write pw/v1/st/hill-2/bay/+/event",
        "topic write pw/v1/st/hill-2/bay/+/state",
        "topic write pw/v1/st/hill-2/birth",
        "topic write pw/v1/st/hill-2/conn",
        "topic write pw/v1/st/hill-2/tank/+/level",
        "topic read pw/v1/st/hill-2/cmd/+",
        "topic read pw/v1/st/hill-2/evack/+",
        "topic read pw/v1/host/state",
    ]


def test_the_order_of_users_changes_nothing() -> None:
    assert access.access_list(["b", "a", "bridge"]) == access.access_list(["bridge", "a", "b", "a"])


def test_a_user_that_could_leave_its_branch_gets_no_right() -> None:
    for name in ("", "#", "+", "a/b", "a b", "a\ntopic readwrite #", "A", "%u"):
        assert access.access_list([name]) == access.access_list([])
