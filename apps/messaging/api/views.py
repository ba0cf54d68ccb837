"""Chat: conversations, messages, and the monitor on its own."""

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api.permissions import StaffWithSecondFactor
from apps.common.api.schema import operation
from apps.common.api.views import ApiView, PagedView
from apps.fraud.types import Verdict
from apps.messaging import selectors, services
from apps.messaging.api.serializers import (
    ConversationCreateSerializer,
    ConversationSerializer,
    MessageCreateSerializer,
    MessageSerializer,
    MonitorRequestSerializer,
    VerdictSerializer,
    conversation_body,
    message_body,
)

TAGS = ["chat"]
UNKNOWN = "not_found:404"


class ConversationsView(PagedView):
    """The caller's conversations."""

    pagination_ordering = ("-last_message_at", "-id")

    @operation(
        summary="List my conversations, the liveliest first",
        responses={200: ConversationSerializer(many=True)},
        role="owner or sitter",
        tags=TAGS,
    )
    def get(self, request: Request) -> Response:
        """Answer a page."""
        return self.page(selectors.conversations_of(request.user), lambda row: conversation_body(row, request.user))

    @operation(
        summary="Open the conversation with a sitter",
        description="201 for a new one; 200 when the two have one already.",
        request=ConversationCreateSerializer,
        responses={200: ConversationSerializer, 201: ConversationSerializer},
        errors=[UNKNOWN, "conversation_rate_limited:429"],
        examples=[
            OpenApiExample("A sitter", request_only=True, value={"sitter_id": "0197f0a0-7c1e-7000-8000-000000000001"})
        ],
        role="owner",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Answer the conversation."""
        body = self.parse(ConversationCreateSerializer, request)
        conversation, new = services.open_conversation(actor=request.user, sitter_id=body["sitter_id"])
        return Response(conversation_body(conversation, request.user), status=201 if new else 200)


class MessagesView(PagedView):
    """The messages of one conversation."""

    @operation(
        summary="Read a conversation, newest first",
        description="Each participant reads their own words as written, and the other's with hidden parts replaced.",
        responses={200: MessageSerializer(many=True)},
        errors=[UNKNOWN],
        role="participant",
        tags=TAGS,
    )
    def get(self, request: Request, conversation_id: str) -> Response:
        """Answer a page."""
        conversation = selectors.access_conversation(request.user, conversation_id)
        return self.page(
            selectors.messages_of(request.user, conversation),
            lambda row: message_body(row, conversation, request.user),
        )

    @operation(
        summary="Send a message; it is judged before it is delivered",
        description=(
            "`decision` tells what became of it: `allow` and `warn` are delivered as written, `mask` with contact data "
            "hidden, `block` is not delivered. A repeat of `client_message_id` answers 200 with the first message."
        ),
        request=MessageCreateSerializer,
        responses={200: MessageSerializer, 201: MessageSerializer},
        errors=[
            UNKNOWN,
            "client_message_id_reused:409",
            "recipient_unavailable:409",
            "message_rate_limited:429",
        ],
        examples=[
            OpenApiExample(
                "A question",
                request_only=True,
                value={"text": "Does Biscuit take his tablets with food?", "client_message_id": "c-1"},
            )
        ],
        role="participant",
        tags=TAGS,
    )
    def post(self, request: Request, conversation_id: str) -> Response:
        """Answer the message as its sender sees it."""
        conversation = selectors.access_conversation(request.user, conversation_id)
        body = self.parse(MessageCreateSerializer, request)
        message, new = services.send_message(
            actor=request.user,
            conversation=conversation,
            text=body["text"],
            client_message_id=body.get("client_message_id"),
        )
        return Response(message_body(message, conversation, request.user), status=201 if new else 200)


class MonitorView(ApiView):
    """FraudMonitor by itself."""

    permission_classes = [StaffWithSecondFactor]

    @operation(
        summary="Judge a text without sending it",
        description="What is flagged is logged as a check; it is no strike against anybody.",
        request=MonitorRequestSerializer,
        responses={200: VerdictSerializer},
        errors=["staff_only:403", "second_factor_required:403", UNKNOWN],
        examples=[
            OpenApiExample(
                "A number", request_only=True, value={"text": "Call me: four one five, 555, zero one 2 three"}
            ),
            OpenApiExample(
                "Masked",
                response_only=True,
                status_codes=["200"],
                value={
                    "decision": "mask",
                    "score": 0.99,
                    "categories": [
                        {
                            "name": "contact",
                            "score": 0.99,
                            "evidence": [
                                {
                                    "rule": "contact.phone_disguised",
                                    "text": "four one five, 555, zero one 2 three",
                                    "start": 9,
                                    "end": 45,
                                    "score": 0.99,
                                }
                            ],
                        }
                    ],
                    "masked_text": "Call me: [hidden]",
                },
            ),
        ],
        role="staff with a second factor, or a service signed in as such",
        tags=TAGS,
    )
    def post(self, request: Request) -> Response:
        """Answer the verdict."""
        body = self.parse(MonitorRequestSerializer, request)
        verdict = services.check_text(
            actor=request.user, text=body["text"], conversation_id=body.get("conversation_id")
        )
        return Response(verdict_body(verdict))


def verdict_body(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as the API shows it."""
    return {
        "decision": verdict.decision,
        "score": verdict.score,
        "categories": [
            {
                "name": found.name,
                "score": found.score,
                "evidence": [
                    {name: value for name, value in asdict(hit).items() if name != "category"} for hit in found.evidence
                ],
            }
            for found in verdict.categories
        ],
        "masked_text": verdict.masked_text,
    }
