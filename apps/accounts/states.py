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


class EndReason(models.TextChoices):
    """What ended a session family."""

    LOGOUT = "logout", "Signed out"
    REUSED = "reused", "An old refresh token was used again"
    PASSWORD_CHANGED = "password_changed", "The password was changed"
    PASSWORD_RESET = "password_reset", "The password was reset"
    SECOND_FACTOR = "second_factor", "The second factor was turned on or off"
    SUSPENDED = "suspended", "The account was suspended"
    DELETED = "deleted", "The account was deleted"
    LEFT_STAFF = "left_staff", "The person left the staff"
