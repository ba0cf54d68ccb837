"""The pages behind the links of mails."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.mail import EmailMessage
from django.test import Client

from apps.accounts.models import User
from apps.accounts.tests.factories import PASSWORD

NEW = "another horse battery"


def link_in(message: EmailMessage) -> str:
    found = re.search(r"^http\S+$", str(message.body), re.MULTILINE)
    assert found
    assert found.group().startswith(f"{settings.PUBLIC_BASE_URL}/account/")
    parts = urlsplit(found.group())
    return f"{parts.path}?{parts.query}"


def submit(link: str, **data: str) -> Any:
    """Open the page like a browser, with the CSRF check on, fill in its form and send it."""
    client = Client(enforce_csrf_checks=True)
    page = client.get(link)
    assert page.status_code == 200
    html = page.content.decode()
    hidden = {name: re.search(f'name="{name}" value="([^"]*)"', html) for name in ("csrfmiddlewaretoken", "token")}
    fields = {name: found.group(1) for name, found in hidden.items() if found}
    return client.post(link, {**fields, **data})


@pytest.mark.django_db
def test_opening_the_link_changes_nothing_and_the_button_verifies(call: Any, owner: User, outbox: Any) -> None:
    User.objects.filter(pk=owner.pk).update(email_verified_at=None)
    call("auth/email/resend", email=owner.email)
    link = link_in(outbox()[0])
    opened = Client().get(link)
    assert opened["Referrer-Policy"] == "same-origin"
    assert "no-store" in opened["Cache-Control"]
    assert not User.objects.get(pk=owner.pk).is_verified_address
    answer = submit(link)
    assert answer.status_code == 200
    assert "your address is confirmed" in answer.content.decode()
    assert User.objects.get(pk=owner.pk).is_verified_address
    again = submit(link)
    assert again.status_code == 409
    assert "verified already" in again.content.decode()


@pytest.mark.django_db
def test_the_reset_link_sets_a_password_and_says_what_is_wrong_with_a_weak_one(
    call: Any, owner: User, outbox: Any
) -> None:
    call("auth/password/forgot", email=owner.email)
    link = link_in(outbox()[0])
    weak = submit(link, password="short")
    assert weak.status_code == 400
    assert "too short" in weak.content.decode()
    assert "short" not in re.findall('type="password"[^>]*value="([^"]*)"', weak.content.decode())
    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)
    assert submit(link, password=NEW).status_code == 200
    assert User.objects.get(pk=owner.pk).check_password(NEW)
    assert submit(link, password="a third horse battery").status_code == 409


@pytest.mark.django_db
def test_a_link_without_its_token_says_so() -> None:
    answer = Client().post("/account/verify-email", {})
    assert answer.status_code == 400
    assert submit("/account/verify-email?token=nonsense").status_code == 400
