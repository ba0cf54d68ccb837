"""The conductor of a wash run: the storm of every run, and a broker that dies."""

import time

from petwash.chaos.pace import STOPPED_SECONDS
from petwash.chaos.storm import Storm
from petwash.chaos.strikes import Strike
from petwash.chaos.wash.books import OpenEnds, WashDatabase
from petwash.chaos.wash.company import WashCompany
from petwash.chaos.wash.files import unsent
from petwash.chaos.wash.pace import BROKER_DOWN_SECONDS

# Longer than the longest absence of a station with the waits that follow it.
STILL_SECONDS = 170.0


class WashStorm(Storm):
    """One run's weather."""

    database_kind = WashDatabase
    database: WashDatabase

    def __init__(self, company: WashCompany, patience: float = STILL_SECONDS) -> None:
        super().__init__(company, patience)
        self._washes = company
        self._broker_back = self._broker_goes_on = 0.0
        self._over: set[int] = set()

    def ends(self) -> OpenEnds:
        """Return all that is not finished, by the database and by the stations' flash."""
        found = self.database.ends()
        found.flash = unsent(self._washes.folder)
        return found

    def _calm(self) -> bool:
        self._broker_back = min(self._broker_back, time.monotonic())
        self._broker_goes_on = min(self._broker_goes_on, time.monotonic())
        return super()._calm()

    def _tick(self, *, strikes: bool = True) -> None:
        super()._tick(strikes=strikes)
        now = time.monotonic()
        if self._broker_goes_on and self._broker_goes_on <= now:
            self._washes.hold_broker(still=False)
            self._broker_goes_on = 0.0
        if self._broker_back and self._broker_back <= now:
            self._washes.start_broker()
            self._broker_back = 0.0

    def _strike(self, strike: Strike, count: int) -> None:
        if strike.kind not in {"kill_broker", "stop_broker"}:
            super()._strike(strike, count)
            return
        if self._broker_back or self._broker_goes_on:
            return  # it suffers already
        if strike.kind == "kill_broker":
            self._washes.kill_broker()
            self._broker_back = time.monotonic() + BROKER_DOWN_SECONDS
        else:
            self._washes.hold_broker(still=True)
            self._broker_goes_on = time.monotonic() + STOPPED_SECONDS
        self._washes.diary.note(strike.kind, strike=strike.number, at=count)

    def _left(self, *, entirely: bool) -> tuple[int, int]:
        self._over |= {line["story"] for line in self._washes.diary.all() if line["what"] == "story_over"}
        ends = self.ends() if entirely else self.database.ends()
        self._say(len(self._over), ends.operations, self.database.states())
        return self._washes.plan.ends - len(self._over), ends.waiting + self._deliveries(entirely)
