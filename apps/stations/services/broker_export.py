"""The broker's files, written anew from the database: who may come in, and what each may read and write."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.common.errors import Conflict
from apps.stations.gateways.broker_accounts import BrokerAccounts
from apps.stations.gateways.password_file import hash_password, verify_password
from apps.stations.models import Station, StationCredential
from apps.stations.protocol.access import BRIDGE


@dataclass(frozen=True)
class Export:
    """What the files should hold: `stale` tells whether they did not."""

    stale: bool
    stations: list[str]
    dropped: list[str]
    without_password: list[str]


def export_broker_files(*, check: bool = False, folder: Path | None = None) -> Export:
    """Write the password file and the access list of the stations in service; with `check` only compare.

    The database is read under the files' lock: a station that is provisioned or revoked meanwhile
    writes after us. A station from before the database kept hashes is taken over from the file.

    Raises: Conflict `broker_user_unknown` when MQTT_URL names another user than the bridge.
    """
    if settings.MQTT.username != BRIDGE:
        raise Conflict("broker_user_unknown", f"MQTT_URL must name the user {BRIDGE}: the access list knows no other.")
    accounts = BrokerAccounts.from_settings(folder)
    before = accounts.entries()
    wanted, without = _users(before)
    export = Export(
        accounts.differ_from(wanted), sorted(set(wanted) - {BRIDGE}), sorted(set(before) - set(wanted)), without
    )
    if not check:
        if export.stale:
            accounts.rewrite(lambda users: _users(users)[0])
        _keep({slug: entry for slug, entry in before.items() if slug in wanted})
    return export


def _users(present: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return who should be in the file, given who is, and the stations that nobody has a hash of."""
    bridge = present.get(BRIDGE, "")
    if not verify_password(settings.MQTT.password, bridge):
        bridge = hash_password(settings.MQTT.password)
    rows = Station.objects.filter(revoked_at=None).values_list("slug", "credential__broker_entry")
    known = {slug: entry or present.get(slug, "") for slug, entry in rows}
    users = {slug: entry for slug, entry in known.items() if entry}
    return {**users, BRIDGE: bridge}, sorted(set(known) - set(users))


def _keep(entries: dict[str, str]) -> None:
    """Write down the hashes that the file alone knew."""
    with transaction.atomic(durable=True):
        unknown = StationCredential.objects.filter(broker_entry="", station__revoked_at=None)
        for slug in unknown.filter(station__slug__in=entries).values_list("station__slug", flat=True):
            unknown.filter(station__slug=slug).update(broker_entry=entries[slug])
