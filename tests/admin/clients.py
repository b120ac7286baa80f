"""Browsers of staff, and what they read and send on the pages of cases."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from privacy.models import Case
from tests import factories as f

REASON = "Ticket 4711, asked for by e-mail"


def signed_in(role: str) -> Client:
    """Whose it is, is its `staff`."""
    client = Client()
    client.staff = f.StaffFactory(role=role)
    client.force_login(client.staff)
    return client


def fixture_of(role: str):
    return pytest.fixture(lambda: signed_in(role))


def url(name: str, case: Case, **given) -> str:
    return reverse(f"admin:privacy_rightsrequest_{name}", kwargs={"request_id": case.pk, **given})


def page_url(case: Case) -> str:
    return reverse("admin:privacy_rightsrequest_change", args=[case.pk])


def texts(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))
