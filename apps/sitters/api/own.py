"""The sitter's own: profile, price list and calendar."""

from datetime import timedelta

from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.permissions import VerifiedEmail
from apps.common.api.schema import operation
from apps.common.api.views import ApiView
from apps.common.clock import business_now
from apps.sitters import selectors
from apps.sitters import services as sitters
from apps.sitters.api.permissions import SitterAccount
from apps.sitters.api.render import own_profile_body, rates_body
from apps.sitters.api.serializers import (
    CalendarInputSerializer,
    CalendarQuerySerializer,
    CalendarSerializer,
    OwnProfileSerializer,
    PayoutAccountSerializer,
    ProfileInputSerializer,
    RatesAnswerSerializer,
    RatesSerializer,
)
from apps.sitters.geo import Place
from apps.sitters.models import SitterProfile
from apps.sitters.types import RateInput

DEFAULT_DAYS = 60
OWN_ERRORS = ["sitter_role_required:403", "no_sitter_profile:404"]


class ProfileView(ApiView):
    """The caller's profile."""

    permission_classes = [SitterAccount]

    @operation(
        summary="Read your profile",
        responses={200: OwnProfileSerializer},
        errors=OWN_ERRORS,
        role="sitter",
        tags=["sitter"],
    )
    def get(self, request: Request) -> Response:
        """Answer the profile."""
        return Response(own_profile_body(selectors.access_own_profile(request.user)))

    @operation(
        summary="Write your profile",
        request=ProfileInputSerializer,
        responses={200: OwnProfileSerializer},
        errors=["sitter_role_required:403", "currency_in_use:409"],
        role="sitter",
        tags=["sitter"],
    )
    def put(self, request: Request) -> Response:
        """Answer the profile as it is now."""
        body = self.parse(ProfileInputSerializer, request)
        lat, lng = body.pop("lat", None), body.pop("lng", None)
        place = None if lat is None else Place(lat, lng)
        return Response(own_profile_body(sitters.save_profile(request.user, place=place, **body)))


class RatesView(ApiView):
    """The caller's price list."""

    permission_classes = [SitterAccount]

    @operation(
        summary="Read your price list",
        responses={200: RatesAnswerSerializer},
        errors=OWN_ERRORS,
        role="sitter",
        tags=["sitter"],
    )
    def get(self, request: Request) -> Response:
        """Answer the price list."""
        return Response(rates_body(selectors.access_own_profile(request.user)))

    @operation(
        summary="Replace your price list",
        description="A service that is not sent is not offered any more. What is booked stays booked.",
        request=RatesSerializer,
        responses={200: RatesAnswerSerializer},
        errors=["sitter_role_required:403"],
        role="sitter",
        tags=["sitter"],
    )
    def put(self, request: Request) -> Response:
        """Answer the price list as it is now."""
        body = self.parse(RatesSerializer, request)
        rates = [RateInput(**line) for line in body["services"]]
        return Response(rates_body(sitters.set_rates(request.user, rates)))


class CalendarView(ApiView):
    """The caller's nights."""

    permission_classes = [SitterAccount]

    @operation(
        summary="Read your calendar",
        parameters=[CalendarQuerySerializer],
        responses={200: CalendarSerializer},
        errors=OWN_ERRORS,
        role="sitter",
        tags=["sitter"],
    )
    def get(self, request: Request) -> Response:
        """Answer 60 nights from today, or those asked for (at most 366)."""
        profile = selectors.access_own_profile(request.user)
        query = self.parse_query(CalendarQuerySerializer, request)
        first = query.get("start") or selectors.sitter_today(profile, business_now())
        last = query.get("end") or first + timedelta(days=DEFAULT_DAYS - 1)
        nights = selectors.calendar_of(profile, first, last)
        return Response(CalendarSerializer({"nights": nights}).data)

    @operation(
        summary="Open and close nights",
        request=CalendarInputSerializer,
        responses={200: CalendarSerializer},
        errors=["sitter_role_required:403", "night_booked:409"],
        role="sitter",
        tags=["sitter"],
    )
    def put(self, request: Request) -> Response:
        """Answer the range of nights that was named, as it is now."""
        wanted = self.parse(CalendarInputSerializer, request)["nights"]
        profile: SitterProfile = sitters.set_calendar(
            request.user,
            block=[night["date"] for night in wanted if not night["available"]],
            open_up=[night["date"] for night in wanted if night["available"]],
        )
        days = [night["date"] for night in wanted]
        last = min(max(days), min(days) + timedelta(days=selectors.CALENDAR_MAX_DAYS - 1))
        nights = selectors.calendar_of(profile, min(days), last)
        return Response(CalendarSerializer({"nights": nights}).data)


class PayoutAccountView(ApiView):
    """The caller's payout account."""

    permission_classes = [SitterAccount, VerifiedEmail]

    @operation(
        summary="Open your payout account",
        description="Opened once: a repeat answers the same account.",
        responses={200: PayoutAccountSerializer},
        errors=[
            "email_not_verified:403",
            "sitter_role_required:403",
            "payee_refused:409",
            "gateway_unavailable:503",
        ],
        role="sitter with a verified address",
        tags=["sitter"],
    )
    def post(self, request: Request) -> Response:
        """Answer the account."""
        payee = sitters.open_payout_account(request.user)
        body = {"id": payee.id, "payouts_enabled": payee.payouts_enabled}
        return Response(PayoutAccountSerializer(body).data)
