"""Rectification: what the map allows, before and after, written once, told to whoever has got the same kind."""

import pytest
from django.urls import reverse

from privacy.cases.processors import attest
from privacy.cases.refusals import deny
from privacy.cases.requests import ask, grant
from privacy.datamap import registry
from privacy.evidence import chains
from privacy.fulfilment import rectifying
from privacy.models import AuditEntry, Case, Identifier, Limit, NameToken, Outcome, Receipt, State, StepState
from privacy.models.name_tokens import tokens_of
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import exported, json_rows, unzipped

pytestmark = pytest.mark.django_db
RECTIFIABLE = {
    "privacy.DataSubject": {"full_name", "country", "region"},
    "privacy.Identifier": {"value"},
    "privacy.ProfilePreference": {"display_name", "language", "time_zone", "theme"},
}


@pytest.fixture
def person():
    person = f.DataSubjectFactory(full_name="Amara Okafr", country="DE")
    f.ProfilePreferenceFactory(subject=person, display_name="Amara", language="de", time_zone="Europe/Berlin")
    f.IdentifierFactory(subject=person, value="amara@exmaple.com", is_primary=True)
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value="user_amara")
    return person


def key_of(person, field: str) -> str:
    return f"privacy.DataSubject.{field}:{person.pk}"


def asked(person, actor=None, **changes) -> Case:
    keys = {value.name: value.key for value in rectifying.values_of([person.id])}
    [case] = ask(
        "rectification", subject_ids=[person.id], actor=actor or f.StaffFactory(), reason="A letter of 3 May",
        verification="signed_in", changes={keys[name]: value for name, value in changes.items()},
    )  # fmt: skip
    return case


def decided(case: Case) -> Case:
    grant(request_id=case.id, actor=f.StaffFactory())
    working.run_all()
    case.refresh_from_db()
    return case


def test_the_map_says_what_can_be_put_right_and_what_a_vendor_calls_somebody_cannot(person):
    declared = {
        d.label(): {name for name, personal in d.fields.items() if personal.rectifiable}
        for d in registry.declarations.values()
    }
    assert {label: fields for label, fields in declared.items() if fields} == RECTIFIABLE
    offered = {value.key.partition(":")[0] for value in rectifying.values_of([person.id])}
    assert offered == {f"{label}.{field}" for label, fields in RECTIFIABLE.items() for field in fields}
    assert "user_amara" not in str(rectifying.offered([person.id]))


def test_it_is_written_when_another_has_decided_and_found_by_its_new_words(person):
    case = asked(person, full_name="Amara Okafor", value="Amara@Example.com", country="AT", region="AT-9")
    assert case.state == State.DECIDING
    person.refresh_from_db()
    assert person.full_name == "Amara Okafr"
    case = decided(case)
    person.refresh_from_db()
    assert (person.full_name, person.country, person.region) == ("Amara Okafor", "AT", "AT-9")
    assert person.identifiers.get(kind="email").value == "amara@example.com"
    tokens = {bytes(token) for token in NameToken.objects.filter(subject=person).values_list("token", flat=True)}
    assert tokens == {*tokens_of("Amara Okafor"), *tokens_of("Amara")}


def test_whoever_has_got_the_same_kind_is_asked_by_a_person_and_the_case_is_answered_when_they_have_said(person):
    case = decided(asked(person, full_name="Amara Okafor"))
    steps = {step.target: step for step in case.steps.filter(name="processors.rectify")}
    assert set(steps) == {"clerk"} and steps["clerk"].state == StepState.WAITING and steps["clerk"].sealed
    attest(step_id=steps["clerk"].id, actor=f.StaffFactory(), evidence="CASE-2026-114")
    working.run_all()
    case.refresh_from_db()
    assert (case.state, case.outcome) == (State.ANSWERING, Outcome.FULFILLED)
    assert not case.steps.exclude(sealed="").exists()
    assert not chains.walk().faults


def test_of_what_nobody_has_got_nobody_is_told(person):
    assert not decided(asked(person, theme="dark")).steps.filter(name="processors.rectify").exists()


def test_trail_and_receipt_tell_fields_and_no_value(person):
    case = decided(asked(person, full_name="Amara Okafor", theme="midnight"))
    for step in case.steps.filter(state=StepState.WAITING):
        attest(step_id=step.id, actor=f.StaffFactory(), evidence="CASE-2026-114")
    working.run_all()
    told = str(list(AuditEntry.objects.values())) + str(list(Receipt.objects.values()))
    assert "privacy.DataSubject.full_name" in told
    assert not [value for value in ("Okafor", "Okafr", "midnight") if value in told]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"country": "XQ"}, "no such country"), ({"country": "Germany"}, "."), ({"region": "US-CA"}, "not in that"),
        ({"value": "amara"}, "."), ({"time_zone": "Mars/Olympus"}, "no such time zone"), ({"language": "??"}, "no tag"),
        ({}, "nothing is changed"), ({"full_name": "Amara Okafr"}, "nothing is changed"),
        ({"full_name": "x" * 201}, "200"),
    ],
)  # fmt: skip
def test_what_a_field_does_not_take_is_refused_in_words_and_nothing_is_opened(person, changes, words):
    with pytest.raises(ValueError, match=words) as refusal:
        asked(person, **changes)
    assert "Okaf" not in str(refusal.value)
    assert not Case.objects.exists()


def test_what_is_anothers_cannot_be_named(person):
    other = f.DataSubjectFactory()
    with pytest.raises(ValueError, match="nothing of theirs"):
        ask("rectification", subject_ids=[person.id], actor=f.StaffFactory(), reason="A letter of 3 May",
            verification="signed_in", changes={key_of(other, "full_name"): "Amara Okafor"})  # fmt: skip


def test_a_value_that_has_changed_since_is_not_overwritten(person):
    case = asked(person, full_name="Amara Okafor")
    type(person).objects.filter(pk=person.pk).update(full_name="Amara Obi")
    case = decided(case)
    assert "has changed since" in case.job.parked_because
    person.refresh_from_db()
    assert person.full_name == "Amara Obi"


def test_of_who_is_limited_it_is_put_right_and_under_a_hold_it_waits_for_the_release(person):
    f.LimitFactory(subject=person, ground=Limit.Ground.RESTRICTION)
    decided(asked(person, full_name="Amara Okafor"))
    person.refresh_from_db()
    assert person.full_name == "Amara Okafor"
    ask("hold_place", subject_ids=[person.id], actor=f.StaffFactory(), reason="A dispute over an invoice")
    case = decided(asked(person, country="AT"))
    person.refresh_from_db()
    assert person.country == "DE" and case.job.stopped_at and case.is_open


def test_an_address_that_another_has_too_asks_whether_they_are_one(person):
    f.IdentifierFactory(subject=(other := f.DataSubjectFactory()), value="shared@example.com")
    decided(asked(person, value="shared@example.com"))
    assert set(person.likenesses.values_list("other", flat=True)) == {other.pk}


def test_who_decides_reads_before_and_after_and_who_may_not_see_people_reads_neither(client, person):
    case = asked(person, full_name="Amara Okafor")
    url = reverse("admin:privacy_rightsrequest_change", args=[case.id])
    for role, sees in (("approver", True), ("auditor", False), ("developer", False)):
        client.force_login(f.StaffFactory(role=role))
        page = client.get(url).content.decode()
        assert ("Amara Okafr → Amara Okafor" in page) == sees, role


def test_it_is_asked_from_a_form_that_begins_with_what_we_hold(client, manager, person):
    url = reverse("admin:privacy_datasubject_act_on", args=[person.id, "rectification"])
    form = client.get(url).context["form"]
    now = {field.label: field.initial for field in form.fields.values() if field.label}
    assert now["Full name"] == "Amara Okafr" and now["E-mail"] == "amara@exmaple.com"
    fields = {"subjects": str(person.id), "token": form["token"].value(), "reason": "A letter of 3 May",
              "verification": "signed_in"}  # fmt: skip
    fields |= {name: field.initial for name, field in form.fields.items() if name.startswith("changes:")}
    act = reverse("admin:privacy_datasubject_act", args=["rectification"])
    assert "nothing is changed yet" in client.post(act, fields).content.decode()
    wrong = client.post(act, fields | {f"changes:{key_of(person, 'country')}": "XQ"}).content.decode()
    assert "There is no such country" in wrong and "A letter of 3 May" in wrong
    client.post(act, fields | {f"changes:{key_of(person, 'country')}": "AT"})
    assert Case.objects.get().state == State.DECIDING


@pytest.mark.django_db(transaction=True)
def test_the_package_holds_the_right_value(person):
    decided(asked(person, full_name="Amara Okafor"))
    [row] = json_rows(unzipped(exported(person)), "privacy.DataSubject")
    assert row["full_name"] == "Amara Okafor"


def test_refused_it_changes_nothing(person):
    case = asked(person, full_name="Amara Okafor")
    deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="accurate_already")
    working.run_all()
    person.refresh_from_db()
    assert person.full_name == "Amara Okafr"
