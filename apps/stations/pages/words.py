"""What the page says: why a bay cannot be used, and what happens with one's wash. Pure."""

from dataclasses import dataclass

from apps.stations.states import WashStatus


@dataclass(frozen=True)
class Notice:
    """Something that the customer must know, and what to do about it."""

    what: str
    do: str = ""


_REFUSALS = {
    "station_no_host": Notice(
        "This station has no connection to us right now.",
        "Nothing was charged. Wait a minute: this page looks again by itself.",
    ),
    "bay_offline": Notice(
        "This bay has no connection right now.", "Nothing was charged. Please use another bay, or wait a minute."
    ),
    "bay_fault": Notice("This bay is out of order.", "Nothing was charged. Please use another bay; we know about it."),
    "bay_busy": Notice(
        "This bay is in use or being cleaned.", "Nothing was charged. Wait here: this page tells you when it is free."
    ),
    "tank_too_low": Notice(
        "There is not enough shampoo or other supply left for this program.", "Please choose another program."
    ),
    "bay_token_invalid": Notice(
        "This code is no longer valid.", "Nothing was charged. Scan the code that hangs at the bay now."
    ),
    "too_many_attempts": Notice(
        "There were too many attempts to pay.", "Nothing was charged. Wait a few minutes, or use another bay."
    ),
    "idempotency_in_progress": Notice("Your payment is on its way.", "Please wait: this page goes on by itself."),
    "card_declined": Notice("Your card was declined.", "Nothing was charged. Try another card, or ask your bank."),
    "expired_card": Notice("Your card has expired.", "Nothing was charged. Try another card."),
    "insufficient_funds": Notice("Your card has not enough money on it.", "Nothing was charged. Try another card."),
    "payment_intent_authentication_failure": Notice(
        "Your bank did not confirm the payment.", "Nothing was charged. Try again, or use another card."
    ),
    "cancelled": Notice("The payment was cancelled.", "Nothing was charged. Start again when you like."),
    "given_up": Notice("You cancelled the payment.", "Nothing was charged."),
    "lease_ended": Notice(
        "The payment took too long, so the bay was given free.", "Nothing was charged. Start again when you like."
    ),
    "presence_code_required": Notice(
        "This bay shows a code of four digits.", "Nothing was charged. Type in the code on the bay's display."
    ),
    "presence_code_invalid": Notice(
        "The four digits are not those on the bay's display.", "Nothing was charged. They change: look again."
    ),
    "nothing_to_move": Notice("There is nothing left to go on with.", "What was left is refunded to your card."),
    "bay_not_offered": Notice("This bay is not free.", "Scan the code of another bay."),
    "wash_not_paused": Notice("Your wash is not paused."),
    "total_changed": Notice(
        "Another addition came first.", "Nothing was charged. Look at the clock, then add more if you like."
    ),
    "top_up_pending": Notice("The bay has not confirmed the last addition yet.", "Try again in a few seconds."),
    "wash_not_running": Notice("Your wash does not run any more.", "Nothing was charged."),
    "validation_error": Notice("Something is missing.", "Choose a program and a way to pay, then try again."),
}

STAGES = {
    WashStatus.AWAITING_PAYMENT: "paying",
    WashStatus.ACTIVATING: "starting",
    WashStatus.UNCONFIRMED: "starting",
    WashStatus.RUNNING: "running",
    WashStatus.PAUSED: "paused",
    WashStatus.INTERRUPTED: "interrupted",
}
"""Which part of the page a wash shows; every other one has ended and shows its receipt."""

_ENDINGS = {
    WashStatus.FINISHED: "Your wash is finished.",
    WashStatus.STOPPED: "Your wash was stopped.",
    WashStatus.REFUNDING: "Your refund is on its way.",
    WashStatus.PARTIALLY_REFUNDED: "Your wash has ended. The unused part was refunded.",
    WashStatus.REFUNDED: "You have all your money back.",
    WashStatus.CANCELLED: "This wash was cancelled.",
}


def refusal(code: str, sentence: str = "") -> Notice:
    """Return why something is refused; a code without words of its own keeps the service's sentence."""
    return _REFUSALS.get(code) or Notice(sentence or "This did not work.", "" if sentence else "Please try again.")


def ending(status: str) -> str:
    """Return how a wash ended, in one sentence."""
    return _ENDINGS[WashStatus(status)]


def clock(seconds: int) -> str:
    """Return seconds as a clock shows them: 5:07."""
    return f"{seconds // 60}:{seconds % 60:02}"


def spoken(seconds: int) -> str:
    """Return seconds as a person says them: 5 minutes 7 seconds."""
    minutes, rest = divmod(seconds, 60)
    parts = [_count(minutes, "minute"), _count(rest, "second")]
    return " ".join(part for part in parts if part) or "0 seconds"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
