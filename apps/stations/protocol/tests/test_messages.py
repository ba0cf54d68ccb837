"""Messages survive a round trip, and what breaks the contract is named and refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.stations.protocol import messages as m
from apps.stations.protocol import topics
from apps.stations.protocol.errors import ProtocolError
from apps.stations.protocol.ulid import make_ulid, ulid_at

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ULID = make_ulid()
STATE: dict[str, Any] = {
    "state": "running",
    "wash": "w-1",
    "seconds_left": 120,
    "fault": None,
    "boot": 3,
    "seq": 9,
    "ts": "2026-01-02T12:00:00Z",
}
LEVEL: dict[str, Any] = {
    "chemical": "shampoo",
    "level_ml": 400,
    "capacity_ml": 5000,
    "boot": 3,
    "seq": 9,
    "ts": "2026-01-02T12:00:00Z",
}
START: dict[str, Any] = {
    "id": ULID,
    "type": "start",
    "bay": 1,
    "wash": "w-1",
    "total_seconds": 300,
    "program": "quick",
    "expires_at": "2026-01-02T12:00:30Z",
    "nonce": "abc",
}

instants = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001 - Hypothesis wants a naive bound
codes = st.from_regex(topics.CODE, fullmatch=True)
opaque = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
ulids = st.integers(0, 2**47).map(ulid_at)
boots, seqs = st.integers(0, 2**31 - 1), st.integers(0, 2**53 - 1)
seconds, volumes = st.integers(0, 86_400), st.integers(0, 1_000_000)
firmware = st.just("1.4.2")
bay_states = st.builds(
    m.BayState,
    state=st.sampled_from(m.BayStatus),
    wash=opaque,
    seconds_left=seconds,
    fault=codes,
    boot=boots,
    seq=seqs,
    ts=instants,
)
tank_levels = st.builds(
    lambda capacity, part, **rest: m.TankLevel(capacity_ml=capacity, level_ml=int(capacity * part), **rest),
    capacity=st.integers(1, 1_000_000),
    part=st.floats(0, 1),
    chemical=codes,
    boot=boots,
    seq=seqs,
    ts=instants,
)
bay_events = st.builds(
    m.BayEvent,
    event_id=ulids,
    wash=opaque,
    type=st.sampled_from(m.EventType),
    seconds_used=seconds,
    ml_used=st.dictionaries(codes, volumes, max_size=4),
    offline=st.booleans(),
    boot=boots,
    seq=seqs,
    ts=instants,
)
births = st.builds(
    m.Birth,
    epoch=opaque,
    boot=boots,
    fw=firmware,
    bays=st.lists(
        st.builds(m.BirthBay, bay=st.integers(1, 99), state=st.sampled_from(m.BayStatus)),
        max_size=4,
    ).map(tuple),
    tanks=st.lists(st.builds(m.BirthTank, chemical=codes, capacity_ml=st.integers(1, 1_000_000)), max_size=4).map(
        tuple
    ),
    sessions=st.lists(
        st.builds(m.BirthSession, wash=opaque, bay=st.integers(1, 99), seconds_left=seconds),
        max_size=2,
    ).map(tuple),
    ts=instants,
)
alerts = st.one_of(
    st.builds(
        m.Alert,
        event_id=ulids,
        severity=st.sampled_from(m.Severity),
        ts=instants,
        chemical=codes,
        level_pct=st.integers(0, 100),
    ),
    st.builds(
        m.Alert,
        event_id=ulids,
        severity=st.sampled_from(m.Severity),
        ts=instants,
        component=codes,
        level_pct=st.none() | st.integers(0, 100),
    ),
)
starts = st.builds(
    m.Command,
    id=ulids,
    type=st.just(m.CommandType.START),
    bay=st.integers(1, 99),
    wash=opaque,
    total_seconds=st.integers(1, 86_400),
    program=codes,
    expires_at=instants,
    nonce=opaque,
)
others = st.one_of(
    st.builds(m.Conn, online=st.booleans(), epoch=opaque, boot=boots, fw=firmware, ts=instants),
    st.builds(m.Ack, id=ulids, result=st.sampled_from(m.AckResult), reason=st.none() | codes, ts=instants),
    st.builds(m.HostState, online=st.booleans(), ts=instants),
    st.just(m.Evack()),
)


@given(st.one_of(bay_states, tank_levels, bay_events, births, alerts, starts, others))
def test_what_is_written_is_read_back(message: m.Message) -> None:
    assert type(message).parse(message.to_json()) == message
    assert b"\n" not in message.to_json()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_crash_the_reader(payload: bytes) -> None:
    for kind in (m.Conn, m.BayState, m.BayEvent, m.Alert, m.Command):
        with pytest.raises(ProtocolError):
            kind.parse(payload)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(STATE)), json_values)
def test_no_value_of_a_field_crashes_the_reader(name: str, value: object) -> None:
    try:
        parsed = m.BayState.parse(json.dumps(STATE | {name: value}).encode())
    except ProtocolError as error:
        assert error.reason  # noqa: PT017  both outcomes are looked at
    else:
        assert m.BayState.parse(parsed.to_json()) == parsed


def refuse(kind: type[m.Message], data: object) -> tuple[str, str]:
    with pytest.raises(ProtocolError) as refused:
        kind.parse(json.dumps(data).encode())
    return refused.value.reason, refused.value.field


@pytest.mark.parametrize("name", sorted(STATE))
def test_each_field_is_required(name: str) -> None:
    data = {key: value for key, value in STATE.items() if key != name}
    assert refuse(m.BayState, data) == ("missing_field", name)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "washing"}, "bad_value"),
        ({"state": 1}, "bad_value"),
        ({"wash": None}, "bad_value"),
        ({"wash": "a b"}, "bad_value"),
        ({"wash": 7}, "wrong_type"),
        ({"seconds_left": -1}, "out_of_range"),
        ({"seconds_left": 86_401}, "out_of_range"),
        ({"seconds_left": 1.0}, "wrong_type"),
        ({"seconds_left": True}, "wrong_type"),
        ({"seconds_left": "5"}, "wrong_type"),
        ({"boot": -1}, "out_of_range"),
        ({"seq": 2**53}, "out_of_range"),
        ({"ts": "yesterday"}, "bad_value"),
        ({"ts": "2026-01-02T12:00:00"}, "bad_value"),
        ({"ts": "2026-02-30T12:00:00Z"}, "bad_value"),
        ({"ts": "0001-01-01T00:00:00+14:00"}, "bad_value"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], reason: str) -> None:
    assert refuse(m.BayState, STATE | change) == (reason, next(iter(change)))


def test_a_bay_in_fault_names_the_fault() -> None:
    assert refuse(m.BayState, STATE | {"state": "fault"}) == ("bad_value", "fault")


def test_a_field_too_many_is_refused_and_named_in_plain_ascii() -> None:
    assert refuse(m.BayState, STATE | {"extra": 1}) == ("unknown_field", "extra")
    assert refuse(m.BayState, STATE | {"\u0000\ud800": 1})[1].isprintable()


def test_a_level_is_from_zero_to_the_capacity() -> None:
    assert refuse(m.TankLevel, LEVEL | {"level_ml": -1}) == ("out_of_range", "level_ml")
    assert refuse(m.TankLevel, LEVEL | {"level_ml": 5001}) == ("out_of_range", "level_ml")
    assert refuse(m.TankLevel, LEVEL | {"capacity_ml": 0}) == ("out_of_range", "capacity_ml")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b"[" * 4096, "not_json"),
        (b"[]", "not_an_object"),
        (b"1" * 4096, "not_an_object"),
        (b'{"online":true,"online":false}', "repeated_field"),
        (b" " * 4097, "too_long"),
    ],
)
def test_what_is_not_a_small_json_object_is_refused(payload: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        m.HostState.parse(payload)
    assert refused.value.reason == reason


def test_an_alert_is_about_a_chemical_or_a_component_never_both() -> None:
    alert = {"event_id": ULID, "severity": "warning", "ts": "2026-01-02T12:00:00Z"}
    assert refuse(m.Alert, alert) == ("missing_field", "component")
    assert refuse(m.Alert, alert | {"chemical": "shampoo"}) == ("missing_field", "level_pct")
    both = alert | {"chemical": "shampoo", "component": "pump", "level_pct": 9}
    assert refuse(m.Alert, both) == ("bad_value", "component")
    parsed = m.Alert.parse(json.dumps(alert | {"component": "pump", "chemical": None}).encode())
    assert (parsed.component, parsed.chemical, parsed.level_pct) == ("pump", None, None)


@pytest.mark.parametrize("name", ["bay", "wash", "total_seconds", "program"])
def test_a_start_needs_all_its_fields(name: str) -> None:
    assert refuse(m.Command, START | {name: None})[1] == name


def test_a_rebirth_needs_nothing_but_says_so() -> None:
    bare = START | {"type": "rebirth", "bay": None, "wash": None, "total_seconds": None}
    assert m.Command.parse(json.dumps(bare | {"program": None}).encode()).bay is None
    assert refuse(m.Command, bare | {"bay": 1}) == ("bad_value", "bay")
    del bare["bay"]
    assert refuse(m.Command, bare) == ("missing_field", "bay")


def test_the_ids_must_be_the_topics() -> None:
    start = json.dumps(START).encode()
    assert m.parse_message(topics.parse(topics.command("a", ULID)), start)
    with pytest.raises(ProtocolError) as refused:
        m.parse_message(topics.parse(topics.command("a", make_ulid())), start)
    assert refused.value.reason == "id_mismatch"


def test_a_tank_is_named_by_its_chemical_or_its_number() -> None:
    level = json.dumps(LEVEL).encode()
    assert m.parse_message(topics.parse(topics.tank_level("a", "shampoo")), level)
    assert m.parse_message(topics.parse(topics.tank_level("a", "1")), level)
    with pytest.raises(ProtocolError) as refused:
        m.parse_message(topics.parse(topics.tank_level("a", "conditioner")), level)
    assert refused.value.reason == "id_mismatch"


def test_the_id_of_a_refused_event_can_still_be_read() -> None:
    assert m.readable_event_id(json.dumps({"event_id": ULID, "x": 1}).encode()) == ULID
    assert m.readable_event_id(b'{"event_id":"x"}') is None
    assert m.readable_event_id(b"garbage") is None


def test_instants_are_written_in_utc_and_read_with_any_offset() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=3)))
    state = m.HostState(online=True, ts=east)
    assert json.loads(state.to_json())["ts"] == "2026-01-02T12:00:00Z"
    parsed = m.HostState.parse(b'{"online":true,"ts":"2026-01-02T15:00:00.5+03:00"}')
    assert parsed.ts == NOON + timedelta(milliseconds=500)
    with pytest.raises(ValueError, match="time zone"):
        replace(state, ts=datetime(2026, 1, 2)).to_json()  # noqa: DTZ001  the error is the point
