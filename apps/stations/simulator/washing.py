"""The machinery: valves, run clock, tanks. Seconds of a wash pass `speed` times faster."""

from dataclasses import dataclass
from datetime import datetime

from apps.stations.protocol.messages import BayStatus, EventType, Severity

from .faults import Faults
from .memory import BayMemory, TankMemory
from .station_file import ProgramSpec
from .voice import Voice

WARNING_PCT, CRITICAL_PCT = 25, 10
CLOGGED = 0.4
THEFT_AFTER = 60.0
RANK = {"": 0, Severity.WARNING.value: 1, Severity.CRITICAL.value: 2}


@dataclass(frozen=True)
class Pace:
    """How the simulated machine behaves in time; all but `speed` and `canister_ml` in seconds.

    Sanitizing passes at `speed` too; start delay, resume and refill pass in real seconds.
    """

    speed: float = 1.0
    start_delay: float = 0.5
    sanitize: float = 20.0
    resume_after: float = 3.0
    refill_after: float | None = None
    canister_ml: float | None = None
    report_every: float = 1.0
    reboot: float = 1.0


class Washing:
    """Runs the bays of one station."""

    def __init__(self, voice: Voice, programs: dict[str, ProgramSpec], faults: Faults, pace: Pace) -> None:
        self._voice = voice
        self._programs = programs
        self._faults = faults
        self._pace = pace
        self._refill_in: dict[str, float] = {}
        self._since_report = 0.0
        self._idle_for = 0.0
        self._spent: set[str] = set()
        self._close_valves()
        if faults.low_tank:
            self._lower_tanks()

    def lacks(self, program: str) -> str | None:
        """Name a chemical that cannot finish one wash of the program, or None."""
        for chemical, ml in self._programs[program].ml.items():
            tank = self._voice.memory.tanks.get(chemical)
            if tank is None or tank.level_ml < ml:
                return chemical
        return None

    def begin(self, bay: BayMemory, wash: str, program: str, seconds: int) -> None:
        """Take a wash; water runs after the start delay, and only then is it started."""
        bay.status, bay.wash, bay.program = BayStatus.READY.value, wash, program
        bay.total_seconds, bay.used_seconds, bay.ml_used = seconds, 0.0, {}
        bay.wait, bay.rebooted = self._pace.start_delay, False

    def accepted(self) -> None:
        """The answer to a start is out: the moment at which `late_start` cuts the link, once."""
        if self._faults.late_start and "late_start" not in self._spent:
            self._spent.add("late_start")
            self._voice.lose_link(self._faults.late_start)

    def end(self, bay: BayMemory, kind: EventType, now: datetime) -> None:
        """Close the valves, report, and sanitize what water has touched."""
        ran = bay.used_seconds > 0
        self._voice.note(f"bay {bay.number} {kind}, {bay.used_seconds:.0f} s used")
        if ran or bay.status == BayStatus.RUNNING:
            self._voice.valve(bay, "closed")
        bay.status = BayStatus.SANITIZING.value if ran else BayStatus.IDLE.value
        self._voice.event(bay, kind, now)
        bay.wash, bay.total_seconds = None, 0
        bay.wait = self._pace.sanitize if ran else 0.0
        self._report(bay, now)

    def resume(self, bay: BayMemory, now: datetime) -> None:
        """Run on after a pause: the customer pressed the button, or said so to the server."""
        self._voice.note(f"bay {bay.number} resumed by the customer")
        bay.status = BayStatus.RUNNING.value
        self._report(bay, now)
        self._voice.valve(bay, "resumed")

    def advance(self, elapsed: float, now: datetime) -> None:
        """Let so many real seconds pass."""
        for bay in self._voice.memory.bays.values():
            self._advance_bay(bay, elapsed, now)
        self._lose(elapsed * self._pace.speed, now)
        self._refill(elapsed, now)
        self._since_report += elapsed
        if self._since_report >= self._pace.report_every:
            self._since_report = 0.0
            self._report_running(now)

    def _advance_bay(self, bay: BayMemory, elapsed: float, now: datetime) -> None:
        match bay.status:
            case BayStatus.READY:
                bay.wait -= elapsed
                if bay.wait <= 0 and not self._faults.never_start:
                    self._open(bay, now)
            case BayStatus.RUNNING:
                self._run(bay, elapsed * self._pace.speed, now)
            case BayStatus.PAUSED:
                bay.wait -= elapsed
                if bay.wait <= 0:
                    self.resume(bay, now)
            case BayStatus.SANITIZING:
                bay.wait -= elapsed * self._pace.speed
                if bay.wait <= 0:
                    bay.status = BayStatus.IDLE.value
                    self._report(bay, now)

    def _open(self, bay: BayMemory, now: datetime) -> None:
        bay.status = BayStatus.RUNNING.value
        self._voice.note(f"bay {bay.number} started, {bay.total_seconds} s paid")
        self._voice.event(bay, EventType.STARTED, now)
        self._report(bay, now)
        self._voice.valve(bay, "opened")

    def _run(self, bay: BayMemory, seconds: float, now: datetime) -> None:
        before = bay.used_seconds
        spent = min(seconds, bay.total_seconds - before)
        dry = self._drain(bay, spent)
        bay.used_seconds = before + spent
        self._check_tanks(now)
        if dry:
            self._fail(bay, now)
        elif bay.used_seconds >= bay.total_seconds:
            self.end(bay, EventType.FINISHED, now)
        elif before < bay.total_seconds / 2 <= bay.used_seconds:
            self._half_way(bay)

    def _drain(self, bay: BayMemory, seconds: float) -> bool:
        """Take each chemical at the program's rate; tells whether a tank ran dry."""
        program = self._programs[bay.program]
        dry = False
        for chemical, ml in program.ml.items():
            tank = self._voice.memory.tanks[chemical]
            wanted = ml * seconds / program.seconds * (CLOGGED if self._faults.clog else 1)
            taken = min(wanted, tank.level_ml)
            dry = dry or wanted > tank.level_ml + 1e-6
            tank.level_ml -= taken
            bay.ml_used[chemical] = bay.ml_used.get(chemical, 0.0) + taken
        return dry

    def _lose(self, seconds: float, now: datetime) -> None:
        """Let the first tank lose what no wash takes: drop by drop, or half of it at once while nobody washes."""
        tank = next(iter(self._voice.memory.tanks.values()), None)
        if tank is None or not (self._faults.leak or self._faults.theft):
            return
        tank.level_ml = max(0.0, tank.level_ml - self._faults.leak * seconds / 60)
        self._idle_for += seconds
        if any(bay.status == BayStatus.RUNNING for bay in self._voice.memory.bays.values()):
            self._idle_for = 0.0
        if self._faults.theft and "theft" not in self._spent and self._idle_for >= THEFT_AFTER:
            self._spent.add("theft")
            tank.level_ml /= 2
            self._voice.tank_level(tank, now)
        self._check_tanks(now)

    def _fail(self, bay: BayMemory, now: datetime) -> None:
        self._voice.note(f"bay {bay.number} stopped: a tank is empty")
        bay.status, bay.fault = BayStatus.FAULT.value, "tank_empty"
        self._voice.valve(bay, "closed")
        self._voice.event(bay, EventType.FAULT, now)
        bay.wash, bay.total_seconds = None, 0
        self._report(bay, now)

    def _half_way(self, bay: BayMemory) -> None:
        if self._faults.reboot_mid_wash and not bay.rebooted:
            bay.rebooted = True
            self._voice.save()
            self._voice.lose_power(self._pace.reboot)
        elif self._faults.offline and "offline" not in self._spent:
            self._spent.add("offline")
            self._voice.lose_link(self._faults.offline)

    def _report(self, bay: BayMemory, now: datetime) -> None:
        self._voice.save()
        self._voice.bay_state(bay, now)
        for tank in self._voice.memory.tanks.values():
            self._voice.tank_level(tank, now)

    def _report_running(self, now: datetime) -> None:
        running = [b for b in self._voice.memory.bays.values() if b.status == BayStatus.RUNNING]
        if not running:
            return
        self._voice.save()
        for bay in running:
            self._voice.bay_state(bay, now)
        used = {chemical for bay in running for chemical in self._programs[bay.program].ml}
        for chemical in sorted(used):
            self._voice.tank_level(self._voice.memory.tanks[chemical], now)

    def _check_tanks(self, now: datetime) -> None:
        for tank in self._voice.memory.tanks.values():
            severity = _severity(tank)
            if severity is not None and RANK[severity] > RANK[tank.alerted]:
                tank.alerted = severity.value
                self._voice.tank_level(tank, now)
                self._voice.alert(tank, severity, now)

    def _refill(self, elapsed: float, now: datetime) -> None:
        """Refill a tank so many seconds after its critical alert; a warning sends nobody out yet."""
        if self._pace.refill_after is None:
            return
        for tank in self._voice.memory.tanks.values():
            if tank.alerted != Severity.CRITICAL.value:
                continue
            left = self._refill_in.get(tank.chemical, self._pace.refill_after) - elapsed
            self._refill_in[tank.chemical] = left
            if left <= 0:
                del self._refill_in[tank.chemical]
                self.refill(tank, now)

    def refill(self, tank: TankMemory, now: datetime) -> None:
        """Empty a canister into a tank, or fill it to the brim; bays that stood for want of it work again."""
        brought = tank.capacity_ml if self._pace.canister_ml is None else self._pace.canister_ml
        tank.level_ml = min(float(tank.capacity_ml), tank.level_ml + brought)
        severity = _severity(tank)
        tank.alerted = severity.value if severity else ""
        self._voice.note(f"{tank.chemical} refilled")
        for bay in self._voice.memory.bays.values():
            if bay.fault == "tank_empty":
                bay.status, bay.fault, bay.wait = BayStatus.SANITIZING.value, None, 0.0
                self._voice.bay_state(bay, now)
        self._voice.save()
        self._voice.tank_level(tank, now)

    def _close_valves(self) -> None:
        """After a loss of power nothing runs by itself: what ran waits for its customer."""
        for bay in self._voice.memory.bays.values():
            if bay.status == BayStatus.RUNNING:
                bay.status, bay.wait = BayStatus.PAUSED.value, self._pace.resume_after

    def _lower_tanks(self) -> None:
        most = {c: max((p.ml.get(c, 0) for p in self._programs.values()), default=0) for c in self._voice.memory.tanks}
        for tank in self._voice.memory.tanks.values():
            critical = tank.capacity_ml * CRITICAL_PCT / 100
            tank.level_ml = min(tank.level_ml, max(critical + 1, float(most[tank.chemical])))


def _severity(tank: TankMemory) -> Severity | None:
    if tank.level_ml < tank.capacity_ml * CRITICAL_PCT / 100:
        return Severity.CRITICAL
    if tank.level_ml < tank.capacity_ml * WARNING_PCT / 100:
        return Severity.WARNING
    return None
