"""The credentials file of one station, as `manage.py provision_station` prints it."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class StationFileError(ValueError):
    """A station file that cannot be used; the text names the file, the field and the remedy."""


@dataclass(frozen=True)
class TankSpec:
    """A tank of the station, in millilitres; without `level_ml` it starts full."""

    chemical: str
    capacity_ml: int
    level_ml: int


@dataclass(frozen=True)
class ProgramSpec:
    """A program: how long it takes and how many millilitres of each chemical it uses in that."""

    code: str
    seconds: int
    ml: dict[str, int]


@dataclass(frozen=True)
class DisplaySpec:
    """What a bay needs to show codes; `lit`: it has a display."""

    bay_id: str
    key: str
    lit: bool

    def __repr__(self) -> str:
        return f"DisplaySpec({self.bay_id!r})"


@dataclass(frozen=True)
class StationFile:
    """What a device knows from its provisioning."""

    station_id: str
    username: str
    password: str
    server_public_key: str
    bays: tuple[int, ...]
    tanks: tuple[TankSpec, ...]
    programs: dict[str, ProgramSpec]
    displays: dict[int, DisplaySpec] = field(default_factory=dict)
    client_id: str = ""

    def __repr__(self) -> str:
        return f"StationFile({self.station_id!r})"


def read_station_file(path: Path) -> StationFile:
    """Read and check a station file.

    Raises: StationFileError.
    """
    try:
        data = json.loads(path.read_text())
        return _station(data)
    except OSError as error:
        raise StationFileError(f"{path} cannot be read: {error.strerror}.") from error
    except KeyError as error:
        raise StationFileError(
            f"{path} has no field {error}. Write it anew with `manage.py provision_station`."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise StationFileError(f"{path} is not a station file: {error}") from error


def _station(data: dict[str, Any]) -> StationFile:
    key = str(data["server_public_key"])
    if len(base64.b64decode(key, validate=True)) != 32:
        raise ValueError("server_public_key must be 32 bytes in base64.")
    programs = [_program(row) for row in data["programs"]]
    return StationFile(
        station_id=str(data["station_id"]),
        username=str(data["mqtt"]["username"]),
        password=str(data["mqtt"]["password"]),
        server_public_key=key,
        bays=tuple(int(row["number"]) for row in data["bays"]),
        tanks=tuple(_tank(row) for row in data["tanks"]),
        programs={program.code: program for program in programs},
        displays={int(row["number"]): _display(row) for row in data["bays"] if "presence_key" in row},
        client_id=str(data["mqtt"].get("client_id", "")),
    )


def _display(row: dict[str, Any]) -> DisplaySpec:
    return DisplaySpec(str(row["id"]), str(row["presence_key"]), bool(row.get("display", False)))


def _tank(row: dict[str, Any]) -> TankSpec:
    capacity = int(row["capacity_ml"])
    level = int(row.get("level_ml", capacity))
    if not 0 <= level <= capacity or capacity < 1:
        raise ValueError(f"level_ml of {row['chemical']} must be from 0 to capacity_ml.")
    return TankSpec(str(row["chemical"]), capacity, level)


def _program(row: dict[str, Any]) -> ProgramSpec:
    seconds = int(row["seconds"])
    if seconds < 1:
        raise ValueError(f"seconds of program {row['code']} must be 1 or more.")
    ml = {str(name): int(amount) for name, amount in row["ml"].items()}
    return ProgramSpec(str(row["code"]), seconds, ml)
