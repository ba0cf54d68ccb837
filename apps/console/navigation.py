"""The sidebar: four desks and the machinery, filled with what the person may see."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.accounts import selectors as accounts

GROUPS = ("Operations", "Finance", "Trust & Safety", "Support", "System")
GROUP_OF_APP = {
    "stations": "Operations",
    "bookings": "Operations",
    "pets": "Operations",
    "ledger": "Finance",
    "commission": "Finance",
    "statements": "Finance",
    "payments": "Finance",
    "reconciliation": "Finance",
    "escrow": "Finance",
    "sitters": "Trust & Safety",
    "fraud": "Trust & Safety",
    "accounts": "Support",
    "messaging": "Support",
}
ICONS = {
    "stations": "local_laundry_service",
    "stations.Alert": "notification_important",
    "stations.Bay": "shower",
    "stations.BridgeShard": "lan",
    "stations.ChemicalLimits": "tune",
    "stations.Command": "send",
    "stations.DeadLetter": "mark_email_unread",
    "stations.MaintenanceVisit": "home_repair_service",
    "stations.Station": "storefront",
    "stations.Tank": "water_drop",
    "commission": "percent",
    "statements": "receipt_long",
    "common.AuditEntry": "history",
    "escrow.BankRefund": "assured_workload",
    "escrow.Freeze": "ac_unit",
    "escrow.FreezeLimit": "group_add",
    "escrow.HoldPolicy": "hourglass_top",
    "escrow.PayeeStanding": "pause_circle",
    "escrow.PayoutRun": "sprint",
    "common.Heartbeat": "monitor_heart",
    "common.OutboxEvent": "outbox",
    "bookings": "event",
    "bookings.NoShowReview": "event_busy",
    "pets": "pets",
    "ledger": "account_balance",
    "payments": "payments",
    "payments.Dispute": "gavel",
    "payments.Reversal": "undo",
    "reconciliation": "difference",
    "reconciliation.Run": "compare_arrows",
    "reconciliation.GatewayEntry": "receipt_long",
    "escrow": "lock_clock",
    "escrow.Receivable": "request_quote",
    "sitters": "verified_user",
    "fraud": "gpp_maybe",
    "accounts": "group",
    "messaging": "chat",
    "common": "settings",
}


def sidebar(app_list: list[dict[str, Any]], request: HttpRequest) -> list[dict[str, Any]]:
    """Return the theme's navigation for the models and pages that this person may see."""
    path = request.path
    items: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    items["Operations"] += [
        _item("Overview", reverse("admin:index"), "space_dashboard", path, exact=True),
        _item("Live stations", reverse("admin:stations_live"), "sensors", path),
    ]
    if accounts.belongs_to(request.user, "Operations", "Support"):
        items["Operations"].append(_item("Refills", reverse("admin:stations_refills"), "local_shipping", path))
    if accounts.belongs_to(request.user, "Finance"):
        items["Finance"].append(_item("Payouts", reverse("admin:payouts"), "price_check", path))
    for app in app_list:
        group = GROUP_OF_APP.get(app["app_label"], "System")
        for model in app["models"]:
            icon = ICONS.get(f"{app['app_label']}.{model['object_name']}") or ICONS.get(app["app_label"], "settings")
            if model.get("admin_url"):
                items[group].append(_item(str(model["name"]), model["admin_url"], icon, path))
    return [
        {"title": group, "separator": group != GROUPS[0], "items": items[group]} for group in GROUPS if items[group]
    ]


def _item(title: str, link: str, icon: str, path: str, *, exact: bool = False) -> dict[str, Any]:
    active = path == link if exact else path.startswith(link)
    return {"title": title, "link": link, "icon": icon, "active": active, "has_permission": True}
