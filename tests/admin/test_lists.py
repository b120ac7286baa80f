"""Every list and page opens, masks what people wrote, survives hostile text, and stays quick."""

import json
import re
import uuid

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy import models as privacy
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.selectors import evidence
from tests import factories as f
from tests.admin.pages import pages
from tests.masked import CONTENT

pytestmark = pytest.mark.django_db
BLNS = settings.BASE_DIR.parent / "shared" / "data" / "blns" / "blns-odd.json"
SECRET = "a line that only its writer should read"


def write_everywhere(text: str) -> None:
    """Puts `text` into every field of CONTENT, as far as the column takes it."""
    for label, names in CONTENT.items():
        app, model = label.split(".")
        table = getattr(privacy, model)
        for name in names:
            field = table._meta.get_field(name)
            if isinstance(field, models.FileField):
                continue
            value = {text: text} if isinstance(field, models.JSONField) else text[: field.max_length]
            table.objects.update(**{name: value})


def readable_pages():
    return [
        page for page in pages() if page.model and page.kind in ("changelist", "change", "history", "reveal_content")
    ]


def expected(page) -> int:
    """A package's and a receipt's own page is their request's."""
    return 302 if page.name in ("privacy_accesspackage_change", "privacy_receipt_change") else 200


def test_every_list_and_page_opens_and_none_shows_content_before_it_is_revealed(client, manager):
    f.person_with_everything()
    f.SuppressionFactory()
    f.ProcessorFactory()
    write_everywhere(SECRET)
    answers = {page: client.get(page.url) for page in pages()}
    leaks = [page.name for page, answer in answers.items() if SECRET in answer.text]
    paths = [page.name for page, answer in answers.items() if str(settings.MEDIA_ROOT) in answer.text]
    broken = {
        page.name: answers[page].status_code for page in readable_pages() if answers[page].status_code != expected(page)
    }
    assert (leaks, paths, broken) == ([], [], {})


def test_a_masked_field_tells_its_length(client, manager):
    script = f.ScriptFactory(body="x" * 1204, title="")
    for url in ("admin:privacy_script_changelist", "admin:privacy_script_change"):
        text = client.get(reverse(url, args=[script.pk] if url.endswith("change") else [])).text
        assert "•••• 1,204 characters" in text


def hostile() -> list[str]:
    return [
        text for text in json.loads(BLNS.read_text()) if isinstance(text, str) and text.strip() and "\0" not in text
    ]


@pytest.mark.attack
def test_hostile_text_is_printed_and_not_run(client, manager, unavailable):
    """Names in the clear, and contents once revealed: no tag of theirs reaches the page, and none breaks it."""
    if not BLNS.exists():
        unavailable("the list of hostile names is not on this machine")
    subject = f.person_with_everything()
    texts = [*hostile(), '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}{% now 'Y' %}"]
    write_everywhere("\n".join(texts))
    name(subject, texts[0])
    assert_harmless(client, readable_pages())
    for label in CONTENT:
        answer = reveal(client, label)
        assert answer.status_code == 200
        assert dangerous(answer.text) == [], label
    named = (privacy.DataSubject, privacy.Team, privacy.Session)
    shows_names = [page for page in readable_pages() if page.model in named and page.kind == "changelist"]
    tags = "".join(text for text in texts if "<" in text)
    for start in range(0, len(tags), 200):
        name(subject, tags[start : start + 200])
        assert_harmless(client, shows_names)


def name(subject, text: str) -> None:
    privacy.DataSubject.objects.filter(pk=subject.pk).update(full_name=text[:200])
    privacy.ProfilePreference.objects.update(display_name=text[:200])
    privacy.Team.objects.update(name=text[:200])
    privacy.Session.objects.update(user_agent=text[:512])


def assert_harmless(client, some) -> None:
    for page in some:
        answer = client.get(page.url)
        assert answer.status_code == expected(page), page.name
        assert dangerous(answer.text) == [], page.name


def dangerous(html: str) -> list[str]:
    """Scripts without a source of ours, and handlers in tags, that the page itself did not bring."""
    scripts = re.findall(r"<script\b[^>]*>", html, re.IGNORECASE)
    strangers = [
        tag for tag in scripts if "alert" in tag or not re.search(r'src="/|type="application/json"|nonce', tag)
    ]
    handlers = re.findall(r"<[a-z]+\b[^<>]*\son[a-z]+=[^<>]*>", html, re.IGNORECASE)
    return (
        strangers + handlers + re.findall(r"<(?:img|iframe|svg|marquee)[^>]*(?:javascript:|alert)", html, re.IGNORECASE)
    )


def reveal(client, label: str):
    app, model = label.lower().split(".")
    row = getattr(privacy, label.split(".")[1]).objects.first()
    url = reverse(f"admin:{app}_{model}_reveal_content", args=[row.pk])
    return client.post(url, {"reason": "support", "reference": "", "how": "show"})


# Session and user, permissions, capped count, the rows themselves; more is an N+1 or a COUNT over the table.
QUERIES_OF_A_LIST = 9
BIG = (
    "privacy.usageevent", "privacy.diagnosticevent", "privacy.session", "privacy.deviceidentifier", "privacy.prompt",
    "privacy.script", "privacy.scriptcoauthor", "privacy.shotlist", "privacy.shot", "privacy.note", "privacy.upload",
    "privacy.feedback", "privacy.supportconversation", "privacy.supportmessage", "privacy.marketingpreference",
    "billing.customer", "billing.subscription", "billing.paymentmethod", "billing.invoice", "billing.invoiceline",
    "billing.refund", "billing.creditnote", "privacy.auditentry", "privacy.suppression",
)  # fmt: skip


def list_url(label: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def queries_of(client, url: str) -> list[str]:
    client.get(url)  # the session notes once a minute that it was seen
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return [query["sql"] for query in captured]


def test_a_list_takes_few_queries_however_many_rows_it_has(client, manager):
    for _ in range(3):
        f.person_with_everything()
        f.SuppressionFactory()
    queries = {label: queries_of(client, list_url(label)) for label in BIG}
    assert {label: sql for label, sql in queries.items() if len(sql) > QUERIES_OF_A_LIST} == {}
    counts = {(label, q) for label, sql in queries.items() for q in sql if "COUNT(" in q.upper()}
    of_the_menu = {(label, q) for label, q in counts if "told_of" in q}
    assert len(of_the_menu) == len(BIG)
    assert {(label, q) for label, q in counts - of_the_menu if "LIMIT 10000" not in q} == set()


def test_masked_texts_never_travel_to_the_web_process(client, manager):
    script = f.ScriptFactory(body=SECRET)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:privacy_script_changelist"))
        client.get(reverse("admin:privacy_script_change", args=[script.pk]))
    read = [q["sql"] for q in queries if re.search(r'SELECT(?:(?!LENGTH|FROM).)*"privacy_script"\."body"', q["sql"])]
    assert read == []


def test_a_list_can_be_narrowed_to_one_person(client, manager):
    subject, other = f.person_with_everything(), f.person_with_everything()
    paths = {model._meta.label_lower: getattr(a, "subject_path", None) for model, a in admin.site._registry.items()}
    without_them, with_another = set(), set()
    for label in BIG[:-2]:
        text = client.get(f"{list_url(label)}?{paths[label]}__exact={subject.pk}").text
        without_them |= set() if f"Subject {str(subject.pk)[:8]}" in text else {label}
        with_another |= {label} if f"Subject {str(other.pk)[:8]}" in text else set()
    assert without_them == set()
    assert with_another == set()


def test_a_key_that_is_none_is_not_an_error(client, manager):
    for label in BIG:
        name = label.replace(".", "_")
        for key in ("nobody", "00000000-0000-0000-0000-000000000000", "99999999999999999999"):
            answer = client.get(reverse(f"admin:{name}_change", args=[key]))
            assert answer.status_code in (302, 404), label


def test_the_events_of_the_trail_are_offered_once_each_in_one_query(django_assert_num_queries):
    assert evidence.event_names() == [Event.RULE_SEEDED]
    with transaction.atomic():
        for event in (Event.TABLE_EXPORTED, Event.CONTENT_REVEALED, Event.TABLE_EXPORTED):
            audit.append(uuid.uuid4(), event, actor=None)
    with django_assert_num_queries(1):
        assert evidence.event_names() == [Event.CONTENT_REVEALED, Event.RULE_SEEDED, Event.TABLE_EXPORTED]


def test_a_chain_that_was_tampered_with_says_so_on_its_list(client, manager):
    chain = uuid.uuid4()
    with transaction.atomic():
        for event in (Event.CONTENT_REVEALED, Event.CONTENT_EXPORTED):
            audit.append(chain, event, actor=None)
    url = reverse("admin:privacy_auditentry_changelist") + f"?chain__exact={chain}"
    assert "2 links, intact" in client.get(url).text
    privacy.AuditHead.objects.filter(pk=chain).update(n=3)
    assert "entries 3 to 3 are missing at its end" in client.get(url).text
