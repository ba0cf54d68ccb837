"""Which component an alert that a station or staff report is about: one that the station is known to have, or none.

A component opens an alert of its own, so the words must be few: a device may not fill the operators' list.
"""

import re

from apps.stations.models import Station
from apps.stations.protocol.words import Part

_BAY = re.compile(r"bay-([1-9][0-9]?)")


def component_of(station: Station, chemical: str | None, component: str | None) -> str | None:
    """Return the alert component of a report, None for what the station does not have.

    A chemical's is its tank, `bay-1` is bay 1: what the server finds out by itself meets the same alert.
    """
    name = chemical or component or ""
    if station.tanks.filter(chemical=name).exists():
        return f"tank:{name}"
    if chemical:
        return None
    bay = _BAY.fullmatch(name)
    if bay is not None and station.bays.filter(number=int(bay[1])).exists():
        return f"bay:{bay[1]}"
    return name if name in set(Part) else None
