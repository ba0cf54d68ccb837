"""`PetWashStationManager`: the three doors to the stations that the product speaks of."""

from apps.stations import selectors
from apps.stations.selectors import LiveStation
from apps.stations.services import activation, maintenance, sweeps
from apps.stations.services.activation import Activation
from apps.stations.services.alerts import ReportOutcome
from apps.stations.services.maintenance import MaintenanceReport


class PetWashStationManager:
    """Walk-in sales, the live picture, and maintenance; stateless."""

    def handle_walk_in_payment(
        self,
        *,
        bay_id: str,
        bay_token: str,
        program: str,
        payment_method: str,
        key: str,
        address: str,
        presence_code: str = "",
    ) -> Activation:
        """Lease the bay, charge, and send the start: see `activation.activate`."""
        return activation.activate(
            bay_id=bay_id,
            bay_token=bay_token,
            program=program,
            payment_method=payment_method,
            key=key,
            address=address,
            presence_code=presence_code,
        )

    def get_real_time_status(self, station: str | None = None) -> list[LiveStation]:
        """Return the public picture of every station, or of one.

        Raises: NotFound for a station that does not exist.
        """
        if station is None:
            return selectors.live_status()
        selectors.access_station(station)
        return selectors.live_status([station])

    def monitor_maintenance(self, report: MaintenanceReport | None = None) -> ReportOutcome | None:
        """Take one report of trouble; without one, sweep levels, connections and washes as beat does."""
        if report is not None:
            return maintenance.take_report(report)
        sweeps.sweep_levels()
        sweeps.sweep_connections()
        sweeps.sweep_overdue()
        return None
