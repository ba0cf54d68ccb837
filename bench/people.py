"""The people of a measurement: written as rows, since how they sign up is not what is measured."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any


def owner(name: str) -> Any:
    """Return somebody who books."""
    from apps.accounts.models import User
    from apps.accounts.states import Role
    from apps.common.clock import real_now

    mail = f"{name}@bench.example"
    return User.objects.create(email=mail, full_name=name, role=Role.OWNER, email_verified_at=real_now())


def sitters(name: str, many: int) -> Sequence[Any]:
    """Return that many sitters who can be booked and paid: boarding for two pets, 40.00 a night."""
    return [_sitter(f"{name}-{number}") for number in range(many)]


def _sitter(name: str) -> Any:
    from apps.accounts.models import User
    from apps.accounts.states import Role
    from apps.common.clock import business_now
    from apps.payments.models import PayeeAccount
    from apps.sitters.models import SitterProfile, SitterService
    from apps.sitters.states import ServiceKind, TrustBadge, VettingStatus
    from apps.sitters.trust import one_year_after

    user = User.objects.create(email=f"{name}@bench.example", full_name=name, role=Role.SITTER)
    cleared = business_now() - timedelta(days=1)
    profile = SitterProfile.objects.create(
        user=user,
        display_name=name,
        lat=52.52,
        lng=13.405,
        public_lat=52.52,
        public_lng=13.405,
        listed=True,
        night_capacity=2,
        vetting_status=VettingStatus.CLEARED,
        trust_badge=TrustBadge.VETTED,
        cleared_at=cleared,
        clearance_date=cleared.date(),
        clearance_expires_at=one_year_after(cleared),
    )
    SitterService.objects.create(
        sitter=profile, service=ServiceKind.BOARDING, capacity=2, nightly_minor=4_000, extra_pet_minor=1_500
    )
    PayeeAccount.objects.create(
        user=user, provider_account_id=f"acct_{name}", payouts_enabled=True, details_submitted=True
    )
    return profile
