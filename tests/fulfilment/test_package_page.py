"""The page of a package says what a person can read: words, money, dates, totals, and who really has got something."""

import re
from datetime import UTC, datetime

import pytest

from privacy.models import Prompt
from tests import factories as f
from tests.fulfilment.exporting import exported, unzipped

pytestmark = pytest.mark.django_db(transaction=True)


def page_of(person) -> str:
    return unzipped(exported(person))["index.html"].decode()


def section(page: str, label: str) -> str:
    return re.search(rf'<section class="card" id="{label}">.*?</section>', page, re.S)[0]


def rows(html: str) -> list[list[str]]:
    return [
        re.findall(r"<(?:td><bdi|th)>(.*?)<", row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.S)
    ]  # the first is the head


def test_an_invoice_has_its_money_and_date_in_words_and_its_keys_folded_away():
    person = f.DataSubjectFactory()
    invoice = f.InvoiceFactory(
        customer=f.CustomerFactory(subject=person), total=129900, amount_paid=0, currency="eur",
        issued_at=datetime(2026, 11, 3, 13, 6, tzinfo=UTC),
    )  # fmt: skip
    shown, folded = section(page_of(person), "billing.Invoice").split("<details>")
    head, values = rows(shown)
    said = dict(zip(head, values, strict=True))
    assert (said["Total"], said["Amount paid"], said["Issued at"]) == (
        "1,299.00 EUR", "0.00 EUR", "3 Nov 2026, 13:06 UTC",
    )  # fmt: skip
    keys = {"Id", "Customer", "Stripe&#x27;s id", "Currency", "As Stripe had it at"}
    assert keys & set(head) == set() and keys <= set(rows(folded)[0])
    assert invoice.stripe_id not in shown and invoice.stripe_id in folded


def test_choices_are_told_by_their_labels():
    person = f.IdentifierFactory(kind="clerk_id", value="user_1").subject
    head, values = rows(section(page_of(person), "privacy.Identifier").partition("<details>")[0])
    assert dict(zip(head, values, strict=True))["Kind"] == "Clerk id"


def test_how_we_worked_is_folded_away_and_counted():
    page = page_of(f.DataSubjectFactory())
    before, machinery = page.split('<details class="machinery" id="machinery">')
    folded = set(re.findall(r'<section class="card" id="([\w.]+)"', machinery))
    assert folded == {"privacy.Job", "privacy.Step"}
    assert not folded & set(re.findall(r'<section class="card" id="([\w.]+)"', before))


def test_the_total_is_that_of_the_kinds():
    page = page_of(f.person_with_everything())
    overview = page[page.index('id="overview"') : page.index('id="details"')]
    *parts, total = [int(n.replace(",", "")) for n in re.findall(r'<td class="number">([\d,]+)</td>', overview)]
    assert sum(parts) == total > len(parts) > 20


@pytest.mark.parametrize(("provider", "other"), [("openai", "Google"), ("google", "OpenAI")])
def test_recipients_are_those_who_have_got_something(provider, other):
    person = f.DataSubjectFactory()
    f.PromptFactory(author=person, provider=provider)
    name = Prompt.Provider(provider).label
    page = page_of(person)
    receivers = page[page.index('id="recipients"') : page.index('id="rights"')]
    assert name in receivers and other not in receivers and "Stripe" not in receivers
    told = re.search(r"<dt>Recipients</dt><dd>(.*?)</dd>", section(page, "privacy.Prompt"))[1]
    assert name in told and other not in told
    assert re.search(rf"<tr><td>{name}[^<]*</td>.*?<td>Prompts</td>", receivers, re.S)
