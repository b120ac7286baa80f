"""Django's LOGGING: every line goes through kosenai_ops.logs, which redacts."""

from typing import Any


def of(*, plain: bool) -> dict[str, Any]:
    """`plain`: a line for people, else JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "kosenai_ops.logs.JsonLine"},
            "plain": {"()": "kosenai_ops.logs.PlainLine"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain" if plain else "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        # Django would give its own loggers handlers of their own, which redact nothing.
        "loggers": {
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # strangers' probes; their request line says 400
            "axes": {"level": "WARNING"},
            "kombu.connection": {"level": "ERROR"},  # warns that filesystem:// has no host, which it does not need
        },
    }
