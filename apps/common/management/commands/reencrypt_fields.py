"""`manage.py reencrypt_fields`: after a new key was put first, write every encrypted field with it."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from apps.common.crypto import EncryptedTextField

BATCH = 500


class Command(BaseCommand):
    """Goes through all tables in small transactions; may be stopped and started again."""

    help = "Write all encrypted fields with the first of FIELD_ENCRYPTION_KEYS, so that older keys can go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrite and say how many rows.

        Raises: Undecryptable at a value that no configured key opens; nothing of its batch is changed.
        """
        for model in apps.get_models():
            fields = [field.attname for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
            if fields:
                count = sum(_rewrite(model, fields, keys) for keys in _batches(model))
                self.stdout.write(f"{model._meta.label}: {count} rows")


def _batches(model: type[models.Model]) -> Iterator[list[Any]]:
    last: Any = None
    while keys := _keys_after(model, last):
        yield keys
        last = keys[-1]


def _keys_after(model: type[models.Model], last: Any) -> list[Any]:
    rows = model._default_manager.order_by("pk")
    return list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:BATCH])


def _rewrite(model: type[models.Model], fields: list[str], keys: list[Any]) -> int:
    with transaction.atomic(durable=True):
        rows = list(model._default_manager.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
        model._default_manager.bulk_update(rows, fields)
    return len(rows)
