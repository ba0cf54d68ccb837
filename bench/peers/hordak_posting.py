"""The peer of posting: django-hordak, used as its documentation shows, with the accounts at hand.

    python hordak_posting.py postgresql://owner:…@…/empty_database

For each line with a number on standard input it posts that many journals of three legs, each in a
transaction of its own, and answers with the seconds.
"""

import json
import sys
import time
from urllib.parse import unquote, urlsplit


def main(url: str) -> None:
    """Migrate the given database and answer requests until the input ends."""
    _set_up(url)
    from django.db import transaction
    from hordak.models import Account, Leg, Transaction
    from moneyed import Money

    clearing, held, fee = (
        Account.objects.create(name=name, code=str(code), type=kind, currencies=["USD"])
        for code, (name, kind) in enumerate([("clearing", "AS"), ("escrow", "LI"), ("fee", "LI")])
    )
    total, stay, ours = Money(110, "USD"), Money(100, "USD"), Money(10, "USD")
    for line in sys.stdin:
        started = time.perf_counter()
        for number in range(int(line)):
            with transaction.atomic():
                journal = Transaction.objects.create(description=f"capture {number}")
                Leg.objects.create(transaction=journal, account=clearing, debit=total)
                Leg.objects.create(transaction=journal, account=held, credit=stay)
                Leg.objects.create(transaction=journal, account=fee, credit=ours)
        print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


def _set_up(url: str) -> None:
    import django
    from django.conf import settings

    parts = urlsplit(url)
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts.path.lstrip("/"),
                "USER": unquote(parts.username or ""),
                "PASSWORD": unquote(parts.password or ""),
                "HOST": parts.hostname,
                "PORT": parts.port,
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        HORDAK_INTERNAL_CURRENCY="USD",
        DEFAULT_CURRENCY="USD",
        HORDAK_CURRENCIES=["USD"],
        CURRENCIES=["USD"],
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


if __name__ == "__main__":
    main(sys.argv[1])
