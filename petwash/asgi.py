"""The ASGI application: HTTP through Django, WebSockets through Channels."""

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petwash.settings.dev")
http = get_asgi_application()

from apps.common.bodies import BodyLimit  # noqa: E402 - Django must be set up first
from apps.common.interpreter import take_short_turns  # noqa: E402 - Django must be set up first
from apps.payments.gateways.current import make_ready  # noqa: E402 - Django must be set up first
from apps.stations.routing import websocket_urlpatterns as stations  # noqa: E402 - Django must be set up first

take_short_turns()
make_ready()


class ForeignPagesValidator(OriginValidator):
    """Keeps pages of other sites out; a client that is no browser sends no Origin and is let in.

    The check protects a browser's cookie from foreign pages, and every browser names the page.
    """

    def valid_origin(self, parsed_origin: Any) -> bool:
        """Tell whether the page, if there is one, is ours."""
        return parsed_origin is None or bool(self.validate_origin(parsed_origin))


application = ProtocolTypeRouter(
    {
        "http": BodyLimit(http),
        "websocket": ForeignPagesValidator(AuthMiddlewareStack(URLRouter([*stations])), settings.ALLOWED_HOSTS),
    }
)
