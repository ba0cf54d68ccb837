"""A new station: rows, credentials and what its technician types into the device."""

import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from apps.common import audit
from apps.common.clock import real_now
from apps.common.errors import Conflict, InvalidInput, NotFound
from apps.stations.gateways.broker_accounts import BrokerAccounts
from apps.stations.gateways.password_file import hash_password
from apps.stations.models import Bay, Program, Station, StationCredential, Tank
from apps.stations.models.station import slug_validator
from apps.stations.protocol.access import BRIDGE
from apps.stations.protocol.signing import public_key_of
from apps.stations.protocol.topics import BAY_MAX
from apps.stations.tokens import make_bay_token, make_presence_key

TANKS = {"shampoo": 20_000, "conditioner": 20_000, "flea_tick": 10_000, "disinfectant": 10_000}
"""Chemicals of a new station and the capacity of their tanks in millilitres."""


@dataclass(frozen=True)
class ProgramPlan:
    """What a new station sells; afterwards the rows are the truth."""

    code: str
    name: str
    seconds: int
    price_minor: int
    ml: dict[str, int]


PROGRAMS = (
    ProgramPlan("quick", "Quick wash", 300, 900, {"shampoo": 150, "disinfectant": 50}),
    ProgramPlan(
        "classic",
        "Classic wash",
        600,
        1_500,
        {"shampoo": 250, "conditioner": 200, "disinfectant": 50},
    ),
    ProgramPlan(
        "flea_tick",
        "Flea and tick wash",
        720,
        1_900,
        {"flea_tick": 300, "conditioner": 200, "disinfectant": 80},
    ),
    ProgramPlan(
        "deluxe",
        "Deluxe wash with dryer",
        900,
        2_500,
        {"shampoo": 300, "conditioner": 300, "disinfectant": 80},
    ),
)


def provision_station(
    *, slug: str, name: str, bays: int, place: str = "", rotate: bool = False, displays: bool = False
) -> dict[str, Any]:
    """Create the station, or with `rotate` give it new credentials; return what the device needs.

    With `displays` its bays show codes, and buyers are asked for them.
    The broker password is in the answer alone: nothing keeps it in the clear. Should the broker's files
    not be written after the commit, `export_broker_acl` does it.
    Raises: InvalidInput; Conflict `station_exists`; NotFound when there is nothing to rotate.
    """
    password, hmac_key = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    keys = {"hmac_key": hmac_key, "broker_entry": hash_password(password)}
    accounts = BrokerAccounts.from_settings()
    with transaction.atomic(durable=True):
        station = _rotate(slug, keys) if rotate else _create(slug, name, place, bays, keys, displays=displays)
    accounts.put(slug, keys["broker_entry"])
    return _device_file(station, password, hmac_key)


def revoke_station(*, slug: str, actor: Any = None, reason: str) -> None:
    """Cut a station off: the broker drops it, and nothing that it says is taken.

    Raises: NotFound.
    """
    with transaction.atomic(durable=True):
        changed = Station.objects.filter(slug=slug).update(revoked_at=real_now(), online=False)
        if not changed:
            raise NotFound("not_found", "There is no such station.")
        StationCredential.objects.filter(station__slug=slug).update(broker_entry="")
        audit.record(actor, "station.revoked", slug, reason=reason)
    BrokerAccounts.from_settings().revoke(slug)


def _create(slug: str, name: str, place: str, bays: int, keys: dict[str, str], *, displays: bool) -> Station:
    try:
        slug_validator(slug)
    except ValidationError as error:
        raise InvalidInput.field("station_id", "; ".join(error.messages)) from error
    if slug == BRIDGE:
        raise InvalidInput.field("station_id", f"{BRIDGE} is the server's own user at the broker.")
    if not 1 <= bays <= BAY_MAX:
        raise InvalidInput.field("bays", f"A station has from 1 to {BAY_MAX} bays.")
    if Station.objects.filter(slug=slug).exists():
        raise Conflict(
            "station_exists",
            f"The station {slug} exists already; give --rotate for new credentials.",
        )
    station = Station.objects.create(slug=slug, name=name, place=place)
    StationCredential.objects.create(station=station, **keys)
    Bay.objects.bulk_create(
        Bay(station=station, number=number, presence_code=displays) for number in range(1, bays + 1)
    )
    Tank.objects.bulk_create(
        Tank(station=station, chemical=chemical, capacity_ml=capacity) for chemical, capacity in TANKS.items()
    )
    Program.objects.bulk_create(
        Program(
            station=station,
            code=plan.code,
            name=plan.name,
            seconds=plan.seconds,
            price_minor=plan.price_minor,
            ml=plan.ml,
        )
        for plan in PROGRAMS
    )
    audit.record(None, "station.provisioned", slug)
    return station


def _rotate(slug: str, keys: dict[str, str]) -> Station:
    station = Station.objects.select_for_update().filter(slug=slug).first()
    if station is None:
        raise NotFound("not_found", f"There is no station {slug} to give new credentials to.")
    StationCredential.objects.update_or_create(station=station, defaults={**keys, "issued_at": real_now()})
    # Who had the old password may have counted as far as numbers go: nothing would ever be newer. Until the
    # broker has read its files he may do so again, therefore the new device's certificate resets them once more.
    station.bays.update(presence_version=F("presence_version") + 1, boot=0, seq=0)
    station.tanks.update(boot=0, seq=0)
    Station.objects.filter(pk=station.pk).update(revoked_at=None, boot=0, doubted_since=real_now())
    audit.record(None, "station.credentials_rotated", slug)
    return station


def _device_file(station: Station, password: str, hmac_key: str) -> dict[str, Any]:
    return {
        "station_id": station.slug,
        # Not guessable: who uses another's client id throws it out of the broker.
        "mqtt": {
            "username": station.slug,
            "password": password,
            "client_id": f"{station.slug}-{secrets.token_hex(8)}",
        },
        "server_public_key": public_key_of(settings.STATION_SIGNING_KEY),
        "hmac_key": hmac_key,
        "bays": [_bay_entry(bay) for bay in station.bays.all()],
        "tanks": [{"chemical": tank.chemical, "capacity_ml": tank.capacity_ml} for tank in station.tanks.all()],
        "programs": [_program_entry(program) for program in station.programs.all()],
    }


def _bay_entry(bay: Bay) -> dict[str, Any]:
    token = make_bay_token(settings.BAY_TOKEN_KEY, str(bay.public_id), bay.token_version)
    key = make_presence_key(settings.BAY_TOKEN_KEY, str(bay.public_id), bay.presence_version)
    return {
        "id": str(bay.public_id),
        "number": bay.number,
        "bay_token": token,
        "presence_key": key,
        "display": bay.presence_code,
    }


def _program_entry(program: Program) -> dict[str, Any]:
    return {
        "code": program.code,
        "seconds": program.seconds,
        "price_minor": program.price_minor,
        "currency": program.currency,
        "ml": program.ml,
    }
