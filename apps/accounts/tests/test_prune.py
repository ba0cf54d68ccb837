"""Forgetting old rows."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts import tasks
from apps.accounts.models import AttemptCounter, LoginChallenge, SessionFamily, User
from apps.accounts.tests.factories import PASSWORD
from apps.accounts.types import EnrolledByStaff
from apps.common.clock import real_now


@pytest.mark.django_db
def test_what_can_matter_no_more_is_forgotten_and_nothing_else(
    call: Any, sign_in: Any, owner: User, stranger: User, enrolled: EnrolledByStaff
) -> None:
    with time_machine.travel(real_now() - timedelta(days=40), tick=False):
        sign_in(stranger)
        call("auth/login", email=owner.email, password=PASSWORD)
    sign_in(stranger)
    call("auth/login", email=owner.email, password=PASSWORD)
    kept = (SessionFamily.objects.latest("id").pk, LoginChallenge.objects.latest("id").pk)
    tasks.prune()
    assert (SessionFamily.objects.get().pk, LoginChallenge.objects.get().pk) == kept
    assert not AttemptCounter.objects.filter(window_started_at__lt=real_now() - timedelta(days=1)).exists()
