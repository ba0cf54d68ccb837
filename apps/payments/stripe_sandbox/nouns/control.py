"""What a simulation may do and see, and nobody can at Stripe: `/_sandbox/...`."""

from dataclasses import asdict
from typing import Any

from apps.payments.stripe_sandbox.context import Context
from apps.payments.stripe_sandbox.faults import EFFECTS, STALL_SECONDS, Regime
from apps.payments.stripe_sandbox.problems import invalid
from apps.payments.stripe_sandbox.store import FILTERS, Body

REGIME = "regime"


def advance_clock(context: Context) -> Body:
    """POST /_sandbox/clock: move the sandbox's time on by `seconds`, never back."""
    context.store.advance_clock(context.integer("seconds"))
    return {"object": "sandbox.clock", "now": context.store.now()}


def objects(context: Context) -> Body:
    """GET /_sandbox/objects/{kind}: all of a kind with their metadata, oldest first, unpaged.

    `account` names a connected account whose objects are asked for; any list filter narrows them.
    """
    given = {name: context.text(name) for name in context.params if name != "account"}
    if unknown := set(given) - FILTERS:
        raise invalid(f"Unknown filters: {sorted(unknown)}; choose from {sorted(FILTERS)}.", param=min(unknown))
    owner = context.text("account", default="")
    rows = context.store.find(context.ids[0], given, owner=owner)[::-1]
    return {"object": "list", "has_more": False, "data": rows}


def state(context: Context) -> Body:
    """GET /_sandbox/state: the time, every balance and what is still to be delivered."""
    accounts = [row["id"] for row in context.store.find("account")]
    held = {owner or "platform": _held(context, owner) for owner in ["", *accounts]}
    due, left = context.store.deliveries_left()
    return {
        "object": "sandbox.state",
        "now": context.store.now(),
        "balances": held,
        "deliveries_due": due,
        "deliveries_left": left,
    }


def _held(context: Context, owner: str) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = {}
    for currency, free, net in context.store.funds(owner):
        sums.setdefault(currency, {"available": 0, "pending": 0})["available" if free else "pending"] = net
    return sums


def order_fault(context: Context) -> Body:
    """POST /_sandbox/faults: `method`, `path` (a regular expression), `effect`, `times`, `seconds`."""
    effect = context.text("effect")
    if effect not in EFFECTS:
        raise invalid(f"Unknown effect; choose from {', '.join(EFFECTS)}.", param="effect")
    seconds = _number(context, "seconds", STALL_SECONDS)
    times = context.integer("times", default=1)
    context.faults.add(context.text("method").upper(), context.text("path"), effect, times, seconds)
    return list_faults(context)


def list_faults(context: Context) -> Body:
    """GET /_sandbox/faults: the orders still to go off, and the regime."""
    waiting = [asdict(fault) for fault in context.faults.waiting()]
    return {"object": "sandbox.faults", "waiting": waiting, "regime": asdict(context.faults.regime)}


def clear_faults(context: Context) -> Body:
    """POST /_sandbox/faults/clear: take all back, orders and regime."""
    context.store.set_setting(REGIME, "")
    context.faults.clear()
    return list_faults(context)


def set_regime(context: Context) -> Body:
    """POST /_sandbox/faults/regime: `seed`, `rates[effect]`, `stall_seconds`, `delay_seconds`.

    It outlives a restart, where its seed begins anew.
    """
    given = context.params.get("rates", {})
    if not isinstance(given, dict):
        raise invalid("rates are given as rates[effect]=0.01.", param="rates")
    usual = Regime()
    try:
        regime = Regime(
            seed=int(context.text("seed", default="0")),
            rates={name: float(rate) for name, rate in given.items()},
            stall_seconds=_number(context, "stall_seconds", usual.stall_seconds),
            delay_seconds=_number(context, "delay_seconds", usual.delay_seconds),
        )
    except ValueError as error:
        raise invalid(f"{error}.", param="rates") from error
    context.store.set_setting(REGIME, regime.dump())
    context.faults.rule_by(regime)
    return list_faults(context)


def _number(context: Context, name: str, default: float) -> float:
    given: Any = context.text(name, default=str(default))
    try:
        return float(given)
    except ValueError as error:
        raise invalid(f"Invalid number: {given}", param=name) from error
