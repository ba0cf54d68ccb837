"""Signing in and out: password, second factor, rotation of refresh tokens, revocation."""

import hashlib
import secrets
from datetime import timedelta

import structlog
from django.db import transaction

from apps.accounts import limits, tokens
from apps.accounts.models import LoginChallenge, SessionFamily, SessionFamilyQuerySet, User
from apps.accounts.services import attempts, credentials, second_factor
from apps.accounts.states import EndReason, UserStatus
from apps.accounts.totp import CodeResult
from apps.accounts.types import SecondFactorNeeded, SignedIn, TokenPair
from apps.common import audit
from apps.common.clock import real_now
from apps.common.db import require_transaction
from apps.common.errors import DomainError, Unauthenticated
from apps.common.ids import uuid7

log = structlog.get_logger(__name__)

CHALLENGE_LIFETIME = timedelta(minutes=5)


def log_in(*, email: str, password: str, address: str) -> SignedIn | SecondFactorNeeded:
    """Sign in with a password; with a second factor this yields a challenge and no token.

    Raises: Unauthenticated(invalid_credentials, account_suspended);
    TooManyRequests(too_many_attempts).
    """
    user = credentials.check(email=email, password=password, address=address)
    with transaction.atomic(durable=True):
        judged, user = user, lock_active(user.pk)
        if user.password != judged.password:
            raise Unauthenticated("invalid_credentials", "The password has just been changed.")
        if user.two_factor_enabled:
            return _challenge(user)
        return open_session(user, proofs=[tokens.PASSWORD_PROOF])


def answer_challenge(*, challenge: str, code: str) -> SignedIn:
    """Finish a sign-in with a code of the authenticator or a recovery code.

    Guesses count by account, over all its challenges. A challenge opens one session.

    Raises: Unauthenticated(challenge_invalid, challenge_expired, wrong_code, code_reused,
    account_suspended); TooManyRequests(too_many_attempts).
    """
    row = LoginChallenge.objects.filter(digest=_digest(challenge)).first()
    if row is None or row.used_at is not None:
        raise _challenge_invalid()
    if row.has_expired(real_now()):
        raise Unauthenticated("challenge_expired", "The five minutes for the code are over. Sign in again.")
    key = limits.CODE_BY_ACCOUNT.key(row.user_id)
    attempts.reserve(key)
    with transaction.atomic(durable=True):
        user = lock_active(row.user_id)
        if not LoginChallenge.objects.filter(pk=row.pk, used_at=None).update(used_at=real_now()):
            raise _challenge_invalid()
        result = second_factor.use_code(user, code)
        if result is not CodeResult.ACCEPTED:
            # Leaving by this error takes the challenge's mark back: a typing error may be mended.
            raise _refused_code(result)
        signed_in = open_session(user, proofs=[tokens.PASSWORD_PROOF, tokens.CODE_PROOF])
    attempts.forgive(key)
    return signed_in


def open_session(user: User, *, proofs: list[str]) -> SignedIn:
    """Open a session family for a person who has given the proofs, within the open transaction."""
    require_transaction()
    public_id = uuid7()
    minted = tokens.mint(user_id=str(user.public_id), session_id=str(public_id), proofs=proofs)
    SessionFamily.objects.create(
        public_id=public_id,
        user=user,
        proofs=proofs,
        next_jti=minted.refresh_jti,
        expires_at=minted.refresh_expires_at,
    )
    return SignedIn(access=minted.access, refresh=minted.refresh, user=user)


def refresh(*, refresh_token: str) -> TokenPair:
    """Spend a refresh token for a new pair.

    The family's row is locked: of several uses of one token exactly one succeeds. A token that was
    spent before is a sign of theft, so its whole family ends, whoever holds the newest pair.

    Raises: Unauthenticated(token_invalid, token_expired, token_reused, session_ended,
    account_suspended, account_deleted).
    """
    claims = _read(refresh_token)
    with transaction.atomic(durable=True):
        outcome = _rotate(claims)
    if isinstance(outcome, DomainError):
        # After the commit: ending the family must outlive the refusal.
        raise outcome
    return outcome


def log_out(*, refresh_token: str) -> None:
    """End the session that the token belongs to; a token that opens nothing changes nothing."""
    try:
        claims = tokens.read_refresh(refresh_token)
    except tokens.BadRefreshToken:
        return
    with transaction.atomic(durable=True):
        _families(claims).end(EndReason.LOGOUT)


def end_sessions(user: User, reason: EndReason, *, keep: str | None = None) -> int:
    """End the person's sessions, but for the one whose public id is `keep`; return how many.

    Composed: needs an open transaction.
    """
    require_transaction()
    families = SessionFamily.objects.filter(user=user)
    if keep is not None:
        families = families.exclude(public_id=keep)
    return families.end(reason)


def lock_active(user_id: int) -> User:
    """Lock the account's row and return it; the first lock of every use case here.

    Raises: Unauthenticated(account_suspended, account_deleted).
    """
    user = User.objects.select_for_update().get(pk=user_id)
    credentials.refuse_inactive(user)
    return user


def _challenge(user: User) -> SecondFactorNeeded:
    secret = secrets.token_urlsafe(32)
    now = real_now()
    LoginChallenge.objects.create(
        user=user, digest=_digest(secret), created_at=now, expires_at=now + CHALLENGE_LIFETIME
    )
    return SecondFactorNeeded(challenge=secret)


def _digest(challenge: str) -> str:
    return hashlib.sha256(challenge.encode()).hexdigest()


def _challenge_invalid() -> Unauthenticated:
    return Unauthenticated("challenge_invalid", "This challenge is not valid or was used. Sign in again.")


def _refused_code(result: CodeResult) -> Unauthenticated:
    if result is CodeResult.REUSED:
        return Unauthenticated("code_reused", "This code has been used. Wait for the next one, or use another.")
    return Unauthenticated("wrong_code", "The code is wrong. Check the clock of your device.")


def _read(refresh_token: str) -> tokens.RefreshClaims:
    try:
        return tokens.read_refresh(refresh_token)
    except tokens.ExpiredRefreshToken as error:
        raise Unauthenticated("token_expired", "The session has expired. Sign in again.") from error
    except tokens.BadRefreshToken as error:
        raise Unauthenticated("token_invalid", "This is not a valid refresh token.") from error


def _families(claims: tokens.RefreshClaims) -> SessionFamilyQuerySet:
    return SessionFamily.objects.filter(public_id=claims.session_id)


def _rotate(claims: tokens.RefreshClaims) -> TokenPair | DomainError:
    family = _families(claims).select_for_update(of=["self"]).select_related("user").first()
    if family is None or family.ended_at is not None:
        return Unauthenticated("session_ended", "This session has ended. Sign in again.")
    refusal = credentials.inactive_refusal(family.user)
    if refusal is not None:
        return _end_inactive(family, refusal)
    if family.next_jti != claims.jti:
        return _end_reused(family)
    minted = tokens.mint(user_id=str(family.user.public_id), session_id=str(family.public_id), proofs=family.proofs)
    family.next_jti = minted.refresh_jti
    family.expires_at = minted.refresh_expires_at
    family.refreshed_at = real_now()
    family.save(update_fields=["next_jti", "expires_at", "refreshed_at"])
    return TokenPair(access=minted.access, refresh=minted.refresh)


def _end_inactive(family: SessionFamily, refusal: DomainError) -> DomainError:
    suspended = family.user.status == UserStatus.SUSPENDED
    reason = EndReason.SUSPENDED if suspended else EndReason.DELETED
    SessionFamily.objects.filter(pk=family.pk).end(reason)
    return refusal


def _end_reused(family: SessionFamily) -> DomainError:
    SessionFamily.objects.filter(pk=family.pk).end(EndReason.REUSED)
    audit.record(None, "accounts.refresh_reused", f"session:{family.public_id}")
    log.warning("accounts.refresh_reused", session_id=str(family.public_id))
    return Unauthenticated(
        "token_reused",
        "This refresh token was used before, so the session has ended. Sign in again.",
    )
