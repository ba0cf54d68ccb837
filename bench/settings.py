"""The settings of a measured copy: the product's own, on real time, with throw-away secrets."""

from petwash.settings.base import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.base import DATABASES, SIMPLE_JWT
from petwash.settings.development_secrets import fill_missing_secrets

globals().update(fill_missing_secrets())
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": globals()["JWT_SIGNING_KEY"]}
PETWASH_DEMO = False
DATABASES["default"]["OPTIONS"] = {"application_name": "petwash-bench"}  # one connection a thread, kept
DATABASES["default"].update(CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=False)
ALLOWED_HOSTS = ["*"]
LOGGING = {"level": "WARNING", "format": "json"}
