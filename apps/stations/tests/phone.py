"""A customer's phone at a bay, for tests."""

import re
from typing import Any

from django.db import transaction
from django.test import Client

from apps.payments.tests.fixtures import Sandbox
from apps.stations.bay_codes import bay_path
from apps.stations.models import Bay, Wash
from apps.stations.services.moves import move_wash
from apps.stations.states import WashStatus
from apps.stations.tests.factories import bay_token


class Phone:
    """A customer's phone that has scanned a bay's code; JavaScript is off."""

    def __init__(self, bay: Bay) -> None:
        self.client = Client()
        self.path = bay_path(str(bay.public_id), bay_token(bay))
        self.root, _, self.query = self.path.partition("?")

    def look(self) -> str:
        """Return the page as it is now."""
        return str(self.client.get(self.path).content.decode())

    def post(self, verb: str, **data: str) -> Any:
        """Send one of the page's forms; the redirect is not followed."""
        return self.client.post(f"{self.root}/{verb}?{self.query}", data)

    def buy(self, payment_method: str = "pm_card_visa", program: str = "quick") -> Any:
        """Press *Pay and start*."""
        return self.post("buy", program=program, payment_method=payment_method)


def stage(html: str) -> str:
    found = re.search(r'data-stage="(\w+)"', html)
    assert found, html
    return found[1]


def intents(sandbox: Sandbox) -> list[str]:
    return [intent["status"] for intent in sandbox.objects("payment_intent")]


def move_wash_out(wash: Wash) -> None:
    with transaction.atomic():
        assert move_wash(wash, WashStatus.FINISHED, seconds_used=300)
