"""The steps of a stay, each one call or two of the public API."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from apps.demo.client import Answer, Client, expect
from apps.demo.people import Person

CARD, DECLINED_CARD = "pm_card_visa", "pm_card_chargeDeclined"


def today(client: Client) -> date:
    """Return the business day."""
    return datetime.fromisoformat(client.get("demo/clock").expect(200).body["business_now"]).date()


def submit_vetting(sitter: Person) -> Any:
    """Ask for the identity and criminal-history checks."""
    first, _, last = sitter.name.partition(" ")
    return (
        sitter.client.post(
            "sitter/vetting/submit",
            {
                "legal_first_name": first,
                "legal_last_name": last,
                "date_of_birth": "1990-04-12",
                "address": {
                    "line1": "12 Harbour Street",
                    "city": "San Francisco",
                    "region": "CA",
                    "postal_code": "94107",
                    "country": "US",
                },
                "document_type": "passport",
                "consent": True,
            },
            once=True,
        )
        .expect(202)
        .body
    )


def await_clearance(sitter: Person) -> Any:
    """Wait for the provider's results, which come by webhook."""
    return sitter.client.wait_for("sitter/vetting", lambda body: body["status"] == "cleared", "clearance")


def open_for_business(sitter: Person, *, lat: float, lng: float, nightly_minor: int = 4200) -> None:
    """Fill in the profile, the rates and the payout account."""
    sitter.client.put(
        "sitter/profile",
        {
            "display_name": sitter.name,
            "bio": "Two gardens, one sofa, no cats.",
            "lat": lat,
            "lng": lng,
            "timezone": "America/Los_Angeles",
            "currency": "USD",
            "listed": True,
        },
    ).expect(200)
    rate = {"service": "boarding", "nightly_minor": nightly_minor, "extra_pet_minor": 1500, "capacity": 3}
    sitter.client.put("sitter/rates", {"services": [rate]}).expect(200)
    sitter.client.post("sitter/payout-account", once=True)


def sitter_id(sitter: Person) -> str:
    """Return the sitter's public id."""
    return str(sitter.client.get("sitter/profile").expect(200).body["id"])


def add_pet(owner: Person, name: str = "Biscuit") -> str:
    """Add a dog and return its id."""
    return str(owner.client.post("pets", {"name": name, "species": "dog"}).expect(201).body["id"])


def quote(owner: Person, sitter: str, pet: str, start: date, nights: int) -> Any:
    """Ask for a price."""
    return (
        owner.client.post(
            "booking/price",
            {
                "sitter_id": sitter,
                "service": "boarding",
                "start_date": start.isoformat(),
                "end_date": (start + timedelta(days=nights)).isoformat(),
                "pet_ids": [pet],
            },
        )
        .expect(200)
        .body
    )


def book(owner: Person, quoted: Any, pet: str) -> Any:
    """Book at the quoted price."""
    body = {"quote_id": quoted["quote_id"], "pet_ids": [pet]}
    booking = owner.client.post("booking/create", body, once=True).expect(201).body
    expect(booking["status"] == "pending_payment", f"a new booking should wait for payment, not be {booking['status']}")
    return booking


def deposit(owner: Person, booking: str, card: str = CARD) -> Any:
    """Pay: the money is held."""
    body = {"booking_id": booking, "payment_method": card}
    return owner.client.post("booking/deposit", body, once=True).expect(201).body


def start_stay(owner: Person, sitter: Person, booking: str) -> None:
    """The sitter accepts, and starts with the owner's PIN."""
    sitter.client.post(f"bookings/{booking}/accept", once=True).expect(200)
    pin = owner.client.get(f"bookings/{booking}").expect(200).body["start_pin"]
    sitter.client.post(f"bookings/{booking}/start", {"pin": pin}, once=True).expect(200)


def complete_stay(sitter: Person, booking: str) -> Any:
    """The sitter hands the pet back."""
    return sitter.client.post(f"bookings/{booking}/complete", once=True).expect(200).body


def ask_for_payout(sitter: Person, booking: str) -> Answer:
    """The sitter asks for the money."""
    return sitter.client.post("sitter/payout", {"booking_id": booking}, once=True)


def await_payout(sitter: Person, booking: str, seconds: float = 90) -> Any:
    """Wait for beat to release the money."""
    return sitter.client.wait_for(
        f"bookings/{booking}", lambda body: body["escrow_status"] == "released", "the payout", seconds=seconds
    )


@dataclass(frozen=True)
class Shares:
    """Where a booking's cents are, in minor units."""

    paid_in: int
    held: int
    paid_out: int
    fees: int
    refunded: int

    @property
    def balanced(self) -> bool:
        """Whether every cent that came in is somewhere."""
        return self.paid_in == self.held + self.paid_out + self.fees + self.refunded

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(
            self.paid_in + other.paid_in,
            self.held + other.held,
            self.paid_out + other.paid_out,
            self.fees + other.fees,
            self.refunded + other.refunded,
        )
