"""Bearer tokens: an access token of a living, active person."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from apps.accounts import selectors
from apps.accounts.models import User
from apps.accounts.states import UserStatus
from apps.accounts.tokens import PROOFS_CLAIM, SESSION_CLAIM


class BearerAuthentication(BaseAuthentication):
    """Turns `Authorization: Bearer <access>` into the person; whose session is open."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the person and the token, or None without a token. Raises: AuthenticationFailed."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("The Authorization header must be 'Bearer <access token>'.")
        try:
            token = AccessToken(parts[1])  # type: ignore[arg-type]  # simplejwt takes bytes, its stub says Token
        except TokenError as error:
            raise AuthenticationFailed("The access token is not valid or has expired.") from error
        session = selectors.find_open_session(str(token.get(SESSION_CLAIM, "")))
        if session is None or str(session.user.public_id) != token.get("sub"):
            raise AuthenticationFailed("This session has ended. Sign in again.")
        if session.user.status != UserStatus.ACTIVE:
            raise AuthenticationFailed("This account cannot sign in.")
        # What the session has proven now, not when the token was made: turning the second factor
        # off takes effect at once.
        token[PROOFS_CLAIM] = session.proofs
        return session.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="petwash"'


def signed_in(request: Request) -> User:
    """Return the person behind a request that has passed the permission check."""
    assert isinstance(request.user, User)
    return request.user


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's metaclass is untyped
    """Describes bearer tokens in the OpenAPI document."""

    target_class = "apps.accounts.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
