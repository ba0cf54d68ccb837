"""The limits of the chemical reconciliation: read by the engines' callers, changed by Operations with a reason."""

from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from apps.accounts.models import User
from apps.common import audit
from apps.common.errors import InvalidInput
from apps.stations.chemistry import Limits
from apps.stations.models import ChemicalLimits


def current_limits() -> Limits:
    """Return the limits of the newest row, or the built-in ones while there is none."""
    row = ChemicalLimits.objects.order_by("-pk").first()
    return row.limits if row else Limits()


def change_limits(actor: User, limits: Limits, *, reason: str) -> ChemicalLimits:
    """Record new limits, in force at once; the same limits again record nothing new.

    Raises: InvalidInput that names the limit.
    """
    if not reason.strip():
        raise InvalidInput.field("reason", "Say why.")
    row = ChemicalLimits(actor=actor, reason=reason, **asdict(limits))
    try:
        row.clean_fields()
    except ValidationError as error:
        name, said = next(iter(error.message_dict.items()))
        raise InvalidInput.field(name, said[0]) from error
    with transaction.atomic(durable=True):
        _one_at_a_time()
        newest = ChemicalLimits.objects.order_by("-pk").first()
        if newest is not None and newest.limits == limits:
            return newest
        row.save()
        audit.record(actor, "chemical_limits.changed", str(row.pk), reason=reason, **asdict(limits))
        return row


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('stations.chemical_limits'))")
