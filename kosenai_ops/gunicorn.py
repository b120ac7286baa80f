"""How gunicorn serves: `gunicorn -c python:kosenai_ops.gunicorn kosenai_ops.wsgi` (its own options override these)."""

from django.conf import settings

bind = "127.0.0.1:8000"
workers = 3
threads = 4
timeout = 60
# Its own loggers write through ours, which redact; its access log would repeat addresses and query strings.
logconfig_dict = settings.LOGGING | {
    "loggers": settings.LOGGING["loggers"]
    | {
        "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        "gunicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    }
}
