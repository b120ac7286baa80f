"""What `celery -A tests.attack.worker` starts: the application with short leases, and a fake for Stripe."""

import os

from tests.jobs.worker import app

from billing.connectors import Stripe  # isort: skip  (the line above sets Django up)

Stripe.base_url = os.environ["FAKE_STRIPE"]

__all__ = ["app"]
