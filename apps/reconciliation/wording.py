"""Each class of break in plain words: what it means, and what to do. Pure."""

from dataclasses import dataclass

from apps.reconciliation.states import BreakClass


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person reads on a break's page."""

    meaning: str
    remedy: str


ADVICE: dict[str, Advice] = {
    BreakClass.UNKNOWN_AT_GATEWAY: Advice(
        "Money moved at the gateway, and no row of ours asked for it. A transfer of this class is money that left "
        "without a release: somebody paid by hand, with a foreign tool or a stolen key.",
        "Open the object at the gateway and find out who made it. Take a transfer back there if nobody was owed it; "
        "the reversal shows as a break of its own, and both can be explained by each other. Otherwise propose a "
        "journal. If nobody admits to it, rotate the gateway's key first.",
    ),
    BreakClass.UNRECORDED: Advice(
        "The gateway did what we asked, or a bank opened or decided a dispute, and our books do not hold it: the "
        "answer or the event was lost.",
        "Look at Operations, for a dispute at Webhook events: the sweeps record it by themselves. Do not post it by "
        "hand, it would be booked twice. If the operation shows an error that repeats, call an engineer.",
    ),
    BreakClass.MISSING_AT_GATEWAY: Advice(
        "Our books hold a movement as done, and the gateway's balance does not show it.",
        "Look the id up at the gateway. If it is there, the next run finds it. If it is not, the money did not "
        "move: call an engineer before anybody sends it again.",
    ),
    BreakClass.AMOUNT_DIFFERS: Advice(
        "Both sides know the movement, with different amounts.",
        "Compare the object at the gateway with our row. What the gateway says has happened; propose a journal over "
        "the difference, and settle with the person who got too much or too little.",
    ),
    BreakClass.FEE_DIFFERS: Advice(
        "The gateway kept another fee than was booked.",
        "Propose a journal over the difference against the gateway's fees.",
    ),
    BreakClass.CURRENCY_DIFFERS: Advice(
        "The gateway settled the movement in another currency than our books hold.",
        "Nothing is posted for it by hand here. Switch the conversion off at the gateway, and call an engineer: "
        "presentment and settlement currency have to be the same.",
    ),
    BreakClass.UNPOSTED_ENTRY: Advice(
        "The gateway booked something on our balance that no part of PetWash posts: a fee, a top-up, an adjustment.",
        "Read the entry at the gateway, and propose a journal against the account that it belongs to.",
    ),
    BreakClass.DUPLICATE_EFFECT: Advice(
        "Money moved twice for one cause.",
        "Take the second movement back at the gateway. Its reversal shows as a break of its own; the two can be "
        "explained by each other.",
    ),
    BreakClass.CLEARING_DIFFERS: Advice(
        "The ledger's account of money at the gateway does not add up to the movements that were booked, or the "
        "gateway's own balance is not the sum of its entries.",
        "Run `manage.py check_ledger`, then compare the journals on stripe_clearing since the last run without a "
        "break with the movements. A journal posted by hand is the usual cause.",
    ),
    BreakClass.HELD_PAID_OUT: Advice(
        "A payout to our bank took money that is held for stays: the gateway now holds less than what we owe from it.",
        "Switch automatic payouts off at the gateway and top its balance up by the amount shown.",
    ),
}
