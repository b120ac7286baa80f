"""Who may do what: what the pages allow is what the one table of roles says, no more and no less."""

import json
import uuid

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import models
from django.urls import reverse

from privacy import models as privacy
from privacy import roles
from privacy.catalogue import case_kinds
from tests import factories as f
from tests.admin.pages import Page, example, pages, row_of_everything
from tests.tampering import owner_of_the_tables
from tests.trail import since_the_release

pytestmark = pytest.mark.django_db


# Pages whose permission is another than Django's four. A new page fails the test below until it stands here.
PERMISSIONS = {
    "reveal_content": "privacy.reveal_content",
    "import": "privacy.import_datasubject",
    "process_import": "privacy.import_datasubject",
    "export": "privacy.export_datasubject",
    "privacy_processor_data_flow": "privacy.view_processor",
    "privacy_processor_record": "privacy.view_processor",
    "privacy_processor_record_csv": "privacy.view_processor",
    "privacy_processor_mark_reviewed": "privacy.change_processor",
    "privacy_datasubject_consents": "privacy.export_datasubject",
    "privacy_rightsrequest_progress": "privacy.view_rightsrequest",
    "privacy_rightsrequest_others": "privacy.view_rightsrequest",
    "privacy_rightsrequest_export": "privacy.export_datasubject",
    "privacy_rightsrequest_save_filter": "privacy.view_rightsrequest",
    "privacy_rightsrequest_deny_many": "privacy.export_datasubject",  # who may deny a request of any kind
    "privacy_rightsrequest_answer_many": "privacy.export_datasubject",
    "privacy_rightsrequest_reopen_many": "privacy.export_datasubject",
    "outbox": "privacy.change_processor",
    "privacy_rightsrequest_receipt": "privacy.view_receipt",
    # Of the studio's request, an erasure; each kind has its own.
    "privacy_rightsrequest_prove": "privacy.request_erasure",
    **dict.fromkeys(
        (
            f"privacy_rightsrequest_{deed}"
            for deed in ("send_code", "await_document", "take_document", "reply", "override")
        ),
        "privacy.request_erasure",
    ),
    "privacy_rightsrequest_decide_override": "privacy.verify_identity",
    "privacy_rightsrequest_approve": "privacy.approve_erasure",
    "privacy_rightsrequest_approve_again": "privacy.approve_erasure",
    "privacy_rightsrequest_deny": "privacy.approve_erasure",
    "privacy_rightsrequest_set_aside": "privacy.approve_erasure",
    "privacy_rightsrequest_answer": "privacy.request_erasure",
    "privacy_rightsrequest_link": "privacy.request_erasure",
    "privacy_rightsrequest_download": "privacy.request_erasure",
    "privacy_rightsrequest_reopen": "privacy.approve_erasure",
    "privacy_rightsrequest_dossier": "privacy.request_erasure",
    "privacy_rightsrequest_confirm_dossier": "privacy.approve_erasure",
    "privacy_rightsrequest_comment": "privacy.request_erasure",
    "privacy_rightsrequest_file": "privacy.request_erasure",
    "privacy_rightsrequest_notice": "privacy.reveal_content",
    "privacy_rightsrequest_letter": "privacy.request_erasure",
    "privacy_rightsrequest_take_in": "privacy.request_erasure",
    "privacy_rightsrequest_reply": "privacy.request_erasure",
    "privacy_rightsrequest_one_letter": "privacy.view_datasubject",
    "privacy_rightsrequest_letter_act": "privacy.view_datasubject",
    "privacy_rightsrequest_letter_pdf": "privacy.view_datasubject",
    "privacy_letterwording_edit": "privacy.propose_letterwording",
    "privacy_letterwording_decide": "privacy.view_letterwording",
    "privacy_rightsrequest_cancel": "privacy.request_erasure",
    "privacy_rightsrequest_retry": "privacy.request_erasure",
    "privacy_rightsrequest_assign": "privacy.request_erasure",
    **dict.fromkeys(
        (f"privacy_rightsrequest_{deed}" for deed in ("acknowledge", "extend", "pause", "resume")),
        "privacy.request_erasure",
    ),
    "privacy_rightsrequest_clocks": "privacy.view_rightsrequest",
    "privacy_regimerule_propose": "privacy.propose_regimerule",
    "privacy_regimerule_propose_change": "privacy.propose_regimerule",
    "privacy_regimerule_decide": "privacy.confirm_regimerule",
    "privacy_rightsrequest_retry_work": "privacy.retry_job",
    "privacy_consentwording_publish": "privacy.publish_consentwording",
    "privacy_rightsrequest_attest": "privacy.approve_erasure",
    "privacy_rightsrequest_manual": "privacy.reveal_content",
    "privacy_rightsrequest_evidence_pack": "privacy.export_evidence",
    "privacy_rightsrequest_register": "privacy.view_register",
    "privacy_rightsrequest_register_export": "privacy.view_register",
    "privacy_rightsrequest_reveal": "privacy.reveal_content",
    "privacy_batch_progress": "privacy.view_batch",
    "privacy_batch_links": "privacy.export_datasubject",
    "privacy_importrun_changelist": "privacy.import_datasubject",
    "privacy_importrun_change": "privacy.import_datasubject",
    "privacy_importrun_history": "privacy.import_datasubject",
    "privacy_importrun_progress": "privacy.import_datasubject",
    "privacy_suppression_readmit": "privacy.readmit_identifier",
    "privacy_rolegrant_confirm_role": "privacy.confirm_role",
    "privacy_rolegrant_refuse_role": "privacy.confirm_role",
    "privacy_staff_invite": "privacy.invite_staff",
    "privacy_staff_invite_again": "privacy.invite_staff",
    "privacy_staff_withdraw_invitation": "privacy.invite_staff",
    "privacy_staff_ask_role": "privacy.ask_role",
    "privacy_staff_review_access": "privacy.review_staff",
    "auth_user_password_change": "privacy.change_staff",
}
# What opening a case of each kind takes. A new kind fails the test below until it stands here.
ASKED_WITH = {
    "access": "privacy.export_datasubject",
    "erasure": "privacy.request_erasure",
    "hold_place": "privacy.place_legalhold",
    "hold_release": "privacy.place_legalhold",
    "child_flag": "privacy.flag_child",
    "child_confirm": "privacy.clear_child",
    "child_clear": "privacy.flag_child",
    "merge": "privacy.merge_datasubject",
    "split": "privacy.merge_datasubject",
    "separate": "privacy.merge_datasubject",
    "portability": "privacy.export_datasubject",
    "parental_review": "privacy.export_datasubject",
    "rectification": "privacy.request_rectification",
    "erasure_of_one": "privacy.request_erasure",
    "restriction": "privacy.restrict_processing",
    "objection": "privacy.object_processing",
    "limit_lift": "privacy.ask_lift_limit",
    "human_review": "privacy.ask_human_review",
    **dict.fromkeys(("question", "complaint", "appeal"), "privacy.take_inquiry"),
    **dict.fromkeys(("child_report", "access_report"), "privacy.take_report"),
    **dict.fromkeys(
        (
            "limit_sensitive",
            "opt_out_marketing",
            "opt_out_profiling",
            "opt_out_sale_sharing",
            "opt_out_targeted_ads",
            "withdraw_consent",
        ),
        "privacy.opt_out_datasubject",
    ),
}
# What deciding takes, where another person has to.
DECIDED_WITH = {
    "erasure": "privacy.approve_erasure",
    "hold_release": "privacy.release_legalhold",
    "child_clear": "privacy.clear_child",
    "merge": "privacy.approve_merge",
    "split": "privacy.approve_merge",
    "separate": "privacy.approve_merge",
    "rectification": "privacy.approve_rectification",
    "erasure_of_one": "privacy.approve_erasure",
    "limit_lift": "privacy.lift_limit",
    "human_review": "privacy.review_decision",
    "complaint": "privacy.decide_inquiry",
    "appeal": "privacy.decide_inquiry",
}
# Pages that every member of staff may call: they show nothing of anybody, or only send you on to a list.
OPEN = {
    "index", "find", "jsi18n", "password_change", "password_change_done", "app_list_privacy", "app_list_billing",
    "privacy_datasubject_search", "privacy_rightsrequest_search", "privacy_rightsrequest_approve_many",
}  # fmt: skip
# It answers for fields that ask for it; none here does.
CLOSED = {"autocomplete"}


@pytest.fixture
def studio():
    return row_of_everything()


@pytest.fixture
def sign_in_as(client):
    def sign_in(role: str):
        member = f.StaffFactory(role=role)
        client.force_login(member)
        return member

    return sign_in


def permission_of(page: Page) -> str | None:
    """What the page asks for; None where every member of staff may call it."""
    if page.name in OPEN:
        return None
    if page.action:
        return ASKED_WITH[page.action]
    if page.kind in PERMISSIONS or page.name in PERMISSIONS:
        return PERMISSIONS.get(page.name) or PERMISSIONS[page.kind]
    verbs = {"changelist": "view", "change": "view", "history": "view", "add": "add", "delete": "delete"}
    assert page.kind in verbs, f"{page.name} is a new page: say in PERMISSIONS who may open it"
    app, model = page.label.split(".")
    return f"{app}.{verbs[page.kind]}_{model}"


def status_of(client, page: Page) -> int:
    """Opened as its buttons open it: the target of a confirmation by POST, all others by GET."""
    answer = client.post(page.url, {}) if page.name == "privacy_datasubject_act" else client.get(page.url)
    assert answer.status_code < 500, page.name
    return answer.status_code


def names(some: list[Page]) -> set[str]:
    return {f"{page.name} {page.action}".strip() for page in some}


# What tells a page's permission from another: who may most, who works on cases, and who sees nobody.
TELLING = (roles.MANAGER, roles.AGENT, roles.DEVELOPER)
ALL = [role if role in TELLING else pytest.param(role, marks=pytest.mark.attack) for role in roles.ROLES]


@pytest.mark.parametrize("role", ALL)
def test_the_pages_a_role_can_open_are_those_of_the_matrix(client, studio, sign_in_as, unrendered, role):
    """A manager reads every page; of the others it is asked whether it opens."""
    if role != roles.MANAGER:
        unrendered()
    sign_in_as(role)
    may = roles.matrix()[role]
    known = [page for page in pages() if page.name not in CLOSED]
    allowed = names([page for page in known if permission_of(page) is None or permission_of(page) in may])
    found = [(page, status_of(client, page)) for page in known]
    observed = names([page for page, status in found if status != 403])
    assert allowed - observed == set()
    assert observed - allowed == set()
    assert {status for page, status in found if page.kind == "changelist"} <= {200, 403}


@pytest.mark.parametrize("role", roles.ROLES)
def test_the_actions_a_list_offers_are_those_of_the_matrix(client, studio, sign_in_as, role):
    sign_in_as(role)
    may = roles.matrix()[role]
    allowed = {key for key, permission in ASKED_WITH.items() if permission in may and not case_kinds[key].alone}
    answer = client.get(reverse("admin:privacy_datasubject_changelist"))
    offered = (
        {value for value, _ in answer.context["action_form"].fields["action"].choices if value}
        if (answer.status_code == 200 and answer.context.get("action_form"))
        else set()
    )
    assert offered & set(case_kinds) == allowed


def test_who_decides_about_a_kind_is_who_the_matrix_says():
    """That its page asks for this permission is tried with every role in tests/faults/test_02."""
    decided = {key: kind.may.decide for key, kind in case_kinds.items() if kind.deciders == 2}
    assert {key: permit.name for key, permit in decided.items()} == DECIDED_WITH
    for permit in decided.values():
        assert set(permit.roles) == {role for role, cells in roles.matrix().items() if permit.name in cells}


@pytest.mark.parametrize("role", [roles.MANAGER, ""])
def test_nobody_without_a_role_or_a_sign_in_gets_past_the_door(client, studio, role):
    """Without a sign-in every page sends you to it; an inactive member, even one who could open most, or one without a
    role sees no row."""
    member = f.StaffFactory(role=role)
    if role:
        member.is_active = False
        member.save()
    client.force_login(member)
    for page in pages():
        if page.name in OPEN | CLOSED:
            continue
        answer = client.get(page.url)
        assert answer.status_code in ((302,) if role else (302, 403)), page.name
        if answer.status_code == 302 and role:
            assert "login" in answer.url


def test_the_groups_of_the_migrated_database_are_the_matrix():
    found = {
        group.name: {
            f"{app}.{name}" for app, name in group.permissions.values_list("content_type__app_label", "codename")
        }
        for group in Group.objects.all()
    }
    assert found == roles.matrix()


def test_every_permission_of_the_matrix_is_asked_for_somewhere(studio):
    """A cell that no page asks for would be a promise that nothing keeps."""
    asked = {permission_of(page) for page in pages() if page.name not in CLOSED}
    inlines = {
        "privacy.view_identifier", "privacy.view_team", "privacy.view_membership", "privacy.view_profilepreference",
        "privacy.view_job", "privacy.view_step", "privacy.view_limit", "privacy.view_likeness",
        "privacy.view_consentevent", "privacy.view_casefile", "privacy.view_casecomment", "privacy.view_dossier",
        "privacy.view_factor", "privacy.view_redaction", "privacy.view_clock", "privacy.view_clockpause",
    }  # fmt: skip
    by_post = {*DECIDED_WITH.values(), "privacy.confirm_redactions", "privacy.deny_opt_out"}
    assert set().union(*roles.matrix().values()) - asked - inlines - by_post == set()


def rows() -> dict[str, list]:
    """Every row of our own tables, but for when staff were last here, which every page writes down."""
    return {
        model._meta.label: [row | {"last_used_at": None} for row in model.objects.order_by("pk").values()]
        for app in ("privacy", "billing")
        for model in apps.get_app_config(app).get_models()
    }


def changed(before: dict[str, list]) -> list[str]:
    """The tables that are no longer what they were."""
    return [label for label, then in rows().items() if then != before[label]]


def everything(model: type[models.Model]) -> dict[str, str]:
    """A value for every field of the model and for the fields of our forms, as a forger would send them."""
    row = example(model)
    given = {
        "reason": "a reason that is long enough", "reference": "SUP-1", "how": "show", "typed": str(row.pk)[:8],
        "verification": "signed_in", "evidence": "T-1", "denial_reason": "no_match", "post": "yes", "confirm": "yes",
        "token": str(uuid.uuid4()), "event": "duplicate", "requests": str(row.pk),
        "why": "Asked again", "text": "A remark", "side": "against",
        "is_superuser": "on", "is_staff": "on", "action": "delete_selected", "_selected_action": str(row.pk),
        "subjects": str(privacy.DataSubject.objects.first().pk), "_save": "Save",
    }  # fmt: skip
    for field in model._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(field, models.BooleanField):
            given[field.name] = "on"
        elif isinstance(field, models.CharField | models.TextField) and not field.choices:
            given[field.name] = "forged"
        elif isinstance(field, models.IntegerField):
            given[field.name] = str((value or 0) + 1)
        elif isinstance(field, models.JSONField):
            given[field.name] = json.dumps({"forged": 1})
        else:
            given.setdefault(field.name, str(value or ""))
    if model is privacy.RightsRequest:
        given |= {"how": "email", "owner": str(privacy.Staff.objects.first().pk), "verification": "signed_in"}
    return given


def test_a_manager_may_what_any_role_may():
    """Hence what is refused to a manager is refused to all."""
    assert set().union(*roles.matrix().values()) == roles.matrix()[roles.MANAGER]


WITH_LESS = [pytest.param(role, marks=pytest.mark.attack) for role in (roles.AGENT, roles.APPROVER, roles.DEVELOPER)]


@pytest.mark.parametrize("role", [roles.MANAGER, *WITH_LESS])
def test_no_forged_form_adds_changes_or_deletes_a_row(client, studio, sign_in_as, role):
    """Every model's add, change and delete, with every field filled in. Only a manager's processors may change. An
    auditor tries more than this below."""
    sign_in_as(role)
    before = rows()
    for page in pages():
        if page.kind not in ("add", "change", "delete", "changelist") or page.model is None:
            continue
        if role == roles.MANAGER and page.model is privacy.Processor and page.kind in ("add", "change"):
            continue
        client.post(page.url, everything(page.model))
    assert changed(before) == []


def test_an_auditor_changes_nothing_by_any_post(client, studio, sign_in_as):
    sign_in_as(roles.AUDITOR)
    before = rows()
    for page in pages():
        client.post(page.url, everything(page.model or privacy.Note))
    assert changed(before) == []


MARK = "Zyxwvut-Mark"


def fits(field) -> bool:
    strict = {
        "sha256", "digest", "previous", "event", "country", "currency", "last_four", "regime", "token_sha256",
        "target", "denial_reason", "extended_because", "stripe_id", "parked_because", "sealed", "problem", "kind",
        "about", "at_step",
    }  # fmt: skip
    of_a_vocabulary = str(field) in ("privacy.Step.name", "privacy.Limit.purpose")
    return not of_a_vocabulary and field.name not in strict and (field.max_length or 1000) >= len(MARK)


def test_a_developer_reads_nothing_personal_on_any_page(client, studio, sign_in_as):
    """The mark stands in every text column about people, and in the reasons that staff gave."""
    with owner_of_the_tables():
        for label in roles.readers().keys() - {*roles.INVENTORY, "privacy.auditentry", "privacy.suppression"}:
            plant(apps.get_model(label))
    sign_in_as(roles.DEVELOPER)
    leaks = [page.name for page in pages() if MARK in client.get(page.url).text]
    assert leaks == []


def plant(model: type[models.Model]) -> None:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if is_text and not field.unique and fits(field) and not isinstance(field, models.UUIDField):
            model.objects.update(**{field.name: MARK})


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_link_of_the_sidebar_opens(client, studio, sign_in_as, role):
    sign_in_as(role)
    sidebar = client.get(reverse("admin:index")).context["sidebar_navigation"]
    groups = [item for group in sidebar for item in (*group["items"], *group.get("areas", []))]
    links = {link["link"] for item in groups for link in (item.get("pages") or item.get("items") or [item])}
    lists = {page.url for page in pages() if page.kind == "changelist"}  # opened by the test of the matrix
    assert [link for link in links - lists if client.get(link).status_code != 200] == []
    opened = {page.url for page in pages() if page.kind == "changelist" and permission_of(page) in roles.matrix()[role]}
    assert {link for link in links if link.endswith("/")} - opened - {reverse("admin:index")} - {
        reverse("admin:privacy_processor_data_flow"), reverse("admin:privacy_processor_record"),
        reverse("admin:privacy_rightsrequest_manual"),
    } == set()  # fmt: skip


def test_no_secret_of_a_second_factor_has_a_page():
    """allauth registers one that prints it; our site passes over the pages of other apps."""
    from django.contrib import admin

    assert {model._meta.app_label for model in admin.site._registry} == {"privacy", "billing"}


def test_managers_see_the_staff_and_only_a_superuser_changes_them(client, studio):
    """A role that decides is asked for there and acts when another has confirmed it; any other acts at once."""
    boss, manager = f.StaffFactory(role="", is_superuser=True), f.StaffFactory(role="manager")
    other = f.StaffFactory(role="auditor")
    url = reverse("admin:privacy_staff_change", args=[other.pk])
    chosen = Group.objects.filter(name__in=["agent", "approver"])
    form = {
        "username": other.username, "email": other.email, "time_zone": "Europe/Berlin", "is_active": "on",
        "is_staff": "on", "groups": [str(group.pk) for group in chosen], "_save": "Save",
    }  # fmt: skip
    client.force_login(manager)
    seen = client.get(url)
    assert (seen.status_code, client.post(url, form).status_code) == (200, 403)
    assert other.password not in seen.text and not privacy.RoleGrant.objects.filter(member=other).exists()
    client.force_login(boss)
    assert client.post(url, form).status_code == 302
    assert [g.name for g in other.groups.all()] == ["agent"]
    entry = privacy.AuditEntry.objects.get(event="staff.changed")
    assert entry.actor == boss
    assert entry.data["roles"] == ["agent"]
    assert other.username not in json.dumps(entry.data)
    grant = privacy.RoleGrant.objects.get(member=other)
    assert (grant.role, grant.asked_by, grant.acted_at) == ("approver", boss, None)
    confirm = reverse("admin:privacy_rolegrant_confirm_role", args=[grant.pk])
    assert client.post(confirm).status_code == 403
    client.force_login(manager)
    assert client.post(confirm).status_code == 302
    assert {g.name for g in other.groups.all()} == {"agent", "approver"}
    asked, acts = privacy.AuditEntry.objects.filter(event__startswith="staff.role_").order_by("id")
    assert (asked.event, asked.actor, asked.data["role"]) == ("staff.role_asked", boss, "approver")
    assert (acts.event, acts.actor, acts.data["role"]) == ("staff.role_acts", manager, "approver")
    assert other.username not in json.dumps([asked.data, acts.data])
    client.force_login(boss)
    assert client.post(reverse("admin:privacy_staff_delete", args=[other.pk]), {"post": "yes"}).status_code == 403


def test_a_new_member_and_a_new_password_are_evidence(client):
    boss = f.StaffFactory(is_superuser=True)
    client.force_login(boss)
    word = "correct horse battery staple"
    form = {"username": "newcomer", "usable_password": "true", "password1": word, "password2": word, "is_staff": "on"}
    assert client.post(reverse("admin:privacy_staff_add"), form).status_code == 302
    member = privacy.Staff.objects.get(username="newcomer")
    form = {"usable_password": "true", "password1": word + "!", "password2": word + "!"}
    url = reverse("admin:privacy_staff_change", args=[member.pk]).replace("change", "password")
    assert client.post(url, form).status_code == 302
    events = list(since_the_release().order_by("id").values_list("event", flat=True))
    assert events == ["staff.added", "staff.password_set"]
    assert word not in json.dumps(list(privacy.AuditEntry.objects.values("data")))
