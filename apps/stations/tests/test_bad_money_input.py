"""What cannot be paid for a wash is named, and leaves the bay free and the station untold."""

from typing import Any

import pytest

from apps.ledger import selectors as ledger
from apps.stations.models import Bay, Command, Wash
from apps.stations.tests.test_activation import URL, order, post

pytestmark = pytest.mark.django_db
NOBODY = "0190b5a4-0000-7000-8000-000000000000"


def nothing_sold(sandbox: Any) -> bool:
    """Tell that no money was taken and no station told."""
    return not sandbox.objects("charge") and not Command.objects.exists() and not ledger.check().journals


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payment_method", ""),
        ("payment_method", "  "),
        ("payment_method", None),
        ("payment_method", "x" * 256),
        ("payment_method", ["pm_card_visa"]),
        ("bay_id", "no-id"),
        ("bay_token", ""),
        ("program", ""),
    ],
)
def test_a_purchase_that_cannot_be_names_the_field(api, bay: Bay, stripe_sandbox, field, value) -> None:
    body = {**order(bay), field: value}

    answer = api().post(URL, body, headers={"Idempotency-Key": "a-fresh-key"}, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error")
    assert field in answer.json()["error"]["details"]
    assert nothing_sold(stripe_sandbox)
    assert not Wash.objects.exists()


def test_a_card_that_nobody_knows_takes_nothing_and_frees_the_bay(api, bay: Bay, stripe_sandbox) -> None:
    answer = post(api, order(bay, payment_method="pm_nobody"))

    assert answer.status_code == 402
    assert answer.json()["error"]["code"] == "invalid_payment_method"
    assert nothing_sold(stripe_sandbox)
    assert Wash.objects.get().status == "cancelled"
    assert post(api, order(bay), key="another-key").status_code == 202


def test_an_unknown_bay_is_not_found(api, bay: Bay, stripe_sandbox) -> None:
    answer = post(api, order(bay, bay_id=NOBODY))

    assert answer.status_code in {403, 404}
    assert nothing_sold(stripe_sandbox)
    assert not Wash.objects.exists()


def test_a_key_used_for_another_purchase_takes_nothing_more(api, bay: Bay, stripe_sandbox) -> None:
    assert post(api, order(bay)).status_code == 202

    answer = post(api, order(bay, payment_method="pm_card_mastercard"))

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_reused")
    assert len(stripe_sandbox.objects("charge")) == 1
    assert (Wash.objects.count(), Command.objects.count()) == (1, 1)
