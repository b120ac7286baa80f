"""Staff find people as they spell them, and are told what was tried when they do not."""

import unicodedata

import pytest
from django.db import connection

from billing.rows import store
from billing.sync import sync
from privacy.fulfilment import names
from privacy.fulfilment.importing.subjects import Person, bring_in
from privacy.models import DataSubject, Identifier, NameToken
from privacy.models.name_tokens import tokens_of
from privacy.selectors import search
from privacy.selectors.search import find
from tests import factories as f
from tests.faults.erasing import approved, run

pytestmark = pytest.mark.django_db
Kind = Identifier.Kind

FOUND = {
    "Élodie Durand": ["Élodie", "elodie", "ELODIE", "élod", "durand", "Durand Élodie", "dur elo", "elodie  durand"],
    "Anna Łukasz": ["Łukasz", "lukasz", "LUKASZ", "anna luk", "anna\u3000łukasz"],
    "Ayşe İstanbul": ["istanbul", "ISTANBUL", "İSTANBUL", "ıstanbul", "ayse", "AYŞE", "i̇stanbul"],
    "Işıl Isı": ["ısı", "isi", "ISI", "IŞIL", "isil", "İsi"],
    "Jürgen Müßig": ["Juergen", "jurgen", "JÜRGEN", "mussig", "muessig", "MÜSSIG", "Müßig"],
    "Juergen Strasse": ["jürgen", "Straße", "STRAẞE", "strasse"],
    "Øyvind Ærlig": ["oyvind", "Oeyvind", "ØYVIND", "aerlig", "ærlig", "arlig"],
    "Åse Søren": ["ase", "aase", "Åse", "soeren", "soren"],
    "Jean-Luc O’Brien": ["jean luc", "jean-luc", "jeanluc", "luc", "o'brien", "obrien", "O´Brien", "brien", "o brien"],
    "Ludwig van der Berg": ["vanderberg", "van der berg", "berg", "der berg ludwig", "van-der-berg"],
    "Max Vanderberg": ["van der berg", "Vanderberg", "max van der berg"],
    "Mary Ann McDonald": ["mc donald", "mcdonald", "m a mcdonald", "ann"],
    "J. R. R. Tolkien": ["j r r tolkien", "J.R.R. Tolkien", "jrr tolkien", "jrrtolkien", "tolkien j"],
    "山田 太郎": ["山田", "太郎", "山田太郎", "山田　太郎", "太郎 山田"],
    "山田太郎": ["山田", "太郎", "山田 太郎", "山田　太郎"],
    "さとう ハナコ": ["サトウ", "ｻﾄｳ", "さとう", "はなこ", "ﾊﾅｺ", "花子"][:5],
    "がく ガンダ": ["ｶﾞｸ", "ガク", "がく", "ｶﾞﾝﾀﾞ", "か\u3099く"],
    "김민준": ["김", "민준", "김 민준", unicodedata.normalize("NFD", "김민준")],
    "Дмитрий Соколов": ["дмитрий", "СОКОЛОВ", "соколов дмитрий", "дмитрии"],
    "Фёдор Алёхин": ["федор", "алехин", "ФЁДОР"],
    "مُحَمَّد أحمد": ["محمد", "احمد", "أحمد", "محمّد"],
    "علی رضایی": ["علي", "رضايي", "علی"],
    "Γιώργος Παπαδάκης": ["γιωργος", "ΓΙΩΡΓΟΣ", "παπαδακησ", "παπαδάκης"],
    "Ｆｕｌｌ Ｗｉｄｔｈ": ["full", "width", "Ｆｕｌｌ"],
    "Nguyễn Đức": ["nguyen", "duc", "NGUYỄN ĐỨC", "đuc"],
    "Gal·la Ñuñez": ["galla", "gal·la", "nunez", "ÑUÑEZ"],
    "🎬": ["🎬"],
    "!!!": ["!!!"],
}


@pytest.mark.parametrize(("name", "term"), [(name, term) for name, terms in FOUND.items() for term in terms])
def test_a_name_is_found_by_any_of_its_words_however_it_is_spelled(name, term):
    f.DataSubjectFactory(full_name="Zzyzx Qwrtp")
    for form in ("NFC", "NFD"):
        person = f.DataSubjectFactory(full_name=unicodedata.normalize(form, name))
        for typed in (term, unicodedata.normalize("NFD", term), unicodedata.normalize("NFC", f"  {term}  ")):
            assert person.pk in find(typed).people
    assert find(term).people.count(person.pk) == 1


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("Anna Łukasz", "ukasz"), ("Anna Łukasz", "nna"), ("Anna Łukasz", "lukaszz"), ("Anna Łukasz", "anna maria"),
        ("佐藤花子", "子花"), ("が", "か"), ("Anna", "%"), ("Anna", "_nna"), ("Anna", "'; drop"), ("Anna", "a" * 254),
        ("Anna", "anna " * 20 + "x"), ("Anna", "-"), ("Anna", "\x00"),
    ],
)  # fmt: skip
def test_what_begins_no_word_finds_nobody(name, term):
    f.DataSubjectFactory(full_name=name)
    assert find(term).people == ()


def test_every_identifier_finds_its_person_and_a_domain_all_of_it():
    ada, bea = f.DataSubjectFactory(full_name="Ada"), f.DataSubjectFactory(full_name="Bea")
    for person, kind, value in [
        (ada, Kind.EMAIL, "ada@münchen.example"), (bea, Kind.EMAIL, "bea@münchen.example"),
        (ada, Kind.CLERK, "user_2abC"), (ada, Kind.STRIPE, "cus_9sXyZ"), (ada, Kind.VISITOR, "v-77"),
        (ada, Kind.PHONE, "+4930123456"), (bea, Kind.EMAIL, "bea@sub.münchen.example"),
    ]:  # fmt: skip
        f.IdentifierFactory(subject=person, kind=kind, value=value)
    terms = ["ADA@MÜNCHEN.example", " user_2abC ", "cus_9sXyZ", "v-77", "+49 (30) 123456", "0049 30 123456",
             str(ada.pk), str(ada.pk).upper(), f"Subject {ada.pk!s:.8}", f"{ada.pk!s:.8}", ada.pk.hex]  # fmt: skip
    assert {term: find(term).people for term in terms} == {term: (ada.pk,) for term in terms}
    for domain in ("@münchen.example", "@MÜNCHEN.EXAMPLE", "@xn--mnchen-3ya.example"):
        assert set(find(domain).people) == {ada.pk, bea.pk}
    assert find("@example").people == () == find("user_2abc").people


@pytest.mark.parametrize(
    ("term", "tried"),
    [
        ("nobody@example.com", ["an e-mail address, exactly"]),
        ("@nowhere.example", ["the domain of an e-mail address, exactly"]),
        ("a@@b", ["an e-mail address, which it is not (This is not an e-mail address.)"]),
        ("+49 1", ["a Clerk, Stripe or visitor id, exactly", "a telephone number, which it is not"]),
        ("deadbeef", ["the id of a person", "a Clerk, Stripe or visitor id, exactly", "a name with a word"]),
        ("no body", ["a Clerk, Stripe or visitor id, exactly", "a name with words that begin so, in any order"]),
    ],
)
def test_nobody_is_said_with_what_was_tried(term, tried):
    found = find(term)
    assert found.people == () and not found.is_cut
    assert [said.startswith(begins) for said, begins in zip(found.tried, tried, strict=True)] == [True] * len(tried)


def test_a_person_is_found_by_what_the_studio_and_stripe_call_them():
    person = f.ProfilePreferenceFactory(display_name="Shadow Writer", subject__full_name="").subject
    f.CustomerFactory(subject=person, name="Margarethe Lindqvist")
    names.index([person.pk])
    assert find("shadow").people == find("lindqvist marg").people == (person.pk,)


def test_more_than_a_page_can_hold_are_cut_and_said_to_be(monkeypatch):
    monkeypatch.setattr(search, "MOST", 3)
    monkeypatch.setattr(search, "ROWS", 6)
    f.DataSubjectFactory.create_batch(3, full_name="Anna Annason")
    assert len(find("ann").people) == 3
    f.DataSubjectFactory(full_name="Anna")
    assert find("ann").is_cut and len(find("ann").people) == 3
    assert not find("annason").is_cut


# --- The words are those of the names, whichever way these came in ----------------------------------------------------


def differences() -> tuple[set, set]:
    """(words of names that have no token, tokens of no name), over everybody."""
    everybody = list(DataSubject.objects.values_list("pk", flat=True))
    wanted = {(who, token) for who, name in names.names_of(everybody) for token in tokens_of(name)}
    there = {(who, bytes(token)) for who, token in NameToken.objects.values_list("subject", "token")}
    return wanted - there, there - wanted


def customer(**said) -> dict:
    return {"object": "customer", "id": "cus_1", "created": 1_700_000_000, "email": None} | said


def test_tokens_minus_people_and_people_minus_tokens_are_empty_after_every_way_in_and_out():
    clerk = ((Kind.CLERK, "user_1"),)
    [arrival] = bring_in(people=[Person(full_name="Élodie Durand", identifiers=clerk)], actor=None)
    assert find("durand").people == (arrival.row.pk,) and differences() == (set(), set())

    bring_in(people=[Person(full_name="Élodie Łukasz", identifiers=clerk)], actor=None)
    assert find("durand").people == () and find("lukasz").people and differences() == (set(), set())

    sync(objects=[customer(name="Studio Zeta")], payers={"cus_1": arrival.row.pk})
    assert find("zeta").people == (arrival.row.pk,) and differences() == (set(), set())
    sync(objects=[customer(name="Studio Omega")])
    assert find("zeta").people == () and find("omega").people and differences() == (set(), set())
    row = arrival.row.customers.get()
    row.name = "Studio Sigma"
    store(rows=[row], actor=None)
    assert find("omega").people == () and find("sigma").people and differences() == (set(), set())

    assert names.rename(arrival.row.pk, "Élodie Put-Right") == 1
    assert find("lukasz").people == () and find("putright").people and differences() == (set(), set())

    f.ProfilePreferenceFactory(subject=arrival.row, display_name="Elo")
    names.index([arrival.row.pk])
    run(approved(arrival.row))
    assert DataSubject.objects.get(pk=arrival.row.pk).erased_at
    assert not NameToken.objects.filter(subject=arrival.row).exists() and differences() == (set(), set())
    assert names.rename(arrival.row.pk, "Back Again") == 0 and differences() == (set(), set())


def test_a_frozen_person_is_put_right_and_found():
    person = f.LimitFactory(subject__full_name="Frida Frost").subject
    names.rename(person.pk, "Frieda Frost")
    assert find("frieda").people == (person.pk,) and find("frida").people == ()


def plan_of(queryset) -> str:
    sql, params = queryset.query.sql_with_params()
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"{explain} {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_a_prefix_and_a_domain_are_ranges_of_an_index():
    person = f.IdentifierFactory().subject  # among as many words as make the database choose
    NameToken.objects.bulk_create(NameToken(subject=person, token=b"%08d" % n) for n in range(5_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE privacy_nametoken")
    assert "name_token_prefix" in plan_of(NameToken.objects.filter(search._begins("ann")))
    _, found = search._by_address("@example.com")
    assert "identifier_domain" in plan_of(found)
