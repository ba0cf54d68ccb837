"""Rows of accounts, by noun."""

from apps.accounts.models.attempts import AttemptCounter
from apps.accounts.models.people import User, UserManager
from apps.accounts.models.second_factor import RecoveryCode, RecoveryDevice, TOTPDevice
from apps.accounts.models.sessions import LoginChallenge, SessionFamily, SessionFamilyQuerySet

__all__ = [
    "AttemptCounter",
    "LoginChallenge",
    "RecoveryCode",
    "RecoveryDevice",
    "SessionFamily",
    "SessionFamilyQuerySet",
    "TOTPDevice",
    "User",
    "UserManager",
]
