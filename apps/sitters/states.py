"""Statuses of vetting and the moves that are allowed between them. Pure."""

from django.db.models import TextChoices


class CheckKind(TextChoices):
    """What the provider looks into for one case."""

    IDENTITY = "identity", "Identity"
    CRIMINAL_HISTORY = "criminal_history", "Criminal history"


class CheckStatus(TextChoices):
    """Where one check stands."""

    PENDING = "pending", "Pending"
    CLEAR = "clear", "Clear"
    CONSIDER = "consider", "Consider"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled by the provider"


class CaseStatus(TextChoices):
    """Where one submission stands. `submitting`: not yet confirmed by the provider."""

    SUBMITTING = "submitting", "Being handed to the provider"
    PENDING = "pending", "Waiting for results"
    IN_REVIEW = "in_review", "A person decides"
    CLEARED = "cleared", "Cleared"
    REJECTED = "rejected", "Rejected"


class VettingStatus(TextChoices):
    """What the platform knows about a sitter as a whole."""

    NOT_SUBMITTED = "not_submitted", "Not submitted"
    PENDING = "pending", "Waiting for results"
    IN_REVIEW = "in_review", "In review"
    CLEARED = "cleared", "Cleared"
    REJECTED = "rejected", "Rejected"
    EXPIRED = "expired", "Clearance expired"


class TrustBadge(TextChoices):
    """What an owner sees next to the sitter's name."""

    NONE = "none", "None"
    VETTED = "vetted", "Identity and criminal history checked"


class NoticeStatus(TextChoices):
    """Where one notice of the provider stands in the inbox."""

    RECEIVED = "received", "Received"
    PARKED = "parked", "Waiting for its case"
    APPLIED = "applied", "Applied"
    IGNORED = "ignored", "Ignored"


OPEN_CASES = (CaseStatus.SUBMITTING, CaseStatus.PENDING, CaseStatus.IN_REVIEW)

CASE_MOVES: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.SUBMITTING: frozenset({CaseStatus.PENDING}),
    CaseStatus.PENDING: frozenset({CaseStatus.IN_REVIEW, CaseStatus.CLEARED, CaseStatus.REJECTED}),
    CaseStatus.IN_REVIEW: frozenset({CaseStatus.CLEARED, CaseStatus.REJECTED}),
    CaseStatus.CLEARED: frozenset(),
    CaseStatus.REJECTED: frozenset(),
}

PROFILE_MOVES: dict[VettingStatus, frozenset[VettingStatus]] = {
    VettingStatus.NOT_SUBMITTED: frozenset({VettingStatus.PENDING}),
    VettingStatus.PENDING: frozenset({VettingStatus.IN_REVIEW, VettingStatus.CLEARED, VettingStatus.REJECTED}),
    VettingStatus.IN_REVIEW: frozenset({VettingStatus.CLEARED, VettingStatus.REJECTED}),
    # A renewal that is still open when the old clearance ends leaves by `pending` or `in_review`.
    VettingStatus.CLEARED: frozenset(
        {
            VettingStatus.EXPIRED,
            VettingStatus.PENDING,
            VettingStatus.IN_REVIEW,
            VettingStatus.REJECTED,
        }
    ),
    VettingStatus.REJECTED: frozenset({VettingStatus.PENDING}),
    VettingStatus.EXPIRED: frozenset({VettingStatus.PENDING}),
}


class ServiceKind(TextChoices):
    """The overnight services that a sitter can offer."""

    BOARDING = "boarding", "Boarding in the sitter's home"
    DAY_CARE = "day_care", "Day care"
    HOUSE_SITTING = "house_sitting", "House sitting in the owner's home"


# Away in the owner's home a sitter can host nobody else: the whole night is taken.
EXCLUSIVE_SERVICES = frozenset({ServiceKind.HOUSE_SITTING})


class CancellationTier(TextChoices):
    """How much an owner gets back, as the bookings app reads it."""

    FLEXIBLE = "flexible", "Flexible"
    MODERATE = "moderate", "Moderate"
    STRICT = "strict", "Strict"


class Plan(TextChoices):
    """The commission plan of a sitter, as the bookings app reads it."""

    STANDARD = "standard", "Standard"
    PREMIUM = "premium", "Premium"
