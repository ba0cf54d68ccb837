"""Production: every secret is required, and nothing of the demo is allowed (see the system checks)."""

from petwash.settings.base import *  # noqa: F403 - an overlay takes everything of its base
from petwash.settings.base import env

SECRET_KEY = env.text("SECRET_KEY")
JWT_SIGNING_KEY = env.text("JWT_SIGNING_KEY")
FIELD_ENCRYPTION_KEYS = [key for key in env.text("FIELD_ENCRYPTION_KEYS").split(",") if key]
STATION_SIGNING_KEY = env.text("STATION_SIGNING_KEY")
BAY_TOKEN_KEY = env.text("BAY_TOKEN_KEY")
STRIPE_API_KEY = env.text("STRIPE_API_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
VETTING_API_KEY = env.text("VETTING_API_KEY")
VETTING_WEBHOOK_SECRET = env.text("VETTING_WEBHOOK_SECRET")
DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
MQTT = env.broker("MQTT_URL", env.text("MQTT_URL"))
ALLOWED_HOSTS = env.text("ALLOWED_HOSTS").split(",")
PUBLIC_BASE_URL = env.text("PUBLIC_BASE_URL")

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = True

# Whose X-Forwarded-For is believed. The web server reads it itself; it is named here, because limits that are
# counted by address are worth nothing while every request seems to come from the load balancer.
FORWARDED_ALLOW_IPS = env.text("FORWARDED_ALLOW_IPS", "127.0.0.1")

# TLS ends at the load balancer, which must set (and overwrite) this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
