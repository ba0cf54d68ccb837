"""What the live board asks for beyond the public picture: for staff in a console session."""

from typing import Any

from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import selectors as accounts
from apps.common.api.views import ApiView
from apps.common.errors import Forbidden, Unauthenticated
from apps.console import desk
from apps.console.pages import ACKNOWLEDGE
from apps.stations.services import alerts


class ConsoleSession(BasePermission):
    """A console session: staff, signed in, with a second factor."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises: Unauthenticated; Forbidden `staff_only`, `second_factor_required`."""
        user: Any = request.user
        if not user.is_authenticated:
            raise Unauthenticated("not_authenticated", "Sign in to the console again.")
        if not user.is_staff:
            raise Forbidden("staff_only", "Only staff may do this.")
        if not user.is_verified():
            raise Forbidden("second_factor_required", "Sign in with your second factor to do this.")
        return True


class ConsoleView(ApiView):
    """A view behind the console's session cookie, with CSRF checks; not part of the public API."""

    schema = None
    authentication_classes = [SessionAuthentication]
    permission_classes = [ConsoleSession]


class DeskView(ConsoleView):
    """What staff see beside the public picture."""

    def get(self, request: Request) -> Response:
        """Answer alerts, names and zones, the link to the stations, and today's money to those who may see it."""
        return Response(desk.beside_the_picture(request.user))


class ReasonSerializer(serializers.Serializer[Any]):
    """Why somebody does it."""

    reason = serializers.CharField(max_length=200)


class AcknowledgeView(ConsoleView):
    """Take an alert on."""

    def post(self, request: Request, alert_id: Any) -> Response:
        """Acknowledge it for the person who is signed in; once is enough.

        Raises: Forbidden `forbidden`; NotFound; Conflict `alert_cleared`.
        """
        if not accounts.belongs_to(request.user, *ACKNOWLEDGE):
            raise Forbidden("forbidden", "Only Operations may acknowledge alerts.")
        reason = self.parse(ReasonSerializer, request)["reason"]
        actor: Any = request.user  # a person of staff: ConsoleSession lets nobody else through
        alert = alerts.acknowledge(actor, str(alert_id), reason=reason)
        return Response({"id": str(alert.public_id), "acknowledged_at": alert.acknowledged_at})
