"""Use cases of bookings: each opens its own transaction; the gateway is called outside of it."""

from apps.bookings.services.cancelling import RefundQuote, cancel, quote_refund
from apps.bookings.services.creation import create_booking
from apps.bookings.services.ending import complete_overdue
from apps.bookings.services.mailing import send_mail
from apps.bookings.services.no_shows import decide_no_show, report_no_show, review_no_shows
from apps.bookings.services.payment import deposit, deposit_again, expire_overdue, settle_paid
from apps.bookings.services.payouts import request_payout
from apps.bookings.services.problems import report_problem
from apps.bookings.services.quotes import StayWish, price_stay, prune_quotes
from apps.bookings.services.stays import accept, complete_stay, decline, start_stay

__all__ = [
    "RefundQuote",
    "StayWish",
    "accept",
    "cancel",
    "complete_overdue",
    "complete_stay",
    "create_booking",
    "decide_no_show",
    "decline",
    "deposit",
    "deposit_again",
    "expire_overdue",
    "price_stay",
    "prune_quotes",
    "quote_refund",
    "report_no_show",
    "report_problem",
    "request_payout",
    "review_no_shows",
    "send_mail",
    "settle_paid",
    "start_stay",
]
