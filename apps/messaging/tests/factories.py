"""Conversations for tests."""

import factory

from apps.accounts.tests.factories import SitterUserFactory, UserFactory
from apps.messaging.models import Conversation


class ConversationFactory(factory.django.DjangoModelFactory[Conversation]):
    """An owner and a sitter who have not written yet."""

    class Meta:
        model = Conversation

    owner = factory.SubFactory(UserFactory)
    sitter = factory.SubFactory(SitterUserFactory)
