"""The database itself refuses what must not be, whoever writes it; a new constraint without a violation fails here."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F

from privacy.datamap import registry
from privacy.models import AuditEntry, Case, DataSubject
from tests import factories
from tests import factories as f

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TODAY = NOW.date()
OURS = [model for app in ("privacy", "billing") for model in apps.get_app_config(app).get_models()]
FACTORIES = {factory._meta.model: factory for name, factory in vars(factories).items() if name.endswith("Factory")}
RULES = (models.CheckConstraint, models.UniqueConstraint)


def changed(factory, **values) -> Callable[[], None]:
    """Makes a sound row and changes it past every check of Python's."""

    def violate():
        row = factory()
        type(row).objects.filter(pk=row.pk).update(**values)

    return violate


def made(factory, **values) -> Callable[[], None]:
    """Makes a row that is wrong from the start: evidence takes no change that could break the rule."""
    return lambda: factory(**values)


def twice(factory, **same) -> Callable[[], None]:
    """Makes two rows that share these values; a value that is a factory is made once."""

    def violate():
        shared = {name: value() if callable(value) else value for name, value in same.items()}
        factory(**shared)
        factory(**shared)

    return violate


def audit_link_twice():
    link = {"chain": uuid.uuid4(), "n": 1, "event": "an event", "at": NOW, "previous": "0" * 64, "digest": "0" * 64}
    for _ in range(2):
        AuditEntry.objects.create(**link)


def decider_is_who_asked():
    case = f.CaseFactory()
    type(case).objects.filter(pk=case.pk).update(approved_by=case.requested_by)


def rule_confirmed_by_who_proposed_it():
    manager = f.StaffFactory()
    f.RegimeRuleFactory(proposed_by=manager, confirmed_by=manager)


def dossier_of_both_sides():
    dossier = f.DossierFactory()
    for side in ("for", "against"):
        f.FactorFactory(dossier=dossier, side=side)
    return dossier


def dossier_confirmed_by_who_prepared_it():
    dossier = dossier_of_both_sides()
    type(dossier).objects.filter(pk=dossier.pk).update(confirmed_by=dossier.prepared_by, confirmed_at=NOW)


def dossier_confirmed_by_nobody():
    dossier = dossier_of_both_sides()
    type(dossier).objects.filter(pk=dossier.pk).update(confirmed_at=NOW)


def case_of_itself(link: str):
    pk = uuid.uuid4()
    Case.objects.bulk_create([f.CaseFactory.build(pk=pk, subject=f.DataSubjectFactory(), requested_by=f.StaffFactory(),
                                                  **{link: pk})])  # fmt: skip


def role_given_to_oneself():
    member = f.StaffFactory()
    f.RoleGrantFactory(member=member, asked_by=member)


def role_confirmed_by_who_asked():
    grant = f.RoleGrantFactory()
    type(grant).objects.filter(pk=grant.pk).update(confirmed_by=grant.asked_by)


def role_confirmed_by_whom_it_is_for():
    grant = f.RoleGrantFactory()
    type(grant).objects.filter(pk=grant.pk).update(confirmed_by=grant.member)


def invitation_to_oneself():
    row = f.InvitationFactory()
    type(row).objects.filter(pk=row.pk).update(made_by=row.member)


def review_of_oneself():
    member = f.StaffFactory()
    f.AccessReviewFactory(member=member, reviewed_by=member)


VIOLATIONS: dict[str, Callable[[], object]] = {
    "subject_tombstone_is_empty": changed(f.DataSubjectFactory, erased_at=NOW),
    "subject_country_is_iso_3166": changed(f.DataSubjectFactory, country="de"),
    "identifier_of_a_vendor_is_one_subjects": twice(f.IdentifierFactory, kind="clerk_id", value="user_1"),
    "identifier_once_a_subject": twice(f.IdentifierFactory, subject=f.DataSubjectFactory, value="one@example.com"),
    "subject_is_not_its_own_account": lambda: DataSubject.objects.filter(pk=f.DataSubjectFactory().pk).update(
        merged_into=F("pk")
    ),
    "name_token_once": twice(f.NameTokenFactory, subject=f.DataSubjectFactory, token=b"ada"),
    "saved_filter_once_a_name": twice(f.SavedFilterFactory, member=f.StaffFactory, name="Overdue"),
    "saved_filter_filters": changed(f.SavedFilterFactory, query=""),
    "likeness_once_a_pair": twice(f.LikenessFactory, subject=f.DataSubjectFactory, other=f.DataSubjectFactory),
    "likeness_is_of_two": changed(f.LikenessFactory, other=F("subject")),
    "likeness_is_told_apart_by_somebody": changed(f.LikenessFactory, apart_at=NOW),
    "identifier_one_primary_of_a_kind": twice(f.IdentifierFactory, subject=f.DataSubjectFactory, is_primary=True),
    "identifier_not_empty": changed(f.IdentifierFactory, value=""),
    "identifier_kind": changed(f.IdentifierFactory, kind="fax"),
    "team_has_a_name": changed(f.TeamFactory, name=""),
    "membership_once_a_team": twice(f.MembershipFactory, team=f.TeamFactory, subject=f.DataSubjectFactory),
    "membership_role": changed(f.MembershipFactory, role="guest"),
    "child_flag_one_that_freezes_a_subject": twice(f.ChildFlagFactory, subject=f.DataSubjectFactory),
    "child_flag_decision_names_its_decider": changed(f.ChildFlagFactory, state="cleared"),
    "child_flag_has_a_reason": made(f.ChildFlagFactory, reason=""),
    "marketing_once_a_channel": twice(f.MarketingPreferenceFactory, subject=f.DataSubjectFactory),
    "marketing_channel": changed(f.MarketingPreferenceFactory, channel="fax"),
    "wording_once_a_version": twice(f.ConsentWordingFactory, version="one"),
    "wording_topic": made(f.ConsentWordingFactory, topic="weather"),
    "wording_sha256": made(f.ConsentWordingFactory, sha256="no digest"),
    "wording_has_a_text_and_a_version": made(f.ConsentWordingFactory, version=""),
    "wording_of_transfers_is_not_relied_on": made(f.ConsentWordingFactory, topic="transfers"),
    "consent_topic": made(f.ConsentEventFactory, topic="transfers", channel=""),
    "consent_channel_is_of_marketing": made(f.ConsentEventFactory, topic="ai"),
    "consent_given_names_its_wording": made(f.ConsentEventFactory, wording=None),
    "consent_says_who_wrote_it_down": made(f.ConsentEventFactory, method="staff"),
    "conversation_status": changed(f.SupportConversationFactory, status="lost"),
    "script_format": changed(f.ScriptFactory, format="doc"),
    "coauthor_once_a_script": twice(f.ScriptCoAuthorFactory, script=f.ScriptFactory, subject=f.DataSubjectFactory),
    "coauthor_role": changed(f.ScriptCoAuthorFactory, role="fan"),
    "shot_number_once_a_list": twice(f.ShotFactory, shot_list=f.ShotListFactory, number=1),
    "upload_sha256": changed(f.UploadFactory, sha256="F" * 64),
    "prompt_provider": changed(f.PromptFactory, provider="a friend"),
    "feedback_rating_one_to_five": changed(f.FeedbackFactory, rating=6),
    "case_decider_is_not_who_asked": decider_is_who_asked,
    "case_is_prepared_by_staff_or_the_person": made(f.CaseFactory, requested_by=None, verification="guardian"),
    "case_of_two_runs_only_when_the_second_agreed": made(f.CaseFactory, deciders=2, state="fulfilling"),
    "case_is_verified_before_it_is_decided": made(f.CaseFactory, verification="", state="deciding"),
    "case_closed_has_a_time_and_an_outcome": changed(f.CaseFactory, state="closed", closed_at=NOW),
    "case_answered_says_when_and_how": changed(f.CaseFactory, answered_at=NOW),
    "case_denial_reason": changed(f.CaseFactory, denial_reason="a whim"),
    "comment_says_something": made(f.CaseCommentFactory, text=""),
    "case_file_sha256": made(f.CaseFileFactory, sha256="no digest"),
    "dossier_one_a_case": twice(f.DossierFactory, case=f.CaseFactory),
    "dossier_is_confirmed_by_another": dossier_confirmed_by_who_prepared_it,
    "dossier_confirmed_says_when": dossier_confirmed_by_nobody,
    "factor_side": made(f.FactorFactory, side="neither"),
    "factor_says_something": made(f.FactorFactory, text=""),
    "mail_once_a_day": twice(f.MailFactory, member=f.StaffFactory),
    "mail_has_a_template": made(f.MailFactory, template=""),
    "redaction_once_a_place": twice(f.RedactionFactory, case=f.CaseFactory, row="1"),
    "redaction_is_of_something": made(f.RedactionFactory, length=0),
    "redaction_text_sha256": made(f.RedactionFactory, text_sha256="no digest"),
    "redaction_kind": made(f.RedactionFactory, kind="shoe size"),
    "redaction_ground": made(f.RedactionFactory, ground="a hunch"),
    "redaction_is_decided_by_somebody": made(f.RedactionFactory, decided_by=None, decided_at=None),
    "redaction_by_law_is_left_out": made(f.RedactionFactory, ground="law", decision="show"),
    "case_is_not_its_own_parent": partial(case_of_itself, "parent_id"),
    "case_appeal_is_of_a_case": made(f.CaseFactory, kind="appeal", parent=None),
    "case_state": changed(f.CaseFactory, state="lost"),
    "case_outcome": changed(f.CaseFactory, outcome="lost"),
    "case_deciders": made(f.CaseFactory, deciders=3),
    "case_verification": made(f.CaseFactory, verification="a hunch"),
    "case_answered_how": changed(f.CaseFactory, answered_at=NOW, answered_how="smoke"),
    "case_has_a_kind_and_a_reason": made(f.CaseFactory, reason=""),
    "job_one_open_a_kind_and_thing": twice(f.JobFactory, case=f.CaseFactory),
    "job_is_of_a_kind_and_about_something": made(f.JobFactory, about=""),
    "job_lane": made(f.JobFactory, lane="slow"),
    "step_once_a_place": twice(f.StepFactory, job=f.JobFactory, seq=1),
    "step_state": changed(f.StepFactory, state="lost"),
    "step_finished_has_a_time": changed(f.StepFactory, state="done"),
    "step_finished_keeps_nothing_sealed": changed(f.StepFactory, state="done", finished_at=NOW, sealed="sealed"),
    "package_token_once": twice(f.AccessPackageFactory, token_sha256="a" * 64),
    "package_swept_has_no_file": changed(f.AccessPackageFactory, swept_at=NOW),
    "audit_one_link_a_place": audit_link_twice,
    "suppression_once": twice(f.SuppressionFactory, digest="a" * 64),
    "subject_region_is_in_its_country": made(f.DataSubjectFactory, country="DE", region="US-CA"),
    "subject_relation": made(f.DataSubjectFactory, relation="cousin"),
    "attachment_sha256": made(f.AttachmentFactory, sha256="no digest"),
    "suppression_folded_digest": made(f.SuppressionFactory, folded="somebody@example.com"),
    "suppression_lifted_for_a_reason": changed(f.SuppressionFactory, lifted_at=NOW),
    "suppression_digest": made(f.SuppressionFactory, digest="somebody@example.com"),
    "limit_once_in_force": twice(f.LimitFactory, subject=f.DataSubjectFactory),
    "limit_is_lifted_after_it_began": made(f.LimitFactory, lifted_at=NOW - timedelta(days=9_000)),
    "limit_ground": made(f.LimitFactory, ground="a hunch"),
    "limit_asked_for_is_lifted_when_the_person_was_told": made(
        f.LimitFactory, ground="restriction", lifted_at=NOW + timedelta(days=9_000)
    ),
    "limit_told_how": made(f.LimitFactory, told_how="by a dream"),
    "limit_purpose": made(f.LimitFactory, purpose="something"),
    "hold_one_in_force_a_subject": twice(f.LegalHoldFactory, subject=f.DataSubjectFactory),
    "hold_release_names_its_releaser": changed(f.LegalHoldFactory, released_at=NOW),
    "hold_has_a_reason": made(f.LegalHoldFactory, reason=""),
    "processor_review_names_its_reviewer": changed(f.ProcessorFactory, reviewed_at=NOW),
    "processor_sub_processor_names_who_engaged_it": changed(f.ProcessorFactory, role="sub_processor"),
    "device_identifier_once": twice(f.DeviceIdentifierFactory, value="a cookie"),
    "price_currency": changed(f.PriceFactory, currency="EUR"),
    "price_not_negative": changed(f.PriceFactory, unit_amount=-1),
    "payment_method_four_digits": changed(f.PaymentMethodFactory, last_four="42"),
    "payment_method_month": changed(f.PaymentMethodFactory, expires_month=13),
    "invoice_currency": changed(f.InvoiceFactory, currency="EUR"),
    "invoice_line_currency": changed(f.InvoiceLineFactory, currency="EUR"),
    "refund_currency": changed(f.RefundFactory, currency="EUR"),
    "refund_is_positive": changed(f.RefundFactory, amount=0),
    "credit_note_currency": changed(f.CreditNoteFactory, currency="EUR"),
    "credit_note_is_not_negative": changed(f.CreditNoteFactory, amount=-1),
    "invitation_one_open_a_member": twice(f.InvitationFactory, member=f.StaffFactory),
    "invitation_is_used_or_withdrawn": changed(f.InvitationFactory, used_at=NOW, withdrawn_at=NOW),
    "invitation_is_not_to_oneself": invitation_to_oneself,
    "review_finding": changed(f.AccessReviewFactory, finding="fine"),
    "review_is_not_of_oneself": review_of_oneself,
    "role_grant_once_open": twice(f.RoleGrantFactory, member=f.StaffFactory),
    "role_is_not_given_to_oneself": role_given_to_oneself,
    "role_is_confirmed_by_a_third": role_confirmed_by_who_asked,
    "case_is_not_after_itself": partial(case_of_itself, "after_id"),
    "case_limit_is_not_before_its_plan": changed(f.CaseFactory, due_on=TODAY, limit_on=TODAY - timedelta(days=1)),
    "case_extended_says_when_and_why": changed(f.CaseFactory, extended_at=NOW),
    "rule_once_a_seed": twice(f.RegimeRuleFactory, seed="a" * 64),
    "rule_one_successor": twice(f.RegimeRuleFactory, replaces=f.RegimeRuleFactory),
    "rule_gives_a_period": made(f.RegimeRuleFactory, respond=""),
    "rule_extends_a_response": made(f.RegimeRuleFactory, acknowledge="10d", respond="", extend="1m"),
    "rule_acknowledge_is_a_period": made(f.RegimeRuleFactory, acknowledge="soon"),
    "rule_respond_is_a_period": made(f.RegimeRuleFactory, respond="1 m"),
    "rule_extend_is_a_period": made(f.RegimeRuleFactory, extend="0d"),
    "rule_ends_after_it_began": made(f.RegimeRuleFactory, effective_to=TODAY - timedelta(days=9_000)),
    "rule_verified_says_when_and_by_whom": made(f.RegimeRuleFactory, verified_by=""),
    "rule_names_law_and_source": made(f.RegimeRuleFactory, source=""),
    "rule_is_confirmed_by_another": rule_confirmed_by_who_proposed_it,
    "rule_pauses": made(f.RegimeRuleFactory, pauses="holidays"),
    "clock_once_a_rule": twice(f.ClockFactory, case=f.CaseFactory, rule=f.RegimeRuleFactory),
    "clock_limit_is_not_before_plan": changed(f.ClockFactory, limit_on=TODAY - timedelta(days=9_000)),
    "clock_kind": changed(f.ClockFactory, kind="egg"),
    "pause_once_at_a_time": twice(f.ClockPauseFactory, case=f.CaseFactory),
    "pause_ends_after_it_began": changed(f.ClockPauseFactory, ended_on=TODAY - timedelta(days=9_000)),
    "pause_why": made(f.ClockPauseFactory, why="holidays"),
    "role_acts_or_is_refused": changed(f.RoleGrantFactory, acted_at=NOW, refused_at=NOW),
}


def constraints() -> dict[str, models.BaseConstraint]:
    return {rule.name: rule for model in OURS for rule in model._meta.constraints if isinstance(rule, RULES)}


def test_every_constraint_is_violated_by_a_test():
    assert set(constraints()) ^ set(VIOLATIONS) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_database_refuses(name):
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        VIOLATIONS[name]()
    rule = constraints()[name]
    if connection.vendor == "postgresql" or isinstance(rule, models.CheckConstraint):
        assert name in str(refused.value)
    else:  # SQLite names the columns in place of the rule
        named = {
            column.rpartition(".")[2].removesuffix("_id") for column in str(refused.value).split(": ")[1].split(", ")
        }
        assert named == set(rule.fields)


@pytest.mark.django_db
def test_nobody_confirms_a_role_of_their_own():
    """The other half of the constraint of the third."""
    with pytest.raises(IntegrityError, match="role_is_confirmed_by_a_third"), transaction.atomic():
        role_confirmed_by_whom_it_is_for()


UNIQUE = [(m, field) for m in OURS for field in m._meta.concrete_fields if field.unique and not field.primary_key]


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "field"), UNIQUE, ids=lambda value: getattr(value, "name", None) or value.__name__)
def test_a_value_that_must_be_unique_is_refused_a_second_time(model, field):
    first = FACTORIES[model]()
    with pytest.raises(IntegrityError), transaction.atomic():
        FACTORIES[model](**{field.name: getattr(first, field.name)})


# What staff and our own machinery write about a person who is frozen or erased: that is what the freeze is for.
WRITTEN_DURING_A_FREEZE = {
    "privacy.Case", "privacy.Job", "privacy.LegalHold", "privacy.ChildFlag", "privacy.Limit", "privacy.Likeness",
    "privacy.ConsentEvent",
}  # fmt: skip


def models_about_the_person() -> dict[type[models.Model], str]:
    """{declared model: its foreign key to the subject}, without the person's own row."""
    links = {}
    for declaration in registry.declarations.values():
        path = declaration.path()
        if len(path) == 1 and declaration.label() not in WRITTEN_DURING_A_FREEZE and not declaration.derived:
            links[declaration.model] = path[0]
    return links


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["frozen", "erased"])
@pytest.mark.parametrize("model", models_about_the_person(), ids=lambda model: model.__name__)
def test_a_frozen_or_erased_account_takes_no_new_row(model, state):
    person = f.DataSubjectFactory()
    if state == "frozen":
        f.LimitFactory(subject=person)
    else:
        DataSubject.objects.filter(pk=person.pk).update(erased_at=NOW, full_name="", country="")
    with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
        FACTORIES[model](**{models_about_the_person()[model]: person})


@pytest.mark.django_db
@pytest.mark.parametrize("model", models_about_the_person(), ids=lambda model: model.__name__)
def test_an_open_account_takes_new_rows(model):
    assert FACTORIES[model](**{models_about_the_person()[model]: f.DataSubjectFactory()}).pk
