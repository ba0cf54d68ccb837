"""What everybody may see: search and public profiles."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PagedView
from apps.sitters import selectors
from apps.sitters.api.render import public_sitter_body
from apps.sitters.api.serializers import PublicSitterSerializer, SearchSerializer
from apps.sitters.geo import Place


class SitterSearchView(PagedView):
    """Finds cleared, listed sitters."""

    permission_classes = [AllowAny]

    @operation(
        summary="Search sitters",
        description="Only cleared, listed sitters; nearest first when a place is given, else newest first.",
        parameters=[SearchSerializer],
        responses={200: PublicSitterSerializer(many=True)},
        role="anyone",
        tags=["sitters"],
    )
    def get(self, request: Request) -> Response:
        """Answer one page."""
        query = self.parse_query(SearchSerializer, request)
        self.pagination_ordering = selectors.ORDERINGS[query.pop("sort")]
        lat, lng = query.pop("lat", None), query.pop("lng", None)
        place = None if lat is None else Place(lat, lng)
        found = selectors.search_sitters(selectors.SearchQuery(place=place, **query))
        return self.page(found, public_sitter_body)


class SitterView(ApiView):
    """One sitter's public profile."""

    permission_classes = [AllowAny]

    @operation(
        summary="Read a sitter's public profile",
        responses={200: PublicSitterSerializer},
        errors=["not_found:404"],
        role="anyone",
        tags=["sitters"],
    )
    def get(self, request: Request, sitter_id: str) -> Response:
        """Answer the profile; 404 unless cleared and listed."""
        profile = selectors.access_bookable_sitter(request.user, sitter_id)
        return Response(public_sitter_body(profile))
