"""What stands at a place: the station, its bays, the tanks that they share and what they sell."""

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from apps.common.clock import real_now
from apps.common.crypto import EncryptedTextField
from apps.common.models import PublicModel
from apps.common.money import Money
from apps.stations.hours import Hours
from apps.stations.levels import HYSTERESIS_PCT, Thresholds, level_pct
from apps.stations.protocol import topics
from apps.stations.states import BayState, TankStatus
from apps.stations.words import chemical_name

slug_validator = RegexValidator(
    rf"^(?:{topics.SLUG.pattern})\Z",
    "Use lower-case letters, digits and inner hyphens, 63 at most.",
)
code_validator = RegexValidator(
    rf"^(?:{topics.CODE.pattern})\Z",
    "Use lower-case letters, digits, inner hyphens and underscores, 63 at most.",
)


class Station(models.Model):
    """A wash station; its slug is its public id, its broker user name and its topic."""

    slug = models.CharField(max_length=63, unique=True, validators=[slug_validator])
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=60, blank=True, db_default="")
    timezone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    hours = models.JSONField(default=dict, blank=True, db_default=models.Value({}, models.JSONField()))
    online = models.BooleanField(default=False)
    epoch = models.CharField(max_length=64, blank=True)
    boot = models.BigIntegerField(default=0)
    doubted_since = models.DateTimeField(null=True)
    """Since when somebody else may have spoken for it: its next certificate that is said, not kept, counts anew."""
    firmware = models.CharField(max_length=64, blank=True)
    connection_changed_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    messages_over_limit = models.BigIntegerField(default=0, db_default=0)
    over_limit_at = models.DateTimeField(null=True)
    photo = models.CharField(max_length=100, blank=True, default="", db_default="")
    photo_width = models.PositiveSmallIntegerField(default=0, db_default=0)
    photo_height = models.PositiveSmallIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=real_now)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return f"{self.name} ({self.slug})"

    @property
    def photo_path(self) -> str:
        """The address of its photo on this server, empty without one."""
        return f"/pictures/{self.photo}" if self.photo else ""

    @property
    def opening_hours(self) -> Hours:
        """When it is open, as the pure engine wants it."""
        return Hours.from_row(self.timezone, self.hours)


class StationCredential(models.Model):
    """The key a station signs its HTTP alerts with; apart, so that only what needs it decrypts it.

    Of the broker password just the hash is here, as the broker's file wants it, so that the file can be
    written anew; empty while the station is revoked, and for stations older than this field.
    """

    station = models.OneToOneField(Station, models.PROTECT, related_name="credential")
    hmac_key = EncryptedTextField()
    broker_entry = models.CharField(max_length=200, blank=True, db_default="")
    issued_at = models.DateTimeField(default=real_now)


class Bay(PublicModel):
    """One wash bay; state fields hold the newest report by (boot, seq) of the station's epoch.

    `presence_code` asks buyers for the code on the bay's display. `locked_at`: not sold any more, after
    starts that failed one after the other, until somebody has looked.
    """

    station = models.ForeignKey(Station, models.PROTECT, related_name="bays")
    number = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    token_version = models.PositiveIntegerField(default=1)
    presence_code = models.BooleanField(default=False, db_default=False)
    presence_version = models.PositiveIntegerField(default=1, db_default=1)
    failed_starts = models.PositiveSmallIntegerField(default=0, db_default=0)
    locked_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=BayState.choices, default=BayState.OFFLINE)
    seconds_left = models.PositiveIntegerField(default=0)
    device_wash = models.CharField(max_length=64, blank=True)
    fault = models.CharField(max_length=64, blank=True)
    boot = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["station_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["station", "number"], name="bay_number_unique"),
            models.CheckConstraint(condition=Q(state__in=BayState.values), name="bay_state_known"),
        ]

    def __str__(self) -> str:
        return f"Bay {self.number}"


class Tank(models.Model):
    """A chemical tank that the bays of a station share; levels in millilitres."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="tanks")
    chemical = models.CharField(max_length=63, validators=[code_validator])
    capacity_ml = models.PositiveIntegerField()
    level_ml = models.PositiveIntegerField(default=0)
    warning_pct = models.PositiveSmallIntegerField(default=25)
    critical_pct = models.PositiveSmallIntegerField(default=10)
    status = models.CharField(max_length=10, choices=TankStatus.choices, default=TankStatus.UNKNOWN)
    boot = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["station_id", "chemical"]
        constraints = [
            models.UniqueConstraint(fields=["station", "chemical"], name="tank_chemical_unique"),
            models.CheckConstraint(condition=Q(capacity_ml__gt=0), name="tank_has_capacity"),
            models.CheckConstraint(condition=Q(level_ml__lte=F("capacity_ml")), name="tank_level_within_capacity"),
            models.CheckConstraint(
                condition=Q(critical_pct__lte=F("warning_pct"), warning_pct__lte=100),
                name="tank_thresholds_ordered",
            ),
            models.CheckConstraint(
                condition=Q(warning_pct__gte=F("critical_pct") + HYSTERESIS_PCT, warning_pct__lte=100 - HYSTERESIS_PCT),
                name="tank_thresholds_apart",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it."""
        return chemical_name(self.chemical)

    @property
    def level_pct(self) -> int:
        """The level in whole per cent of the capacity."""
        return level_pct(self.level_ml, self.capacity_ml)

    @property
    def thresholds(self) -> Thresholds:
        """The thresholds as the pure judge wants them."""
        return Thresholds(self.warning_pct, self.critical_pct)


class Program(models.Model):
    """What a station sells: seconds of a bay at a price, and the chemicals that they need."""

    station = models.ForeignKey(Station, models.PROTECT, related_name="programs")
    code = models.CharField(max_length=63, validators=[code_validator])
    name = models.CharField(max_length=80)
    seconds = models.PositiveIntegerField()
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="USD")
    ml = models.JSONField(default=dict)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["station_id", "price_minor", "code"]
        constraints = [
            models.UniqueConstraint(fields=["station", "code"], name="program_code_unique"),
            models.CheckConstraint(condition=Q(seconds__gt=0, price_minor__gt=0), name="program_sells_something"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def minutes(self) -> str:
        """How long it runs, for people: `5 min`, `7 min 30 s`."""
        minutes, seconds = divmod(self.seconds, 60)
        return " ".join(part for part in (minutes and f"{minutes} min", seconds and f"{seconds} s") if part)

    @property
    def price(self) -> Money:
        """The price of one run of the program."""
        return Money(self.price_minor, self.currency)
