"""Forms of Operations: visits with refills, thresholds, zones, limits of the chemical reconciliation."""

from collections.abc import Iterator
from dataclasses import fields as fields_of
from typing import Any

from django import forms
from django.forms import BoundField

from apps.common.console_forms import ConsoleForm, FileInput, moment_field, reason_field
from apps.stations.chemistry import Limits
from apps.stations.hours import ALL_DAY, WEEKDAYS, write_spans
from apps.stations.models import Station, Tank
from apps.stations.services.visits import Poured

LABELS = {
    "refill_ml": "A rise counts as a refill from, ml",
    "refill_window_minutes": "A refill has to be recorded within, minutes",
    "leak_ml": "A leak is told from, ml missing in 24 hours",
    "leak_pct": "... and from this share of what washes used, %",
    "theft_ml": "A fall while idle is told from, ml",
    "theft_minutes": "... within, minutes",
    "clog_pct": "A nozzle is told when it gives less by, %",
    "clog_washes": "... over at least so many washes in 24 hours",
}


class ThresholdsForm(ConsoleForm):
    """When a tank warns and when it is critical."""

    warning_pct = forms.IntegerField(label="Warn below, %", min_value=1, max_value=100)
    critical_pct = forms.IntegerField(label="Critical below, %", min_value=1, max_value=100)
    reason = reason_field()


class ZoneForm(ConsoleForm):
    """The refill tour that a station belongs to."""

    zone = forms.CharField(max_length=60, required=False, label="Zone")
    reason = reason_field()


class PhotoForm(ConsoleForm):
    """A new photo, or none."""

    picture = forms.FileField(
        required=False,
        label="Picture (JPEG, PNG or WebP, 8 MB at most)",
        widget=FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove = forms.BooleanField(required=False, label="Show no photo")
    reason = reason_field()

    def __init__(self, station: Station, *args: Any) -> None:
        super().__init__(*args)
        if station.photo:
            self.note = f"Now: {station.photo_width} x {station.photo_height} pixels. A new picture replaces it."
        else:
            del self.fields["remove"]
            self.note = "There is no photo yet. Where it was taken is removed from the file."

    def clean(self) -> dict[str, Any]:
        """A picture, or the wish to show none."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        may_remove = "remove" in self.fields
        if not self.errors and bool(data.get("picture")) == data.setdefault("remove", False):
            self.add_error("picture", f"Choose a picture{', or tick that none is shown' if may_remove else ''}.")
        return data


class HoursForm(ConsoleForm):
    """When a station is open, filled in with what is in force."""

    timezone = forms.CharField(max_length=64, label="Time zone of the place, such as America/New_York")
    dates = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="Dates that differ, one a line: 2026-12-25 closed, or 2026-12-24 08:00-12:00",
    )
    reason = reason_field()

    def __init__(self, station: Station, data: Any) -> None:
        hours = station.opening_hours
        week = hours.week or (ALL_DAY,) * len(WEEKDAYS)
        now = {name: write_spans(spans) for name, spans in zip(WEEKDAYS, week, strict=True)}
        dates = "\n".join(f"{day} {write_spans(spans)}" for day, spans in sorted(hours.dates.items()))
        super().__init__(data, initial={"timezone": station.timezone, "dates": dates, **now})
        for name in WEEKDAYS:
            self.fields[name] = forms.CharField(
                max_length=200,
                label=name.title(),
                help_text="open, closed, or spans such as 08:00-12:00, 14:00-02:00" if name == WEEKDAYS[0] else "",
            )
        self.order_fields(["timezone", *WEEKDAYS, "dates", "reason"])

    def settings(self) -> dict[str, Any]:
        """Return what was filled in, as the service wants it."""
        data = self.cleaned_data
        return {
            "timezone": data["timezone"],
            "week": {name: data[name] for name in WEEKDAYS},
            "dates": data["dates"],
            "reason": data["reason"],
        }


class LimitsForm(ConsoleForm):
    """New limits, filled in with those in force."""

    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [field.name for field in fields_of(Limits)]
        for name in names:
            self.fields[name] = forms.IntegerField(label=LABELS[name], min_value=1, max_value=1_000_000)
        self.order_fields([*names, "reason"])

    def limits(self) -> Limits:
        """Return what was filled in."""
        return Limits(**{name: self.cleaned_data[name] for name in self.fields if name != "reason"})


def _level(label: str, tank: Tank) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=tank.capacity_ml)


class VisitForm(ConsoleForm):
    """A visit: when, what was done, and for each tank what was read before and after a refill."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    visited_at = moment_field("When (UTC)")
    done = forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), label="What was done?")

    def __init__(self, station: Station, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tanks: list[Tank] = list(station.tanks.order_by("chemical"))
        for tank in self._tanks:
            of = tank.chemical
            self.fields[f"{of}:before"] = _level("Before the refill, ml", tank)
            self.fields[f"{of}:after"] = _level("After it, ml", tank)
            self.fields[f"{of}:canister"] = forms.CharField(label="Canister", max_length=60, required=False)

    def groups(self) -> Iterator[tuple[str, list[BoundField]]]:
        """Yield the visit, then each tank by itself."""
        yield "", [self["visited_at"], self["done"]]
        for tank in self._tanks:
            name = f"{tank.name}, {tank.capacity_ml:,} ml when full"
            yield name, [self[f"{tank.chemical}:{part}"] for part in ("before", "after", "canister")]

    def clean(self) -> dict[str, Any]:
        """A refill has both levels or neither."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for tank in self._tanks:
            before, after = data.get(f"{tank.chemical}:before"), data.get(f"{tank.chemical}:after")
            if (before is None) != (after is None):
                self.add_error(f"{tank.chemical}:after", "Give both levels, or neither.")
        return data

    def refills(self) -> list[Poured]:
        """Return what was poured."""
        data, names = self.cleaned_data, [tank.chemical for tank in self._tanks]
        return [
            Poured(of, data[f"{of}:before"], data[f"{of}:after"], data[f"{of}:canister"])
            for of in names
            if data.get(f"{of}:after") is not None
        ]
