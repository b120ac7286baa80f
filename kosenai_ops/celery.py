"""The Celery application: a doorbell. What is due, and to whom, stands in the database (see fulfilment/engine.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kosenai_ops.settings")

app = Celery("kosenai_ops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
