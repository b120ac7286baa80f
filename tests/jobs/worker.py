"""What `celery -A tests.jobs.worker` starts: the application with the tests' own steps, and short leases."""

import os
from datetime import timedelta

import django

from kosenai_ops.celery import app

django.setup()

from privacy.jobs import claim  # noqa: E402
from tests.jobs import steps  # noqa: E402, F401  (registers the steps)

claim.LEASE = timedelta(seconds=float(os.environ["LEASE_SECONDS"]))

__all__ = ["app"]
