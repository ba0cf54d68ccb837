"""The tables of the stations app, by noun."""

from apps.stations.models.alert import Alert, AlertEntry, AlertReport, AlertSignature
from apps.stations.models.chemistry import ChemicalLimits
from apps.stations.models.history import TankDay, TankSample
from apps.stations.models.message import BridgeShard, Command, DeadLetter, StationEvent
from apps.stations.models.station import Bay, Program, Station, StationCredential, Tank
from apps.stations.models.top_up import TopUp, TopUpTransition, WashRefund
from apps.stations.models.visit import MaintenanceVisit, Refill
from apps.stations.models.wash import Wash, WashMove, WashTransition

__all__ = [
    "Alert",
    "AlertEntry",
    "AlertReport",
    "AlertSignature",
    "Bay",
    "BridgeShard",
    "ChemicalLimits",
    "Command",
    "DeadLetter",
    "MaintenanceVisit",
    "Program",
    "Refill",
    "Station",
    "StationCredential",
    "StationEvent",
    "Tank",
    "TankDay",
    "TankSample",
    "TopUp",
    "TopUpTransition",
    "Wash",
    "WashMove",
    "WashRefund",
    "WashTransition",
]
