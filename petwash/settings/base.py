"""Settings that every environment shares. What differs comes from the environment or the overlays."""

import os
from datetime import timedelta
from pathlib import Path

from apps.console.theme import UNFOLD as UNFOLD
from petwash.env import Environment
from petwash.settings.schedule import CELERY_BEAT_SCHEDULE as CELERY_BEAT_SCHEDULE

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment(os.environ)

PETWASH_HOME = Path(env.text("PETWASH_HOME", str(BASE_DIR / ".petwash")))
PETWASH_DEMO = env.flag("PETWASH_DEMO", default=False)
PUBLIC_BASE_URL = env.text("PUBLIC_BASE_URL", f"http://127.0.0.1:{env.number('PORT', 8000)}")

# Secrets have no default here: an overlay decides what happens without them.
SECRET_KEY = env.text("SECRET_KEY", "")
JWT_SIGNING_KEY = env.text("JWT_SIGNING_KEY", "")
FIELD_ENCRYPTION_KEYS = env.names("FIELD_ENCRYPTION_KEYS")
STATION_SIGNING_KEY = env.text("STATION_SIGNING_KEY", "")
BAY_TOKEN_KEY = env.text("BAY_TOKEN_KEY", "")

METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # without it there is no /metrics

DEBUG = False
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
ROOT_URLCONF = "petwash.urls"
ASGI_APPLICATION = "petwash.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["petwash.formats"]
USE_TZ = True
APPEND_SLASH = False

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "apps.console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "apps.common",
    "apps.accounts",
    "apps.ledger",
    "apps.commission",
    "apps.payments",
    "apps.reconciliation",
    "apps.pets",
    "apps.sitters",
    "apps.fraud",
    "apps.stations",
    "apps.escrow",
    "apps.bookings",
    "apps.messaging",
    "apps.statements",
    "apps.console.apps.ConsoleConfig",
]

MIDDLEWARE = [
    "apps.common.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.middleware.OptionalTrailingSlashMiddleware",
    "apps.common.middleware.SeatMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database. The application's role owns nothing; migrations run as the owner, by
# `PETWASH_AS_OWNER=yes`, so that no request can ever disable a trigger.
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", "")
_AS_OWNER = env.flag("PETWASH_AS_OWNER", default=False)
_DATABASE_URL = "DATABASE_OWNER_URL" if _AS_OWNER else "DATABASE_URL"
# Values travel beside their statement, and a connection prepares what it has sent five times: to plan a statement
# anew costs PostgreSQL more than to run it. A pooler in between must pool sessions, as LISTEN needs as well.
PREPARED = {"server_side_binding": True, "prepare_threshold": 5}
DATABASES = {"default": env.database(_DATABASE_URL, "postgresql://petwash_app@127.0.0.1/petwash")}
DATABASES["default"].update(
    CONN_MAX_AGE=0,  # the pool keeps connections, not the threads
    CONN_HEALTH_CHECKS=True,
    OPTIONS={
        "pool": {
            "min_size": 0,
            "max_size": env.number("DATABASE_POOL_SIZE", 20, low=1, high=500),
            "timeout": 10,
        },
        **PREPARED,
        "application_name": "petwash",
        "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
    },
)
if _AS_OWNER:
    DATABASES["default"]["OPTIONS"] = {"options": "-c lock_timeout=10000"}

# --- Seats: so many purchases of one web process work at once; those that wait for the gateway have none.
# More than two only share one interpreter, and would keep pages waiting.
PURCHASE_SEATS = env.number("PURCHASE_SEATS", 2, low=1, high=100)
# At work, at the gateway or waiting for a seat: each has a thread. Who comes on top is refused at once.
PURCHASES_AT_ONCE = env.number("PURCHASES_AT_ONCE", 400, low=1, high=10_000)
PURCHASE_SEAT_WAIT = timedelta(seconds=60)  # who waits so long for a first seat is refused, with nothing done

# --- Redis: Celery and the channel layer. Never a source of truth.
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379/0")
CHANNEL_LAYERS = {
    "default": {
        # The PubSub layer: the core layer drops messages of a burst.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "petwash"},
    },
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    # A publisher fails at once when Redis is down; without these it waits seven seconds each time.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False  # the outbox retries; a publisher must not hang
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "apps.common.beat.HeartbeatScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(PETWASH_HOME / "celerybeat-schedule")

# --- MQTT
MQTT = env.broker("MQTT_URL", "mqtt://bridge:unset@127.0.0.1:1883")
MQTT_PASSWORD_FILE = env.text("MQTT_PASSWORD_FILE", "")
MQTT_PID_FILE = env.text("MQTT_PID_FILE", "")
# What a station may say on each lane: so much a second (money: a tenth), and so much at once after a silence.
STATION_MESSAGES_PER_SECOND = env.number("STATION_MESSAGES_PER_SECOND", 50, low=1)
STATION_MESSAGES_BURST = env.number("STATION_MESSAGES_BURST", 500, low=1)
# Messages that could not be taken are forgotten so many days after they came, or were last tried again.
DEAD_LETTERS_KEPT_DAYS = env.number("DEAD_LETTERS_KEPT_DAYS", 90, low=1)

# --- Payments and vetting
# What sitters may ask for and cards are charged in; each stay plan has a cap of the owner's fee in each.
CURRENCIES = ("AUD", "CAD", "CHF", "EUR", "GBP", "ISK", "JPY", "KWD", "NZD", "USD")
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_API_KEY = env.text("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", "")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY", "")  # for the browsers of those who pay; no secret
STRIPE_SANDBOX_PORT = env.number("STRIPE_SANDBOX_PORT", 12111)
STRIPE_TIMEOUT_SECONDS = env.number("STRIPE_TIMEOUT_SECONDS", 20, low=1, high=120)
VETTING_API_BASE = env.text("VETTING_API_BASE", "https://api.checkr.com")
VETTING_API_KEY = env.text("VETTING_API_KEY", "")
VETTING_WEBHOOK_SECRET = env.text("VETTING_WEBHOOK_SECRET", "")
VETTING_SANDBOX_PORT = env.number("VETTING_SANDBOX_PORT", 12112)

# --- Accounts
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.LimitedBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATORS = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "full_name"]},
    },
    {"NAME": f"{_VALIDATORS}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATORS}.NumericPasswordValidator"},
]
OTP_TOTP_ISSUER = "PetWash"
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=10).total_seconds())
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.api.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.common.api.pagination.CursorPagination",
    "EXCEPTION_HANDLER": "apps.common.api.exceptions.answer_exception",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "PetWash API",
    "DESCRIPTION": "Pet Wash Stay (sitting marketplace) and Pet Wash K9000 (self-service wash stations).",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # One name for each set of choices, whatever the field is called.
    "ENUM_NAME_OVERRIDES": {
        "BookingStatusEnum": "apps.bookings.states.BookingStatus",
        "HoldStateEnum": "apps.escrow.states.HoldState",
        "ServiceKindEnum": "apps.sitters.states.ServiceKind",
        "CancellationTierEnum": "apps.sitters.states.CancellationTier",
        "VettingStatusEnum": "apps.sitters.states.VettingStatus",
        "TrustBadgeEnum": "apps.sitters.states.TrustBadge",
        "FlagCategoryEnum": "apps.fraud.states.Category",
        "FlagDecisionEnum": "apps.fraud.states.Decision",
        "AttendanceEnum": "apps.bookings.states.Attendance",
        "NoShowOutcomeEnum": "apps.bookings.models.NoShowReview.OUTCOMES",
        "ProblemCategoryEnum": "apps.bookings.models.ProblemReport.Category",
    },
}

# --- Mail and files
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = env.text("EMAIL_FILE_PATH", str(PETWASH_HOME / "mail"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "PetWash <hello@petwash.example>")
# Pictures that people upload. No address leads into this folder: views serve what may be seen.
MEDIA_ROOT = PETWASH_HOME / "media"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- Patience. The chaos run shortens it; nothing else does.
# Whoever took an outside call and is silent for so long is believed dead: another one looks what came of it.
OUTSIDE_CALL_LEASE = timedelta(seconds=60)
OUTSIDE_CALL_LONGEST_WAIT = timedelta(minutes=10)  # waits between attempts double up to this
PAYOUT_RETRY_AFTER = timedelta(minutes=30)  # after a refusal or a payee who cannot be paid; by hand it may be earlier
RECONCILIATION_GRACE = timedelta(hours=1)  # so long one side may be behind the other

# --- Stays that nobody ends
# So long after its scheduled end a stay that was handed over ends by itself.
STAY_ENDS_ITSELF_AFTER = timedelta(hours=12)
# So long after its scheduled start (its end at the latest) a stay that nobody started is reviewed.
NO_SHOW_REVIEW_AFTER = timedelta(hours=12)

# --- Who issues receipts and statements
COMPANY_NAME = env.text("COMPANY_NAME", "PetWash")
COMPANY_ADDRESS = env.text("COMPANY_ADDRESS", "")

LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOG_FORMAT = env.text("LOG_FORMAT", "json")
LOGGING_CONFIG = "apps.common.logs.configure"
LOGGING = {"level": LOG_LEVEL, "format": LOG_FORMAT}

# The look of the console stands beside the console.

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,  # its own key: a leak of SECRET_KEY signs no token
    "ISSUER": "petwash",
    "USER_ID_FIELD": "public_id",
    "USER_ID_CLAIM": "sub",
}
