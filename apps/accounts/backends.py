"""The password check of the console's login: the API's own, with its limits."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.accounts.models import User
from apps.accounts.services import credentials
from apps.common.api.client_address import client_address
from apps.common.errors import DomainError, TooManyRequests


class LimitedBackend(ModelBackend):
    """Django's permissions, and passwords limited by (address, account) like the API's."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """Return the person, or None when the address or the password is wrong.

        Raises: PermissionDenied while locked; `request.locked_for_seconds` says how long.
        """
        if request is None or not username or password is None:
            return None
        address = client_address(request)
        try:
            return credentials.check(email=username, password=password, address=address)
        except TooManyRequests as refusal:
            request.locked_for_seconds = refusal.retry_after  # type: ignore[attr-defined]  # read by the login page
            raise PermissionDenied from refusal
        except DomainError:
            return None
