"""What a person reads of us is in their language, all of it, and the catalogues say nothing else than the texts do."""

import ast
import gettext as catalogues
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation

from privacy.fulfilment.package import wording
from privacy.models import ProfilePreference
from privacy.selectors.languages import as_read_by, preferences_of
from tests import factories as f
from tests.fulfilment.exporting import exported, unzipped
from tests.fulfilment.words import interface, of_templates, words

LOCALE = Path(settings.BASE_DIR, "privacy", "locale")
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
ENTRY = re.compile(r'^(msgid|msgid_plural|msgstr|msgstr\[\d\]) (".*")$', re.M)


def folder(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES"


def entries(language: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """{(singular, plural): translations} of the .po file, without its header."""
    found = {}
    for block in (folder(language) / "django.po").read_text().split("\n\n")[1:]:
        parts = [(kind, ast.literal_eval(text)) for kind, text in ENTRY.findall(block)]
        said = dict(parts)
        if "msgid" in said:
            key = (said["msgid"], said.get("msgid_plural", ""))
            found[key] = tuple(text for kind, text in parts if kind.startswith("msgstr"))
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_has_its_translation_and_no_translation_is_of_a_text_that_is_gone(language):
    """A text that is new has to be added to each privacy/locale/*/LC_MESSAGES/django.po, and compiled:
    `python manage.py compilemessages`, or msgfmt."""
    said = entries(language)
    assert interface() - said.keys() == set()
    assert said.keys() - words() == set()
    assert {key for key, texts in said.items() if not all(texts) or len(texts) != 1 + bool(key[1])} == set()
    assert "fuzzy" not in (folder(language) / "django.po").read_text()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_text(language):
    wrong = {
        key: texts
        for key, texts in entries(language).items()
        for text in texts
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(key[0]))
    }
    assert wrong == {}


@pytest.mark.parametrize("language", ["en", *TRANSLATED])
def test_what_is_compiled_is_what_is_written(language):
    """The compiled catalogues are in the repository, so that nobody needs gettext's tools to run this."""
    with (folder(language) / "django.mo").open("rb") as file:
        compiled = catalogues.GNUTranslations(file)
    for (singular, plural), texts in entries(language).items():
        read = [compiled.ngettext(singular, plural, n) for n in (1, 2)] if plural else [compiled.gettext(singular)]
        assert tuple(read) == texts


def test_english_words_are_put_better_and_none_is_put_in():
    assert entries("en").keys() - words() == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("FR_ca", "fr"),
        ("es-419", "es"),
        ("it", "it"),
        ("en-GB", "en"),
        ("tlh", "en"),
        ("", "en"),
        ("../x", "en"),
    ],
)
def test_the_language_is_the_person_s_where_we_have_it_else_english(tag, language):
    person = f.ProfilePreferenceFactory(language=tag, time_zone="Mars/Olympus").subject
    spoken, zone = preferences_of(person.id)
    assert (spoken, zone.key) == (language, "UTC")


@pytest.mark.django_db
def test_who_has_chosen_nothing_reads_english_in_utc():
    assert [str(chosen) for chosen in preferences_of(f.DataSubjectFactory().id)] == ["en", "UTC"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_page_in_another_language_has_no_sentence_of_ours_in_english(language):
    person = f.person_with_everything()
    ProfilePreference.objects.filter(subject=person).update(language=language)
    page = unzipped(exported(person))["index.html"].decode()
    assert f'<html lang="{language}">' in page
    sentences = [text for text, _ in of_templates() if len(text.split()) > 3 and "%" not in text]
    assert [text for text in sentences if text in page] == []
    assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("minor", "currency", "language", "shown"),
    [
        (129900, "eur", "en", "1,299.00 EUR"), (129900, "eur", "de", "1.299,00 EUR"), (-5, "usd", "en", "−0.05 USD"),
        (1299, "jpy", "en", "1,299 JPY"), (1299, "kwd", "en", "1.299 KWD"), (0, "eur", "it", "0,00 EUR"),
        (10**15 + 1, "usd", "en", "10,000,000,000,000.01 USD"),
    ],
)  # fmt: skip
def test_money_is_read_in_its_currency(minor, currency, language, shown):
    with translation.override(language):
        assert wording.money(minor, currency) == shown


@pytest.mark.django_db
def test_a_time_is_told_with_its_zone():
    person = f.ProfilePreferenceFactory(language="de", time_zone="Europe/Berlin").subject
    with as_read_by(person.id):
        at = timezone.datetime.fromisoformat("2026-11-03T13:06:00Z")
        assert wording.moment(at) == "3. November 2026 14:06 CET"
        assert wording.country("FR") == "Frankreich"
