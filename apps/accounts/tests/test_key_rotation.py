"""A field key is retired: new key first, all rows written again, old key gone."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from apps.accounts.models import TOTPDevice
from apps.accounts.services import second_factor
from apps.common import crypto
from apps.common.management.commands import reencrypt_fields

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seeds(agent, owner, settings):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for person in (agent, owner):
        second_factor.enrol_directly(user=person)
    return list(TOTPDevice.objects.order_by("pk").values_list("seed", flat=True))


def test_the_old_key_can_go_after_all_rows_were_written_again(seeds, settings, monkeypatch, capsys):
    monkeypatch.setattr(reencrypt_fields, "BATCH", 1)
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("reencrypt_fields")
    assert "accounts.TOTPDevice: 2 rows" in capsys.readouterr().out
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert list(TOTPDevice.objects.order_by("pk").values_list("seed", flat=True)) == seeds


def test_a_value_that_no_key_opens_stops_the_command(seeds, settings):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(crypto.Undecryptable):
        call_command("reencrypt_fields")
