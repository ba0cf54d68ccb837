"""The signed-in person: profile, password, export, deletion."""

from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api import examples
from apps.accounts.api.authentication import signed_in
from apps.accounts.api.serializers import (
    ChangePasswordSerializer,
    ExportSerializer,
    ProfileChangeSerializer,
    UserSerializer,
)
from apps.accounts.api.sessions import TAGS
from apps.accounts.services import passwords, profiles
from apps.accounts.tokens import session_of
from apps.common.api.schema import operation
from apps.common.api.views import ApiView
from apps.common.clock import real_now


class MeView(ApiView):
    """GET, PATCH and DELETE /users/me."""

    @operation(
        summary="Read your profile",
        responses={200: UserSerializer},
        examples=[examples.answered("A person", examples.PERSON)],
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Read."""
        return Response(UserSerializer(signed_in(request)).data)

    @operation(
        summary="Change your name or phone",
        request=ProfileChangeSerializer,
        responses={200: UserSerializer},
        examples=[
            examples.asked("A phone", {"phone": "+1 415 555 0100"}),
            examples.answered("A person", examples.PERSON),
        ],
        tags=TAGS,
    )
    def patch(self, request: Request) -> Response:
        """Change."""
        changes = self.parse(ProfileChangeSerializer, request)
        return Response(UserSerializer(profiles.change(actor=signed_in(request), changes=changes)).data)

    @operation(
        summary="Delete your account",
        description="Sessions end at once and personal values are erased; money and history keep their rows. "
        "Refused, with every reason, while something is open.",
        responses={204: None},
        errors=["deletion_blocked:409"],
        tags=TAGS,
    )
    def delete(self, request: Request) -> Response:
        """Delete."""
        profiles.delete(actor=signed_in(request))
        return Response(status=204)


class PasswordView(ApiView):
    """PUT /users/me/password."""

    @operation(
        summary="Change your password",
        description="Every other session ends; this one stays.",
        request=ChangePasswordSerializer,
        responses={204: None},
        errors=["wrong_password:400", "password_changed_meanwhile:409", "too_many_attempts:429"],
        examples=[
            examples.asked(
                "Both", {"current_password": "correct horse battery", "new_password": "another horse battery"}
            )
        ],
        tags=TAGS,
    )
    def put(self, request: Request) -> Response:
        """Change."""
        body = self.parse(ChangePasswordSerializer, request)
        passwords.change(
            actor=signed_in(request),
            current=body["current_password"],
            new=body["new_password"],
            session_id=session_of(request.auth),
        )
        return Response(status=204)


class ExportView(ApiView):
    """GET /users/me/export."""

    @operation(
        summary="Export everything held of you",
        description="One section an app, in plain JSON.",
        responses={200: ExportSerializer},
        examples=[
            examples.answered(
                "An export",
                {"exported_at": "2026-03-01T09:30:00Z", "sections": {"accounts": {"profile": examples.PERSON}}},
            )
        ],
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Export."""
        sections = profiles.export(actor=signed_in(request))
        return Response({"exported_at": real_now().isoformat(), "sections": sections})
