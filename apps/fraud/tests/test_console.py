"""Trust & Safety looks at flagged messages; nobody changes them, others do not see them."""

import pytest

from apps.fraud.tests.factories import FraudLogFactory
from petwash.testing.staff import console, member_of

LIST = "/admin/fraud/fraudlog/"
pytestmark = pytest.mark.django_db


def test_trust_and_safety_sees_and_filters_the_log():
    row = FraudLogFactory.create(category="scam", action="block", urgent=True)
    FraudLogFactory.create()
    client = console(member_of("Trust & Safety"))
    page = client.get(LIST, {"category__exact": "scam"})
    assert page.status_code == 200
    assert [shown.pk for shown in page.context["cl"].result_list] == [row.pk]
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200


def test_finance_does_not():
    FraudLogFactory.create()
    assert console(member_of("Finance")).get(LIST).status_code == 403


def test_nobody_adds_changes_or_deletes():
    row = FraudLogFactory.create()
    client = console(member_of("Trust & Safety"))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/change/", {"action": "allow"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_more_rows_ask_no_more_queries(django_assert_max_num_queries):
    client = console(member_of("Trust & Safety"))
    FraudLogFactory.create_batch(2)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    FraudLogFactory.create_batch(10)
    with django_assert_max_num_queries(len(few)):
        client.get(LIST)
