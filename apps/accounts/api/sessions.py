"""Signing in, staying signed in, signing out."""

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import examples
from apps.accounts.api.serializers import (
    ChallengeAnswerSerializer,
    ChallengeSerializer,
    LoginSerializer,
    RefreshSerializer,
    SignedInSerializer,
    TokenPairSerializer,
)
from apps.accounts.services import sessions
from apps.accounts.types import SecondFactorNeeded
from apps.common.api.client_address import client_address
from apps.common.api.schema import operation
from apps.common.api.views import PublicView

TAGS = ("accounts",)
SIGNED_IN = {**examples.PAIR, "user": examples.PERSON}


class LoginView(PublicView):
    """POST /auth/login."""

    @operation(
        summary="Sign in with a password",
        description="Answers tokens, or a challenge when the account has a second factor: no token of any kind "
        "comes before it. After five wrong passwords for an account from one address: 429 for 15 minutes.",
        request=LoginSerializer,
        responses={
            200: PolymorphicProxySerializer(
                component_name="LoginAnswer",
                serializers=[SignedInSerializer, ChallengeSerializer],
                resource_type_field_name=None,
            )
        },
        errors=["invalid_credentials:401", "account_suspended:401", "too_many_attempts:429"],
        examples=[
            examples.asked("A person", {"email": "olivia@example.com", "password": "correct horse battery"}),
            examples.answered("Signed in", SIGNED_IN),
            examples.answered("A code must follow", {"two_factor_required": True, "challenge": "h0Jc…"}),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Sign in."""
        body = self.parse(LoginSerializer, request)
        answer = sessions.log_in(address=client_address(request), **body)
        if isinstance(answer, SecondFactorNeeded):
            return Response({"two_factor_required": True, "challenge": answer.challenge})
        return Response(SignedInSerializer(answer).data)


class ChallengeView(PublicView):
    """POST /auth/2fa/verify."""

    @operation(
        summary="Finish a sign-in with a code",
        description="Takes a code of the authenticator or a recovery code. A challenge lives five minutes and opens "
        "one session. Five wrong codes for an account, over all its challenges: 429 for 15 minutes.",
        request=ChallengeAnswerSerializer,
        responses={200: SignedInSerializer},
        errors=[
            "wrong_code:401",
            "code_reused:401",
            "challenge_invalid:401",
            "challenge_expired:401",
            "account_suspended:401",
            "account_deleted:401",
            "too_many_attempts:429",
        ],
        examples=[
            examples.asked("An authenticator", {"challenge": "h0Jc…", "code": "492039"}),
            examples.asked("A recovery code", {"challenge": "h0Jc…", "code": "k7dm-2qxz-p94c-wn3h"}),
            examples.answered("Signed in", SIGNED_IN),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Finish the sign-in."""
        return Response(
            SignedInSerializer(sessions.answer_challenge(**self.parse(ChallengeAnswerSerializer, request))).data
        )


class RefreshView(PublicView):
    """POST /auth/refresh."""

    @operation(
        summary="Spend a refresh token for a new pair",
        description="Each refresh token works once. Of several uses at the same time exactly one succeeds; a token "
        "that was spent before ends its whole session, so refresh from one place at a time.",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer},
        errors=[
            "token_invalid:401",
            "token_expired:401",
            "token_reused:401",
            "session_ended:401",
            "account_suspended:401",
            "account_deleted:401",
        ],
        examples=[
            examples.asked("A token", {"refresh": "eyJhbGciOi…"}),
            examples.answered("A new pair", examples.PAIR),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Rotate."""
        body = self.parse(RefreshSerializer, request)
        return Response(TokenPairSerializer(sessions.refresh(refresh_token=body["refresh"])).data)


class LogoutView(PublicView):
    """POST /auth/logout."""

    @operation(
        summary="End the session of a refresh token",
        description="Its access tokens end with it. A token that opens nothing (any more) is answered the same way.",
        request=RefreshSerializer,
        responses={204: None},
        examples=[examples.asked("A token", {"refresh": "eyJhbGciOi…"})],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Sign out."""
        sessions.log_out(refresh_token=self.parse(RefreshSerializer, request)["refresh"])
        return Response(status=204)
