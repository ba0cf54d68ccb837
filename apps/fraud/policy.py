"""Stage 5: what happens to a message, as a table of data.

A row applies when the category scores at least `score`, the sender has at least `strikes` strikes
for it, and the pair stands in the row's relation (None: in any). Of a category's rows the first
that applies decides; over all categories the most severe decision wins. Contact data is nobody's
business after a confirmed booking, so it has no row there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.fraud.states import Category, Decision, Relation
from apps.fraud.types import CategoryScore, SenderHistory

APPEAL = "If we got this wrong, write to support from the help page: a person will look at it."

_CONTACT = (
    "We hid contact details: phone numbers, addresses, handles and links can be shared once a booking is confirmed."
)
_CONTACT_HINT = (
    "This looks like an attempt to move the conversation elsewhere. Until a booking is confirmed, please stay in the "
    "chat: only here can we protect you."
)
_PAYMENT_HINT = (
    "This looks like a payment outside of PetWash. Only payments made here are held safely, refundable and covered. "
    "Repeated attempts limit your account."
)
_PAYMENT = "We hid an arrangement to pay outside of PetWash. Payments made here are held safely and refundable."
_PAYMENT_HELD = (
    "This message was not delivered: you have repeatedly tried to arrange payments outside of PetWash, "
    "against the terms."
)
_SCAM = "This message was not delivered: it has the marks of a known fraud. Our safety team is looking at it."
_SCAM_HINT = (
    "Parts of this message are typical of known frauds. Never send codes, gift cards or money outside of PetWash."
)
_ABUSE = "This message was not delivered: it insults or harasses. Please say it again without that."
_THREAT = "This message was not delivered: it threatens somebody. Our safety team is looking at it."
_ABUSE_HINT = "Please keep it friendly: this may read as an insult."


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One line of the table; `urgent` puts the message before the safety team at once."""

    category: Category
    relation: Relation | None
    score: float
    strikes: int
    decision: Decision
    sentence: str
    urgent: bool = False

    def applies(self, found: CategoryScore, relation: Relation, sender: SenderHistory) -> bool:
        """Tell whether this row speaks about what was found."""
        return (
            found.name == self.category
            and self.relation in (None, relation)
            and found.score >= self.score
            and sender.strikes_for(self.category) >= self.strikes
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The rows in force. `review_at` is the learned score that opens a case by itself."""

    rows: Sequence[PolicyRow]
    review_at: float = 0.8

    def decide(
        self, found: Iterable[CategoryScore], relation: Relation, sender: SenderHistory
    ) -> dict[Category, PolicyRow]:
        """Return the row that decides for each category that any row speaks about."""
        decided: dict[Category, PolicyRow] = {}
        for score in found:
            row = next((row for row in self.rows if row.applies(score, relation, sender)), None)
            if row is not None:
                decided[score.name] = row
        return decided


DEFAULT_POLICY = Policy(
    rows=(
        PolicyRow(Category.CONTACT, Relation.BEFORE_BOOKING, 0.80, 0, Decision.MASK, _CONTACT),
        PolicyRow(Category.CONTACT, Relation.BEFORE_BOOKING, 0.60, 3, Decision.MASK, _CONTACT),
        PolicyRow(Category.CONTACT, Relation.BEFORE_BOOKING, 0.55, 0, Decision.WARN, _CONTACT_HINT),
        PolicyRow(Category.OFF_PLATFORM_PAYMENT, None, 0.80, 4, Decision.BLOCK, _PAYMENT_HELD),
        PolicyRow(Category.OFF_PLATFORM_PAYMENT, None, 0.70, 1, Decision.MASK, _PAYMENT),
        PolicyRow(Category.OFF_PLATFORM_PAYMENT, None, 0.60, 0, Decision.WARN, _PAYMENT_HINT),
        PolicyRow(Category.SCAM, None, 0.80, 0, Decision.BLOCK, _SCAM, urgent=True),
        PolicyRow(Category.SCAM, None, 0.60, 0, Decision.WARN, _SCAM_HINT),
        PolicyRow(Category.ABUSE, None, 0.88, 0, Decision.BLOCK, _THREAT, urgent=True),
        PolicyRow(Category.ABUSE, None, 0.80, 0, Decision.BLOCK, _ABUSE),
        PolicyRow(Category.ABUSE, None, 0.60, 0, Decision.WARN, _ABUSE_HINT),
    )
)
