"""Letters say in every language what the English ones say, no more, and in its own words."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from string import Formatter
from unicodedata import normalize

import pytest
from django.utils import translation

from privacy.cases import processors, requests
from privacy.fulfilment.letters import claims_of_cases, drafting, templates
from privacy.fulfilment.letters.claims import Says, claims
from privacy.fulfilment.letters.facts import Facts
from privacy.fulfilment.letters.kinds import kinds
from privacy.fulfilment.letters.templates import BadTemplate, Sentence
from privacy.fulfilment.package.wording import said
from privacy.models import LANGUAGES, Case, Clock
from tests import factories as f
from tests import manual, working
from tests.factories import people
from tests.fulfilment.words import SAME_EVERYWHERE, of_the_letters

EVERY = [language for language, _ in LANGUAGES]
TRANSLATED = [language for language in EVERY if language != "en"]
# A sentence of names and slots is like its original in every language; one of words is not.
ALIKE = 0.75
# {language: (words that are the same in English, and why)}
COGNATES = {
    "de": {},
    "fr": dict.fromkeys(
        ("Question", "Rectification", "dossiers", "notes", "prompts", "sessions"), "The French word is the English one"
    ),
    "es": {},
    "it": dict.fromkeys(("GDPR", "GDPR art. 3", "GDPR art. 16"), "The Italian authority calls it so, too"),
}
THIN, WIDE = "\u202f", "\u00a0"
QUOTES = {"en": "“”", "de": "„“", "fr": "«»", "es": "«»", "it": "«»"}
ALL_QUOTES = '"“”„«»‟‹›'


def sentences(kind: str, language: str) -> list[Sentence]:
    return templates.read((templates.FOLDER / language / f"{kind}.txt").read_text(encoding="utf-8")).sentences


def slots(sentence: Sentence) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(sentence.text) if name is not None)


def bare(text: str) -> str:
    """Without what is put in."""
    return "".join(literal for literal, *_ in Formatter().parse(text))


def pairs(language: str) -> list[tuple[str, Sentence, Sentence]]:
    """(letter, the English sentence, that of the language)."""
    return [
        (kind, of_us, of_them)
        for kind in kinds
        for of_us, of_them in zip(sentences(kind, "en"), sentences(kind, language), strict=True)
    ]


# --- The texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", EVERY)
def test_every_letter_has_its_text_in_every_language_and_no_text_is_of_a_letter_that_is_gone(language):
    there = {path.name for path in (templates.FOLDER / language).iterdir()}
    wanted = {f"{kind}.txt" for kind in kinds}
    assert (wanted - there, there - wanted) == (set(), set())


def test_no_language_is_there_that_letters_are_not_written_in():
    assert {path.name for path in templates.FOLDER.iterdir()} == set(EVERY)


@pytest.mark.parametrize(("kind", "language"), [(kind.key, language) for kind, language in templates.texts()])
def test_every_text_that_is_shipped_is_one_that_a_manager_could_keep(kind, language):
    assert templates.check(kinds[kind], language, templates.shipped(kind, language)).sentences


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("kind", kinds)
def test_a_letter_claims_in_another_language_what_the_english_one_claims_in_its_order(kind, language):
    of_us = [(x.claim, slots(x)) for x in sentences(kind, "en")]
    of_them = [(x.claim, slots(x)) for x in sentences(kind, language)]
    assert of_them == of_us


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("kind", kinds)
def test_paragraphs_end_where_the_english_ones_end(kind, language):
    lengths = {tag: [len(x) for x in templates.parsed(kind, tag).paragraphs] for tag in ("en", language)}
    assert lengths[language] == lengths["en"]


@pytest.mark.parametrize("language", TRANSLATED)
def test_one_english_sentence_is_said_in_one_way(language):
    """Who gets two letters reads the same words for the same fact."""
    ways: dict[tuple[str, str], set[str]] = {}
    for _, of_us, of_them in pairs(language):
        ways.setdefault((of_us.claim, of_us.text), set()).add(of_them.text)
    assert {key: said for key, said in ways.items() if len(said) > 1} == {}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_was_left_in_english(language):
    left = [
        (kind, of_them.text)
        for kind, of_us, of_them in pairs(language)
        if re.search(r"\w", bare(of_us.text)) and is_left(bare(of_us.text), bare(of_them.text))
    ]
    assert left == []


def is_left(of_us: str, of_them: str) -> bool:
    """By its likeness to the English one, and by little words that only English has."""
    return (
        SequenceMatcher(None, of_us.lower(), of_them.lower(), autojunk=False).ratio() >= ALIKE
        or len(LITTLE.findall(of_them)) >= 2
    )


LITTLE = re.compile(r"\b(?:the|of|and|you|your|we|our|is|it|that|this|with|by|what|from|here)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", TRANSLATED)
def test_an_english_sentence_would_be_seen(language):
    """The measure itself: each English sentence of words is taken for English."""
    texts = {bare(x.text) for kind in kinds for x in sentences(kind, "en") if re.search(r"\w", bare(x.text))}
    assert {text for text in texts if not is_left(text, text)} == set()


@pytest.mark.parametrize("language", EVERY)
@pytest.mark.parametrize("kind", kinds)
def test_letters_are_set_as_the_language_is_set(kind, language):
    text = templates.shipped(kind, language)
    opens, closes = QUOTES[language]
    found = [letter for letter in text if letter in ALL_QUOTES]
    assert found == [opens, closes] * (len(found) // 2)
    assert not re.search(rf"[ {THIN}{WIDE}]{{2}}|[ \t]$|['\t]|\.\.", text, re.MULTILINE)
    assert normalize("NFC", text) == text
    assert text.endswith("\n") and not text.endswith("\n\n")
    if language == "fr":
        assert re.findall(rf"«[^{THIN}]|[^{THIN}][»;!?]|[^{WIDE}]:(?!//)", re.sub("^Subject:", "", text)) == []
    else:
        assert re.findall(rf"[ {THIN}{WIDE}][,;:!?.]|[{THIN}{WIDE}]", text) == []


# --- Words that claim that something has happened ---------------------------------------------------------------------

D, R, C = Says.DELETED, Says.PUT_RIGHT, Says.CONFIRMED
CLAIMED = {
    "en": {
        D: ["It was deleted.", "We have erased it.", "Removed.", "It was purged."],
        R: ["It is corrected.", "We put right what was wrong.", "Your name was amended."],
        C: ["It confirmed that.", "OpenAI confirms it."],
    },
    "de": {
        D: [
            "Ihre Daten sind gelöscht.", "Die gelöschten Daten", "gelöschte Dateien", "Wir löschten sie.",
            "Stripe löscht sie.", "Die vernichteten Kopien", "Wir haben alles entfernt.", "Es wurde beseitigt.",
        ],
        R: ["Ihr Name wurde berichtigt.", "die berichtigten Daten", "korrigierte Angaben", "Es ist richtig gestellt."],
        C: ["Stripe hat es bestätigt.", "Stripe bestätigte es.", "die bestätigte Löschung"],
    },
    "fr": {
        D: [
            "Vos données ont été supprimées.", "Nous avons effacé vos données.", "les copies détruites",
            "fichiers effacés", "On supprima vos données.", "des données retirées",
        ],
        R: ["Votre nom est rectifié.", "les données corrigées", "Il a été mis à jour.", "Elles ont été mises à jour."],
        C: ["Stripe l’a confirmé.", "Stripe confirme.", "des suppressions confirmées"],
    },
    "es": {
        D: [
            "Sus datos se han eliminado.", "Hemos suprimido sus datos.", "Eliminamos sus datos.", "Stripe los borró.",
            "las copias destruidas", "Se suprimieron.", "datos borrados",
        ],
        R: ["Se ha rectificado.", "los datos corregidos", "Lo rectificamos.", "Se corrigió.", "datos actualizados"],
        C: ["Stripe lo ha confirmado.", "Stripe confirma.", "Stripe lo confirmó."],
    },
    "it": {
        D: [
            "I Suoi dati sono stati cancellati.", "Abbiamo eliminato tutto.", "le copie distrutte",
            "Stripe li cancellò.", "I file sono stati rimossi.", "dati soppressi",
        ],
        R: ["Il Suo nome è stato rettificato.", "i dati corretti", "dati aggiornati", "Stripe li corresse."],
        C: ["Stripe lo ha confermato.", "Stripe conferma.", "Stripe lo confermò."],
    },
}  # fmt: skip
OWED = {
    "en": ["We asked it to delete your data.", "Your erasure is under way.", "You asked for rectification."],
    "de": [
        "Wir haben darum gebeten, Ihre Daten zu löschen.", "Ihre Löschung steht noch aus.",
        "Sie haben Berichtigung verlangt.", "Wir bitten um Bestätigung.",
    ],
    "fr": [
        "Nous avons demandé de supprimer vos données.", "Votre effacement est en cours.",
        "Vous avez demandé la rectification ou la mise à jour.", "Nous attendons une confirmation.",
    ],
    "es": [
        "Hemos pedido suprimir sus datos.", "La supresión está pendiente.", "Ha pedido la rectificación.",
        "Esperamos una confirmación.",
    ],
    "it": [
        "Abbiamo chiesto di cancellare i Suoi dati.", "La cancellazione è in corso.", "Ha chiesto la rettifica.",
        "Abbiamo chiesto di confermare.",
    ],
}  # fmt: skip


def letter_with(sentence: str, language: str) -> str:
    return templates.shipped("reopened", language) + f"\n[plain] {sentence}\n"


@pytest.mark.parametrize(
    ("language", "says", "sentence"),
    [(tag, says, text) for tag, by_claim in CLAIMED.items() for says, texts in by_claim.items() for text in texts],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_courtesy_may_not_claim_what_stands_in_no_record(language, says, sentence, form):
    with pytest.raises(BadTemplate, match="nothing that is recorded stands behind that"):
        templates.check(kinds["reopened"], language, letter_with(normalize(form, sentence), language))
    assert [found for found, pattern in templates.PATTERNS[language].items() if pattern.search(sentence)] == [says]


@pytest.mark.parametrize(("language", "sentence"), [(tag, text) for tag, texts in OWED.items() for text in texts])
def test_what_is_asked_for_or_owed_can_be_said(language, sentence):
    assert templates.check(kinds["reopened"], language, letter_with(sentence, language))


@pytest.mark.parametrize("language", EVERY)
def test_a_claim_that_allows_it_uses_the_word(language):
    """So that the table knows the words that our own letters use for what has happened."""
    named = {"deleted_of": D, "files": D, "rectified": R, "processor_confirmed": C}
    without = {
        (x.claim, x.text)
        for kind in kinds
        for x in sentences(kind, language)
        if x.claim in named and not templates.PATTERNS[language][named[x.claim]].search(x.text)
    }
    assert without == set()
    assert {name for name, says in named.items() if says not in claims[name].says} == set()


# --- What fills the sentences -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_put_into_a_sentence_is_in_its_language(language):
    """A text that is the same in English is named with the reason; one that is named and is not any more goes."""
    with translation.override(language):
        same = {text for text in of_the_letters() if said(text) == text}
    allowed = set().union(*SAME_EVERYWHERE.values(), COGNATES[language])
    assert (same - allowed, allowed - same) == (set(), set())


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "3 Nov 2026"),
        ("de", "3. November 2026"),
        ("fr", "3 novembre 2026"),
        ("es", "3 de noviembre de 2026"),
        ("it", "3 novembre 2026"),
    ],
)
def test_a_day_is_written_as_the_language_writes_it(language, shown):
    with translation.override(language):
        assert claims_of_cases.day(date(2026, 11, 3)) == shown


def test_a_delay_cites_only_what_somebody_has_read():
    """The source of a rule that nobody has read can be a page about laws."""
    unread = f.RegimeRuleFactory.build(law="mtcdpa", source="A tracker of state laws", verified_on=None)
    read = f.RegimeRuleFactory.build(law="gdpr", verified_on=date(2026, 11, 23))
    case = Case(extended_at=datetime(2026, 11, 3, tzinfo=UTC), due_on=date(2027, 1, 3), extended_because="complexity")
    clocks = [Clock(rule=rule, kind=Clock.Kind.RESPOND) for rule in (unread, read)]
    [of_gdpr] = claims_of_cases.extended(Facts(case, clocks=clocks))
    case.extended_because = "reasonably_necessary"
    [of_state] = claims_of_cases.extended(Facts(case, clocks=clocks))
    assert of_gdpr["reason"] == "It is complex: many systems or much material (GDPR art. 12(3))"
    assert of_state["reason"] == "Reasonably necessary, considering complexity and number"


@pytest.mark.django_db(transaction=True)
def test_a_letter_about_an_erasure_has_no_english_in_it():
    """Made of what a whole erasure has recorded: what went, what stays and why, what goes on with others."""
    case = erased()
    english = {text for text in of_the_letters() if len(text.split()) > 2}.difference(*SAME_EVERYWHERE.values())
    for language in TRANSLATED:
        draft = drafting.preview([case], key="answer_erasure", language=language)[case.pk].draft
        assert draft and set(draft.claims) >= {"deleted_of", "kept_of", "handed_over_of", "processor_attested"}
        text = draft.text()
        assert {one for one in english if one in text} == set()
        assert set(re.findall(r"\b(?:the|and|of|which|with|kept|art\. \d+\(\d\))\b", text)) == set()


def erased() -> Case:
    """Of a person who wrote, paid and worked with others; a member has said what was done at the processors."""
    person, approver = f.DataSubjectFactory(country="DE"), f.StaffFactory(role="approver")
    people.has_account(person)
    people.has_team(person)
    people.has_content(person)
    people.has_billing(person)
    [case] = requests.ask(
        "erasure", subject_ids=[person.pk], actor=f.StaffFactory(role="agent"), verification="signed_in",
        reason="Ticket 4711 asks for it", reply_to="ada@example.org",
    )  # fmt: skip
    requests.grant(request_id=case.pk, actor=approver)
    working.run_all()
    for step in manual.waiting([case]):
        processors.attest(step_id=step.pk, actor=approver, evidence="TICKET-7")
    return working.run_again(case)
