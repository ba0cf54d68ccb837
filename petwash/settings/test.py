"""The test run's settings; its servers come from the environment that the test plugin prepares."""

from petwash.settings.base import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.base import DATABASES, INSTALLED_APPS, PETWASH_HOME, PREPARED, SIMPLE_JWT
from petwash.settings.development_secrets import fill_missing_secrets

globals().update(fill_missing_secrets())
SIMPLE_JWT = {**SIMPLE_JWT, "SIGNING_KEY": globals()["JWT_SIGNING_KEY"]}
INSTALLED_APPS = [*INSTALLED_APPS, "apps.demo.apps.DemoConfig"]
PETWASH_DEMO = True
DATABASES["default"]["OPTIONS"] = {**PREPARED, "application_name": "petwash-test"}  # no pool: clones come and go
DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",  # speed only; one test holds the real list to Argon2
    "django.contrib.auth.hashers.Argon2PasswordHasher",
]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
EMAIL_FILE_PATH = str(PETWASH_HOME / "mail")
ALLOWED_HOSTS = ["*"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
LOGGING = {"level": "WARNING", "format": "json"}
CELERY_TASK_ALWAYS_EAGER = False
