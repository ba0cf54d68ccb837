"""The proof that a customer stands at a bay: its printed token and, where it has a display, its code."""

from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.services import attempts
from apps.common import audit
from apps.common.clock import real_now
from apps.common.errors import Forbidden, InvalidInput, NotFound
from apps.stations import limits
from apps.stations.models import Bay
from apps.stations.protocol.presence import code_matches
from apps.stations.tokens import bay_token_matches, make_presence_key


def find_bay(bay_id: str, bay_token: str) -> Bay:
    """Return the bay that the token is printed at.

    Raises: NotFound; Forbidden `bay_token_invalid`.
    """
    bay = Bay.objects.select_related("station").filter(public_id=bay_id).first()
    if bay is None or bay.station.revoked_at is not None:
        raise NotFound("not_found", "There is no such bay.")
    if not bay_token_matches(bay_token, settings.BAY_TOKEN_KEY, str(bay.public_id), bay.token_version):
        raise Forbidden("bay_token_invalid", "Scan the code that is printed at the bay.")
    return bay


def demand_code(bay: Bay, code: str, *, address: str) -> None:
    """Let pass who reads the bay's display; wrong codes count at the address and at the bay.

    Call it outside of any transaction: what counts must stay.

    Raises: Forbidden `presence_code_required`, `presence_code_invalid`; InvalidInput for a code where none is
    shown, since a proof that nobody checks must not look like one; TooManyRequests `too_many_attempts`.
    """
    if not bay.presence_code:
        if code:
            raise InvalidInput.field("presence_code", "This bay shows no code. Leave this field out.")
        return
    if not code:
        raise Forbidden("presence_code_required", "Type in the four digits that the bay's display shows.")
    at_bay = limits.WRONG_CODES_BY_BAY.key(bay.pk)
    attempts.refuse_while_locked(at_bay)
    key = make_presence_key(settings.BAY_TOKEN_KEY, str(bay.public_id), bay.presence_version)

    def holds() -> bool:
        return code_matches(code, key, str(bay.public_id), real_now())

    if not attempts.judge(limits.WRONG_CODES_BY_ADDRESS.key(address), holds):
        attempts.count_failure(at_bay)
        raise Forbidden(
            "presence_code_invalid", "That is not the code that the display shows now. Nothing was charged."
        )


def ask_for_code(actor: Any, bay_id: str, *, reason: str) -> Bay:
    """Sell at this bay only to who types in its display's code. Raises: NotFound."""
    return _set(actor, bay_id, asked=True, reason=reason)


def ask_for_no_code(actor: Any, bay_id: str, *, reason: str) -> Bay:
    """Sell at this bay without a code. Raises: NotFound."""
    return _set(actor, bay_id, asked=False, reason=reason)


def _set(actor: Any, bay_id: str, *, asked: bool, reason: str) -> Bay:
    with transaction.atomic(durable=True):
        bay = Bay.objects.select_for_update(of=("self",)).select_related("station").filter(public_id=bay_id).first()
        if bay is None:
            raise NotFound("not_found", "There is no such bay.")
        Bay.objects.filter(pk=bay.pk).update(presence_code=asked)
        action = "bay.code_asked" if asked else "bay.code_not_asked"
        audit.record(actor, action, bay_id, reason=reason)
        bay.presence_code = asked
        return bay
