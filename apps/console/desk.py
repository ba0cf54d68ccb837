"""What stands beside the live picture for staff: alerts, names, the bridge's last word, today's money."""

from typing import Any

from apps.accounts import selectors as accounts
from apps.common import heartbeats
from apps.common.clock import real_now
from apps.stations import selectors as stations
from apps.stations.availability import HOST_SILENT_SECONDS
from apps.stations.takings import Takings, in_all, takings_today

SEE_MONEY = ("Operations", "Finance")


def beside_the_picture(person: Any) -> dict[str, Any]:
    """Return it in a fixed number of queries; `money` is None for who may not see it."""
    silent = heartbeats.age_seconds("bridge")
    return {
        "at": real_now().isoformat(),
        "alerts": stations.open_alerts(),
        "places": stations.station_places(),
        "bridge": {
            "up": silent is not None and silent <= HOST_SILENT_SECONDS,
            "silent_seconds": None if silent is None else round(silent),
        },
        "money": _money() if accounts.belongs_to(person, *SEE_MONEY) else None,
    }


def _money() -> dict[str, Any]:
    rows = takings_today()
    by_station: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_station.setdefault(row.station, []).append(_shown(row))
    return {"stations": by_station, "in_all": [_shown(row) for row in in_all(rows)]}


def _shown(row: Takings) -> dict[str, Any]:
    return {"net": str(row.net), "gross": str(row.gross), "back": str(row.back), "washes": row.washes}
