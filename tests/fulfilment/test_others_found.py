"""How much of what names other people is found, and how much of what is found does."""

import json
import random
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from faker import Faker

from privacy.fulfilment import names
from privacy.fulfilment.redaction import patterns
from privacy.fulfilment.redaction.search import Found, Person, found_in
from privacy.models import DataSubject, Identifier, ProfilePreference
from tests import factories as f

KINDS = {
    "EMAIL_ADDRESS": "email", "PHONE_NUMBER": "phone", "IBAN_CODE": "iban", "CREDIT_CARD": "card", "IP_ADDRESS": "ip",
}  # fmt: skip
LOCALES = ["en_US", "de_DE", "fr_FR", "pl_PL", "es_ES", "it_IT", "ru_RU", "el_GR", "ja_JP", "zh_CN", "ko_KR", "sv_SE"]
SAYS = (
    "We have asked {}, who had the same trouble on Monday.",
    "It was {} who opened the file last.",
    "{} says that the second act is long.",
    "Please write to {}, not to us.",
    "The note of\n{} is gone.",
)
# None of these is somebody else whom the database knows: words that some names have, the person's own, and numbers.
DECOYS = (
    "Nora Lind, you can reach us on 2026-11-30 at 12:30:45 about invoice 2026/1187.",
    "Dear Nora, the king of the long grass may will it so; mark the hill by the brook.",
    "Lind wrote from nora.lind@example.com and called from +46 70 123 45 67.",
    "Scene 12, page 48: 1920x1080 at 23.976, take 3 of 14. Version 3.12.4, 00:12:07.",
    "Best regards, your team at support@kosenai.com",
)


def overlaps(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def test_addresses_and_numbers_of_a_labelled_corpus(shared_data):
    found, wanted, hits, all_hits = Counter(), Counter(), Counter(), Counter()
    for line in (shared_data / "presidio-synth-pii" / "pii.jsonl").read_text().splitlines():
        row = json.loads(line)
        spans = patterns.found_in(row["text"])
        labelled = [
            (KINDS[s["entity_type"]], (s["start_position"], s["end_position"]))
            for s in row["spans"]
            if s["entity_type"] in KINDS
        ]
        for kind, (start, end) in labelled:
            wanted[kind] += 1
            found[kind] += any(s.kind == kind and s.start <= start and s.end >= end for s in spans)
        for span in spans:
            all_hits[span.kind] += 1
            hits[span.kind] += any(k == span.kind and overlaps((span.start, span.end), at) for k, at in labelled)
    for kind in KINDS.values():
        assert found[kind] >= 0.95 * wanted[kind] > 0, kind
        assert hits[kind] >= 0.90 * all_hits[kind], kind


@pytest.fixture
def known(db) -> list[tuple[str, str]]:
    """People of twelve languages; [(kind, as it is stored)] of all their names, addresses and telephone numbers."""
    fake = Faker(LOCALES)
    fake.seed_instance(7)
    people = DataSubject.objects.bulk_create(DataSubject(full_name=fake.name(), country="DE") for _ in range(250))
    phones = [f"+4930{10_000_000 + n}" for n in range(len(people))]
    Identifier.objects.bulk_create(
        Identifier(subject=p, kind="email", value=Identifier.normalise("email", f"{n}.{fake.ascii_email()}"))
        for n, p in enumerate(people)
    )
    Identifier.objects.bulk_create(
        Identifier(subject=p, kind="phone", value=phone) for p, phone in zip(people, phones, strict=True)
    )
    Identifier.objects.bulk_create(
        Identifier(subject=p, kind="clerk_id", value=f"user_2x{p.id.hex}") for p in people[:50]
    )
    ProfilePreference.objects.bulk_create(ProfilePreference(subject=p, display_name=fake.name()) for p in people[::5])
    names.index([p.pk for p in people])
    return [
        *(("name", name) for _, name in names.names_of([p.pk for p in people])),
        *(
            ({"clerk_id": "id"}.get(kind, kind), value)
            for kind, value in Identifier.objects.values_list("kind", "value")
        ),
    ]


def nora() -> Person:
    subject = f.DataSubjectFactory(full_name="Nora Lind", country="SE")
    f.IdentifierFactory(subject=subject, value="nora.lind@example.com")
    f.IdentifierFactory(subject=subject, kind="phone", value="+46701234567")
    return Person.of(subject.id)


def test_people_known_to_the_database_are_found_under_every_name_address_and_telephone_number(known):
    rng, person = random.Random(3), nora()
    texts, planted = [], []
    for number, (kind, value) in enumerate(known):
        before = DECOYS[number % len(DECOYS)] + " "
        template = before + rng.choice(SAYS) + " " + rng.choice(DECOYS)
        at = template.index("{}")
        texts.append(template.replace("{}", value, 1))
        planted.append((kind, (at, at + len(value))))
    found = found_in(texts, person)
    missed = [
        (kind, text[start:end])
        for text, places, (kind, (start, end)) in zip(texts, found, planted, strict=True)
        if not any(p.ground == "known" and p.start <= start and p.end >= end for p in places)
    ]
    sure = [
        (text[p.start : p.end], overlaps((p.start, p.end), at))
        for text, places, (_, at) in zip(texts, found, planted, strict=True)
        for p in places
        if p.ground != "suggested"
    ]
    assert len(missed) <= 0.01 * len(planted), missed
    assert sum(hit for _, hit in sure) >= 0.95 * len(sure), Counter(said for said, hit in sure if not hit)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("stored", "text", "said"),
    [
        ("Anna Łukasz", "ask ANNA LUKASZ about it", "ANNA LUKASZ"),
        ("Anna Łukasz", "ask Łukasz, Anna about it", "Łukasz, Anna"),
        ("Anna Łukasz", "ask Anna about it", ""),
        ("Anna Łukasz", "ask Łukasz about it", ""),
        ("Madonna", "ask Madonna about it", "Madonna"),
        ("Will", "we will see", ""),
        ("山田太郎", "山田太郎さんに確認しました", "山田太郎"),
        ("山田 太郎", "昨日、山田太郎さんから", "山田太郎"),
        ("Dr. Anna M. Smith", "asked Dr. Anna M. Smith.", "Dr. Anna M. Smith"),
        ("Conan O'Brien", "Conan O’Brien’s file", "Conan O’Brien"),
        ("Anna Łukasz", "<b>Anna Łukasz</b>🎉", "Anna Łukasz"),
        ("Anna 🎬 Łukasz", "by Anna 🎬 Łukasz", "Anna 🎬 Łukasz"),
        ("Nora Lind", "another Nora Lind", ""),
        ("Maria Lind", "Nora Maria Lind", "Maria Lind"),
        ("Jürgen von der Berg", "by Juergen von der Berg!", "Juergen von der Berg"),
    ],
)
def test_which_spellings_are_a_name(stored, text, said):
    f.DataSubjectFactory(full_name=stored)
    [places] = found_in([text], nora())
    assert [text[p.start : p.end] for p in places if p.ground == "known"] == ([said] if said else [])


@pytest.mark.django_db
def test_what_the_database_does_not_know_is_a_suggestion_and_no_more():
    text = "Dear Ms Petra van Holt, Mr. Nora Lind and Herr Kowalski met Jane Doe."
    [places] = found_in([text], nora())
    told = [(text[p.start : p.end], p.ground) for p in places]
    assert told == [("Petra van Holt", "suggested"), ("Kowalski", "suggested")]


@pytest.mark.django_db
def test_a_long_text_is_searched_to_its_end_and_nothing_is_found_twice():
    f.DataSubjectFactory(full_name="Anna Łukasz")
    text = "Nothing to see here. " * 3000
    places = [0, 19_990, 20_100, 40_280, len(text) - 13]
    for at in places:
        text = text[:at] + " Anna Łukasz " + text[at + 13 :]
    [found] = found_in([text], nora())
    assert found == [Found(at + 1, 11, "name", "known") for at in places]


@pytest.mark.django_db
def test_names_are_looked_up_by_the_words_of_the_texts_however_many_people_there_are():
    def queries_for(people: int) -> int:
        rows = DataSubject.objects.bulk_create(DataSubject(full_name=f"Person{n} Smith") for n in range(people))
        names.index([row.pk for row in rows])
        with CaptureQueriesContext(connection) as asked:
            [found] = found_in(["Ask Person1 Smith, the smith of the village, or Smith himself."], person)
        assert [place.kind for place in found] == ["name"]
        return len(asked)

    person = nora()
    assert queries_for(20) == queries_for(400) < 16


def test_what_the_texts_hold_of_the_person_themselves_is_nobody_elses(db):
    for text in DECOYS:
        assert [p for p in found_in([text], nora())[0] if p.ground != "suggested"] == [], text
