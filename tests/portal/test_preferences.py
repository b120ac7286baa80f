"""One page of choices by a signed link: a no is in effect at once, a yes takes a second word from the mailbox."""

import pytest
from django.test import Client
from django.urls import reverse

from privacy.cases.opt_outs import take
from privacy.cases.preferences import choices_of, opt_outs
from privacy.evidence import chains
from privacy.fulfilment import consents
from privacy.fulfilment.unsubscribing import token_for
from privacy.models import Case, ConsentEvent, DeviceIdentifier, Limit, MarketingPreference
from privacy.selectors.consents import given
from tests import factories as f
from tests.portal.walking import link_in

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "de", "fr", "es", "it"]
KEYS = [kind.key for kind in opt_outs()]


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def person():
    person = f.IdentifierFactory(value="ada@example.com", is_primary=True).subject
    f.MarketingPreferenceFactory(subject=person)
    f.DeviceIdentifierFactory(subject=person)
    for topic, channel in (("marketing", "email"), ("ai", "")):
        wording = consents.publish(topic=topic, version="2026-11", text=f"Yes to {topic}, please.")
        consents.give(person.pk, wording=wording, how=ConsentEvent.Method.STUDIO, channel=channel)
    return person


@pytest.fixture
def path(person):
    return reverse("preferences", args=[token_for(person.pk)])


def set_now(person) -> set[str]:
    return {choice.kind.key for choice in choices_of(person.pk) if choice.is_set}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_shows_what_is_set_now_and_looking_changes_nothing(stranger, person, path, language):
    take("opt_out_profiling", person.pk)
    page = stranger.get(f"{path}?lang={language}")
    assert page.status_code == 200 and f'<html lang="{language}">' in page.text and not page.cookies
    assert page.text.count('name="no"') == len(KEYS) - 1 and page.text.count('name="withdraw"') == 2
    assert set_now(person) == {"opt_out_profiling"} and Case.objects.count() == 1
    assert page["Referrer-Policy"] == "no-referrer" and "no-store" in page["Cache-Control"]


@pytest.mark.parametrize("key", KEYS)
def test_a_no_is_in_effect_at_once_and_twice_is_once(stranger, person, path, key):
    for _ in range(2):
        done = stranger.post(path, {"no": key})
        assert done.status_code == 303 and key in set_now(person)
    assert Case.objects.filter(kind=key).count() == 1 and not chains.walk().faults


def test_a_consent_is_withdrawn_at_once(stranger, person, path):
    stranger.post(path, {"withdraw": "ai"})
    assert {topic for topic, _ in given([person.pk])} == {"marketing"}
    again = stranger.post(path, {"withdraw": "ai"})
    assert again.status_code == 303 and Case.objects.filter(kind="withdraw_consent").count() == 1


@pytest.mark.parametrize("key", KEYS)
def test_a_yes_takes_a_second_word_from_the_mailbox(stranger, person, path, mailoutbox, key):
    stranger.post(path, {"no": key})
    sent = stranger.post(path, {"yes": key})
    assert sent.status_code == 200 and key in set_now(person) and mailoutbox[0].to == ["ada@example.com"]
    link = link_in(mailoutbox[0])
    assert stranger.get(link).status_code == 200 and key in set_now(person)
    for _ in range(2):
        assert stranger.post(link).status_code == 303 and key not in set_now(person)
    assert not Limit.objects.filter(subject=person, ground="opt_out", lifted_at=None).exists()
    assert not DeviceIdentifier.objects.filter(opted_out_at__isnull=False).exists()
    assert not chains.walk().faults


def test_news_are_agreed_to_in_words_that_the_page_shows(stranger, person, path, mailoutbox):
    stranger.post(path, {"no": "opt_out_marketing"})
    assert not MarketingPreference.objects.filter(opted_in=True).exists()
    stranger.post(path, {"yes": "opt_out_marketing"})
    link = link_in(mailoutbox[0])
    assert "Yes to marketing, please." in stranger.get(link).text
    stranger.post(link)
    assert MarketingPreference.objects.filter(opted_in=True).exists()
    last = ConsentEvent.objects.filter(topic="marketing").latest("at")
    assert (last.state, last.method, last.wording.text) == ("given", "one_click", "Yes to marketing, please.")


def test_what_a_wider_choice_covers_ends_with_it_alone(stranger, person, path, mailoutbox):
    stranger.post(path, {"no": "opt_out_targeted_ads"})
    stranger.post(path, {"no": "opt_out_sale_sharing"})
    assert 'value="opt_out_targeted_ads"' not in stranger.get(path).text
    assert stranger.post(path, {"yes": "opt_out_targeted_ads"}).status_code == 400 and not mailoutbox
    stranger.post(path, {"yes": "opt_out_sale_sharing"})
    stranger.post(link_in(mailoutbox[0]))
    assert set_now(person) == {"opt_out_targeted_ads"}  # it was asked for, too, for all we know
    assert DeviceIdentifier.objects.filter(opted_out_at__isnull=False).exists()


def test_a_child_s_yes_is_not_taken(stranger, person, path, mailoutbox):
    stranger.post(path, {"no": "opt_out_sale_sharing"})
    f.ChildFlagFactory(subject=person)
    assert 'name="yes"' not in stranger.get(path).text
    assert stranger.post(path, {"yes": "opt_out_sale_sharing"}).status_code == 400 and not mailoutbox


@pytest.mark.parametrize("field", ["no", "yes", "withdraw"])
@pytest.mark.parametrize("value", ["erasure", "x", "withdraw_consent", "<script>", "marketing:pigeon"])
def test_what_is_no_choice_changes_nothing(stranger, person, path, field, value):
    before = set_now(person)
    assert stranger.post(path, {field: value}).status_code in (303, 400)
    assert set_now(person) == before and not Case.objects.exists()


def test_links_that_are_none_and_of_who_is_erased_get_the_same_words(stranger, person, path, mailoutbox):
    from privacy.fulfilment.asking import Wish, sealed
    from privacy.models import DataSubject

    stranger.post(path, {"no": "opt_out_profiling"})
    stranger.post(path, {"yes": "opt_out_profiling"})
    link = link_in(mailoutbox[0])
    wish = sealed(Wish("erasure", "ada@example.com", "en"))
    bad = [reverse("preferences", args=["x"]), reverse("confirm_choice", args=["x"]), link[:-3] + "xx/",
           reverse("confirm_choice", args=[wish])]  # fmt: skip
    assert {stranger.post(address).status_code for address in bad} == {404}
    DataSubject.objects.filter(pk=person.pk).update(erased_at="2026-01-01T00:00Z", full_name="", country="")
    assert stranger.get(path).status_code == stranger.post(link).status_code == 404


def test_a_mail_server_that_does_not_answer_is_said(stranger, person, path, settings):
    stranger.post(path, {"no": "opt_out_profiling"})
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answer = stranger.post(path, {"yes": "opt_out_profiling"})
    assert answer.status_code == 503 and "Nothing was changed" in answer.text


def test_the_browser_s_signal_is_heeded(stranger, person, path):
    stranger.get(path, headers={"Sec-GPC": "1"})
    assert "opt_out_sale_sharing" in set_now(person)
