"""The base of every API view, and the paginated answer."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.common.api.pagination import CursorPagination


class ApiView(APIView):
    """DRF's view with the house's defaults: bearer token, JSON, signed-in people only."""

    def parse(self, serializer_class: type[BaseSerializer[Any]], request: Request, **kwargs: Any) -> dict[str, Any]:
        """Return the validated body. Raises: rest_framework ValidationError."""
        serializer = serializer_class(data=request.data, context={"request": request}, **kwargs)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def parse_query(self, serializer_class: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
        """Return the validated query. Raises: rest_framework ValidationError."""
        serializer = serializer_class(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


class PublicView(ApiView):
    """A view for everybody. It takes no bearer token: an old one in the header must not be in the way."""

    authentication_classes: Sequence[Any] = []
    permission_classes = [AllowAny]


class FileRenderer(BaseRenderer):
    """Stands for a file in the negotiation; the view itself answers its bytes."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type
        self.format = media_type.rpartition("/")[2]

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        """Nothing is rendered twice."""
        return data


class FileView(ApiView):
    """A view whose GET answers a file of one type; its errors are JSON like everybody's."""

    media_type: str

    def get_renderers(self) -> list[Any]:
        """Take clients that ask for the file's type as well as those that ask for JSON."""
        return [FileRenderer(self.media_type), JSONRenderer()]

    def file(self, content: bytes, name: str) -> HttpResponse:
        """Answer a download, which is nobody else's and not kept by anybody."""
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return HttpResponse(content, content_type=self.media_type, headers=headers)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Write errors as JSON, whatever was asked for."""
        if isinstance(response, Response):
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)


class PagedView(ApiView):
    """A view whose GET answers a list, page by page."""

    pagination_class = CursorPagination  # tells the OpenAPI document that its lists are pages
    pagination_ordering: str | tuple[str, ...] = "-id"

    def page(self, queryset: QuerySet[Any], render: Callable[[Any], Any]) -> Response:
        """Answer one page of a queryset; `render` turns a row into its representation."""
        paginator = CursorPagination()
        paginator.ordering = self.pagination_ordering  # type: ignore[assignment]  # DRF takes both, its stubs know one
        rows: list[Model] = paginator.paginate_queryset(queryset, self.request, view=self) or []
        return paginator.get_paginated_response([render(row) for row in rows])
