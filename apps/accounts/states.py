"""Who a person is to the company, and whether they may enter."""

from django.db import models


class Role(models.TextChoices):
    """What somebody registered as; staff are made by staff."""

    OWNER = "owner", "Owner"
    SITTER = "sitter", "Sitter"
    STAFF = "staff", "Staff"


class UserStatus(models.TextChoices):
    """Whether the account lives."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    DELETED = "deleted", "Deleted"
