"""What the stations app does when a committed event is delivered."""

from django.db import transaction

from apps.common import events
from apps.stations import live, tasks
from apps.stations.events import AlertRaised, StationChanged, WashMoved, WashRefundDue


@events.subscribe(WashRefundDue)
def send_refund(event: WashRefundDue) -> None:
    """Send the refund from a worker; the sweep does it should the queue be away."""
    tasks.execute_refund.delay_on_commit(event.refund_id)  # type: ignore[attr-defined]  # Celery's Django task has it, its stubs do not


@events.subscribe(StationChanged)
def show_station(event: StationChanged) -> None:
    """Push the station to the live pages."""
    transaction.on_commit(lambda: live.broadcast([event.station]))


@events.subscribe(WashMoved)
def show_wash(event: WashMoved) -> None:
    """Push the station whose bay the wash is in."""
    transaction.on_commit(lambda: live.broadcast([event.station]))


@events.subscribe(AlertRaised)
def show_alert(event: AlertRaised) -> None:
    """Push the station's new number of alerts."""
    transaction.on_commit(lambda: live.broadcast([event.station]))
