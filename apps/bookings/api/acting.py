"""Who asks."""

from rest_framework.request import Request

from apps.accounts.models import User


def acting(request: Request) -> User:
    """Return the person that the token names; permissions have refused everybody else."""
    assert isinstance(request.user, User)
    return request.user
