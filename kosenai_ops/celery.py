"""The Celery application: a doorbell. What is due, and to whom, stands in the database (see privacy/jobs)."""

import os
from logging.config import dictConfig

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")

app = Celery("kosenai_ops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def log_like_the_web_server(**kwargs):
    """Celery's own set-up would print arguments and results; with a receiver here it makes none."""
    from django.conf import settings

    dictConfig(settings.LOGGING)
