"""Only for collecting static files while the image is built: production's file names, no real secret."""

from petwash.settings.dev import *  # noqa: F403 - an overlay takes everything of its base

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
