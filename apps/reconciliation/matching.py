"""Judging differences between the gateway's balance and our books. Pure."""

from collections.abc import Sequence
from datetime import datetime

from apps.reconciliation.states import BreakClass, Kind
from apps.reconciliation.types import Difference, Finding, Judgement, Origin


def judge(differences: Sequence[Difference], origin: Origin, settled_before: datetime) -> Judgement:
    """Judge all differences of one movement (one kind, one id of the gateway's; one a currency).

    What is younger than `settled_before` is in flight: the other side may still be on its way.
    """
    if any(one.since > settled_before for one in differences):
        return Judgement(in_flight=tuple(differences))
    if _in_other_currency(differences):
        return Judgement(findings=tuple(_finding(BreakClass.CURRENCY_DIFFERS, one, origin) for one in differences))
    return Judgement(findings=tuple(_finding(_class_of(one, origin), one, origin) for one in differences))


def _in_other_currency(differences: Sequence[Difference]) -> bool:
    """Tell whether ours stands in one currency and theirs in another."""
    ours = any(one.ours and not one.theirs for one in differences)
    theirs = any(one.theirs and not one.ours for one in differences)
    return ours and theirs


def _class_of(one: Difference, origin: Origin) -> BreakClass:
    if one.ours is None:
        return _class_of_unknown(one, origin)
    if one.theirs is None:
        return BreakClass.MISSING_AT_GATEWAY
    if one.theirs.count > one.ours.count and one.kind != Kind.DISPUTE:
        return BreakClass.DUPLICATE_EFFECT
    if one.ours.amount_minor != one.theirs.amount_minor:
        return BreakClass.AMOUNT_DIFFERS
    return BreakClass.FEE_DIFFERS


def _class_of_unknown(one: Difference, origin: Origin) -> BreakClass:
    if one.kind == Kind.OTHER:
        return BreakClass.UNPOSTED_ENTRY
    if one.kind == Kind.DISPUTE:  # banks begin them, and the sweep of the gateway's events records them
        return BreakClass.UNRECORDED
    if origin.settled_elsewhere:
        return BreakClass.DUPLICATE_EFFECT
    return BreakClass.UNRECORDED if origin.waiting else BreakClass.UNKNOWN_AT_GATEWAY


def _finding(break_class: BreakClass, one: Difference, origin: Origin) -> Finding:
    return Finding(
        break_class=break_class,
        kind=one.kind,
        match_id=one.match_id,
        currency=one.currency,
        ours_minor=one.ours.net_minor if one.ours else None,
        theirs_minor=one.theirs.net_minor if one.theirs else None,
        difference_minor=one.minor,
        our_id=origin.our_id,
    )
