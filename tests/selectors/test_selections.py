"""AI, marketing and analytics skip whoever is limited for it: every selection, every list that leaves, and every module
that reads what serves them."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse

from privacy.datamap import Use, registry
from privacy.datamap.declaration import PersonalData
from privacy.fulfilment.exporting import ExportReason
from privacy.models import DataSubject, Identifier, Limit, Suppression
from privacy.selectors.selections import people_for, selections
from privacy.selectors.suppression import hashes
from tests import factories as f
from tests.factories.generic import row_of

pytestmark = pytest.mark.django_db
CSV = "0"


@pytest.fixture
def people():
    """{what is so of them: person}: each wants news and has used the service; one is limited for nothing."""
    found = {"free": f.DataSubjectFactory(full_name="Free Fanny"), "frozen": f.DataSubjectFactory(full_name="Frozen F")}
    for use in Use:
        if use.is_beyond_the_service:
            found[use.name] = f.DataSubjectFactory(full_name=f"Limited {use.name}")
    for person in found.values():
        for channel in ("email", "product_news"):
            f.MarketingPreferenceFactory(subject=person, channel=channel)
        f.FeedbackFactory(author=person)
    for name, person in found.items():
        if name != "free":
            f.LimitFactory(subject=person, purpose="" if name == "frozen" else Use[name], ground=Limit.Ground.OPT_OUT)
    erased = f.DataSubjectFactory(full_name="", country="")
    f.MarketingPreferenceFactory(subject=erased)
    DataSubject.objects.filter(pk=erased.pk).update(erased_at="2026-01-01T00:00Z")
    return found


def those_free_for(people, purposes) -> set:
    limited = {"frozen", *(use.name for use in purposes)}
    return {person for name, person in people.items() if name not in limited}


@pytest.mark.parametrize("name", selections)
def test_a_selection_skips_whoever_is_limited_for_any_of_its_purposes_or_erased(people, name):
    assert set(people_for(name)) == those_free_for(people, selections[name].purposes)
    assert selections[name].purposes and all(use.is_beyond_the_service for use in selections[name].purposes)


def test_a_selection_of_news_skips_who_does_not_want_them(people):
    people["free"].marketing_preferences.filter(channel="email").update(opted_in=False)
    assert people["free"] not in people_for("news_by_email") and people["free"] in people_for("product_news")


@pytest.mark.parametrize("name", selections)
def test_news_reach_no_address_of_an_erased_person_however_it_came_back(people, name):
    f.IdentifierFactory(subject=people["free"], kind="email", value="free@example.com")
    f.IdentifierFactory(subject=people["SALE"], kind="email", value="sale@example.com")
    f.SuppressionFactory(**hashes(Identifier(kind="email", value="Free@Example.com")))
    f.SuppressionFactory(**hashes(Identifier(kind="phone", value="+4930901820")))
    back, wanted = people["free"], those_free_for(people, selections[name].purposes)
    found = set(people_for(name)) & {*people.values()}
    assert found == wanted - ({back} if Use.MARKETING in selections[name].purposes else set())
    Suppression.objects.update(lifted_at=Now(), lifted_by=f.StaffFactory(), lifted_because="own_will")
    assert set(people_for(name)) & {*people.values()} == wanted


def test_the_ledger_is_asked_by_the_hundred_and_an_empty_one_not_at_all(people, django_assert_num_queries):
    with django_assert_num_queries(2):
        list(people_for("news_by_email"))
    f.SuppressionFactory(**hashes(Identifier(kind="email", value="gone@example.com")))
    for person in f.DataSubjectFactory.create_batch(30):
        f.MarketingPreferenceFactory(subject=person, channel="email")
        f.IdentifierFactory(subject=person, kind="email")
    with django_assert_num_queries(4):
        list(people_for("news_by_email"))


def test_every_selection_is_a_reason_for_which_a_list_leaves():
    assert selections.keys() - set(ExportReason.values) == set()
    assert not selections.keys() & dict(ExportReason.of_cases()).keys()


@pytest.mark.parametrize("reason", ExportReason.values)
def test_a_list_of_people_that_leaves_to_write_or_to_measure_names_nobody_who_is_limited(client, people, reason):
    client.force_login(f.StaffFactory(role="manager"))
    address = reverse("admin:privacy_datasubject_export")
    sheet = client.post(address, {"format": CSV, "reason": reason}).content.decode("utf-8-sig")
    named = {person for person in people.values() if str(person.pk) in sheet}
    wanted = those_free_for(people, selections[reason].purposes) if reason in selections else set(people.values())
    assert named == wanted


def test_a_table_that_serves_more_than_the_service_leaves_without_who_is_limited(client, people):
    client.force_login(f.StaffFactory(role="manager"))
    address = reverse("admin:privacy_feedback_export")
    sheet = client.post(address, {"format": CSV}).content.decode("utf-8-sig")
    assert {person for person in people.values() if str(person.pk) in sheet} == those_free_for(
        people, [Use.IMPROVEMENT]
    )
    to_help = client.post(address, {"format": CSV, "reason": "support", "reference": "SUP-1"}).content.decode()
    assert all(str(person.pk) in to_help for person in people.values())  # their own, to be helped


# --- Every query of the project ---------------------------------------------------------------------------------------

# Modules that read rows which serve AI, marketing or analytics, by what they read them for. A new one fails below until
# it stands here; what does it for one of those purposes belongs into selectors/selections.py.
READS = {
    "privacy/selectors/selections.py": "for these purposes, among those who are free for them",
    "privacy/selectors/consents.py": "what a person has chosen, for their own page and choices",
    "privacy/fulfilment/consents.py": "writes the person's own choice",
    "privacy/fulfilment/limits.py": "marks devices as opted out",
    "privacy/cases/opt_outs.py": "counts the marks of an opt-out",
    "privacy/connectors/prompts.py": "which AI processors have to be told of an erasure",
    "privacy/connectors/openai.py": "which replies are to be erased there",
    "privacy/connectors/google.py": "until when its logs of an erased person's prompts last",
    "privacy/fulfilment/importing/content.py": "takes in what people wrote; closed_to skips who is limited",
    "privacy/admin/content/communications.py": "staff look at a row",
    "privacy/admin/content/content.py": "staff look at a row",
    "privacy/admin/content/usage.py": "staff look at a row",
    "privacy/selectors/person.py": "a person's choices on their page",
    "privacy/admin/people/overview.py": "a person's choices on their page",
    "privacy/admin/tables/content.py": "tables that leave; fulfilment.exporting.leaving skips who is limited",
    "kosenai_ops/demo/studio.py": "makes invented people",
    "kosenai_ops/navigation.py": "links to the lists",
    "kosenai_ops/fulfilment/studio_imports.py": "brings the prompts of a file to the import",
    "kosenai_ops/studio/prompts.py": "reads a file of prompts",
}


def beyond() -> dict[type, type[PersonalData]]:
    return {m: d for m, d in registry.declarations.items() if any(use.is_beyond_the_service for use in d.purposes())}


def names() -> set[str]:
    """How code reaches these rows: by the model, or from the person."""
    found = set()
    for model, declared in beyond().items():
        link = model._meta.get_field(declared.path()[0])
        found |= {model.__name__, model._meta.label_lower}
        found |= {link.remote_field.get_accessor_name(), link.related_query_name()}
    return found


def reaches(path: Path, wanted: set[str]) -> bool:
    labels = {name for name in wanted if "." in name}
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(names=imported) if wanted & {alias.name for alias in imported}:
                return True
            case ast.Attribute(attr=name) if name in wanted:
                return True
            case ast.keyword(arg=str(name)) if name.split("__")[0] in wanted:
                return True
            case ast.Constant(value=str(text)) if text.lower() in labels:
                return True
            case ast.Constant(value=str(text)) if "__" in text and text.split("__")[0] in wanted:
                return True  # a word alone, such as the name of an icon, is no look-up
    return False


def test_whatever_else_reads_rows_that_serve_these_purposes_says_for_what():
    """Models, their declarations and migrations read nothing."""
    wanted, root = names(), Path(settings.BASE_DIR)
    assert {"UsageEvent", "usage_events", "Prompt", "prompts", "MarketingPreference", "marketing_preferences"} <= wanted
    passed_over = {root / "privacy" / name for name in ("models", "personal_data", "migrations")}
    modules = [
        path
        for app in ("privacy", "billing", "kosenai_ops")
        for path in sorted((root / app).rglob("*.py"))
        if not passed_over & {*path.parents}
    ]
    found = {str(path.relative_to(root)) for path in modules if reaches(path, wanted)}
    assert found ^ READS.keys() == set()


def test_a_module_that_begins_to_read_them_is_found(tmp_path):
    for number, code in enumerate((
        "from privacy.models import UsageEvent",
        "rows = person.usage_events.all()",
        "people.filter(marketing_preferences__opted_in=True)",
        "model = apps.get_model('privacy.Prompt')",
    )):  # fmt: skip
        module = tmp_path / f"module_{number}.py"
        module.write_text(code)
        assert reaches(module, names())
    (tmp_path / "other.py").write_text("from privacy.models import Note")
    assert not reaches(tmp_path / "other.py", names())


@pytest.mark.parametrize("declared", beyond().values(), ids=lambda d: d.label())
def test_the_database_takes_no_row_for_a_purpose_of_whom_is_limited_for_it(declared):
    """Whoever writes: the trigger is compiled from the same declaration."""
    for use in declared.purposes():
        person = f.LimitFactory(purpose=use, ground=Limit.Ground.OPT_OUT).subject
        with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
            row_of(declared, person)
