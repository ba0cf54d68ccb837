"""The files of a run's stations: what was provisioned for each device, and what its flash holds."""

import json
from pathlib import Path
from typing import Any

from petwash.chaos.wash.plan import slug


def station_file(folder: Path, station: int) -> Path:
    """Return where the file lies that a technician puts onto the device."""
    return folder / "stations" / f"{slug(station)}.json"


def provisioned(folder: Path, station: int) -> dict[str, Any]:
    """Return what that file says."""
    file: dict[str, Any] = json.loads(station_file(folder, station).read_text())
    return file


def bay_in(file: dict[str, Any], number: int) -> dict[str, Any]:
    """Return what is printed at a bay."""
    found: dict[str, Any] = next(bay for bay in file["bays"] if bay["number"] == number)
    return found


def flash_file(folder: Path, station: int) -> Path:
    """Return the file that a station's flash is."""
    return folder / "flash" / f"{slug(station)}.json"


def unsent(folder: Path) -> int:
    """Return how many events stand in the stations' flash that the server has not confirmed."""
    count = 0
    for flash in (folder / "flash").glob("*.json"):
        try:
            data: dict[str, Any] = json.loads(flash.read_text())
        except (FileNotFoundError, ValueError):
            return 1  # being written or replaced: look again
        count += len(data["events"])
    return count
