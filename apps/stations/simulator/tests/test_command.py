"""`simulate_stations` refuses bad files, faults and addresses with a sentence, before anything runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.stations.simulator.station_file import StationFileError, read_station_file

from .bench import STATION

GOOD: dict[str, Any] = {
    "station_id": "tlv-1",
    "mqtt": {"username": "tlv-1", "password": "secret"},
    "server_public_key": STATION.server_public_key,
    "hmac_key": "h",
    "bays": [{"id": "b1", "number": 1, "bay_token": "t"}, {"id": "b2", "number": 2, "bay_token": "t"}],
    "tanks": [
        {"chemical": "shampoo", "capacity_ml": 10_000, "level_ml": 2_000},
        {"chemical": "conditioner", "capacity_ml": 10_000},
    ],
    "programs": [{"code": "quick", "seconds": 300, "price_minor": 900, "currency": "USD", "ml": {"shampoo": 120}}],
}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "tlv-1.json"
    path.write_text(json.dumps(GOOD | changes))
    return path


def test_a_file_is_read_and_a_level_may_be_given(tmp_path: Path) -> None:
    station = read_station_file(write(tmp_path))
    assert station.bays == (1, 2)
    assert [tank.level_ml for tank in station.tanks] == [2_000, 10_000]
    assert station.programs["quick"].ml == {"shampoo": 120}
    assert "secret" not in repr(station)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"server_public_key": "AAAA"}, "32 bytes"),
        ({"tanks": [{"chemical": "shampoo", "capacity_ml": 10, "level_ml": 11}]}, "level_ml of shampoo"),
        ({"programs": [{"code": "quick", "seconds": 0, "ml": {}}]}, "seconds of program quick"),
        ({"mqtt": {"username": "tlv-1"}}, "no field 'password'"),
        ({"bays": 3}, "not a station file"),
    ],
)
def test_a_bad_file_is_named_with_the_remedy(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(StationFileError, match=sentence) as refused:
        read_station_file(path)
    assert str(path) in str(refused.value)
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_stations", str(path))


def test_an_absent_or_garbled_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("simulate_stations", str(tmp_path / "absent.json"))
    (tmp_path / "garbled.json").write_text("{")
    with pytest.raises(CommandError, match="not a station file"):
        call_command("simulate_stations", str(tmp_path / "garbled.json"))


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("--fault=melt", "no fault 'melt'"),
        ("--mqtt=nowhere", "HOST:PORT"),
        ("--mqtt=host:port", "HOST:PORT"),
        ("--speed=0", "above 0"),
        ("--refill-after=soon", "above 0"),
    ],
)
def test_a_bad_option_is_refused(tmp_path: Path, argument: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("simulate_stations", str(write(tmp_path)), argument)
