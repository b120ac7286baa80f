"""Keys are replaced without losing what was made with the old ones, and a missing one is said loudly."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from privacy.cases.requests import ask
from privacy.datamap import registry
from privacy.evidence import audit, commitments, keys, sealing
from privacy.evidence.chains import faults_of_chain
from privacy.evidence.keys import MissingKey, Purpose
from privacy.fulfilment import keys as rotation
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import Step, Suppression
from privacy.selectors import suppression
from tests import factories as f

pytestmark = pytest.mark.django_db
NEW, OLDER = ("2026-12", "a-fresh-key-of-this-test-0123456789"), ("2026-11", "an-older-key-of-this-test-987654321")


@pytest.fixture
def rotate(settings):
    """Puts a key before, or takes the last one out, of every purpose."""

    def change(*, before=(), without_last=False):
        settings.KEYS = {
            purpose: [*before, *(ring[:-1] if without_last else ring)] for purpose, ring in settings.KEYS.items()
        }

    return change


def told() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_every_model_that_seals_is_sealed_anew():
    of_the_map = {
        (model, name)
        for model, declared in registry.declarations.items()
        for name, because in declared.withheld.items()
        if because.startswith("Encrypted")
    }
    assert of_the_map ^ set(rotation.SEALED) == set()


def test_an_erased_identifier_is_known_under_every_key_that_there_was(rotate):
    f.SuppressionFactory(**suppression.hashes(f.IdentifierFactory.build(kind="email", value="anna@example.com")))
    rotate(before=[OLDER])
    f.SuppressionFactory(**suppression.hashes(f.IdentifierFactory.build(kind="email", value="bert@example.com")))
    rotate(before=[NEW])
    values = ["anna@example.com", "bert@example.com", "carl@example.com"]
    assert suppression.suppressed("email", values) == {"anna@example.com", "bert@example.com"}
    assert sorted(Suppression.objects.values_list("key_id", flat=True)) == ["", "2026-11"]


def test_what_is_sealed_is_sealed_anew_and_the_old_key_may_go(rotate):
    step = f.StepFactory(sealed=sealing.seal({"email": ["anna@example.com"]}))
    rotate(before=[NEW])
    assert sealing.unseal(step.sealed) == {"email": ["anna@example.com"]}
    assert "sealing (LEDGER_KEY): 1 rows need it" not in told()
    step.refresh_from_db()
    assert step.sealed.startswith("2026-12:")
    assert "Sealed anew: 0." in told()
    assert "sealing (LEDGER_KEY): nothing needs it any more" in told()
    rotate(without_last=True)
    assert sealing.unseal(Step.objects.get().sealed) == {"email": ["anna@example.com"]}


def test_a_person_has_one_name_in_evidence_under_each_key_and_their_chains_still_verify(rotate):
    person, agent = f.DataSubjectFactory(), f.StaffFactory()
    [case] = ask("erasure", subject_ids=[person.id], actor=agent, reason="Asked by mail", verification="signed_in")
    before = commitments.pseudonym(person.id)
    rotate(before=[NEW])
    assert commitments.pseudonym(person.id) != before
    assert commitments.pseudonyms(person.id)[1] == before
    assert audit.subject_chain(person.id).hex != before
    assert not faults_of_chain(case.id)


def test_a_key_that_is_gone_is_named_with_what_needs_it(rotate):
    f.SuppressionFactory(**suppression.hashes(f.IdentifierFactory.build(kind="email", value="anna@example.com")))
    sealed = sealing.seal({"email": ["anna@example.com"]})
    f.StepFactory(sealed=sealed)
    rotate(before=[NEW])
    rotate(without_last=True)
    with pytest.raises(MissingKey, match="LEDGER_KEY"):
        sealing.unseal(sealed)
    with pytest.raises(CommandError, match="LEDGER_KEY"):
        told()
    found = [error.msg for error in rotation.check_keys(None, databases=["default"])]
    assert len(found) == 2
    assert all("MISSING, and 1 rows need it" in text for text in found)


def test_make_keys_prints_a_variable_a_purpose():
    out = io.StringIO()
    call_command("make_keys", id="first", stdout=out)
    lines = out.getvalue().splitlines()
    assert [line.partition("=")[0] for line in lines] == [f"{purpose.upper()}_KEYS" for purpose in Purpose]
    secrets = {line.partition(":")[2] for line in lines}
    assert len(secrets) == len(Purpose) and min(map(len, secrets)) >= 32
    assert keys.current(Purpose.LEDGER).secret not in secrets


@pytest.mark.parametrize(
    ("erased", "arrives", "asks"),
    [
        ("anna.smith@gmail.com", "annasmith+studio@googlemail.com", True),
        ("annasmith@gmail.com", "a.n.n.a.smith@gmail.com", True),
        ("anna@icloud.com", "anna+new@me.com", True),
        ("anna+a@outlook.com", "anna+b@outlook.com", True),
        ("anna.smith@outlook.com", "annasmith@outlook.com", False),
        ("anna.smith@example.com", "annasmith@example.com", False),
        ("anna@example.com", "anna+b@example.com", False),
    ],
)
def test_another_spelling_of_an_erased_mailbox_comes_in_and_is_asked_about(erased, arrives, asks):
    f.SuppressionFactory(**suppression.hashes(f.IdentifierFactory.build(kind="email", value=erased)))
    [arrival] = bring_in(people=[Person(identifiers=(("email", arrives),))], actor=None)
    assert arrival.outcome == "created"
    assert ("perhaps they have come back" in arrival.reason) == asks
    assert arrives not in arrival.reason


def test_a_case_whose_sealed_answers_cannot_be_opened_has_a_page_that_says_so(client, rotate):
    client.force_login(f.StaffFactory(role="manager"))
    asked = {"reason": "Asked by mail", "verification": "signed_in", "reply_to": "ada@example.com"}
    [case] = ask("erasure", subject_ids=[f.DataSubjectFactory().id], actor=f.StaffFactory(), **asked)
    page = reverse("admin:privacy_rightsrequest_change", args=[case.id])
    assert "ada@example.com" in client.get(page).text
    rotate(before=[NEW])
    rotate(without_last=True)
    answer = client.get(page)
    assert answer.status_code == 200
    assert "cannot be opened, because a key is missing" in answer.text
