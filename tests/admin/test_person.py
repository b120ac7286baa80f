"""A person's page: what there is over all accounts with links that show just that, billing in money, the timeline."""

import re
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.urls import reverse

from privacy import roles
from privacy.evidence import audit
from privacy.evidence.events import Event
from tests import factories as f
from tests.admin.clients import signed_in

pytestmark = pytest.mark.django_db


def url(person) -> str:
    return reverse("admin:privacy_datasubject_change", args=[person.pk])


def lines(context) -> dict[str, dict]:
    return {line["name"]: line for area in context["areas"] for line in area["lines"]}


def test_each_number_leads_to_a_list_with_so_many_rows():
    person = f.person_with_everything()
    f.person_with_everything()
    client = signed_in(roles.MANAGER)
    linked = 0
    for line in lines(client.get(url(person)).context).values():
        for _, rows, page in line["lists"]:
            if page:
                linked += 1
                answer = client.get(page)
                assert (answer.status_code, answer.context["cl"].result_count) == (200, rows), page
    assert linked >= 20


def test_the_rows_of_all_accounts_are_counted_and_each_account_has_its_list():
    person = f.DataSubjectFactory()
    account = f.DataSubjectFactory(merged_into=person)
    f.UsageEventFactory.create_batch(2, subject=person)
    f.UsageEventFactory.create_batch(3, subject=account)
    f.UsageEventFactory.create_batch(4)
    line = lines(signed_in(roles.AGENT).get(url(person)).context)["Usage events"]
    assert line["total"] == 5
    assert {(name, rows) for name, rows, _ in line["lists"]} == {(str(person.pk)[:8], 2), (str(account.pk)[:8], 3)}


def test_billing_is_told_in_words_and_money():
    customer = f.CustomerFactory()
    price = f.PriceFactory(product__name="Studio", unit_amount=2900, currency="eur", interval="month")
    started = datetime(2025, 3, 3, 12, tzinfo=UTC)
    f.SubscriptionFactory(customer=customer, price=price, status="past_due", started_at=started)
    f.InvoiceFactory.create_batch(2, customer=customer, currency="eur", total=2900, amount_paid=2900)
    f.InvoiceFactory(customer=customer, currency="jpy", total=1250, amount_paid=1250)
    f.RefundFactory(customer=customer, amount=1005, currency="eur")
    answer = signed_in(roles.AGENT).get(url(customer.subject))
    assert answer.context["panels"]["Billing"] == [
        "Studio, 29.00 EUR a month: past due since 3 Mar 2025.",
        "2 invoices: 58.00 EUR paid.",
        "1 invoice: 1,250 JPY paid.",
        "1 refund: 10.05 EUR.",
    ]


def test_the_timeline_tells_the_newest_first_of_the_person_and_their_cases_and_of_nobody_else():
    person, other = f.DataSubjectFactory.create_batch(2)
    case, foreign = f.CaseFactory(subject=person), f.CaseFactory(subject=other)
    with transaction.atomic():
        audit.append(case.pk, Event.TABLE_EXPORTED, actor=None)
        audit.append(audit.subject_chain(person.pk), Event.TABLE_EXPORTED, actor=None)
        audit.append(foreign.pk, Event.TABLE_EXPORTED, actor=None)
        audit.append(audit.subject_chain(other.pk), Event.TABLE_EXPORTED, actor=None)
    told = signed_in(roles.AGENT).get(url(person)).context["timeline"]
    assert [entry.chain for entry, _, _ in told] == [audit.subject_chain(person.pk), case.pk]
    assert [about for _, _, about in told] == [None, case]


def test_a_hold_is_shown_with_its_decision_for_who_may_decide():
    hold = f.LegalHoldFactory()
    release = reverse("admin:privacy_datasubject_act_on", args=[hold.subject_id, "hold_release"])
    section = re.compile(r'id="holds".*?</section>', re.DOTALL)
    shown = {
        role: section.search(signed_in(role).get(url(hold.subject)).text)[0] for role in (roles.MANAGER, roles.AUDITOR)
    }
    assert str(hold) in shown[roles.MANAGER] and release in shown[roles.MANAGER]
    assert str(hold) in shown[roles.AUDITOR] and release not in shown[roles.AUDITOR]


def test_what_support_was_asked_about_stays_masked():
    conversation = f.SupportConversationFactory(topic="My neighbour Ottokar")
    text = signed_in(roles.AGENT).get(url(conversation.subject)).text
    assert str(conversation) in text and "Ottokar" not in text
