"""The inventory: what the policy names, what managers review, and the record of processing that is read from it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from privacy.catalogue import NotAllowed
from privacy.connectors.base import connectors
from privacy.datamap import registry
from privacy.fulfilment import inventory
from privacy.models import AuditEntry, Processor
from privacy.selectors import processing
from tests import factories as f
from tests.trail import since_the_release

pytestmark = pytest.mark.django_db
LIST = "admin:privacy_processor_changelist"
POLICY = {"clerk", "stripe", "openai", "google", "hosting", "analytics", "logging", "email_delivery"}


def form_of(processor: Processor, **changed) -> dict:
    given = {
        "name": processor.name, "role": processor.role, "parent": processor.parent_id or "",
        "purpose": processor.purpose, "country": processor.country, "safeguard": processor.safeguard,
        "agreement_signed_on": processor.agreement_signed_on or "", "source": processor.source,
        "read_on": processor.read_on or "",
    }  # fmt: skip
    return given | changed


def test_the_policys_processors_are_there_and_unverified():
    assert {*Processor.objects.values_list("key", flat=True)} == POLICY
    assert not Processor.objects.filter(reviewed_at__isnull=False).exists()
    assert {*Processor.objects.values_list("safeguard", "country")} == {("unknown", "")}


def test_every_recipient_of_the_data_map_and_every_connector_is_in_the_inventory():
    assert processing.unknown_recipients() == set()
    assert set(connectors) <= POLICY


def test_an_unverified_processor_says_since_when(client, manager):
    text = client.get(reverse(LIST)).text
    assert "UNVERIFIED since 23 Nov 2026" in text


def test_a_review_is_confirmed_recorded_and_evidence(client, manager):
    url = reverse("admin:privacy_processor_mark_reviewed", args=["stripe"])
    assert "Still missing: country" in client.get(url).text
    assert Processor.objects.get(pk="stripe").reviewed_at is None
    assert client.post(url).status_code == 302
    stripe = Processor.objects.get(pk="stripe")
    assert (stripe.reviewed_by, processing.review_state(stripe)[0]) == (manager, "reviewed")
    entry = since_the_release().get()
    assert (entry.event, entry.actor, entry.chain) == ("processor.reviewed", manager, inventory.chain_of("stripe"))


def test_nothing_is_reviewed_without_a_source():
    processor = f.ProcessorFactory()
    with pytest.raises(NotAllowed):
        inventory.mark_reviewed(key=processor.key, actor=f.StaffFactory())
    assert since_the_release().count() == 0


def test_changed_facts_ask_for_a_new_review(client, manager):
    inventory.mark_reviewed(key="stripe", actor=manager)
    stripe = Processor.objects.get(pk="stripe")
    url = reverse("admin:privacy_processor_change", args=["stripe"])
    assert client.post(url, form_of(stripe)).status_code == 302
    assert Processor.objects.get(pk="stripe").reviewed_by == manager
    assert client.post(url, form_of(stripe, country="us")).status_code == 302
    stripe.refresh_from_db()
    assert (stripe.country, stripe.reviewed_by) == ("US", None)
    assert AuditEntry.objects.latest("id").data == {"processor": "stripe", "fields": ["country"]}


def test_fields_that_are_not_of_the_form_are_not_taken(client, manager):
    stripe = Processor.objects.get(pk="stripe")
    forged = {"reviewed_at_0": "2026-01-01", "reviewed_at_1": "10:00", "reviewed_by": manager.pk, "key": "forged"}
    client.post(reverse("admin:privacy_processor_change", args=["stripe"]), form_of(stripe, name="Stripe 2") | forged)
    stripe.refresh_from_db()
    assert (stripe.name, stripe.reviewed_at, stripe.reviewed_by) == ("Stripe 2", None, None)
    assert not Processor.objects.filter(pk="forged").exists()


@pytest.mark.parametrize("wrong", [
    {"country": "USA"}, {"country": "ÄÖ"}, {"country": "1A"}, {"read_on": "2999-01-01"}, {"role": "sub_processor"},
    {"parent": "clerk"}, {"safeguard": "hope"}, {"name": ""}, {"purpose": "x" * 301},
])  # fmt: skip
def test_wrong_facts_are_refused_in_words(client, manager, wrong):
    stripe = Processor.objects.get(pk="stripe")
    answer = client.post(reverse("admin:privacy_processor_change", args=["stripe"]), form_of(stripe, **wrong))
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert since_the_release().count() == 0


def test_a_sub_processor_stands_under_who_engaged_it(client, manager):
    given = form_of(Processor(name="Aardvark Cloud", purpose="Hosting", role="sub_processor", parent_id="openai"))
    assert client.post(reverse("admin:privacy_processor_add"), given | {"key": "aardvark"}).status_code == 302
    shown = [p.key for p in client.get(reverse(LIST)).context["cl"].result_list]
    assert shown.index("aardvark") == shown.index("openai") + 1
    assert "engaged by OpenAI" in client.get(reverse(LIST)).text


def test_a_review_is_overdue_after_twelve_months(client, manager):
    inventory.mark_reviewed(key="stripe", actor=manager)
    for days, state in ((364, "reviewed"), (366, "overdue")):
        Processor.objects.filter(pk="stripe").update(reviewed_at=datetime.now(UTC) - timedelta(days=days))
        stripe = Processor.objects.get(pk="stripe")
        assert processing.review_state(stripe)[0] == state
        due = client.get(reverse(LIST) + "?review=due").context["cl"].result_list
        assert ("stripe" in [p.key for p in due]) is (state == "overdue")


def test_the_record_has_a_line_for_every_declaration(client, manager):
    answer = client.get(reverse("admin:privacy_processor_record"))
    assert {a.label for a in answer.context["activities"]} == {m._meta.label for m in registry.declarations}
    for activity in processing.activities():
        assert activity.purpose and activity.basis and activity.categories and activity.retention and activity.because
    assert len(answer.context["exempted"]) == len(registry.exemptions)


def test_the_csv_is_the_record_and_no_cell_is_a_formula(client, manager):
    Processor.objects.filter(pk="stripe").update(name='=HYPERLINK("http://evil")')
    answer = client.get(reverse("admin:privacy_processor_record_csv"))
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert "Lawful basis" in header
    assert len(rows) == sum(len(d.purposes()) for d in registry.declarations.values())
    assert all(len(row) == len(header) for row in rows)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_picture_and_the_table_tell_the_same(client, manager):
    context = client.get(reverse("admin:privacy_processor_data_flow")).context
    drawn = {ribbon.text.rsplit(":", 1)[0] for ribbon in context["picture"].ribbons}
    told = {f"{row.category} → {row.purpose}" for row in context["rows"]} | {
        f"{row.purpose} → {name}" for row in context["rows"] for name in row.recipients.split(", ")
    }
    assert drawn == told
    used = sum(len(d.fields) * len(d.purposes()) for d in registry.declarations.values())
    assert sum(row.fields for row in context["rows"]) == used


def test_a_hostile_name_is_printed_and_not_run(client, manager):
    Processor.objects.filter(pk="stripe").update(name="<script>alert(1)</script>", read_on=date(2026, 1, 1))
    for name in ("changelist", "data_flow", "record"):
        assert "<script>alert" not in client.get(reverse(f"admin:privacy_processor_{name}")).text
