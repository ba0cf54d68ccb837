"""The people who look after the stations: they unlock bays, and write off what a replaced board forgot."""

import os
from pathlib import Path

from apps.accounts.models import User
from apps.common.errors import Conflict
from apps.stations.models import Bay, Wash
from apps.stations.services import bay_locks, staff
from apps.stations.states import WashStatus
from petwash.chaos.wash.cast import STAFF
from petwash.chaos.wash.hardware import hardware_diary


class Rounds:
    """One round after the other."""

    def __init__(self) -> None:
        self._diary = hardware_diary(Path(os.environ["PETWASH_HOME"]))
        self._forgotten: set[str] = set()

    def __call__(self) -> None:
        """Unlock every locked bay of a station that is there; write off what nobody will end."""
        person = User.objects.get(email=STAFF)
        for bay in Bay.objects.exclude(locked_at=None).filter(station__online=True):
            try:
                bay_locks.unlock_by_hand(person, str(bay.public_id), reason="looked at it")
            except Conflict:
                continue  # its answer to a command unlocked it
        self._write_off(person)

    def _write_off(self, person: User) -> None:
        """A board that was taken out says no more: once the new one is there its washes are written off."""
        for line in self._diary.news():
            if line["what"] == "new_board":
                self._forgotten |= set(line["washes"])
        left = Wash.objects.filter(
            public_id__in=self._forgotten,
            status__in=(WashStatus.RUNNING, WashStatus.PAUSED),
            bay__station__online=True,
        )
        for wash in left.select_related("bay__station"):
            if wash.bay.device_wash != str(wash.public_id):
                try:
                    staff.write_off(person, str(wash.public_id), reason="the board was replaced")
                except Conflict:
                    continue  # a late word of the old board ended it
