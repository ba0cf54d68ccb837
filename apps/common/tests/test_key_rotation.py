"""A field key is retired: new key first, all rows written again, old key gone."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from apps.common import crypto, idempotency
from apps.common.management.commands import reencrypt_fields
from apps.common.models import IdempotencyRecord

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def answers(settings):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    for number in range(3):
        lease = idempotency.begin(scope="s", route="r", key=f"key-0000000{number}", body_fingerprint="f")
        assert isinstance(lease, idempotency.Lease)
        idempotency.finish(lease, status=201, body={"n": number})
    return stored()


def stored():
    return list(IdempotencyRecord.objects.order_by("pk").values_list("response_body", flat=True))


def test_the_old_key_can_go_after_all_rows_were_written_again(answers, settings, monkeypatch, capsys):
    monkeypatch.setattr(reencrypt_fields, "BATCH", 2)
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS]
    call_command("reencrypt_fields")
    assert "common.IdempotencyRecord: 3 rows" in capsys.readouterr().out
    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert stored() == answers == ['{"n": 0}', '{"n": 1}', '{"n": 2}']


def test_a_value_that_no_key_opens_stops_the_command(answers, settings):
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(crypto.Undecryptable):
        call_command("reencrypt_fields")
