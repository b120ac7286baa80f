"""Leaks at the edges: what a page repeats, what a reference may be, which pages there are, what every answer says."""

import json
import re
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import URLResolver, path, reverse
from django.utils import timezone

from kosenai_ops import urls
from kosenai_ops.urls import handler400  # noqa: F401  (Django looks for it in the module of the URLs)
from privacy.cases import processors
from privacy.cases.requests import ask
from privacy.catalogue import NotAllowed
from privacy.evidence.sealing import seal
from privacy.fulfilment import exporting, reference_number, reveal
from privacy.fulfilment.reference_number import NotAReference
from privacy.fulfilment.reveal import NotRevealed
from privacy.models import (
    Identifier,
    Script,
    Staff,
    State,
    StepState,
    Verification,
)
from tests import factories as f
from tests.trail import since_the_release

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"


def break_down(request):
    raise RuntimeError("Mustermann")


urlpatterns = [
    *urls.urlpatterns,
    path("broken/", break_down),
    path("streamed/", lambda request: StreamingHttpResponse([b"x"])),
    path("plain/", lambda request: HttpResponse("x")),
]


# --- What was typed is not repeated -------------------------------------------------


def test_no_page_repeats_the_key_of_a_row_that_is_not_there(client, manager):
    typed = "Erika-Mustermann-1985"
    for model in admin.site._registry:
        for name in ("change", "history"):
            page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=[typed])
            answer = client.get(page)
            assert answer.status_code in (302, 403, 404)
            assert typed not in answer.text + answer.headers.get("Location", "")
            assert not any(typed in json.dumps(session.get_decoded()) for session in Session.objects.all()), page
    answer = client.get(reverse("admin:privacy_script_reveal_content", args=[typed]), follow=True)
    assert "This script doesn’t exist" in answer.text
    assert typed not in answer.text


# --- A reference is a number --------------------------------------------------------

NUMBERS = [
    "SUP-1204", "CASE-2026-114", "DEMO-1", "#4711", "4711", "T-1", "TICKET-7", "LETTER-2026-05-03", "A/17", "ABC_9",
    "c6e1d0b2", "c6e1d0b2-5e0c-4a39-8f6e-6f0b6b0c3b57",
]  # fmt: skip
NAMES = [
    "Mustermann-1985", "MUSTERMANN-1985", "mustermann1985", "Erika-1", "erika-1", "Erika", "ERIKA", "SUP-1204 Erika",
    "erika@example.com", "CASE-ERIKA-1", "1-ERIKA", "ERIKA-1-ERIKA", "ÉRIKA-1", "ＥＲＩＫＡ-1", "SUP-١٢٠٤",
    "SUP-1204\n", "SUP-1204\0", "-1", "#", "SUP-", "1" * 61, "1-" * 30 + "1", "", " ",
]  # fmt: skip


@pytest.fixture
def erika():
    person = f.DataSubjectFactory(full_name="Érika Möller-Ng")
    f.ProfilePreferenceFactory(subject=person, display_name="Rikky")
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.EMAIL, value="muster.481285@kosel.example")
    return person


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_of_tickets_letters_and_requests_are_references(number):
    reference_number.check(number)


@pytest.mark.parametrize("text", NAMES)
def test_words_and_sentences_are_none(text):
    with pytest.raises(NotAReference):
        reference_number.check(text)


@pytest.mark.parametrize(
    "number", ["ERIKA-1", "MOLLER-7", "NG-1985", "RIKKY/3", "MUSTER-2", "KOSEL-1", "SUP-481285", "#1481285"]
)
def test_a_number_with_a_word_of_the_person_is_none(erika, number):
    script = f.ScriptFactory(owner=erika)
    reference_number.check(number)
    with pytest.raises(NotRevealed, match="name or address"):
        reveal.reveal(model="privacy.Script", pk=script.pk, fields=["body"], actor=f.StaffFactory(), reason="support",
                      reference=number)  # fmt: skip
    with pytest.raises(NotRevealed, match="name or address"):
        exporting.record_content(rows=Script.objects.all(), fields=["body"], actor=f.StaffFactory(), reason="support",
                               reference=number)  # fmt: skip
    assert since_the_release().count() == 0


@pytest.mark.parametrize("number", [*NUMBERS, "EXAMPL-1", "LONG-1", "DE-4812"])
def test_other_numbers_are_taken_for_that_person(erika, number):
    script = f.ScriptFactory(owner=erika)
    reveal.reveal(model="privacy.Script", pk=script.pk, fields=["body"], actor=f.StaffFactory(), reason="support",
                  reference=number)  # fmt: skip
    assert since_the_release().get().data["reference"] == number


def open_step(person, references: dict):
    request = f.CaseFactory(
        subject=person, kind="erasure", state=State.FULFILLING, deciders=2,
        approved_by=f.StaffFactory(), approved_at=timezone.now(),
    )  # fmt: skip
    return f.StepFactory(
        job=f.JobFactory(case=request),
        seq=1,
        name="processors.erase",
        target="clerk",
        state=StepState.WAITING,
        sealed=seal(references),
    )


@pytest.mark.parametrize("number", ["ERIKA-1", "Mustermann-1985", "HANSEN-1", "a-1"])
def test_evidence_of_an_attestation_names_nobody(client, erika, number):
    """Neither what we hold nor what is sealed for the processor, when ours is erased already."""
    step = open_step(erika, {"email": ["hansen@kosel.example"], "clerk_id": ["user_1"]})
    with pytest.raises(NotAllowed):
        processors.attest(step_id=step.pk, actor=f.StaffFactory(role="approver"), evidence=number)
    client.force_login(f.StaffFactory(role="approver"))
    page = reverse("admin:privacy_rightsrequest_attest", args=[step.job.case_id, step.pk])
    answer = client.post(page, {"evidence": number}, follow=True)
    assert answer.status_code == 200
    step.refresh_from_db()
    assert step.state == StepState.WAITING
    processors.attest(step_id=step.pk, actor=f.StaffFactory(role="approver"), evidence=" CASE-2026-114 ")


def test_an_export_of_content_says_in_words_that_a_reference_names_somebody(client, manager, erika):
    f.ScriptFactory(owner=erika)
    export = reverse("admin:privacy_script_export")
    form = client.get(export).context["form"]
    fields = {name: "on" for name in form.fields if name.startswith(("scriptsheet_", "resource_"))}
    given = fields | {"format": "0", "resource": "0", "reason": "support", "reference": "ERIKA-1"}
    answer = client.post(export, given, follow=True)
    assert answer.status_code == 200
    assert "Nothing was handed out." in answer.text
    assert since_the_release().count() == 0


# --- Pages that nothing leads to ----------------------------------------------------


@pytest.mark.parametrize("page", ["/admin/r/1/1/", "/admin/r/x/y/", f"/admin/r/{'9' * 40}/1/", "/admin/autocomplete/"])
def test_pages_of_the_admin_that_are_not_used_are_not_there(client, manager, page):
    assert client.get(page).status_code == 404


FILLINGS = ("nobody", "9" * 40, "🎬", str(uuid4()), "%2e%2e")


def two_in_turn(place: int) -> tuple[str, ...]:
    return FILLINGS[3], FILLINGS[place % len(FILLINGS)]  # an id, which alone gets past the converters


def all_of_them(place: int) -> tuple[str, ...]:
    return FILLINGS


def addresses(patterns, fillings, start="/admin/"):
    """Every address of the admin, with nothing sensible in its places."""
    for pattern in patterns:
        here = start + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, fillings, here)
        elif "(" not in here:
            yield from {re.sub("<[^>]+>", filling, here) for filling in fillings(len(here))}


@pytest.mark.parametrize("fillings", [two_in_turn, pytest.param(all_of_them, marks=pytest.mark.attack)])
def test_no_page_of_the_admin_breaks_on_an_address_that_names_nothing(client, django_user_model, fillings):
    client.force_login(django_user_model.objects.create_superuser("root"))
    found = {page for page in addresses(admin.site.get_urls(), fillings) if "logout" not in page}
    assert len(found) > 150
    assert [page for page in found if client.get(page).status_code >= 500] == []


@pytest.mark.parametrize("page", ["signup/", "signup/passkey/", "2fa/webauthn/signup/", "3rdparty/", "email/"])
def test_nobody_finds_a_way_to_sign_up(client, page):
    assert client.get(f"/accounts/{page}").status_code == 404
    assert "signup" not in client.get("/accounts/login/").text.lower().replace("mfa_signup", "")


def test_the_pages_around_sign_in_do_not_need_the_one_for_signing_up(client, django_user_model):
    member = django_user_model.objects.create_user("mara", password=PASSWORD, is_staff=True)
    client.force_login(member)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    pages = [
        "2fa/",
        "2fa/totp/activate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
        "sessions/",
        "password/change/",
        "logout/",
    ]
    assert {page: client.get(f"/accounts/{page}").status_code for page in pages} == dict.fromkeys(pages, 200)


# --- Headers ------------------------------------------------------------------------


@pytest.mark.urls("tests.faults.test_17_web_nothing_leaks_by_the_edges_of_a_page")
@pytest.mark.parametrize(("page", "status"), [
    ("/static/privacy/ops.css", 200), ("/static/nothing.css", 404), ("/favicon.ico", 302), ("/healthz", 200),
    ("/accounts/login/", 200), ("/admin/", 302), ("/nowhere/", 404), ("/broken/", 500), ("/streamed/", 200),
    ("/plain/%00", 400), ("/download/x/", 404), ("/plain/", 200),
])  # fmt: skip
def test_every_answer_keeps_others_from_embedding_it_and_asks_for_no_device(page, status):
    answer = Client(raise_request_exception=False).get(page)
    assert answer.status_code == status
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer.headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()", "publickey-credentials-get=(self)"} <= set(policy)


def test_a_host_that_is_not_ours_is_answered_with_the_headers_too(client):
    assert client.get("/", HTTP_HOST="evil.example").headers["Cross-Origin-Resource-Policy"] == "same-origin"


# --- A sign-in with a second factor is a proof --------------------------------------


@pytest.fixture
def as_in_production(settings):
    settings.SECOND_FACTOR_COMPULSORY = settings.REAUTHENTICATE_BEFORE_APPROVAL = True


@pytest.fixture
def approver():
    member = f.StaffFactory(role="approver")
    member.set_password(PASSWORD)
    member.save()
    return member


@pytest.fixture
def waiting():
    """The approval page of an erasure that a colleague asked for."""
    [request] = ask("erasure",
        subject_ids=[f.DataSubjectFactory().pk], actor=f.StaffFactory(role="agent"), reason="ticket 4711, by e-mail",
        verification=Verification.SIGNED_IN,
    )  # fmt: skip
    return reverse("admin:privacy_rightsrequest_approve", args=[request.pk])


def code() -> str:
    return format_hotp_value(hotp_value("JBSWY3DPEHPK3PXP", next(iter(yield_hotp_counters_from_time()))))


def sign_in_with_code(client, member, given: str | None = None) -> None:
    client.post("/accounts/login/", {"login": member.username, "password": PASSWORD})
    assert client.post("/accounts/2fa/authenticate/", {"code": given or code()}).status_code == 302


def test_after_signing_in_with_a_second_factor_nobody_is_asked_again_for_ten_minutes(
    client, as_in_production, approver, waiting, time_machine
):
    TOTP.activate(approver, "JBSWY3DPEHPK3PXP")
    sign_in_with_code(client, approver)
    assert client.get(waiting).status_code == 200
    time_machine.move_to(timezone.now() + timezone.timedelta(minutes=11))
    again = client.get(waiting)
    assert (again.status_code, again.url.split("?")[0]) == (302, "/accounts/reauthenticate/")


def test_a_recovery_code_is_a_second_factor_too(client, as_in_production, approver, waiting):
    TOTP.activate(approver, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(approver).get_unused_codes()
    sign_in_with_code(client, approver, codes[0])
    assert client.get(waiting).status_code == 200


def test_a_password_alone_is_no_proof_before_an_approval(client, as_in_production, settings, approver, waiting):
    settings.SECOND_FACTOR_COMPULSORY = False
    client.post("/accounts/login/", {"login": approver.username, "password": PASSWORD})
    assert client.get(waiting).url.startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get(waiting).status_code == 200


def test_the_proof_of_another_session_counts_for_nothing(client, as_in_production, approver, waiting):
    TOTP.activate(approver, "JBSWY3DPEHPK3PXP")
    sign_in_with_code(Client(), approver)
    client.force_login(approver)
    assert client.get(waiting).status_code == 302


# --- NUL ----------------------------------------------------------------------------

GET_PAGES = [
    "/admin/privacy/script/%00/change/", "/admin/privacy/processor/%00/change/", "/admin/privacy/team/a%00/history/",
    "/admin/privacy/datasubject/?q=%00", "/admin/privacy/rightsrequest/?state__exact=%00",
    "/admin/privacy/auditentry/?event=%00", "/admin/?%00", "/download/%00/", "/accounts/login/?next=%00",
    "/admin/billing/invoice/?state__exact=%00", "/admin/privacy/supportconversation/?state__exact=%00", "/%00",
    "/static/%00.css",
]  # fmt: skip


@pytest.mark.parametrize("page", GET_PAGES)
def test_nul_in_an_address_is_refused(client, manager, page):
    assert client.get(page).status_code in (400, 404)


def test_nul_in_a_form_field_is_refused(client, manager, erika):
    script = f.ScriptFactory(owner=erika)
    posts = {
        reverse("admin:privacy_datasubject_search"): {"term": "a\0"},
        reverse("admin:privacy_datasubject_changelist"): {"action": "hold", "_selected_action": "\0", "index": "0"},
        reverse("admin:privacy_datasubject_act", args=["hold"]): {
            "subjects": str(erika.pk),
            "reason": "because \0 of it",
        },
        reverse("admin:privacy_script_reveal_content", args=[script.pk]): {"reason": "support", "reference": "1\0"},
        reverse("admin:privacy_processor_add"): {"name": "a\0", "key": "b"},
        reverse("admin:privacy_script_export"): {"format": "\0", "a\0": "b"},
        "/accounts/login/": {"login": "a\0", "password": PASSWORD},
        "/accounts/password/change/": {"oldpassword": "a\0"},
        "/accounts/2fa/webauthn/login/": {"credential": "\0"},
        "/admin/login/": {"username": "a\0"},
        "/download/x/": {"a": "\0"},
    }
    statuses = {page: client.post(page, given).status_code for page, given in posts.items()}
    assert statuses == dict.fromkeys(posts, 400)
    assert client.post("/accounts/login/", {"credential": json.dumps({"id": "\0"})}).status_code < 500
    assert client.post("/accounts/2fa/webauthn/login/", {"credential": '{"id": "\\u0000"}'}).status_code < 500
    multipart = {"term": "a\0", "file": "x"}
    assert Client().post("/accounts/login/", urlencode(multipart), content_type="application/x-www-form-urlencoded"
                         ).status_code == 400  # fmt: skip


def test_nul_in_a_cookie_or_in_the_name_of_the_browser_is_refused():
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "other"):
        assert Client(HTTP_COOKIE=f'{name}="\\000aaaaaaaaaaaaaaa"').get("/admin/").status_code == 400
    assert Client(HTTP_USER_AGENT="a\0").get("/accounts/login/").status_code == 400


def test_what_is_no_nul_passes(client, manager):
    f.DataSubjectFactory(full_name="0 % Zoë")
    answer = client.post(reverse("admin:privacy_datasubject_search"), {"term": "0 %"}, follow=True)
    assert answer.status_code == 200


def test_a_choice_of_many_wider_than_a_column_is_refused(client):
    client.force_login(f.StaffFactory(role="", is_superuser=True))
    before = Staff.objects.count()
    fields = {"username": "new", "usable_password": "false", "groups": ["9" * 30]}
    answer = client.post(reverse("admin:privacy_staff_add"), fields)
    assert answer.status_code in (200, 400)
    assert Staff.objects.count() == before
