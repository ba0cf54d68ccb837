"""Every topic can be built and read back, and nothing else passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.stations.protocol import topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.topics import Kind, Topic
from apps.stations.protocol.ulid import make_ulid

ULID = "01J9Z3K4M5N6P7Q8R9S0T1V2W3"
stations = st.from_regex(topics.SLUG, fullmatch=True)


@pytest.mark.parametrize(
    ("built", "text", "kind", "key"),
    [
        (topics.conn("tlv-1"), "pw/v1/st/tlv-1/conn", Kind.CONN, ""),
        (topics.birth("tlv-1"), "pw/v1/st/tlv-1/birth", Kind.BIRTH, ""),
        (topics.bay_state("tlv-1", 2), "pw/v1/st/tlv-1/bay/2/state", Kind.BAY_STATE, "2"),
        (topics.bay_event("tlv-1", 12), "pw/v1/st/tlv-1/bay/12/event", Kind.BAY_EVENT, "12"),
        (
            topics.tank_level("tlv-1", "flea_tick"),
            "pw/v1/st/tlv-1/tank/flea_tick/level",
            Kind.TANK_LEVEL,
            "flea_tick",
        ),
        (topics.alert("tlv-1"), "pw/v1/st/tlv-1/alert", Kind.ALERT, ""),
        (topics.command("tlv-1", ULID), f"pw/v1/st/tlv-1/cmd/{ULID}", Kind.COMMAND, ULID),
        (topics.ack("tlv-1", ULID), f"pw/v1/st/tlv-1/ack/{ULID}", Kind.ACK, ULID),
        (topics.evack("tlv-1", ULID), f"pw/v1/st/tlv-1/evack/{ULID}", Kind.EVACK, ULID),
    ],
)
def test_each_topic_has_its_exact_form(built: str, text: str, kind: Kind, key: str) -> None:
    assert built == text
    assert topics.parse(text) == Topic(kind, "tlv-1", key)


def test_the_host_state_belongs_to_no_station() -> None:
    assert topics.parse("pw/v1/host/state") == Topic(Kind.HOST_STATE)
    assert str(Topic(Kind.HOST_STATE)) == "pw/v1/host/state"


@given(stations, st.integers(1, topics.BAY_MAX))
def test_bay_topics_round_trip(station: str, bay: int) -> None:
    parsed = topics.parse(topics.bay_event(station, bay))
    assert (parsed.station, parsed.bay) == (station, bay)
    assert str(parsed) == topics.bay_event(station, bay)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pw/v1/st/tlv-1",
        "pw/v1/st//conn",
        "pw/v1/st/TLV/conn",
        "pw/v1/st/-a/conn",
        "pw/v1/st/a\n/conn",
        "pw/v2/st/tlv-1/conn",
        "pw/v1/st/tlv-1/conn/",
        "pw/v1/st/tlv-1/bay/0/state",
        "pw/v1/st/tlv-1/bay/01/state",
        "pw/v1/st/tlv-1/bay/100/state",
        "pw/v1/st/tlv-1/bay/٣/state",
        "pw/v1/st/tlv-1/bay/x/state",
        "pw/v1/st/tlv-1/tank/a b/level",
        "pw/v1/st/tlv-1/cmd/123",
        f"pw/v1/st/tlv-1/ack/{ULID.lower()}",
        "pw/v1/host/other",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        topics.parse(text)
    assert refused.value.reason == "bad_topic"


@given(st.text(max_size=80))
def test_no_text_crashes_the_reader(text: str) -> None:
    try:
        parsed = topics.parse(text)
    except ProtocolError:
        return
    assert str(parsed) == text


def test_a_topic_cannot_be_built_from_a_bad_key() -> None:
    with pytest.raises(ProtocolError):
        topics.bay_state("tlv-1", 0)
    with pytest.raises(ProtocolError):
        topics.command("tlv-1", "x")
    with pytest.raises(ProtocolError):
        topics.conn("no/slash")


def test_only_bay_topics_have_a_bay() -> None:
    with pytest.raises(ValueError, match="names no bay"):
        _ = topics.parse(topics.ack("tlv-1", make_ulid())).bay


def test_states_are_retained_and_commands_never() -> None:
    assert topics.parse(topics.bay_state("a", 1)).retained
    assert topics.parse(topics.tank_level("a", "1")).retained
    assert not topics.parse(topics.command("a", ULID)).retained
    assert not topics.parse(topics.bay_event("a", 1)).retained
