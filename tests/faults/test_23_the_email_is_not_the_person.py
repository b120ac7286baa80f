"""An e-mail address tells where somebody can be reached, and not who they are: nothing is attached by it unseen, and
what is one is said by two members of staff."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from billing.models import Customer, Invoice, Refund
from billing.sync import sync
from privacy.cases.processors import attest
from privacy.cases.refusals import deny
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed
from privacy.duties.people import tell_apart
from privacy.evidence import people as evidence
from privacy.evidence.chains import walk
from privacy.fulfilment.importing.arrivals import Outcome
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import AuditEntry, DataSubject, Identifier, LegalHold, Note, Suppression
from privacy.selectors import standing
from privacy.selectors.people import asked, likenesses_of
from privacy.selectors.suppression import suppressed
from tests import factories as f
from tests.asking import agreed
from tests.duties.carrying import carried_out
from tests.fulfilment.test_access import json_rows, unzipped
from tests.searching import find_subjects
from tests.working import run_again as run
from tests.working import run_all

pytestmark = pytest.mark.django_db
Kind = Identifier.Kind
ADDRESS = "ada@example.com"
WHY = "Both accounts are the same creator's"


def account(clerk_id: str = "", name: str = "Ada Lovelace", **more) -> DataSubject:
    pairs = (((Kind.CLERK, clerk_id),) if clerk_id else ()) + ((Kind.EMAIL, ADDRESS),)
    [arrival] = bring_in(people=[Person(full_name=name, identifiers=pairs, **more)], actor=None)
    return arrival.row


@pytest.fixture
def two() -> tuple[DataSubject, DataSubject]:
    """Two accounts with one address, made one after the other."""
    return account("user_1"), account("user_2", "Augusta King")


def merged(account: DataSubject, into: DataSubject) -> list:
    cases = agreed("merge", subject_ids=[account.id], actor=f.StaffFactory(), into=str(into.id), reason=WHY)
    account.refresh_from_db()
    return cases


def erased(person: DataSubject):
    """With the answers of the processors that know them attested."""
    given = {"actor": f.StaffFactory(), "verification": "signed_in", "reason": "They asked by letter"}
    [case] = agreed("erasure", subject_ids=[person.id], **given)
    case = run(case)
    for step in case.steps.filter(name="processors.erase", state="waiting"):
        attest(step_id=step.pk, evidence="SUP-1", actor=f.StaffFactory())
    return run(case)


# --- Shown and asked --------------------------------------------------------------------------------------------------


def test_an_account_made_anew_is_found_by_the_address_and_asked_about_on_both_pages(two):
    first, second = two
    assert first.pk != second.pk and set(find_subjects(ADDRESS)) == {first, second}
    assert {(one.person, one.twin) for one in asked()} == {(first.pk, second.pk), (second.pk, first.pk)}
    so = standing.of([first.pk, second.pk])
    assert str(second.pk)[:8] in standing.alike_in_words([first.pk], so)[0]
    assert standing.alike_in_words([first.pk, second.pk], so) == []


@pytest.mark.parametrize("relation", ["visitor", "invitee", "correspondent"])
def test_who_writes_from_somebodys_address_is_not_that_account(relation):
    ada = account("user_1")
    writer, again = account("", "A stranger", relation=relation), account("", "A stranger", relation=relation)
    assert writer != ada and writer == again and DataSubject.objects.get(pk=ada.pk).full_name == "Ada Lovelace"
    assert [one.twin for one in likenesses_of([ada.pk])] == [writer.pk]


def test_an_address_that_several_have_says_of_nobody_who_it_is(two):
    [arrival] = bring_in(people=[Person(full_name="Eve", identifiers=((Kind.EMAIL, ADDRESS),))], actor=None)
    assert arrival.outcome == Outcome.REFUSED and "Several people" in arrival.reason
    assert not DataSubject.objects.filter(full_name="Eve").exists()


def test_a_guests_payment_under_somebodys_address_is_kept_and_attached_to_nobody_unseen():
    ada = account("user_1")
    guest = {"object": "customer", "id": "cus_9", "name": "Guest", "email": "Ada@Example.com", "created": 1_700_000_000}
    refund = {
        "object": "refund", "id": "re_1", "amount": 100, "currency": "eur", "created": 1_700_000_000,
        "status": "succeeded", "charge": {"object": "charge", "id": "ch_1", "customer": "cus_9"},
    }  # fmt: skip
    assert {s.outcome for s in sync(objects=[guest, refund])} == {Outcome.CREATED}
    payer = Customer.objects.get().subject
    assert (
        payer != ada and payer.relation == DataSubject.Relation.PAYER and Refund.objects.get().customer.subject == payer
    )
    assert not ada.identifiers.filter(kind=Kind.STRIPE).exists()
    assert [one.twin for one in likenesses_of([ada.pk])] == [payer.pk]
    assert [s.outcome for s in sync(objects=[guest])] == [Outcome.UNCHANGED] and DataSubject.objects.count() == 2


def test_told_apart_they_are_not_asked_about_again(two):
    first, second = two
    tell_apart(subject_id=first.pk, other_id=second.pk, actor=f.StaffFactory())
    assert not asked().exists() and AuditEntry.objects.filter(event="people.told_apart").count() == 1
    account("user_2", "Augusta King")
    assert not asked().exists()
    with pytest.raises(NotAllowed):
        tell_apart(subject_id=second.pk, other_id=first.pk, actor=f.StaffFactory())
    with pytest.raises(PermissionDenied):
        tell_apart(subject_id=second.pk, other_id=first.pk, actor=f.StaffFactory(role="auditor"))


# --- Erasing one ------------------------------------------------------------------------------------------------------


def test_erasing_one_leaves_the_other_with_its_address_and_takes_its_next_word(two):
    first, second = two
    case = erased(first)
    assert case.receipt.body["identifiers_of_others"] == 1
    assert not suppressed("email", [ADDRESS]) and suppressed("clerk_id", ["user_1"])
    assert list(find_subjects(ADDRESS)) == [second] and not asked().exists()
    assert account("user_2", "Augusta Byron") == second


def test_of_two_that_are_erased_together_or_after_one_another_nobody_keeps_the_address(two):
    first, second = two
    erased(first)
    erased(second)
    assert suppressed("email", [ADDRESS]) == {ADDRESS}
    assert Suppression.objects.filter(kind="email").count() == 1


# --- One by the word of two -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)  # the package is read by a connection of its own
def test_merging_takes_two_moves_nothing_and_rights_are_about_both(two):
    first, second = two
    f.NoteFactory(author=second, body="Written by the other account")
    asker = f.StaffFactory()
    [case] = ask("merge", subject_ids=[second.pk], actor=asker, into=str(first.pk)[:8], reason=WHY)
    with pytest.raises(PermissionDenied):
        grant(request_id=case.id, actor=asker)
    assert DataSubject.objects.get(pk=second.pk).merged_into is None
    grant(request_id=case.id, actor=f.StaffFactory())
    carried_out([case])
    assert DataSubject.objects.get(pk=second.pk).merged_into == first and Note.objects.get().author == second
    assert not asked().exists()

    [export] = ask("access", subject_ids=[second.pk], actor=asker, verification="signed_in", reason="They asked for it")
    assert export.subject == first
    content = unzipped(run(export).package)
    assert [note["body"] for note in json_rows(content, "privacy.Note")] == ["Written by the other account"]
    assert {row["author"] for row in json_rows(content, "privacy.Note")} == {"you"}
    assert len(json_rows(content, "privacy.DataSubject")) == 2
    assert export.package.rows == export.steps.get(name="access.package").units_planned


def test_an_erasure_of_the_person_erases_every_account(two):
    first, second = two
    f.NoteFactory(author=second)
    merged(second, first)
    case = erased(second)
    assert case.subject == first and not Note.objects.exists() and not Identifier.objects.exists()
    assert DataSubject.objects.filter(erased_at__isnull=True, pk__in=[first.pk, second.pk]).count() == 0
    assert suppressed("clerk_id", ["user_1", "user_2"]) == {"user_1", "user_2"}
    assert case.receipt.body["deleted"]["privacy.Note"] == 1
    assert case.receipt.body["deleted"]["privacy.Identifier"] == 4


def test_a_hold_on_one_is_on_every_account_and_a_split_gives_back_what_was_there(two):
    first, second = two
    before = {model: list(model.objects.order_by("pk").values()) for model in (Identifier, DataSubject)}
    merged(second, first)
    ask("hold_place", subject_ids=[first.pk], actor=f.StaffFactory(), reason="Court file 12")
    assert set(LegalHold.objects.values_list("subject", flat=True)) == {first.pk, second.pk}
    agreed("hold_release", subject_ids=[second.pk], actor=f.StaffFactory(), reason="The case is over")
    assert not LegalHold.objects.filter(released_at=None).exists()

    run_all()
    carried_out(agreed("split", subject_ids=[second.pk], actor=f.StaffFactory(), reason="It was the sister's"))
    assert {model: list(model.objects.order_by("pk").values()) for model in before} == before
    assert {one.twin for one in asked()} == {first.pk, second.pk}


def test_what_was_merged_into_a_merged_one_belongs_to_the_last(two):
    first, second = two
    third = account("user_3", "A. A. L.")
    merged(third, second)
    merged(second, first)
    assert set(DataSubject.objects.filter(merged_into=first)) == {second, third}
    assert not list(evidence.differences())


def test_what_was_anothers_from_the_beginning_is_separated_with_what_hangs_on_it():
    ada = account("user_1")
    customer = f.CustomerFactory(subject=ada, name="The neighbour")
    invoice, script = f.InvoiceFactory(customer=customer), f.ScriptFactory(owner=ada)
    stripe = f.IdentifierFactory(subject=ada, kind="stripe_id", value=customer.stripe_id)
    note = f.NoteFactory(author=ada)
    what = f"{customer.pk}, {stripe.pk} {script.pk}"
    assert ask("separate", subject_ids=[ada.pk], actor=f.StaffFactory(), what=str(f.NoteFactory().pk), reason=WHY) == []
    case = carried_out(agreed("separate", subject_ids=[ada.pk], actor=f.StaffFactory(), what=what, reason=WHY))
    other = DataSubject.objects.get(customers=customer)
    assert str(other.pk).startswith(case.steps.get().result["subject"])
    for row in (script, stripe, note):
        row.refresh_from_db()
    assert other != ada and (script.owner, stripe.subject, note.author) == (other, other, ada)
    assert Invoice.objects.get(customer__subject=other) == invoice
    assert list(find_subjects("neighbour")) == [other] and list(find_subjects("lovelace")) == [ada]


@pytest.mark.parametrize("stands", ["held", "flagged", "erased", "open", "same", "account"])
def test_what_is_unsettled_is_settled_first(two, stands):
    first, second = two
    match stands:
        case "held":
            f.LegalHoldFactory(subject=first)
        case "flagged":
            f.ChildFlagFactory(subject=first)
        case "erased":
            DataSubject.objects.filter(pk=first.pk).update(erased_at="2026-01-01T00:00Z", full_name="", country="")
        case "open":
            ask(
                "erasure",
                subject_ids=[second.pk],
                actor=f.StaffFactory(),
                reason="They asked by letter",
                verification="",
            )
        case "same":
            first = second
        case "account":
            DataSubject.objects.filter(pk=first.pk).update(relation="visitor")
    given = {"actor": f.StaffFactory(), "into": str(first.pk), "reason": WHY}
    assert ask("merge", subject_ids=[second.pk], **given) == []


def test_what_comes_in_between_is_seen_by_whoever_decides(two):
    first, second = two
    [case] = ask("merge", subject_ids=[second.pk], actor=f.StaffFactory(), into=str(first.pk), reason=WHY)
    f.LegalHoldFactory(subject=first)
    with pytest.raises(NotAllowed, match="legal hold"):
        grant(request_id=case.id, actor=f.StaffFactory())
    deny(request_id=case.id, actor=f.StaffFactory(), denial_reason="not_agreed")
    assert DataSubject.objects.get(pk=second.pk).merged_into is None


def test_evidence_finds_a_merge_that_nobody_decided_and_one_that_was_undone(two):
    first, second = two
    merged(second, first)
    assert not list(evidence.differences())
    DataSubject.objects.filter(pk=second.pk).update(merged_into=None)
    assert [pk for pk, _ in evidence.differences()] == [second.pk]
    DataSubject.objects.filter(pk=second.pk).update(merged_into=first)
    DataSubject.objects.filter(pk=first.pk).update(merged_into=f.DataSubjectFactory())
    assert [pk for pk, _ in evidence.differences()] == [first.pk]
    assert str(first.pk) in {str(fault.chain) for fault in walk().faults}


# --- On the screen ----------------------------------------------------------------------------------------------------


def test_the_page_asks_and_leads_to_both_answers(client, two):
    first, second = two
    client.force_login(f.StaffFactory())
    page = client.get(reverse("admin:privacy_datasubject_change", args=[first.pk])).content.decode()
    assert "Perhaps the same person" in page and "Augusta King" in page
    merge = reverse("admin:privacy_datasubject_act_on", args=[second.pk, "merge"]) + f"?into={first.pk}"
    assert merge in page and f'value="{first.pk}"' in client.get(merge).content.decode()
    apart = reverse("admin:privacy_datasubject_apart", args=[first.pk, second.pk])
    assert apart in page and "two people" in client.get(apart).content.decode()
    assert asked().exists()
    client.post(apart)
    assert not asked().exists()
    erase = reverse("admin:privacy_datasubject_act_on", args=[first.pk, "erasure"])
    assert "Perhaps the same person" not in client.get(erase).content.decode()


def test_whoever_erases_or_approves_one_is_warned_of_the_other(client, two):
    first, second = two
    client.force_login(f.StaffFactory())
    erase = reverse("admin:privacy_datasubject_act_on", args=[first.pk, "erasure"])
    assert f"Subject {str(second.pk)[:8]}" in client.get(erase).content.decode()
    given = {"actor": f.StaffFactory(), "verification": "signed_in", "reason": "They asked by letter"}
    [case] = ask("erasure", subject_ids=[first.pk], **given)
    approve = reverse("admin:privacy_rightsrequest_approve", args=[case.id])
    assert f"Subject {str(second.pk)[:8]}" in client.get(approve).content.decode()


def test_a_merged_account_says_so_and_a_refused_merge_says_why(client, two):
    first, second = two
    merged(second, first)
    client.force_login(f.StaffFactory())
    page = client.get(reverse("admin:privacy_datasubject_change", args=[second.pk])).content.decode()
    assert (
        "This is an account of" in page
        and reverse("admin:privacy_datasubject_act_on", args=[second.pk, "split"]) in page
    )
    page = client.get(reverse("admin:privacy_datasubject_change", args=[first.pk])).content.decode()
    assert "Accounts of this person" in page and "user_2" in page
    f.LegalHoldFactory(subject=first)
    third = account("user_3")
    answer = client.post(
        reverse("admin:privacy_datasubject_act", args=["merge"]),
        {"subjects": str(third.pk), "token": str(third.pk), "into": str(first.pk), "reason": WHY},
    )
    assert "legal hold is in force" in answer.content.decode()
