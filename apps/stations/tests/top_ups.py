"""A customer with a wash that runs and its token."""

from typing import Any

from apps.common.ids import uuid7
from apps.stations.models import Wash


class Customer:
    """Asks the API for what the holder of the token may have."""

    def __init__(self, api: Any, wash: Wash, token: str) -> None:
        self._api, self.wash, self.token = api, wash, token

    def show(self) -> dict[str, Any]:
        """Look at the own wash."""
        answer = self._api().get(self._url(), headers={"X-Wash-Token": self.token})
        assert answer.status_code == 200
        return dict(answer.json())

    def top_up(
        self, expected: int, add: int, *, card: str = "pm_card_visa", key: str = "", token: str | None = None
    ) -> Any:
        """Buy more seconds."""
        order = {"expected_total_seconds": expected, "add_seconds": add, "payment_method": card}
        headers = {"X-Wash-Token": self.token if token is None else token, "Idempotency-Key": key or str(uuid7())}
        return self._api().post(self._url("/top-up"), order, headers=headers)

    def post(self, verb: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
        """Ask for something else."""
        headers = {"X-Wash-Token": self.token if token is None else token}
        return self._api().post(self._url(f"/{verb}"), body or {}, headers=headers)

    def _url(self, rest: str = "") -> str:
        return f"/api/v1/wash/{self.wash.public_id}{rest}"
