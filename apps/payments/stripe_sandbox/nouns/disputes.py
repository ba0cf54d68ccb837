"""Disputes: a payer's bank asks about a charge (inquiry) or takes its money back (chargeback).

Sources: docs.stripe.com/disputes/how-disputes-work, docs.stripe.com/api/disputes,
docs.stripe.com/testing#disputes.
"""

from apps.payments.stripe_sandbox.context import DAY, Context
from apps.payments.stripe_sandbox.nouns import cards, money
from apps.payments.stripe_sandbox.problems import StripeProblem, executed, invalid
from apps.payments.stripe_sandbox.store import Body

INQUIRY_SECONDS = 120 * DAY
CLOSED = {"won", "lost", "warning_closed"}
REVIEWS = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
REASONS = {
    "bank_cannot_process", "check_returned", "credit_not_processed", "customer_initiated",
    "debit_not_authorized", "duplicate", "fraudulent", "general", "incorrect_account_details",
    "insufficient_funds", "noncompliant", "product_not_received", "product_unacceptable",
    "subscription_canceled", "unrecognized",
}  # fmt: skip
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost", "escalate_inquiry_evidence": "escalated"}


def open_now(context: Context) -> Body:
    """POST /_sandbox/charges/{id}/dispute: `amount` (default: all), `reason`, `inquiry`."""
    charge = context.fetch("charge", context.ids[0], "charge")
    reason = context.text("reason", default="fraudulent")
    if reason not in REASONS:
        raise invalid(f"Invalid reason: must be one of {sorted(REASONS)}", param="reason")
    contested = sum(row["amount"] for row in _of(context, charge) if row["status"] not in {"won", "warning_closed"})
    left = charge["amount"] - contested
    if left == 0 or charge["status"] != "succeeded":
        raise executed("Nothing of this charge can be disputed.", param="charge")
    amount = context.integer("amount", default=left)
    if amount > left:
        raise invalid(f"At most {left} of this charge can be disputed.", param="amount")
    return _open(context, charge, amount, reason, inquiry=bool(context.flag("inquiry")))


def open_by_card(context: Context, charge_id: str) -> None:
    """Dispute a charge that was made with a test card for it."""
    charge = context.fetch("charge", charge_id)
    card = cards.CARDS[charge["payment_method"]]
    _open(context, charge, charge["amount"], card.dispute, inquiry=card.inquiry)


def _open(context: Context, charge: Body, amount: int, reason: str, *, inquiry: bool) -> Body:
    dispute = context.store.add(
        "du",
        "dispute",
        amount=amount,
        currency=charge["currency"],
        charge=charge["id"],
        payment_intent=charge["payment_intent"],
        status="warning_needs_response" if inquiry else "needs_response",
        reason=reason,
        balance_transactions=[],
        evidence={},
        evidence_details={
            "due_by": context.store.now() + context.rules.evidence_seconds,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=inquiry,
        metadata={},
    )
    charge["disputed"] = True
    context.store.save(charge)
    context.emit("charge.dispute.created", dispute)
    context.later("expire_dispute", dispute, INQUIRY_SECONDS if inquiry else context.rules.evidence_seconds + 1)
    if not inquiry:
        _withdraw(context, dispute)
    return dispute


def _withdraw(context: Context, dispute: Body) -> None:
    """Take the disputed amount and the fee off the balance, whatever it holds."""
    _book(context, dispute, -dispute["amount"], context.rules.dispute_fee, "dispute", "Chargeback withdrawal")
    context.emit("charge.dispute.funds_withdrawn", dispute)


def _book(context: Context, dispute: Body, amount: int, fee: int, category: str, what: str) -> None:
    booked = money.book(
        context, "adjustment", dispute["id"], amount, dispute["currency"],
        fee=fee, category=category, description=f"{what} for {dispute['charge']}",
    )  # fmt: skip
    dispute["balance_transactions"].append(money.shown(context, booked))
    context.store.save(dispute)


def update(context: Context) -> Body:
    """POST /v1/disputes/{id}: stages evidence, or submits it, which is the default."""
    dispute = context.fetch("dispute", context.ids[0], "dispute")
    if dispute["status"] in CLOSED:
        raise _closed()
    given = context.params.get("evidence", {})
    if not isinstance(given, dict):
        raise invalid("Invalid object", param="evidence")
    dispute["evidence"] |= given
    dispute["metadata"] |= context.metadata()
    details = dispute["evidence_details"]
    details["has_evidence"] = bool(dispute["evidence"])
    if dispute["evidence"] and context.flag("submit") is not False:
        details["submission_count"] += 1
        dispute["status"] = REVIEWS.get(dispute["status"], dispute["status"])
        context.later("decide_dispute", dispute, context.rules.later_seconds)
    context.store.save(dispute)
    context.emit("charge.dispute.updated", dispute)
    return dispute


def close(context: Context) -> Body:
    """POST /v1/disputes/{id}/close: accepts it as lost, for good."""
    dispute = context.fetch("dispute", context.ids[0], "dispute")
    if dispute["status"] in CLOSED:
        raise _closed()
    if dispute["status"] != "needs_response":
        raise executed("Only a dispute that needs a response can be closed.")
    _decide(context, dispute, "lost")
    return dispute


def resolve(context: Context) -> Body:
    """POST /_sandbox/disputes/{id}/resolve: the bank decides: `outcome` won, lost or escalated."""
    dispute = context.fetch("dispute", context.ids[0], "dispute")
    outcome = context.text("outcome")
    if dispute["status"] in CLOSED:
        raise _closed()
    if outcome not in VERDICTS.values():
        raise invalid("Invalid outcome: must be won, lost or escalated", param="outcome")
    _decide(context, dispute, outcome)
    return context.fetch("dispute", dispute["id"])


def decide_by_evidence(context: Context, dispute_id: str) -> None:
    """Let the bank follow evidence that says what it is to decide; any other stays under review."""
    dispute = context.fetch("dispute", dispute_id)
    verdict = VERDICTS.get(str(dispute["evidence"].get("uncategorized_text", "")).strip())
    if verdict and dispute["status"] not in CLOSED:
        _decide(context, dispute, verdict)


def expire(context: Context, dispute_id: str) -> None:
    """Close what nobody answered in time: a chargeback is lost, an inquiry is over."""
    dispute = context.fetch("dispute", dispute_id)
    if dispute["status"] in {"needs_response", "warning_needs_response", "warning_under_review"}:
        dispute["evidence_details"]["past_due"] = True
        _decide(context, dispute, "lost")


def _decide(context: Context, dispute: Body, verdict: str) -> None:
    inquiry = dispute["status"].startswith("warning")
    if verdict == "escalated":
        if inquiry:
            _escalate(context, dispute)
        return
    dispute["status"] = "warning_closed" if inquiry else verdict
    dispute["is_charge_refundable"] = inquiry or verdict == "won"
    context.store.save(dispute)
    if dispute["status"] == "won":
        fee = -context.rules.dispute_fee if context.rules.dispute_fee_returned else 0
        _book(context, dispute, dispute["amount"], fee, "dispute_reversal", "Chargeback reversal")
        context.emit("charge.dispute.funds_reinstated", dispute)
    context.emit("charge.dispute.closed", dispute)


def _escalate(context: Context, dispute: Body) -> None:
    """Turn an inquiry into a chargeback; refunds made during it fail, so that nobody is paid twice."""
    for refund in context.store.find("refund", {"charge": dispute["charge"]}):
        if refund["created"] >= dispute["created"]:
            context.later("fail_disputed_refund", refund, 0)
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["evidence_details"]["due_by"] = context.store.now() + context.rules.evidence_seconds
    context.store.save(dispute)
    context.later("expire_dispute", dispute, context.rules.evidence_seconds + 1)
    context.emit("charge.dispute.updated", dispute)
    _withdraw(context, dispute)


def blocks_refunds(context: Context, charge: Body) -> bool:
    """Tell whether a chargeback keeps the charge from being refunded; a won one no longer does."""
    return any(not row["is_charge_refundable"] for row in _of(context, charge))


def close_refunded_inquiries(context: Context, charge: Body) -> None:
    """Close the inquiries into a charge that has been refunded in full."""
    if charge["refunded"]:
        for dispute in _of(context, charge):
            if dispute["status"].startswith("warning") and dispute["status"] not in CLOSED:
                _decide(context, dispute, "won")


def _of(context: Context, charge: Body) -> list[Body]:
    return context.store.find("dispute", {"charge": charge["id"]}) if charge["disputed"] else []


def _closed() -> StripeProblem:
    return executed("This dispute is already closed")


def retrieve(context: Context) -> Body:
    """GET /v1/disputes/{id}"""
    return context.fetch("dispute", context.ids[0], "dispute")


def listing(context: Context) -> Body:
    """GET /v1/disputes"""
    return context.listing("dispute", "/v1/disputes", "charge", "payment_intent")
