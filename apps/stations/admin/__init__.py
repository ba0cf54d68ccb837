"""Stations in the console: looked at by Operations and Support, acted upon by Operations with a reason."""

from apps.stations.admin import alerts, operations, places, washes, wire

__all__ = ["alerts", "operations", "places", "washes", "wire"]
