"""The bays' printed codes: made for the printer, and made worthless when a print is lost or copied."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.accounts.models import User
from apps.common import audit
from apps.common.errors import NotFound
from apps.stations.bay_codes import BayCode, bay_path
from apps.stations.models import Bay
from apps.stations.tokens import make_bay_token


def print_codes(*, bays: Sequence[Bay], actor: Any = None) -> list[BayCode]:
    """Return the current codes of the bays (with their stations at hand), and write down who took them.

    Raises: NotFound when there is no bay.
    """
    if not bays:
        raise NotFound("not_found", "There is no bay to print a code for.")
    with transaction.atomic(durable=True):
        for bay in bays:
            audit.record(actor, "bay.code_printed", str(bay.public_id), version=bay.token_version)
    return [code_of(bay) for bay in bays]


def code_of(bay: Bay) -> BayCode:
    """Return the bay's code as it is valid now."""
    bay_id = str(bay.public_id)
    token = make_bay_token(settings.BAY_TOKEN_KEY, bay_id, bay.token_version)
    url = settings.PUBLIC_BASE_URL.rstrip("/") + bay_path(bay_id, token)
    return BayCode(station=bay.station.name, place=bay.station.place, bay=bay.number, url=url)


def revoke_code(actor: User, bay_id: str, *, reason: str) -> None:
    """Make every print of the bay's code worthless; a new one has to be put up.

    A wash that runs goes on, and its customer keeps it. Twice is two versions: both prints are old.
    Raises: NotFound.
    """
    with transaction.atomic(durable=True):
        if not Bay.objects.filter(public_id=bay_id).update(token_version=F("token_version") + 1):
            raise NotFound("not_found", "There is no such bay.")
        audit.record(actor, "bay.code_revoked", bay_id, reason=reason)
