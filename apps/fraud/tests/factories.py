"""Flagged messages for tests."""

import factory

from apps.accounts.tests.factories import UserFactory
from apps.common.ids import uuid7
from apps.fraud.models import FraudLog, Source
from apps.fraud.states import Category, Decision, Relation


class FraudLogFactory(factory.django.DjangoModelFactory[FraudLog]):
    """A message that tried to arrange a payment around us, and was warned."""

    class Meta:
        model = FraudLog

    source = Source.MESSAGE
    message_reference = factory.LazyFunction(uuid7)
    conversation_reference = factory.LazyFunction(uuid7)
    sender = factory.SubFactory(UserFactory)
    receiver = factory.SubFactory(UserFactory)
    relation = Relation.BEFORE_BOOKING
    action = Decision.WARN
    category = Category.OFF_PLATFORM_PAYMENT
    categories = factory.LazyAttribute(lambda row: {str(row.category): 0.86})
    findings = factory.LazyAttribute(
        lambda row: [{"category": row.category, "rule": "payment.cash", "start": 0, "end": 4, "score": 0.86}]
    )
    score = "0.860"
    monitor_version = "rules-1"
