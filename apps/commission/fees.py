"""How a price is divided between us and who earned it. Pure: no clock, no database."""

from dataclasses import dataclass
from decimal import Decimal

from apps.commission.types import FeeRates, StayFees
from apps.common.money import Money


@dataclass(frozen=True)
class SaleSplit:
    """A vendor's sale: the two parts add up to it."""

    vendor: Money
    platform: Money


@dataclass(frozen=True)
class Settlement:
    """The end of a vendor's period: what is paid, and what goes on to the next one."""

    payout: Money
    carried: Money


def stay_fees(subtotal: Money, rates: FeeRates) -> StayFees:
    """Return both fees on a stay's price; the owner's fee stops at its cap."""
    owner = subtotal.percent(rates.owner_fee_pct)
    if rates.owner_fee_cap is not None:
        owner = min(owner, rates.owner_fee_cap)
    return StayFees(owner_fee=owner, sitter_fee=subtotal.percent(rates.sitter_fee_pct))


def split_sale(sale: Money, share_pct: Decimal) -> SaleSplit:
    """Divide a vendor's sale; a refund is the same split of the negative amount, to the minor unit."""
    vendor = sale.percent(share_pct)
    return SaleSplit(vendor=vendor, platform=sale - vendor)


def settle(earned: Money, carried: Money, minimum: Money) -> Settlement:
    """Close a period: pay out what was earned and carried, or carry it on below the minimum.

    After refunds the sum may be negative: it is carried, and the next earnings pay it back first.
    """
    total = earned + carried
    nothing = Money.zero(total.currency)
    if total >= minimum and total > nothing:
        return Settlement(payout=total, carried=nothing)
    return Settlement(payout=nothing, carried=total)
