"""What each kind of event is about: how its facts are fetched, and what they are recorded on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db.models import Model, Q

from apps.common.db import outside_call
from apps.common.ids import parse_public_id
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import DisputeFacts, MovementFacts
from apps.payments.models import PayeeAccount, Payment, Refund, Reversal, Transfer
from apps.payments.services import disputing, recording
from apps.payments.states import MovementStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """`fetch` makes the outside calls and returns facts, or None for what the gateway does not know;
    `record` runs in the result's transaction and tells whether the facts are about something of ours."""

    prefix: str
    fetch: Callable[[str], Any]
    record: Callable[[Any], bool]


def kind_of(event_type: str) -> Kind | None:
    """Return how events of this type are processed; None for those of no concern."""
    return next((kind for kind in _KINDS if event_type.startswith(kind.prefix)), None)


def _on(model: type[Model], our_id: str, provider_field: str, write: Callable[[int, Any], object]) -> Any:
    """Record on our row, found by our own id in the metadata or by the gateway's id."""

    def record(facts: Any) -> bool:
        ours = parse_public_id(getattr(facts, our_id))
        match = Q(**{provider_field: facts.id}) | (Q(public_id=ours) if ours else Q())
        pk = model._default_manager.filter(match).values_list("pk", flat=True).first()
        if pk is not None:
            write(pk, facts)
        return pk is not None

    return record


def _asked(method: str) -> Callable[[str], Any]:
    def fetch(object_id: str) -> Any:
        with outside_call():
            return getattr(gateway(), method)(object_id)

    return fetch


@dataclass(frozen=True, slots=True)
class _TakenBack:
    """A transfer that money was taken back from, and those of our reversals whose end was not known."""

    transfer: MovementFacts
    reversals: list[tuple[int, MovementFacts]]


def _fetch_reversed(transfer_id: str) -> _TakenBack | None:
    rows = Reversal.objects.filter(transfer__provider_id=transfer_id)
    waiting = list(rows.exclude(status__in=(MovementStatus.SUCCEEDED, MovementStatus.FAILED)))
    with outside_call():
        transfer = gateway().retrieve_transfer(transfer_id)
        found = [(row.pk, gateway().find_reversal(transfer_id, str(row.public_id))) for row in waiting]
    return _TakenBack(transfer, [(pk, facts) for pk, facts in found if facts]) if transfer else None


def _record_reversed(facts: _TakenBack) -> bool:
    for pk, reversal in facts.reversals:
        recording.record_reversal(pk, reversal)
    return _record_transfer(facts.transfer)


def _fetch_dispute(dispute_id: str) -> tuple[DisputeFacts, datetime] | None:
    at = disputing.asked_at()
    with outside_call():
        facts = gateway().retrieve_dispute(dispute_id)
    return (facts, at) if facts else None


def _record_dispute(found: tuple[DisputeFacts, datetime]) -> bool:
    facts, at = found
    match = Q(provider_id=facts.intent_id) if facts.intent_id else Q(charge_id=facts.charge_id)
    pk = Payment.objects.filter(match).values_list("pk", flat=True).first()
    if pk is not None:
        disputing.record_dispute(pk, facts, at)
    return pk is not None


def _warn_of_payout(payout_id: str) -> bool:
    log.warning("platform_payout", payout=payout_id, remedy="set the account's payout schedule to manual")
    return True


_record_transfer: Callable[[Any], bool] = _on(Transfer, "our_id", "provider_id", recording.record_transfer)
_record_refund: Callable[[Any], bool] = _on(Refund, "our_id", "provider_id", recording.record_refund)
_KINDS = (
    Kind(
        "payment_intent.",
        _asked("retrieve_intent"),
        _on(Payment, "payment_id", "provider_id", recording.record_intent),
    ),
    Kind("refund.", _asked("retrieve_refund"), _record_refund),
    Kind("charge.refund.", _asked("retrieve_refund"), _record_refund),
    Kind("charge.dispute.", _fetch_dispute, _record_dispute),
    Kind("transfer.reversed", _fetch_reversed, _record_reversed),
    Kind("transfer.", _asked("retrieve_transfer"), _record_transfer),
    Kind(
        "account.updated",
        _asked("retrieve_account"),
        _on(PayeeAccount, "payee_id", "provider_account_id", recording.record_account),
    ),
    # The balance's own entries are what books payouts (reconciliation); held money must not leave unnoticed.
    Kind("payout.created", str, _warn_of_payout),
)
