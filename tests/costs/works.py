"""Uses what was added to the copy of the project in which this runs: `connector`, `rule` or `role`."""

import os
import sys
from datetime import UTC, datetime

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
sys.path.insert(0, ".")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from privacy.cases.requests import ask  # noqa: E402
from tests import factories as f  # noqa: E402
from tests import working  # noqa: E402
from tests.asking import agreed  # noqa: E402

ASKED = {"reason": "Asked by mail", "verification": "signed_in"}


def connector() -> None:
    """The plan has a step for it, and it waits for a person."""
    person = f.IdentifierFactory(kind="phone", value="+49301234567").subject
    [case] = agreed("erasure", subject_ids=[person.id], actor=f.StaffFactory(), **ASKED)
    working.run_all()
    step = case.steps.get(target="text_messages")
    assert step.state == "waiting", step.state
    assert "Text messages" in step.problem


def rule() -> None:
    """It sets the date of somebody who lives there."""
    person = f.DataSubjectFactory(country="NZ")
    received = datetime(2026, 3, 2, 12, tzinfo=UTC)
    [case] = ask("access", subject_ids=[person.id], actor=f.StaffFactory(), received_at=received, **ASKED)
    assert (case.regime, f"{case.due_on}") == ("nz_privacy_act", "2026-03-30")


def role() -> None:
    """Who has it reads people and changes nothing."""
    assert Group.objects.get(name="counsel").permissions.exists()
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(f.StaffFactory(role="counsel"))
    person = f.DataSubjectFactory()
    assert client.get(reverse("admin:privacy_datasubject_change", args=[person.pk])).status_code == 200
    assert client.get(reverse("admin:privacy_datasubject_act_on", args=[person.pk, "erasure"])).status_code == 403


setup_test_environment()
call_command("check", fail_level="WARNING")
{"connector": connector, "rule": rule, "role": role}[sys.argv[1]]()
