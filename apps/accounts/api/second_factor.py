"""The second factor: setting up, confirming, turning off."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import examples
from apps.accounts.api.authentication import signed_in
from apps.accounts.api.serializers import (
    CodeSerializer,
    DisableSerializer,
    EnrolmentSerializer,
    RecoveryCodesSerializer,
)
from apps.accounts.api.sessions import TAGS
from apps.accounts.services import second_factor
from apps.accounts.tokens import session_of
from apps.common.api.schema import operation
from apps.common.api.views import ApiView

CODE_ERRORS = ("wrong_code:400", "code_reused:400", "too_many_attempts:429")


class SetUpView(ApiView):
    """POST /auth/2fa/setup."""

    @operation(
        summary="Get a secret for an authenticator",
        description="Nothing changes until a code confirms it. A repeat replaces the unconfirmed secret.",
        responses={200: EnrolmentSerializer},
        errors=["two_factor_already_enabled:409"],
        examples=[
            examples.answered(
                "A secret",
                {
                    "otpauth_uri": "otpauth://totp/PetWash:olivia@example.com?secret=…&issuer=PetWash",
                    "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                    "qr_svg": "<svg …/>",
                },
            )
        ],
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Set up."""
        return Response(EnrolmentSerializer(second_factor.set_up(actor=signed_in(request))).data)


class ConfirmView(ApiView):
    """POST /auth/2fa/confirm."""

    @operation(
        summary="Turn the second factor on",
        description="Answers ten recovery codes, once. The account's other sessions end; this one stays.",
        request=CodeSerializer,
        responses={200: RecoveryCodesSerializer},
        errors=["two_factor_not_set_up:409", "two_factor_already_enabled:409", *CODE_ERRORS],
        examples=[
            examples.asked("A code", {"code": "492039"}),
            examples.answered(
                "Recovery codes", {"recovery_codes": [f"k7dm-2qxz-p94c-wn3{sign}" for sign in "abcdefghij"]}
            ),
        ],
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Confirm."""
        body = self.parse(CodeSerializer, request)
        codes = second_factor.confirm(actor=signed_in(request), code=body["code"], session_id=session_of(request.auth))
        return Response({"recovery_codes": codes})


class DisableView(ApiView):
    """POST /auth/2fa/disable."""

    @operation(
        summary="Turn the second factor off",
        description="Takes both factors. The account's other sessions end, and staff lose staff permissions.",
        request=DisableSerializer,
        responses={204: None},
        errors=["two_factor_not_enabled:409", "wrong_password:400", *CODE_ERRORS],
        examples=[examples.asked("Both", {"password": "correct horse battery", "code": "492039"})],
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Turn off."""
        body = self.parse(DisableSerializer, request)
        second_factor.disable(actor=signed_in(request), session_id=session_of(request.auth), **body)
        return Response(status=204)
