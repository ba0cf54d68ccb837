"""What a message can be suspected of, what happens to it, and where the pair stands."""

from django.db import models


class Category(models.TextChoices):
    """The kinds of harm that the monitor looks for."""

    CONTACT = "contact", "Contact data"
    OFF_PLATFORM_PAYMENT = "off_platform_payment", "Off-platform payment"
    ABUSE = "abuse", "Abuse"
    SCAM = "scam", "Scam"


class Decision(models.TextChoices):
    """What happens to the message, mildest first."""

    ALLOW = "allow", "Allow"
    WARN = "warn", "Warn"
    MASK = "mask", "Mask"
    BLOCK = "block", "Block"

    @property
    def severity(self) -> int:
        """0 for allow up to 3 for block."""
        return list(Decision).index(self)


class Relation(models.TextChoices):
    """Whether the two people have a confirmed booking with each other."""

    BEFORE_BOOKING = "before_booking", "Before a booking"
    BOOKED = "booked", "Booked"
