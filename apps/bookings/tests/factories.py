"""Bookings for tests, made by the same services that make them for people."""

from datetime import date, timedelta
from typing import Any

from apps.accounts.models import User
from apps.bookings import services
from apps.bookings.models import Booking, Quote
from apps.bookings.types import Service
from apps.common.clock import business_now
from apps.pets.models import Pet
from apps.pets.tests.factories import PetFactory
from apps.sitters.models import SitterProfile
from apps.sitters.tests.factories import ClearedSitterFactory

VISA = "pm_card_visa"
DECLINED = "pm_card_chargeDeclined"
NEEDS_BANK = "pm_card_authenticationRequired"


def today() -> date:
    """Return the business date at the sitters of the factories (their zone is UTC)."""
    return business_now().date()


def make_sitter(user: User, **fields: Any) -> SitterProfile:
    """Make a cleared sitter: 40.00 a night, 15.00 a further pet, two boarding places."""
    sitter: SitterProfile = ClearedSitterFactory.create(user=user, **fields)
    return sitter


def make_pet(owner: User, **fields: Any) -> str:
    """Make a dog and return its public id."""
    pet: Pet = PetFactory.create(owner=owner, **fields)
    return str(pet.public_id)


def make_quote(owner: User, sitter: SitterProfile, *, start: int = 0, nights: int = 2, **fields: Any) -> Quote:
    """Price a stay that starts in `start` days."""
    first = today() + timedelta(days=start)
    wish: dict[str, Any] = {
        "sitter_id": str(sitter.public_id),
        "service": Service.BOARDING,
        "start_date": first,
        "end_date": first + timedelta(days=nights),
        "pets": 1,
    }
    return services.price_stay(actor=owner, wish=services.StayWish(**(wish | fields)))


def make_booking(owner: User, sitter: SitterProfile, **fields: Any) -> Booking:
    """Book a stay; it waits for its payment."""
    quote = make_quote(owner, sitter, **fields)
    pets = [make_pet(owner) for _ in range(quote.pet_count)]
    return services.create_booking(actor=owner, quote_id=str(quote.public_id), pet_ids=pets)
