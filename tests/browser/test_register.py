"""The register as managers and auditors see it, with charts and their tables and the way to a file, and the evidence of
a case: light, dark and on a phone."""

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy import regimes, roles
from privacy.cases.requests import ask
from privacy.evidence import verify
from privacy.fulfilment import roots
from privacy.models import Case, Outcome, State
from tests import factories as f
from tests import working
from tests.browser.test_axe import LOOKS, found, looked_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PICTURES = os.environ.get("PICTURES")  # a folder: what is looked at is kept there


def many_cases() -> None:
    person, member, now = f.DataSubjectFactory(), f.StaffFactory(), timezone.now()
    rows = []
    for kind, number, outcome in (
        ("access", 64, Outcome.FULFILLED), ("access", 4, Outcome.DENIED), ("erasure", 41, Outcome.FULFILLED),
        ("erasure", 12, Outcome.DENIED), ("opt_out_sale_sharing", 120, Outcome.FULFILLED), ("rectification", 3, ""),
        ("portability", 15, ""), ("objection", 6, Outcome.PARTLY),
    ):  # fmt: skip
        for place in range(number):
            received = now - timedelta(days=5 + 3 * place)
            over = {"state": State.CLOSED, "closed_at": received + timedelta(days=place % 40)} if outcome else {}
            rows.append(
                Case(
                    subject=person if kind == "objection" else f.DataSubjectFactory(),
                    kind=kind,
                    reason="Asked",
                    verification="signed_in",
                    requested_by=member,
                    received_at=received,
                    outcome=outcome,
                    regime="gdpr" if place % 3 else "ccpa",
                    due_on=regimes.today() + timedelta(days=place),
                    limit_on=regimes.today() + timedelta(days=place),
                    denial_reason="insuf_verification" if outcome == Outcome.DENIED else "",
                    **over,
                )  # fmt: skip
            )
    Case.objects.bulk_create(rows)


def kept(page, name: str) -> None:
    for look in LOOKS if PICTURES else ():
        looked_at(page, look)
        page.screenshot(path=str(Path(PICTURES, f"{name}-{look}.png")), full_page=True)


def test_the_register_is_read_and_taken_along(let_in, settings):
    many_cases()
    page = let_in(roles.AUDITOR)
    url = reverse("admin:privacy_rightsrequest_register")
    assert found(page, url) == set() and found(page, url + "export/") == set()
    page.goto("/admin/")
    page.set_viewport_size(LOOKS["light"])
    page.get_by_role("link", name="Register", exact=True).first.click()
    assert page.get_by_role("heading", name=f"Register {regimes.today().year}").is_visible()
    kept(page, "register")
    page.get_by_role("link", name="Take it along").click()
    kept(page, "register-export")
    page.get_by_label("Why does it leave this site?").select_option("report")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert download.value.suggested_filename == f"register-figures-{regimes.today().year}.csv"
    assert "fewer than 10" in Path(download.value.path()).read_text()


def test_the_evidence_of_a_case_is_taken_along_and_is_sound(let_in, settings, tmp_path):
    settings.ROOTS_FOLDER = tmp_path / "elsewhere"
    page = let_in(roles.AUDITOR)
    asks = f.StaffFactory(role="agent")
    [case] = ask(
        "access", subject_ids=[f.DataSubjectFactory().pk], actor=asks, reason="Asked by mail", verification="signed_in"
    )
    roots.order_due()
    working.run_all()
    page.goto(reverse("admin:privacy_rightsrequest_change", args=[case.pk]))
    page.get_by_role("link", name="Evidence pack").click()
    kept(page, "evidence")
    with page.expect_download() as download:
        page.get_by_role("button", name="Make the evidence pack").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert verify.verify(files)[0] == []
    assert found(page, reverse("admin:privacy_dailyroot_changelist")) == set()
    assert found(page, reverse("admin:privacy_rightsrequest_evidence_pack", args=[case.pk])) == set()
    page.goto(reverse("admin:privacy_dailyroot_changelist"))
    kept(page, "roots")
