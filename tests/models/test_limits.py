"""Who is free for a purpose, what the triggers refuse, and that both find the limits in force by their index."""

import pytest
from django.db import IntegrityError, connection, transaction

from privacy.datamap import Use, registry, triggers
from privacy.datamap.declaration import PersonalData
from privacy.models import DataSubject, Feedback, Limit, MarketingPreference, Note, Prompt, UsageEvent
from privacy.selectors import limits
from tests import factories as f

pytestmark = pytest.mark.django_db
MANY = 3_000


def free(*purposes: Use) -> set:
    return set(DataSubject.objects.free_for(*purposes))


def test_who_is_limited_for_a_purpose_or_for_all_or_is_erased_is_not_free_for_it():
    nobody, marketing, everything, past = (f.DataSubjectFactory() for _ in range(4))
    f.LimitFactory(subject=marketing, purpose=Use.MARKETING)
    f.LimitFactory(subject=everything)
    f.LimitFactory(subject=past, lifted=True)
    f.DataSubjectFactory(erased_at="2026-01-01T00:00Z", full_name="", country="")
    assert free(Use.MARKETING) == {nobody, past}
    assert free(Use.STUDIO) == {nobody, marketing, past}
    assert free(Use.STUDIO, Use.MARKETING) == {nobody, past}


def test_a_limit_on_one_purpose_stops_what_serves_it_and_nothing_else():
    person = f.DataSubjectFactory()
    f.LimitFactory(subject=person, purpose=Use.IMPROVEMENT)
    Note.objects.create(author=person, body="Act two is too long")
    Prompt.objects.create(author=person, text="Write on")
    for refused in (UsageEvent(subject=person, name="opened"), Feedback(author=person, rating=5)):
        with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
            refused.save()


def test_a_further_purpose_of_the_rows_is_stopped_too(monkeypatch):
    """The rows cannot be had for one purpose alone."""
    declaration = registry.declarations[Note]
    monkeypatch.setattr(declaration, "further", {Use.IMPROVEMENT: declaration.lawful_basis})
    triggers.sync(connection)
    note = Note(author=f.LimitFactory(purpose=Use.IMPROVEMENT).subject, body="No")
    with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
        note.save()
    monkeypatch.undo()
    triggers.sync(connection)


def test_a_person_limited_for_marketing_is_opted_out_and_not_in():
    choice = f.MarketingPreferenceFactory(opted_in=True)
    f.LimitFactory(subject=choice.subject, purpose=Use.MARKETING)
    assert MarketingPreference.objects.filter(pk=choice.pk).update(opted_in=False)
    with pytest.raises(IntegrityError, match="frozen or erased"), transaction.atomic():
        MarketingPreference.objects.filter(pk=choice.pk).update(opted_in=True)


def test_the_state_shown_is_that_of_who_is_not_erased():
    frozen, part = f.LimitFactory().subject, f.LimitFactory(purpose=Use.MARKETING).subject
    erased = f.LimitFactory().subject
    DataSubject.objects.filter(pk=erased.pk).update(erased_at="2026-01-01T00:00Z", full_name="", country="")
    for condition in (limits.IS_FROZEN, limits.ARE_FROZEN):
        assert set(DataSubject.objects.filter(condition)) == {frozen}
    assert [limit.of_what for limit in limits.in_force(part)] == ["Send news to those who want it"]
    assert not limits.in_force(erased).exists()


@pytest.fixture
def many():
    """A few limits in force among many that are over, of many people."""
    people = DataSubject.objects.bulk_create(DataSubject() for _ in range(MANY))
    over = [Limit(subject=p, ground="child", lifted_at="2099-01-01T00:00Z") for p in people]
    Limit.objects.bulk_create(over)
    f.LimitFactory(subject=people[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return people


def plan(sql: str, params=()) -> str:
    prefix = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{prefix} {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def guards() -> list[tuple[type[PersonalData], str]]:
    """(declaration, what its trigger asks) of every model that takes no row of who is limited."""
    rules = triggers.Rules(triggers.DIALECTS[connection.vendor](connection))
    found = []
    for declaration in registry.declarations.values():
        if declaration.path() and not declaration.evidence and not declaration.despite_freeze:
            [insert] = [t for t in rules.of_person(declaration) if t.rule == "insert"]
            found.append((declaration, insert.test))
    return found


def test_the_triggers_find_a_limit_by_the_index_of_those_in_force(many):
    """Of the row's own person: NEW's column stands for one value, as a parameter does."""
    for declaration, test in guards():
        if len(declaration.path()) > 1:
            continue
        link = declaration.model._meta.get_field(declaration.path()[0])
        new = f"NEW.{connection.ops.quote_name(link.column)}"
        marks = test.count(new)
        key = DataSubject._meta.pk.get_db_prep_value(many[1].pk, connection)
        told = plan(f"SELECT {test.replace(new, '%s')}", [key] * marks)
        assert "limit_once_in_force" in told, (declaration.label(), told)
        assert not {"Seq Scan", "SCAN privacy"} & {word for word in ("Seq Scan", "SCAN privacy") if word in told}, told


def test_who_is_free_among_some_is_found_by_the_same_index(many, django_assert_num_queries):
    wanted = [p.pk for p in many[:50]]
    sql, params = DataSubject.objects.free_for(Use.STUDIO).filter(pk__in=wanted).order_by().query.sql_with_params()
    assert "limit_once_in_force" in plan(sql, params)
    with django_assert_num_queries(1):
        assert limits.covering(wanted, [Use.STUDIO]) == {many[0].pk}
