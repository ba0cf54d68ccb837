"""Development and the embedded stack: the demo settings may be on, secrets come from the stack."""

from petwash.settings.base import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.base import CELERY_BEAT_SCHEDULE, INSTALLED_APPS, PETWASH_DEMO, SECRET_KEY, SIMPLE_JWT, env
from petwash.settings.development_secrets import fill_missing_secrets

INSTALLED_APPS = [*INSTALLED_APPS, "apps.demo.apps.DemoConfig"]
DEBUG = env.flag("DEBUG", default=False)
WHITENOISE_USE_FINDERS = True  # no collectstatic before a start
LOG_FORMAT = env.text("LOG_FORMAT", "plain")
LOGGING = {"level": env.text("LOG_LEVEL", "INFO").upper(), "format": LOG_FORMAT}
if not SECRET_KEY:
    globals().update(fill_missing_secrets())
    SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": globals()["JWT_SIGNING_KEY"]}

# A demo shows within seconds what production does within a minute.
if PETWASH_DEMO:
    for _name in (
        "escrow-release-due",
        "escrow-end-freezes",
        "bookings-expire-unpaid",
        "payments-resume-stale",
        "stations-sweep-levels",
    ):
        if _name in CELERY_BEAT_SCHEDULE:
            CELERY_BEAT_SCHEDULE[_name]["schedule"] = 3.0
