"""Trust & Safety looks at flagged messages; nobody changes them, others do not see them."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from apps.accounts.models import TOTPDevice
from apps.accounts.services import second_factor
from apps.accounts.tests.factories import StaffFactory
from apps.fraud.tests.factories import FraudLogFactory

LIST = "/admin/fraud/fraudlog/"
pytestmark = pytest.mark.django_db


def console(group):
    """A browser in which a member of a group has signed in with both factors."""
    user = StaffFactory.create(is_superuser=False)
    user.groups.add(Group.objects.get(name=group))
    second_factor.enrol_directly(user=user)
    client = Client()
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = TOTPDevice.objects.get(user=user).persistent_id
    session.save()
    return client


def test_trust_and_safety_sees_and_filters_the_log():
    row = FraudLogFactory.create(category="scam", action="block", urgent=True)
    FraudLogFactory.create()
    client = console("Trust & Safety")
    page = client.get(LIST, {"category__exact": "scam"})
    assert page.status_code == 200
    assert [shown.pk for shown in page.context["cl"].result_list] == [row.pk]
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200


def test_finance_does_not():
    FraudLogFactory.create()
    assert console("Finance").get(LIST).status_code == 403


def test_nobody_adds_changes_or_deletes():
    row = FraudLogFactory.create()
    client = console("Trust & Safety")
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/change/", {"action": "allow"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_more_rows_ask_no_more_queries(django_assert_max_num_queries):
    client = console("Trust & Safety")
    FraudLogFactory.create_batch(2)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    FraudLogFactory.create_batch(10)
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)
