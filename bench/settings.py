"""The settings of a measured copy: the product's own, on real time, with throw-away secrets."""

import os

from petwash.settings.base import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.base import DATABASES, SIMPLE_JWT
from petwash.settings.development_secrets import fill_missing_secrets

# A process that a measurement starts is given its secrets; the measurement itself draws them.
globals().update({name: value for name, value in fill_missing_secrets().items() if name not in os.environ})
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": globals()["JWT_SIGNING_KEY"]}
PETWASH_DEMO = False
# The product's own pool: a thread keeps its connection until a call to the outside gives it back.
DATABASES["default"]["OPTIONS"] |= {"application_name": "petwash-bench", "options": ""}  # an audit takes its time
ALLOWED_HOSTS = ["*"]
LOGGING = {"level": "WARNING", "format": "json"}
