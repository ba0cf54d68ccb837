"""What a demo needs before it starts: three accounts and the stations' files."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.accounts import selectors as accounts_q
from apps.accounts.models import User
from apps.accounts.services import second_factor
from apps.accounts.states import Role
from apps.common.clock import real_now
from apps.stations import selectors as stations_q
from apps.stations.services import provisioning

PLACES = (
    ("harbour", "Harbour Street", "12 Harbour Street"),
    ("mission", "Mission Park", "450 Mission Park Road"),
    ("sunset", "Sunset Beach", "3 Sunset Boulevard"),
    ("hilltop", "Hilltop", "88 Hilltop Lane"),
)
# One tank starts less than a wash above its critical level (10 %), so that the first one alerts the staff.
LOW_CHEMICAL, CRITICAL_PCT, LESS_THAN_A_WASH_ML = "shampoo", 10, 100


@dataclass(frozen=True)
class Cast:
    """An account of the demo."""

    role: str
    email: str
    full_name: str


CAST = (
    Cast("admin", "admin@demo.petwash.example", "Ada Admin"),
    Cast("owner", "owner@demo.petwash.example", "Olivia Owner"),
    Cast("sitter", "sitter@demo.petwash.example", "Simon Sitter"),
)


def seed(home: Path, *, stations: int, password: str = "") -> dict[str, Any]:
    """Make what is missing and return the content of `demo.json`; what exists stays as it is.

    A password is drawn for each account unless one is given; it stands in `demo.json` alone, which
    only its owner can read.
    """
    known = _read(home / "demo.json")
    rows = {row["role"]: row for row in known.get("accounts", [])}
    accounts = [_account(person, rows.get(person.role), password) for person in CAST]
    for number in range(stations):
        _station(home / "stations", number)
    answer = {"accounts": accounts}
    write_private(home / "demo.json", answer)
    return answer


def _account(person: Cast, known: dict[str, Any] | None, password: str) -> dict[str, Any]:
    user = accounts_q.find_by_email(person.email)
    if user is not None and known is not None and user.check_password(known["password"]):
        return known
    secret = password or secrets.token_urlsafe(12)
    user = _keep(user, person, secret)
    row: dict[str, Any] = {"role": person.role, "email": person.email, "password": secret}
    if person.role == "admin":
        row["totp_secret"] = second_factor.enrol_directly(user=user, replace=True).secret
    return row


def _keep(user: User | None, person: Cast, password: str) -> User:
    if user is None:
        if person.role == "admin":
            return User.objects.create_superuser(person.email, password, full_name=person.full_name)
        return User.objects.create_user(
            person.email, password, full_name=person.full_name, role=Role(person.role), email_verified_at=real_now()
        )
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


def _station(folder: Path, number: int) -> None:
    slug, name, place = PLACES[number] if number < len(PLACES) else (f"kiosk-{number}", f"Kiosk {number}", "")
    path = folder / f"{slug}.json"
    exists = stations_q.station_exists(slug)
    if exists and path.exists():
        return
    device = provisioning.provision_station(slug=slug, name=name, place=place, bays=2, rotate=exists)
    if number == 0:
        for tank in device["tanks"]:
            if tank["chemical"] == LOW_CHEMICAL:
                tank["level_ml"] = tank["capacity_ml"] * CRITICAL_PCT // 100 + LESS_THAN_A_WASH_ML
    write_private(path, device)


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
    draft.replace(path)


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}
