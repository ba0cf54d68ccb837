"""Members of staff, and the browser in which one has signed in to the console."""

from typing import Any

from django.contrib.auth.models import Group
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY


def member_of(group: str) -> Any:
    """Return a new member of staff with the powers of one group alone."""
    from apps.accounts.tests.factories import StaffFactory

    person: Any = StaffFactory.create(is_superuser=False)
    person.groups.add(Group.objects.get(name=group))
    return person


def console(user: Any) -> Client:
    """Return a browser in which this member of staff has signed in with both factors."""
    from apps.accounts.models import TOTPDevice
    from apps.accounts.services import second_factor

    second_factor.enrol_directly(user=user)
    client = Client()
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=user).persistent_id
    session.save()
    return client
