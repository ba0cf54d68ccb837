"""The shapes of the stations API."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from rest_framework import serializers

from apps.common.clock import business_now, real_now
from apps.stations.hours import ALL_DAY, WEEKDAYS, Span
from apps.stations.models import Alert, Bay, Program, Station, TopUp, Wash
from apps.stations.protocol.topics import CODE
from apps.stations.protocol.words import Part
from apps.stations.selectors import seconds_left
from apps.stations.services import moving
from apps.stations.states import BayState, Severity, TankStatus, TopUpStatus, WashStatus
from apps.stations.top_up_terms import FEWEST_SECONDS, LONGEST_TOTAL, MOST_SECONDS


class ProgramSerializer(serializers.Serializer[Any]):
    """What a station sells."""

    code = serializers.CharField()
    name = serializers.CharField()
    seconds = serializers.IntegerField()
    price_minor = serializers.IntegerField()
    currency = serializers.CharField()


class BaySerializer(serializers.Serializer[Any]):
    """A bay as the public sees it."""

    id = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(BayState.choices)
    seconds_left = serializers.IntegerField()


class TankSerializer(serializers.Serializer[Any]):
    """A tank as the public sees it."""

    chemical = serializers.CharField()
    level_ml = serializers.IntegerField()
    capacity_ml = serializers.IntegerField()
    level_pct = serializers.IntegerField()
    status = serializers.ChoiceField(TankStatus.choices)


class SpanSerializer(serializers.Serializer[Any]):
    """From and to on the clocks of the place; `closes` at or before `opens` is on the next day."""

    opens = serializers.RegexField(r"^[0-9]{2}:[0-9]{2}$")
    closes = serializers.RegexField(r"^[0-9]{2}:[0-9]{2}$", help_text="24:00 is the end of the day.")


class DaySerializer(serializers.Serializer[Any]):
    """A weekday; without spans it is closed."""

    weekday = serializers.ChoiceField(WEEKDAYS)
    spans = SpanSerializer(many=True)


class DateSerializer(serializers.Serializer[Any]):
    """A date with hours of its own, such as a holiday; without spans it is closed."""

    date = serializers.DateField()
    spans = SpanSerializer(many=True)


class HoursSerializer(serializers.Serializer[Any]):
    """When the station is open; nothing is sold that could not end before it closes."""

    timezone = serializers.CharField(help_text="IANA name of the place's time.")
    open_now = serializers.BooleanField()
    closes_at = serializers.DateTimeField(allow_null=True, help_text="Null while closed, and where it never closes.")
    opens_at = serializers.DateTimeField(allow_null=True, help_text="The next opening; null while open.")
    week = DaySerializer(many=True)
    dates = DateSerializer(many=True, help_text="From yesterday on.")


class StationSerializer(serializers.Serializer[Any]):
    """A place with its bays and programs; `available` says what works now."""

    id = serializers.CharField()
    name = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    photo_url = serializers.URLField(
        allow_null=True, help_text="A WebP picture, 1600 pixels at most on its longer side; null without one."
    )
    online = serializers.BooleanField()
    available = serializers.BooleanField(help_text="Whether the station is open and a bay is free right now.")
    hours = HoursSerializer()
    bays = BaySerializer(many=True)
    programs = ProgramSerializer(many=True)


class LiveStationSerializer(serializers.Serializer[Any]):
    """One station of the live picture."""

    id = serializers.CharField()
    online = serializers.BooleanField()
    bays = BaySerializer(many=True)
    tanks = TankSerializer(many=True)
    alerts = serializers.IntegerField(help_text="Open alerts.")


class LiveStatusSerializer(serializers.Serializer[Any]):
    """The live picture."""

    stations = LiveStationSerializer(many=True)


class LiveQuerySerializer(serializers.Serializer[Any]):
    """Which station to look at."""

    station = serializers.CharField(required=False, max_length=63)


class ActivateSerializer(serializers.Serializer[Any]):
    """A walk-in purchase."""

    bay_id = serializers.UUIDField()
    bay_token = serializers.CharField(max_length=200, help_text="From the code printed at the bay.")
    presence_code = serializers.RegexField(
        r"^[0-9]{4}$", required=False, help_text="The four digits that the bay's display shows, if it has one."
    )
    program = serializers.CharField(max_length=63)
    payment_method = serializers.CharField(max_length=255, help_text="A payment method's id.")


class MoveSerializer(serializers.Serializer[Any]):
    """The bay to go on at, and the proof of standing there."""

    bay_id = serializers.UUIDField(help_text="One of the wash's `can_move_to`.")
    bay_token = serializers.CharField(max_length=200, help_text="From the code printed at that bay.")
    presence_code = serializers.RegexField(
        r"^[0-9]{4}$", required=False, help_text="The four digits that that bay's display shows, if it has one."
    )


class OfferedBaySerializer(serializers.Serializer[Any]):
    """A free bay of the same station."""

    id = serializers.CharField()
    number = serializers.IntegerField()


class TopUpSerializer(serializers.Serializer[Any]):
    """Seconds bought for a wash that runs; `paid` waits for the station, `confirmed` is in its clock."""

    id = serializers.CharField()
    status = serializers.ChoiceField(TopUpStatus.choices)
    add_seconds = serializers.IntegerField()
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()


class TopUpRequestSerializer(serializers.Serializer[Any]):
    """A top-up: it sets a total, so it names the one that the customer sees."""

    expected_total_seconds = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TOTAL, help_text="`total_seconds` of the wash as it was shown."
    )
    add_seconds = serializers.IntegerField(min_value=FEWEST_SECONDS, max_value=MOST_SECONDS)
    payment_method = serializers.CharField(max_length=255, help_text="A payment method's id.")


class WashSerializer(serializers.Serializer[Any]):
    """A wash as its customer sees it."""

    id = serializers.CharField()
    status = serializers.ChoiceField(WashStatus.choices)
    bay_id = serializers.CharField()
    program = serializers.CharField()
    total_seconds = serializers.IntegerField()
    seconds_left = serializers.IntegerField()
    amount_minor = serializers.IntegerField(help_text="What all of the seconds cost, top-ups included.")
    refunded_minor = serializers.IntegerField()
    currency = serializers.CharField()
    top_ups = TopUpSerializer(many=True)
    can_move_to = OfferedBaySerializer(many=True, help_text="Free bays, while a fault has interrupted the wash.")
    move_until = serializers.DateTimeField(
        allow_null=True, help_text="What nobody moves by then is refunded; null when there is nothing to move."
    )


class ToppedUpSerializer(serializers.Serializer[Any]):
    """The answer to a top-up."""

    wash = WashSerializer()
    top_up = TopUpSerializer()
    client_secret = serializers.CharField(required=False, help_text="When the bank wants 3-D Secure.")


class ActivationSerializer(serializers.Serializer[Any]):
    """The answer to a purchase; keep the token: nothing else opens the wash."""

    wash = WashSerializer()
    wash_token = serializers.CharField()
    client_secret = serializers.CharField(required=False, help_text="When the bank wants 3-D Secure.")


class AlertRequestSerializer(serializers.Serializer[Any]):
    """A report of trouble."""

    station_id = serializers.CharField(max_length=63)
    chemical = serializers.RegexField(rf"^(?:{CODE.pattern})$", required=False)
    component = serializers.RegexField(
        rf"^(?:{CODE.pattern})$",
        required=False,
        help_text=f"A bay of the station as `bay-1`, one of its chemicals, or one of {', '.join(Part)}.",
    )
    severity = serializers.ChoiceField(Severity.choices)
    level_pct = serializers.IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    event_id = serializers.CharField(min_length=8, max_length=64)
    ts = serializers.DateTimeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raises: ValidationError unless exactly one of chemical and component is given."""
        if bool(attrs.get("chemical")) == bool(attrs.get("component")):
            raise serializers.ValidationError({"chemical": "Give either a chemical or a component."})
        return attrs


class AlertSerializer(serializers.Serializer[Any]):
    """An alert."""

    id = serializers.CharField()
    station_id = serializers.CharField()
    component = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    level_pct = serializers.IntegerField(allow_null=True)
    raised_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    cleared_at = serializers.DateTimeField(allow_null=True)


class AlertAnswerSerializer(serializers.Serializer[Any]):
    """The alert that a report opened or met."""

    alert = AlertSerializer()


def show_wash(wash: Wash) -> dict[str, Any]:
    """Return a wash for its customer."""
    row = {
        "id": str(wash.public_id),
        "status": wash.status,
        "bay_id": str(wash.bay.public_id),
        "program": wash.program.code,
        "total_seconds": wash.total_seconds,
        "seconds_left": seconds_left(wash),
        "amount_minor": wash.paid.amount_minor,
        "refunded_minor": wash.refunded_minor,
        "currency": wash.currency,
        "top_ups": [show_top_up(top_up) for top_up in wash.top_ups.all()],
        "can_move_to": [{"id": str(bay.public_id), "number": bay.number} for bay in moving.offered(wash)],
        "move_until": wash.move_until if wash.status == WashStatus.INTERRUPTED else None,
    }
    return dict(WashSerializer(row).data)


def show_top_up(top_up: TopUp) -> dict[str, Any]:
    """Return a top-up for its customer."""
    return {
        "id": str(top_up.public_id),
        "status": top_up.status,
        "add_seconds": top_up.add_seconds,
        "amount_minor": top_up.amount_minor,
        "currency": top_up.currency,
    }


def show_alert(alert: Alert) -> dict[str, Any]:
    """Return an alert."""
    row = {
        "id": str(alert.public_id),
        "station_id": alert.station.slug,
        "component": alert.component,
        "severity": alert.severity,
        "level_pct": alert.level_pct,
        "raised_at": alert.raised_at,
        "acknowledged_at": alert.acknowledged_at,
        "cleared_at": alert.cleared_at,
    }
    return dict(AlertSerializer(row).data)


def show_program(program: Program) -> dict[str, Any]:
    """Return a program."""
    return {
        "code": program.code,
        "name": program.name,
        "seconds": program.seconds,
        "price_minor": program.price_minor,
        "currency": program.currency,
    }


def show_hours(station: Station) -> dict[str, Any]:
    """Return when a station is open."""
    hours = station.opening_hours
    now = business_now() if station.hours else real_now()  # the business clock may cost a query
    moment = hours.at(now)
    yesterday = now.astimezone(hours.zone).date() - timedelta(days=1)
    week = hours.week or (ALL_DAY,) * len(WEEKDAYS)
    row = {
        "timezone": station.timezone,
        "open_now": moment.is_open,
        "closes_at": moment.closes_at,
        "opens_at": moment.opens_at,
        "week": [{"weekday": name, "spans": _spans(spans)} for name, spans in zip(WEEKDAYS, week, strict=True)],
        "dates": [
            {"date": day, "spans": _spans(spans)} for day, spans in sorted(hours.dates.items()) if day >= yesterday
        ],
    }
    return dict(HoursSerializer(row).data)


def _spans(spans: Iterable[Span]) -> list[dict[str, str]]:
    return [dict(zip(("opens", "closes"), str(span).split("-"), strict=True)) for span in spans]


def show_station(station: Station, bays: list[dict[str, Any]], *, host_up: bool) -> dict[str, Any]:
    """Return a station of the public list."""
    hours = show_hours(station)
    free = any(bay["state"] == BayState.IDLE for bay in bays)
    return {
        "id": station.slug,
        "name": station.name,
        "place": station.place,
        "photo_url": f"{settings.PUBLIC_BASE_URL.rstrip('/')}{station.photo_path}" if station.photo else None,
        "online": station.online,
        "available": host_up and free and hours["open_now"],
        "hours": hours,
        "bays": bays,
        "programs": [show_program(program) for program in station.programs.all()],
    }


def show_bay(bay: Bay, state: str) -> dict[str, Any]:
    """Return a bay of the public list."""
    left = 0 if state == BayState.OFFLINE else bay.seconds_left
    return {"id": str(bay.public_id), "number": bay.number, "state": state, "seconds_left": left}
