"""Registering, proving the address, and forgotten passwords."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import examples
from apps.accounts.api.serializers import (
    DetailSerializer,
    EmailSerializer,
    RegisterSerializer,
    ResetSerializer,
    TokenSerializer,
    UserSerializer,
)
from apps.accounts.api.sessions import TAGS
from apps.accounts.services import passwords, registration
from apps.common.api.schema import operation
from apps.common.api.views import PublicView

TOKEN_ERRORS = ("token_invalid:400", "token_expired:400", "token_used:409")


def _sent() -> Response:
    return Response(examples.SENT, status=202)


class RegisterView(PublicView):
    """POST /auth/register."""

    @operation(
        summary="Register",
        description="The same answer whether or not the address has an account; the mails differ. "
        "Signing in works at once; booking, vetting and paying need the verified address.",
        request=RegisterSerializer,
        responses={202: DetailSerializer},
        errors=["too_many_attempts:429"],
        examples=[
            examples.asked(
                "An owner",
                {
                    "email": "olivia@example.com",
                    "password": "correct horse battery",
                    "full_name": "Olivia Owner",
                    "phone": "+1 415 555 0100",
                    "role": "owner",
                },
            ),
            examples.answered("A mail is on its way", examples.SENT, 202),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Register."""
        registration.register(**self.parse(RegisterSerializer, request))
        return _sent()


class VerifyAddressView(PublicView):
    """POST /auth/email/verify."""

    @operation(
        summary="Prove the address with the token of the mail",
        description="The token works once, within three days.",
        request=TokenSerializer,
        responses={200: UserSerializer},
        errors=TOKEN_ERRORS,
        examples=[
            examples.asked("A token", {"token": "eyJ1Ijoi…:1tQ…"}),
            examples.answered("Verified", examples.PERSON),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Verify."""
        return Response(UserSerializer(registration.verify_address(**self.parse(TokenSerializer, request))).data)


class ResendView(PublicView):
    """POST /auth/email/resend."""

    @operation(
        summary="Have the verification mail sent again",
        description="The same answer whether or not the address has an account.",
        request=EmailSerializer,
        responses={202: DetailSerializer},
        errors=["too_many_attempts:429"],
        examples=[
            examples.asked("An address", {"email": "olivia@example.com"}),
            examples.answered("Perhaps", examples.SENT, 202),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Send again."""
        registration.resend_verification(**self.parse(EmailSerializer, request))
        return _sent()


class ForgotView(PublicView):
    """POST /auth/password/forgot."""

    @operation(
        summary="Have a mail sent that resets the password",
        description="The same answer whether or not the address has an account.",
        request=EmailSerializer,
        responses={202: DetailSerializer},
        errors=["too_many_attempts:429"],
        examples=[
            examples.asked("An address", {"email": "olivia@example.com"}),
            examples.answered("Perhaps", examples.SENT, 202),
        ],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Forget."""
        passwords.forget(**self.parse(EmailSerializer, request))
        return _sent()


class ResetView(PublicView):
    """POST /auth/password/reset."""

    @operation(
        summary="Set a new password with the token of the mail",
        description="The token works once, within one hour. Every session of the account ends; a second factor stays.",
        request=ResetSerializer,
        responses={204: None},
        errors=TOKEN_ERRORS,
        examples=[examples.asked("A token", {"token": "eyJ1Ijoi…:1tQ…", "password": "another horse battery"})],
        role="anyone",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Reset."""
        passwords.reset(**self.parse(ResetSerializer, request))
        return Response(status=204)
