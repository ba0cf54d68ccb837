"""Which group sees which list of the console: the whole matrix, so that a new list has to be put into it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin

from petwash.testing.staff import member_of

pytestmark = pytest.mark.django_db
OPERATIONS, FINANCE, SAFETY, SUPPORT = "Operations", "Finance", "Trust & Safety", "Support"
EVERYBODY = (OPERATIONS, FINANCE, SAFETY, SUPPORT)
SEEN_BY: dict[str, tuple[str, ...]] = {
    "accounts.User": (OPERATIONS, SAFETY, SUPPORT),
    "bookings.Booking": EVERYBODY,
    "bookings.ProblemReport": (SAFETY, SUPPORT),
    "bookings.NoShowReview": (OPERATIONS, SAFETY),
    "commission.CommissionPlan": EVERYBODY,
    "common.AuditEntry": (),
    "common.Heartbeat": (),
    "common.OutboxEvent": (),
    "escrow.Hold": EVERYBODY,
    **dict.fromkeys(("escrow.Freeze", "escrow.PayeeStanding"), (FINANCE, SAFETY)),
    **dict.fromkeys(("escrow.FreezeLimit", "escrow.HoldPolicy", "escrow.PayoutRun"), (FINANCE,)),
    **dict.fromkeys(("escrow.BankRefund", "escrow.Receivable"), (FINANCE,)),
    "fraud.FraudLog": (SAFETY,),
    **dict.fromkeys(("ledger.Account", "ledger.Balance", "ledger.Entry", "ledger.Journal"), (FINANCE,)),
    **dict.fromkeys(("payments.Payment", "payments.Refund", "payments.Transfer", "payments.Transition"), (FINANCE,)),
    **dict.fromkeys(("payments.Dispute", "payments.Reversal"), (FINANCE,)),
    **dict.fromkeys(("payments.Operation", "payments.PayeeAccount", "payments.WebhookEvent"), (FINANCE,)),
    "pets.Pet": (OPERATIONS, SAFETY, SUPPORT),
    **dict.fromkeys(("reconciliation.Break", "reconciliation.GatewayEntry", "reconciliation.Run"), (FINANCE,)),
    "sitters.SitterProfile": (OPERATIONS, SAFETY, SUPPORT),
    "sitters.VettingCase": (SAFETY,),
    "statements.Statement": (FINANCE,),
    **dict.fromkeys(("stations.Alert", "stations.Bay", "stations.Command"), (OPERATIONS, SUPPORT)),
    **dict.fromkeys(("stations.ChemicalLimits", "stations.MaintenanceVisit"), (OPERATIONS, SUPPORT)),
    "stations.BridgeShard": (OPERATIONS, SUPPORT),
    **dict.fromkeys(("stations.DeadLetter", "stations.Station"), (OPERATIONS, SUPPORT)),
    **dict.fromkeys(("stations.Tank", "stations.Wash"), (OPERATIONS, SUPPORT)),
}
PAGES = {
    model._meta.label: page for model, page in admin.site._registry.items() if model.__module__.startswith("apps.")
}


def test_every_list_has_its_line() -> None:
    assert set(PAGES) == set(SEEN_BY)


@pytest.mark.parametrize("group", EVERYBODY)
def test_a_group_sees_its_lists_and_no_other(group: str) -> None:
    request: Any = SimpleNamespace(user=member_of(group))
    seen = {label for label, page in PAGES.items() if page.has_view_permission(request)}
    assert seen == {label for label, groups in SEEN_BY.items() if group in groups}


@pytest.mark.parametrize("group", EVERYBODY)
def test_nobody_adds_changes_or_deletes_rows(group: str) -> None:
    request: Any = SimpleNamespace(user=member_of(group))
    for label, page in PAGES.items():
        touched = (
            page.has_add_permission(request),
            page.has_change_permission(request),
            page.has_delete_permission(request),
        )
        assert touched == (False, False, False), label
