"""Walk-in washes, told step by step."""

from typing import Any

from apps.common.money import Money
from apps.demo import washing
from apps.demo.client import Client, StepFailed, expect
from apps.demo.hardware import Bay, Witness
from apps.demo.narrator import Narrator

MOST_WASHES = 12


class WashStory:
    """One wash that ends well, one tank that runs low, one card that is declined."""

    def __init__(self, client: Client, bays: list[Bay], witness: Witness, narrator: Narrator) -> None:
        self.client, self.bays, self.witness, self.tell = client, bays, witness, narrator.step

    def play(self) -> None:
        """Tell the whole story. Raises: StepFailed at the first step that is not as promised."""
        bay = self.bays[0]
        program = self.tell("Somebody looks at the station", lambda: self._cheapest(bay), _price)
        self.tell(
            "A declined card is tried",
            lambda: self._declined(bay, program["code"]),
            "402; no command left, no bay moved",
        )
        wash, token = self._pay(bay, program)
        self._watch(bay, wash, token)

    def _cheapest(self, bay: Bay) -> Any:
        washing.await_idle(self.client, bay)
        station = self.client.get(f"wash/stations/{bay.station}").expect(200).body
        return min(station["programs"], key=lambda row: row["price_minor"])

    def _declined(self, bay: Bay, program: str) -> None:
        before = self.witness.count_starts()
        washing.pay(self.client, bay, program, card="pm_card_chargeDeclined").expect(402, "card_declined")
        state = washing.bay_state(self.client, bay)
        expect(state == "idle", f"the bay is {state} after a declined card")
        expect(self.witness.count_starts() == before, "a start command was sent for a declined card")

    def _pay(self, bay: Bay, program: Any) -> tuple[str, str]:
        answer = self.tell(
            "A walk-in customer pays in full",
            lambda: washing.pay(self.client, bay, program["code"]).expect(202),
            lambda a: (
                f"{Money(a.body['wash']['amount_minor'], a.body['wash']['currency'])}; the bay is leased and signed for"
            ),
        )
        rival = washing.pay(self.client, bay, program["code"])
        self.tell(
            "Somebody else tries the same bay",
            lambda: rival.expect(409, "bay_busy"),
            "409 bay_busy, before any money moved",
        )
        return answer.body["wash"]["id"], answer.body["wash_token"]

    def _watch(self, bay: Bay, wash: str, token: str) -> None:
        self.tell(
            "The bay starts",
            lambda: washing.await_wash(self.client, wash, token, {"running"} | washing.OVER),
            lambda body: (
                f"{body['status']}, {body['seconds_left']} s left: the device's own event, not the server's wish"
            ),
        )
        self.tell("A stranger looks for the wash", lambda: self._stranger(wash), "404 without the wash token")
        self.tell(
            "The wash ends",
            lambda: washing.await_wash(self.client, wash, token, washing.OVER),
            lambda body: f"{body['status']}; exactly one start command: {len(self.witness.starts_for(wash))}",
        )
        expect(len(self.witness.starts_for(wash)) == 1, "the bay was not started exactly once")
        self.tell(
            "The shampoo falls below its critical level",
            lambda: self._until_low(bay),
            lambda station: (
                f"{washing.lowest_tank(station)['level_pct']}% left: one open alert for the staff, and no second"
            ),
        )

    def _stranger(self, wash: str) -> None:
        self.client.get(f"wash/{wash}").expect(404)

    def _until_low(self, bay: Bay) -> Any:
        """Wash on until a tank is critical, and return the station; a fresh one needs no more washes."""
        for _ in range(MOST_WASHES):
            station = washing.live_station(self.client, bay.station)
            if washing.lowest_tank(station)["status"] == "critical":
                return self._alerted(bay, station)
            washing.await_idle(self.client, bay)
            paid = washing.pay(self.client, bay, "quick").expect(202).body
            washing.await_wash(self.client, paid["wash"]["id"], paid["wash_token"], washing.OVER)
        raise StepFailed(
            f"{MOST_WASHES} washes did not empty a tank of {bay.station}; a fresh system starts with a low one"
        )

    def _alerted(self, bay: Bay, station: Any) -> Any:
        low = [tank for tank in station["tanks"] if tank["status"] in {"warning", "critical"}]
        station = washing.await_alerts(self.client, bay.station, len(low))
        expect(station["alerts"] >= len(low), f"{len(low)} tanks are low and {station['alerts']} alerts are open")
        return station


def _price(program: Any) -> str:
    return f"{program['code']}: {Money(program['price_minor'], program['currency'])} for {program['seconds']} s"
