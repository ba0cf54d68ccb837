"""Gives a fresh demo its first sitter and its first held money, through the public API."""

from typing import Any

from apps.demo import people, sitting
from apps.demo.authenticator import Authenticator
from apps.demo.client import Client
from apps.demo.people import Person


def play(base: Client, accounts: list[dict[str, Any]]) -> str:
    """Let the demo's sitter be vetted and its owner book and pay a stay, once; return a sentence."""
    owner, sitter = (_enter(base, _row(accounts, role)) for role in ("owner", "sitter"))
    if owner.client.get("bookings").expect(200).body["results"]:
        return "The demo's first stay exists already."
    if sitter.client.get("sitter/vetting").expect(200).body["status"] != "cleared":
        sitting.submit_vetting(sitter)
        sitting.await_clearance(sitter)
    sitting.open_for_business(sitter, lat=37.7793, lng=-122.3920)
    pet = sitting.add_pet(owner)
    quoted = sitting.quote(owner, sitting.sitter_id(sitter), pet, sitting.today(owner.client), 2)
    booking = sitting.book(owner, quoted, pet)
    sitting.deposit(owner, booking["id"])
    return f"Simon is vetted; Olivia's stay {booking['reference']} is paid and its money held."


def _row(accounts: list[dict[str, Any]], role: str) -> dict[str, Any]:
    return next(row for row in accounts if row["role"] == role)


def _enter(base: Client, row: dict[str, Any]) -> Person:
    client = Client(base.base_url, http=base.http)
    secret = row.get("totp_secret")
    people.sign_in(client, row["email"], row["password"], Authenticator(secret) if secret else None)
    name = "Olivia Owner" if row["role"] == "owner" else "Simon Sitter"
    return Person(name, row["email"], client)
