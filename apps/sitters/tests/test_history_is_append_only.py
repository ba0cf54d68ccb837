"""Transitions cannot be changed or removed, with whatever SQL."""

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", ["sitters_trust_transition", "sitters_case_transition"])
@pytest.mark.parametrize("attack", ["UPDATE {} SET cause = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_every_change_is_refused(sitter_user, vet, table, attack):
    vet(sitter_user)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - the parameters above
        [before] = cursor.fetchone()
    with pytest.raises((DatabaseError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack.format(table))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - the parameters above
        assert cursor.fetchone() == (before,)
    assert before == 2
