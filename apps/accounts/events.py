"""What happened to accounts. Ids only: neither an address nor a token travels in an event."""

from dataclasses import dataclass

from apps.common import events


@dataclass(frozen=True)
class UserRegistered(events.Event):
    """A new account waits for its address to be verified."""

    user_id: str


@dataclass(frozen=True)
class RegistrationRepeated(events.Event):
    """Somebody tried to register an address that has an account."""

    user_id: str


@dataclass(frozen=True)
class VerificationRequested(events.Event):
    """The owner of an unverified address asked for the mail again."""

    user_id: str


@dataclass(frozen=True)
class AddressVerified(events.Event):
    """The account's address is proven."""

    user_id: str


@dataclass(frozen=True)
class PasswordResetRequested(events.Event):
    """Somebody asked to reset the account's password."""

    user_id: str


@dataclass(frozen=True)
class PasswordChanged(events.Event):
    """The account has a new password."""

    user_id: str


@dataclass(frozen=True)
class SecondFactorEnabled(events.Event):
    """Signing in takes a code from now on."""

    user_id: str


@dataclass(frozen=True)
class SecondFactorDisabled(events.Event):
    """Signing in takes no code any more."""

    user_id: str


@dataclass(frozen=True)
class UserSuspended(events.Event):
    """Staff suspended the account; its sessions have ended."""

    user_id: str


@dataclass(frozen=True)
class UserReactivated(events.Event):
    """Staff let the account back in."""

    user_id: str


@dataclass(frozen=True)
class UserDeleted(events.Event):
    """The account is gone for its owner; its sessions have ended."""

    user_id: str
