"""Structured logs with a request id, and without secrets, tokens, cards or message bodies."""

import logging.config
from typing import Any

import structlog

HIDDEN = "[hidden]"
SECRET_WORDS = (
    "password", "secret", "token", "authorization", "cookie", "code", "pin", "card", "client_secret",
    "body", "text", "message_body", "document", "signature", "otp", "key_material", "api_key",
)  # fmt: skip
HARMLESS = {"code_version", "error_code", "failure_code", "status_code", "decline_code"}

# One list for ever: a logger that was used before a second set-up follows it.
_PROCESSORS: list[Any] = []


def hide_secrets(logger: Any, method: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Replace the values of suspicious keys: the last net, not the rule."""
    for key in entry:
        name = key.lower()
        parts = name.split("_")
        if name not in HARMLESS and any(word == name or word in parts for word in SECRET_WORDS):
            entry[key] = HIDDEN
    return entry


def configure(config: dict[str, Any]) -> None:
    """Set up structlog and the standard library's logging; called by Django with settings.LOGGING."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Names and lines only: locals of a frame may hold tokens.
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if config.get("format") == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    _PROCESSORS[:] = [*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(
        processors=_PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                }
            },
            "handlers": {
                "stdout": {
                    "class": "logging.StreamHandler",
                    "formatter": "structured",
                    "stream": "ext://sys.stdout",
                }
            },
            "root": {"handlers": ["stdout"], "level": config.get("level", "INFO")},
            "loggers": {
                "uvicorn.access": {"level": "WARNING"},
                "httpx": {"level": "WARNING"},
                "stripe": {"level": "WARNING"},
                # Subsetting a typeface names each letter of the name that a paper is made out to.
                "fontTools": {"level": "WARNING"},
                "fpdf": {"level": "WARNING"},
                "django.request": {"level": "ERROR"},
                "celery.app.trace": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
            },
        }
    )
