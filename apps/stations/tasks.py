"""Background work of the stations app; each task finds or is given its own due work."""

from celery import shared_task

from apps.payments import services as payments
from apps.stations.services import (
    dead_letters,
    flood,
    history,
    leftovers,
    photos,
    reconciliation,
    silence,
    sweeps,
    top_up_sweeps,
)


@shared_task(name="stations.execute_refund")
def execute_refund(refund_id: str) -> None:
    """Send one refund to the payment provider; a repeat is harmless."""
    payments.execute_refund(refund_id)


@shared_task(name="stations.sweep_starts")
def sweep_starts() -> None:
    """Follow up paid washes that have not started, top-ups without an answer and offers to move."""
    sweeps.sweep_starts()
    sweeps.sweep_offers()
    leftovers.sweep_leftovers()
    top_up_sweeps.sweep_top_ups()


@shared_task(name="stations.sweep_leases")
def sweep_leases() -> None:
    """End leases that were not paid."""
    sweeps.sweep_leases()


@shared_task(name="stations.sweep_refunds")
def sweep_refunds() -> None:
    """Push refunds on that hang."""
    sweeps.sweep_refunds()
    top_up_sweeps.sweep_top_up_refunds()


@shared_task(name="stations.take_samples")
def take_samples() -> None:
    """Write down this minute's levels."""
    history.take_samples()


@shared_task(name="stations.close_days")
def close_days() -> None:
    """Sum up the last days of tanks, forget samples that are older than 30 days, remove photos that nothing shows."""
    history.close_days()
    history.prune_samples()
    photos.sweep_photos()


@shared_task(name="stations.prune_dead_letters")
def prune_dead_letters() -> int:
    """Forget old messages that could not be taken."""
    return dead_letters.prune_dead_letters()


@shared_task(name="stations.sweep_chemicals")
def sweep_chemicals() -> None:
    """Look for leaks, thefts, clogged nozzles and refills that nobody recorded."""
    reconciliation.sweep_chemicals()


@shared_task(name="stations.sweep_levels")
def sweep_levels() -> None:
    """Judge tank levels; look for silent stations, floods that are over and washes that do not end."""
    sweeps.sweep_levels()
    silence.sweep_silence()
    sweeps.sweep_connections()
    sweeps.sweep_overdue()
    flood.sweep_floods()
