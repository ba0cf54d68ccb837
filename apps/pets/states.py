"""Words for pets. Pure."""

from django.db.models import TextChoices


class Species(TextChoices):
    """Animals that sitters take and stations wash."""

    DOG = "dog", "Dog"
    CAT = "cat", "Cat"
    RABBIT = "rabbit", "Rabbit"
    BIRD = "bird", "Bird"
    OTHER = "other", "Other"


class Sex(TextChoices):
    """Sex of a pet; `unknown` is an answer."""

    FEMALE = "female", "Female"
    MALE = "male", "Male"
    UNKNOWN = "unknown", "Unknown"
