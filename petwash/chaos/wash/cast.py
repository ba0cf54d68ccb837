"""The stations of a wash run and who looks after them. Run once, before the storm."""

import json
import os
from pathlib import Path

import django

STAFF = "staff@chaos.example"


def main() -> None:
    """Provision every station as a technician does, and keep the file for its device."""
    django.setup()
    from apps.accounts.models import User
    from apps.accounts.states import Role
    from apps.stations.services.provisioning import provision_station
    from petwash.chaos.wash.files import station_file
    from petwash.chaos.wash.plan import BAYS_EACH, WashPlan, slug

    plan = WashPlan.load()
    folder = Path(os.environ["PETWASH_HOME"])
    station_file(folder, 0).parent.mkdir(mode=0o700, exist_ok=True)
    for station in range(plan.stations):
        device = provision_station(slug=slug(station), name=f"Station {station}", place="", bays=BAYS_EACH)
        station_file(folder, station).write_text(json.dumps(device))
    person = User(email=STAFF, full_name="Staff", role=Role.STAFF)
    person.set_unusable_password()
    person.save()


if __name__ == "__main__":
    main()
