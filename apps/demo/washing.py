"""The steps of a walk-in wash, each one call or two of the public API."""

import time
from typing import Any

from apps.demo.client import Answer, Client, StepFailed
from apps.demo.hardware import Bay

RUN = {"finished", "stopped", "partially_refunded"}
REFUNDED = {"refunded"}
ENOUGH_ML = 600  # a dose is 300 at most, and what the other bay was sold is spoken for
OVER = RUN | REFUNDED


def pay(client: Client, bay: Bay, program: str, card: str = "pm_card_visa") -> Answer:
    """Pay for a program in this bay."""
    body = {"bay_id": bay.id, "bay_token": bay.token, "program": program, "payment_method": card}
    return client.post("wash/payment/activate", body, once=True)


def programs_everywhere(client: Client, stations: set[str]) -> list[str]:
    """Return the codes of the programs that every one of the stations sells, in order."""
    sold = [
        {row["code"] for row in client.get(f"wash/stations/{station}").expect(200).body["programs"]}
        for station in stations
    ]
    return sorted(set.intersection(*sold))


def await_wash(client: Client, wash: str, token: str, wanted: set[str], seconds: float = 90) -> Any:
    """Wait until the wash is in one of the wanted states."""
    return client.wait_for(
        f"wash/{wash}",
        lambda body: body["status"] in wanted,
        f"the wash to be {' or '.join(sorted(wanted))}",
        seconds=seconds,
        X_Wash_Token=token,
    )


def live_station(client: Client, station: str) -> Any:
    """Return the live status of one station."""
    return client.get("wash/status/live", station=station).expect(200).body["stations"][0]


def bay_state(client: Client, bay: Bay) -> str:
    """Return what the bay does now."""
    bays = live_station(client, bay.station)["bays"]
    return str(next(row["state"] for row in bays if row["id"] == bay.id))


def await_idle(client: Client, bay: Bay, seconds: float = 60) -> None:
    """Wait until the bay is idle. Raises: StepFailed when it stays busy."""
    deadline = time.monotonic() + seconds
    state = ""
    while time.monotonic() < deadline:
        state = bay_state(client, bay)
        if state == "idle":
            return
        time.sleep(0.25)
    raise StepFailed(f"bay {bay.number} of {bay.station} stays {state}")


def lowest_tank(station: Any) -> Any:
    """Return the tank with the least left, in percent."""
    return min(station["tanks"], key=lambda tank: tank["level_pct"])


def await_alerts(client: Client, station: str, count: int, seconds: float = 30) -> Any:
    """Wait until the station has so many open alerts, and return its live status."""
    found = client.wait_for(
        f"wash/status/live?station={station}",
        lambda body: body["stations"][0]["alerts"] >= count,
        f"{count} alerts",
        seconds=seconds,
    )
    return found["stations"][0]


def await_ready(client: Client, bay: Bay, program: str, seconds: float = 120) -> None:
    """Wait until the bay is idle and the station's tanks can finish one wash of the program.

    Raises: StepFailed when that does not come.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await_idle(client, bay, seconds=max(1.0, deadline - time.monotonic()))
        station = live_station(client, bay.station)
        if station["online"] and all(tank["level_ml"] >= ENOUGH_ML for tank in station["tanks"]):
            return
        time.sleep(0.5)
    raise StepFailed(f"{bay.station} cannot run {program}: its tanks stay too low")
