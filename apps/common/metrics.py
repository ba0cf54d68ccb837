"""Figures for a monitoring system: apps register how to read theirs; each costs one bounded query when asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Reading = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that goes up and down; `read` yields (labels, value) pairs."""

    name: str
    meaning: str
    read: Callable[[], Iterable[Reading]]


_GAUGES: dict[str, Gauge] = {}


def register_gauge(name: str, meaning: str, read: Callable[[], Iterable[Reading]]) -> None:
    """Register a figure; a second registration replaces the first."""
    _GAUGES[name] = Gauge(name, meaning, read)


def exposition() -> str:
    """Return all figures in Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats)."""
    lines: list[str] = []
    for gauge in sorted(_GAUGES.values(), key=lambda one: one.name):
        lines += [f"# HELP {gauge.name} {gauge.meaning}", f"# TYPE {gauge.name} gauge"]
        lines += [f"{gauge.name}{_labels(labels)} {value:g}" for labels, value in gauge.read()]
    return "\n".join([*lines, ""])


def _labels(labels: dict[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
