"""How what is taken back from a payout divides over its parts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.common.money import Money
from apps.escrow.amounts import Parts, share_refund


@dataclass(frozen=True)
class Standing:
    """What one part of a payout still stands for, after earlier claw backs.

    sitter: the sitter's money, transferred or kept for a debt; reversible: of the transfer, what was
    not reversed yet. stay = sitter + sitter fee.
    """

    sitter: Money
    sitter_fee: Money
    owner_fee: Money
    reversible: Money

    @property
    def stay(self) -> Money:
        """The part of the stay price."""
        return self.sitter + self.sitter_fee


@dataclass(frozen=True)
class Share:
    """What one part gives back: to the owner `stay` and `owner_fee`; of the stay the sitter bears `sitter`.

    reversal: what is asked back of the transfer; what is missing of the sitter's share becomes a debt.
    """

    sitter: Money
    sitter_fee: Money
    owner_fee: Money
    reversal: Money

    @property
    def stay(self) -> Money:
        """What comes back of the stay price."""
        return self.sitter + self.sitter_fee


def share_claw_back(wanted: Parts, standings: Sequence[Standing]) -> list[Share]:
    """Divide a refund after a payout over the payout's parts, oldest first given; the newest gives first.

    Our fee shrinks with the sitter's earnings: what is left of a part keeps its proportion.
    Raises: ValueError when more is wanted of a component than all have together.
    """
    lefts = [Parts(standing.stay, standing.owner_fee) for standing in standings]
    shares = share_refund(wanted, lefts)
    return [_share(share, standing) for share, standing in zip(shares, standings, strict=True)]


def share_recovery(wanted: Money, standings: Sequence[Standing]) -> list[Share]:
    """Divide what the sitter is to bear of a loss over the payout's parts; no fee is given up.

    Raises: ValueError when more is wanted than the sitter has of all parts.
    """
    zero = Money.zero(wanted.currency)
    lefts = [Parts(standing.sitter, zero) for standing in standings]
    taken = [share.stay for share in share_refund(Parts(wanted, zero), lefts)]
    return [
        Share(sitter, zero, zero, min(sitter, standing.reversible))
        for sitter, standing in zip(taken, standings, strict=True)
    ]


def _share(back: Parts, standing: Standing) -> Share:
    fee = Money.zero(back.stay.currency)
    if back.stay:
        stays = (standing.stay - back.stay).amount_minor
        fee = standing.sitter_fee.allocate([stays, back.stay.amount_minor])[1]
        # Both may only bind where a currency moves in whole steps and the refund does not.
        fee = max(back.stay - standing.sitter, min(fee, back.stay))
    sitter = back.stay - fee
    return Share(sitter, fee, back.owner_fee, min(sitter, standing.reversible))
