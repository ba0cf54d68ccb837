"""The sweep of the gateway's own list of events: whatever webhook was lost comes in this way."""

from datetime import timedelta
from itertools import islice

from django.db import transaction

from apps.common.clock import real_now
from apps.common.db import outside_call
from apps.common.errors import Unavailable
from apps.payments.gateways.current import gateway
from apps.payments.gateways.port import GatewayError, WebhookFacts
from apps.payments.models import EventMark, WebhookEvent
from apps.payments.services import inbox

KEPT_FOR = timedelta(days=30)  # docs.stripe.com/api/events: what is older can no longer be listed
OVERLAP = timedelta(minutes=10)  # an event may be listed later than one that is younger
PAGE = 100  # the gateway's largest


def sweep_events() -> int:
    """Keep every event that the inbox does not know, since the last whole sweep; return how many were new.

    Call it outside of any transaction. They are processed, parked and retried like webhooks. Thirty days is as far
    back as the gateway can tell: after a longer outage the reconciliation shows what is missing. The mark moves
    once the whole window has been seen, so that a sweep that breaks off is done again.

    Raises: Unavailable `gateway_unavailable`.
    """
    mark = EventMark.objects.filter(pk=1).values_list("swept_until", flat=True).first()
    oldest = real_now() - KEPT_FOR
    since = max(mark - OVERLAP, oldest) if mark else oldest
    listed = iter(gateway().events_since(since))
    new, newest = 0, mark
    while True:
        try:
            with outside_call():
                page = list(islice(listed, PAGE))
        except GatewayError as error:
            raise Unavailable("gateway_unavailable", "The payment provider does not answer; try again.") from error
        if not page:
            break
        newest = max([event.created_at for event in page] + ([newest] if newest else []))
        new += _keep_unknown(page)
    if newest is not None and newest != mark:
        until = min(newest, real_now())  # an event dated ahead of us must not hide what happens until then
        with transaction.atomic(durable=True):
            EventMark.objects.update_or_create(pk=1, defaults={"swept_until": until})
    return new


def _keep_unknown(page: list[WebhookFacts]) -> int:
    ids = [event.id for event in page]
    with transaction.atomic(durable=True):
        known = set(WebhookEvent.objects.filter(provider_event_id__in=ids).values_list("provider_event_id", flat=True))
        return sum(inbox.keep(event) for event in reversed(page) if event.id not in known)
