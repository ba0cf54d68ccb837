"""Routes of the messaging app, mounted under /api/v1/."""

from django.urls import path

from apps.messaging.api.views import ConversationsView, MessagesView, MonitorView

urlpatterns = [
    path("chat/conversations", ConversationsView.as_view(), name="chat-conversations"),
    path("chat/conversations/<str:conversation_id>/messages", MessagesView.as_view(), name="chat-messages"),
    path("chat/monitor", MonitorView.as_view(), name="chat-monitor"),
]
