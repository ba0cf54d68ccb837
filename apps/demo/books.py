"""The money as the company sees it: each booking's cents, and the whole ledger."""

from collections import Counter
from typing import Any

import httpx

from apps.demo.authenticator import Authenticator
from apps.demo.client import Answer, Client, expect
from apps.demo.people import sign_in
from apps.demo.sitting import Shares


class Books:
    """Reads the money through the API, as the booking's people and as staff with two factors."""

    def __init__(self, base: Client, email: str, password: str, totp_secret: str) -> None:
        self.staff = Client(base.base_url, http=base.http)
        self._credentials = (email, password, Authenticator(totp_secret))
        self._sign_in()

    def _sign_in(self) -> None:
        sign_in(self.staff, *self._credentials)

    def of(self, client: Client, booking: str) -> Shares:
        """Return where a booking's cents are. Raises: StepFailed when one is nowhere."""
        body = client.get(f"bookings/{booking}/money").expect(200).body
        shares = Shares(
            body["paid_in_minor"],
            body["held_minor"],
            body["paid_out_minor"],
            body["fees_minor"],
            body["refunded_minor"],
        )
        expect(shares.balanced, f"the cents of {booking} do not add up: {shares}")
        return shares

    def monitor(self, text: str) -> Any:
        """Return the monitor's judgement of a text."""
        return self._staff_call("POST", "chat/monitor", {"text": text})

    def fraud_log(self, conversation: str) -> Any:
        """Return what the fraud log holds of a conversation."""
        return self._staff_call("GET", f"fraud/log?conversation_id={conversation}")["results"]

    def trial_balance(self) -> Any:
        """Return the ledger's trial balance."""
        return self._staff_call("GET", "ledger/trial-balance")

    def balances(self) -> Counter[str]:
        """Return the balance of each kind of account over all currencies, in minor units."""
        total: Counter[str] = Counter()
        for row in self.trial_balance()["rows"]:
            total[row["kind"]] += row["balance_minor"]
        return total

    def check(self) -> str:
        """Return a sentence about the whole ledger. Raises: StepFailed when it does not balance."""
        body = self.trial_balance()
        expect(body["balanced"], f"the ledger does not balance: {body}")
        return f"{body['journals']} journals, debits equal credits to the cent"

    def _staff_call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._call(method, path, body)
        if answer.status == httpx.codes.UNAUTHORIZED:  # an access token lives 15 minutes
            self._sign_in()
            answer = self._call(method, path, body)
        return answer.expect(200).body

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        return self.staff.get(path) if method == "GET" else self.staff.post(path, body)
