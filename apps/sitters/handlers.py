"""Reactions to this app's own events."""

from functools import partial

from django.db import transaction

from apps.common import events
from apps.sitters.events import VettingNoticeReceived
from apps.sitters.tasks import apply_vetting_notice


@events.subscribe(VettingNoticeReceived)
def hand_notice_to_worker(event: VettingNoticeReceived) -> None:
    """The provider must be asked, and the relay may not wait for the outside.

    With Redis down nothing is lost: the sweep applies what is due.
    """
    transaction.on_commit(partial(apply_vetting_notice.delay, event.notice_id), robust=True)
