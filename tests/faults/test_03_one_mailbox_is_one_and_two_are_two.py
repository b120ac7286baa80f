"""Two mailboxes stay two, one stays one, and an odd address keeps nobody's record out."""

import unicodedata
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from billing import outcomes, sync
from billing.models import Customer, Invoice
from privacy.fulfilment.importing import subjects
from privacy.fulfilment.importing.arrivals import ERASED, Outcome
from privacy.fulfilment.importing.subjects import Person
from privacy.models import DataSubject, Identifier, Suppression
from privacy.models.addresses import normalise_email
from privacy.selectors.suppression import digest
from tests import factories as f
from tests.faults.erasing import approved, run
from tests.searching import find_subjects

Kind = Identifier.Kind
CUSTOMER = {
    "object": "customer", "id": "cus_1", "name": "Ada", "email": "ada@example.com", "created": 1_700_000_000,
    "metadata": {"clerk_id": "user_ada"},
}  # fmt: skip
INVOICE = {
    "object": "invoice", "id": "in_1", "customer": "cus_1", "currency": "eur", "total": 100, "created": 1_700_000_000,
}  # fmt: skip

TWO_MAILBOXES = [
    ("straße.t@example.com", "strasse.t@example.com"),
    ("ada™@example.com", "adatm@example.com"),
    ("ada¹@example.com", "ada1@example.com"),
    ("ﬁn@example.com", "fin@example.com"),
    ("İda@example.com", "ida@example.com"),
    ("ıda@example.com", "ida@example.com"),
    ("ſam@example.com", "sam@example.com"),
    ("\u212aim@example.com", "kim@example.com"),
    ("σας@example.gr", "σασ@example.gr"),
    ("ａda@example.com", "ada@example.com"),
    ("É@example.com", "é@example.com"),
    (unicodedata.normalize("NFC", "é@example.com"), unicodedata.normalize("NFD", "é@example.com")),
    ("ada@straße.de", "ada@strasse.de"),
    ("ada@ﬁn.de", "ada@fin.de"),
    ("ada@\u212aim.de", "ada@kim.de"),
    ("ada@ｅxample.com", "ada@example.com"),
    ("ada@ex。ample.com", "ada@ex.ample.com"),
    ("ada@βόλος.com", "ada@βόλοσ.com"),
    ("a.da@example.com", "ada@example.com"),
    ("ada+x@example.com", "ada@example.com"),
]
ONE_MAILBOX = [
    ("A.B@Example.COM ", "a.b@example.com"),
    ("\tada@example.com\n", "ada@example.com"),
    ("ada@straße.de", "ada@xn--strae-oqa.de"),
    ("ada@STRAßE.de", "ada@XN--STRAE-OQA.de"),
    ("ada@BÜCHER.de", "ada@bücher.de"),
    ("ada@example.com.", "ada@example.com"),
    ("ada@[IPv6:2001:DB8::1]", "ada@[ipv6:2001:db8::1]"),
]
ODD = [
    "a..b@docomo.ne.jp", ".ada@docomo.ne.jp", "ada.@ezweb.ne.jp", "ada@localhost", "ada@[IPv6:2001:db8::1]",
    '"ada lovelace"@example.com', "ada@-example-.com", "ada@exa_mple.com", "ada@☃.net", "a" * 70 + "@example.com",
    "ada@example..com", "用户@例子.广告",
]  # fmt: skip
UNSEEN = [
    "\u200b",
    "\u200d",
    "\u00ad",
    "\u200f",
    "\u202e",
    "\ufeff",
    "\u2060",
    "\u3164",
    "\ufe0f",
    "\u00a0",
    "\x00",
    "\x1b",
]
NO_ADDRESS = [
    "ada",
    "@example.com",
    "ada@",
    "ada lovelace@example.com",
    "Ada <ada@example.com>",
    "a@x.de,b@x.de",
    "a@b@c",
]


def bring_in(*people: Person):
    return subjects.bring_in(people=people, actor=None)


def at_clerk(clerk_id: str, email: str) -> Person:
    return Person(full_name="Ada", identifiers=((Kind.CLERK, clerk_id), (Kind.EMAIL, email)))


def emails_of(person: DataSubject) -> list[str]:
    return sorted(person.identifiers.filter(kind=Kind.EMAIL).values_list("value", flat=True))


def synced(*objects, **more) -> dict[str, outcomes.Synced]:
    return {s.stripe_id: s for s in sync.sync(objects=objects, **more)}


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), TWO_MAILBOXES)
def test_two_mailboxes_are_two_in_search_and_at_the_door(one, other):
    person = f.IdentifierFactory(value=other).subject
    assert list(find_subjects(one)) == []
    [arrival] = bring_in(Person(full_name="A stranger", identifiers=((Kind.EMAIL, one),)))
    assert arrival.outcome == Outcome.CREATED and arrival.row != person
    assert list(find_subjects(one)) == [arrival.row] and list(find_subjects(other)) == [person]


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), ONE_MAILBOX)
def test_one_mailbox_is_one_in_search_and_at_the_door(one, other):
    person = f.IdentifierFactory(value=one, is_primary=True).subject
    assert list(find_subjects(other)) == [person] == list(find_subjects(one))
    [arrival] = bring_in(Person(identifiers=((Kind.EMAIL, other),)))
    assert (arrival.outcome, arrival.row) == (Outcome.UNCHANGED, person)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ODD)
def test_an_odd_address_comes_in_and_is_found_again(address):
    [arrival] = bring_in(at_clerk("user_1", address))
    assert (arrival.outcome, arrival.reason) == (Outcome.CREATED, "")
    assert list(find_subjects(address)) == [arrival.row]
    assert bring_in(at_clerk("user_1", address))[0].outcome == Outcome.UNCHANGED


@pytest.mark.django_db
@pytest.mark.parametrize("address", [*NO_ADDRESS, f"{'a' * 64}@{'b' * 255}", *(f"ad{c}a@example.com" for c in UNSEEN)])
def test_what_is_no_address_is_left_out_and_told_and_the_person_comes_in(address):
    [arrival] = bring_in(at_clerk("user_1", address))
    assert arrival.outcome == Outcome.CREATED
    assert arrival.reason.startswith("E-mail left out: ") and address not in arrival.reason
    assert list(arrival.row.identifiers.values_list("value", flat=True)) == ["user_1"]


@pytest.mark.django_db
def test_with_nothing_else_to_know_them_by_a_person_stays_out_in_words():
    [arrival] = bring_in(Person(full_name="Ada", identifiers=((Kind.EMAIL, "ad\u200da@example.com"),)))
    assert arrival.outcome == Outcome.REFUSED
    assert arrival.reason.endswith("E-mail left out: It holds a character that cannot be seen. Type it anew.")


@pytest.mark.django_db
@pytest.mark.parametrize("clerk_id", ["user_\u200b1", "user_\u00a01", "us\x00er_1"])
def test_an_id_with_a_character_that_nobody_sees_is_refused_and_joins_nobody(clerk_id):
    person = f.IdentifierFactory(value="ada@example.com").subject
    [arrival] = bring_in(at_clerk(clerk_id, "ada@example.com"))
    assert arrival.outcome == Outcome.REFUSED and arrival.reason.startswith("Clerk id: It holds a character")
    assert list(person.identifiers.values_list("kind", flat=True)) == ["email"]


@pytest.mark.django_db
def test_ids_are_compared_as_they_stand():
    first, *others = bring_in(*(Person(identifiers=((Kind.CLERK, i),)) for i in ("user_1a", "user_1A", "user_1 a")))
    assert len({first.row, *(o.row for o in others)}) == 3


@pytest.mark.django_db
def test_the_admins_import_takes_the_row_and_says_what_was_left_out(client):
    client.force_login(f.StaffFactory(role="manager"))
    data = "full_name,email,clerk_id\nAda,ad\u200da@example.com,user_1\nBo,b..o@docomo.ne.jp,\n".encode()
    page = client.post(
        reverse("admin:privacy_datasubject_import"),
        {"import_file": SimpleUploadedFile("p.csv", data), "format": "0", "resource": "0"},
    )
    assert "Row 1 comes in. E-mail left out: It holds a character" in page.content.decode()
    done = client.post(
        reverse("admin:privacy_datasubject_process_import"), page.context["confirm_form"].initial, follow=True
    )
    assert any("Row 1 came in. E-mail left out" in str(message) for message in done.context["messages"])
    assert set(Identifier.objects.values_list("value", flat=True)) == {"user_1", "b..o@docomo.ne.jp"}


# --- the function


@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_stored_is_spelled_the_same_again(local, domain):
    try:
        stored = normalise_email(f"{local}@{domain}")
    except ValidationError:
        return
    assert normalise_email(stored) == stored


def addresses_of(shared_data) -> list[tuple[str, str]]:
    root = ElementTree.parse(shared_data / "isemail-tests/tests.xml").getroot()
    return [(t.findtext("address") or "", t.findtext("category")) for t in root.iter("test")]


def test_every_valid_address_of_the_corpus_is_one_and_keeps_its_spelling(shared_data):
    valid = [
        a for a, category in addresses_of(shared_data) if category in ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_RFC5321")
    ]
    assert len(valid) > 10
    assert [a for a in valid if normalise_email(a) != a.lower()] == []


def test_no_two_addresses_of_the_corpus_become_one(shared_data):
    spelled = {}
    for address, _ in addresses_of(shared_data):
        try:
            spelled.setdefault(normalise_email(address), set()).add(address.strip().lower())
        except ValidationError:
            continue
    assert {s: found for s, found in spelled.items() if len({a.rstrip(".") for a in found}) > 1} == {}


# --- the ledger


def entry_of(spelling: str, **more) -> Suppression:
    return f.SuppressionFactory(kind="email", digest=digest("email", spelling), **more)


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), TWO_MAILBOXES)
def test_an_erased_person_stays_away_and_the_stranger_comes_in(one, other):
    entry_of(other)
    gone, stranger = bring_in(
        Person(identifiers=((Kind.EMAIL, other),)), Person(full_name="B", identifiers=((Kind.EMAIL, one),))
    )
    assert (gone.reason, stranger.outcome) == (ERASED, Outcome.CREATED)


@pytest.mark.django_db
def test_a_digest_of_an_ascii_address_from_before_still_knows_it():
    entry_of("strasse.t@example.com", is_exact=None)
    assert bring_in(at_clerk("user_1", "Strasse.T@Example.com"))[0].reason == ERASED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "once"), [("straße.t@example.com", "strasse.t@example.com"), ("ada@straße.de", "ada@strasse.de")]
)
def test_where_an_old_digest_cannot_tell_the_address_is_left_out_and_the_person_is_not_barred(address, once):
    entry_of(once, is_exact=None)
    [arrival] = bring_in(at_clerk("user_1", address))
    assert arrival.outcome == Outcome.CREATED and emails_of(arrival.row) == []
    assert "E-mail left out: An erased person may have had it" in arrival.reason


@pytest.mark.django_db
def test_an_erasure_of_today_knows_the_very_mailbox():
    person = f.IdentifierFactory(value="straße.t@example.com").subject
    run(approved(person))
    gone, other = bring_in(at_clerk("user_1", "straße.t@example.com"), at_clerk("user_2", "strasse.t@example.com"))
    assert (gone.reason, other.outcome) == (ERASED, Outcome.CREATED)
    assert Suppression.objects.filter(kind="email").get().is_exact


# --- Stripe


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["A.B@Example.COM ", "no address", *ODD, "Ada <ada@example.com>"])
def test_an_odd_email_at_stripe_refuses_no_customer_and_no_invoice(email):
    f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1")
    done = synced(CUSTOMER | {"email": email}, INVOICE | {"customer_email": email})
    assert {s.outcome for s in done.values()} == {Outcome.CREATED}
    assert (Customer.objects.get().email, Invoice.objects.get().customer_email) == (email, email)
    told = {s.reason for s in done.values()}
    assert told == ({""} if email != "no address" and "<" not in email else {outcomes.EMAIL_ODD})


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["a" * 320 + "@example.com", "a\x00@example.com", 7, {"a": 1}])
def test_an_email_that_cannot_be_stored_is_emptied_and_told(email):
    f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1")
    done = synced(CUSTOMER | {"email": email})
    assert (done["cus_1"].outcome, done["cus_1"].reason) == (Outcome.CREATED, outcomes.EMAIL_EMPTIED)
    assert Customer.objects.get().email == ""


@pytest.mark.django_db
@pytest.mark.parametrize(("one", "other"), TWO_MAILBOXES)
def test_a_strangers_customer_goes_to_nobody(one, other):
    person = f.IdentifierFactory(value=other).subject
    assert synced(CUSTOMER | {"email": one})["cus_1"].reason == outcomes.NOBODY
    assert not person.identifiers.filter(kind=Kind.STRIPE).exists() and not Customer.objects.exists()


@pytest.fixture
def ada(db) -> DataSubject:
    ada = f.IdentifierFactory(value="ada@example.com").subject
    f.IdentifierFactory(subject=ada, kind=Kind.CLERK, value="user_ada")
    return ada


def stripe_ids_of(person: DataSubject) -> list[str]:
    return list(person.identifiers.filter(kind=Kind.STRIPE).values_list("value", flat=True))


@pytest.mark.parametrize(
    "refused", [CUSTOMER | {"created": 10**20}, {k: v for k, v in CUSTOMER.items() if k != "created"},
                CUSTOMER | {"name": "A\x00"}, CUSTOMER | {"deleted": True}],
)  # fmt: skip
def test_a_customer_that_does_not_come_in_gives_nobody_its_id(ada, refused):
    done = synced(refused, INVOICE)
    assert done["cus_1"].outcome in (Outcome.REFUSED, Outcome.SKIPPED)
    assert stripe_ids_of(ada) == [] and not Customer.objects.exists() and not Invoice.objects.exists()


def test_one_that_comes_in_gives_it_in_the_same_transaction(ada):
    assert synced(INVOICE)["in_1"].reason == outcomes.NOBODY
    subscription = {
        "object": "subscription", "id": "sub_1", "customer": CUSTOMER, "status": "active", "created": 1_700_000_000,
    }  # fmt: skip
    assert {s.outcome for s in synced(subscription, INVOICE).values()} == {Outcome.CREATED}
    assert stripe_ids_of(ada) == ["cus_1"]


@pytest.mark.parametrize("state", ["frozen", "erased"])
def test_a_frozen_or_erased_person_is_given_no_id(ada, state):
    if state == "frozen":
        f.LimitFactory(subject=ada)
    else:
        DataSubject.objects.filter(pk=ada.pk).update(erased_at=datetime.now(UTC), full_name="", country="")
    assert synced(CUSTOMER)["cus_1"].outcome == Outcome.SKIPPED
    assert stripe_ids_of(ada) == []


def test_an_id_that_is_anothers_stays_there_whatever_the_address(ada):
    other = f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1").subject
    synced(CUSTOMER)
    assert (Customer.objects.get().subject, stripe_ids_of(ada)) == (other, [])


def test_an_id_with_a_character_that_nobody_sees_goes_to_nobody_and_stops_nothing(ada):
    done = synced(CUSTOMER | {"id": "cus_\u200b1"}, CUSTOMER | {"id": "cus_\x002"}, CUSTOMER)
    assert [s.outcome for s in done.values()] == [Outcome.SKIPPED, Outcome.SKIPPED, Outcome.CREATED]
    assert stripe_ids_of(ada) == ["cus_1"]
