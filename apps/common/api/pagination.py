"""Cursor pagination: {"results", "next", "previous"} with opaque cursors."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from rest_framework import pagination
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.errors import InvalidInput


class CursorPagination(pagination.CursorPagination):
    """Newest first, `?limit=` up to 100 (20 by default), `?cursor=` from the last answer."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "limit"
    ordering = "-id"

    def encode_cursor(self, cursor: Any) -> str:
        """Return the bare cursor: a client sends it back as `?cursor=`."""
        link = super().encode_cursor(cursor)
        return parse_qs(urlsplit(link).query)[self.cursor_query_param][0]

    def decode_cursor(self, request: Request) -> Any:
        """Return the cursor of the request, if it has one. Raises: InvalidInput for a text that is none."""
        try:
            return super().decode_cursor(request)
        except NotFound as error:
            raise InvalidInput.field("cursor", "Send the cursor of an answer as it was, or none.") from error

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page."""
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the page in OpenAPI."""
        cursor = {"type": ["string", "null"], "description": "Send it as `cursor` to read on."}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": cursor, "previous": cursor},
        }
