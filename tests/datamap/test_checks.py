"""Each fault of the data map stops the start, and the project's own map has none."""

import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models

from privacy.datamap import (
    Blank,
    Category,
    DeleteRow,
    Evidence,
    HandOver,
    Joint,
    Keep,
    KeptFor,
    LawfulBasis,
    Nullify,
    Others,
    Personal,
    Pseudonymise,
    Retention,
    Stamp,
    exempt,
    registry,
)
from privacy.datamap.checks import check_data_map, check_tables
from privacy.models import Case, DataSubject, Note, Script, Team
from tests.datamap.conftest import ThrowAway, declare

AUTHOR = {"author": Personal(Category.USER_ID)}
REASON = "A reason that a reader could check"


def link(to, **options) -> models.ForeignKey:
    return models.ForeignKey(to, models.CASCADE, related_name="+", **options)


def faults() -> list[tuple[str, str]]:
    """(number, model) of every complaint of the check."""
    return [(error.id.removeprefix("datamap."), error.obj._meta.object_name) for error in check_data_map(None)]


def test_the_project_has_no_fault():
    assert check_data_map(None) == []


@pytest.mark.django_db
def test_the_project_s_tables_have_no_fault():
    assert check_tables(None, databases=["default"]) == []


@pytest.mark.parametrize(
    ("field", "where", "more"),
    [
        (models.IntegerField(), True, {}),
        (models.CharField(max_length=5, choices=[("a", "A")]), True, {}),
        (models.TextField(), "written_at", {}),
        (models.TextField(), "nothing", {}),
        (models.TextField(), True, {"withheld": {"said": "It is not told to anybody"}}),
        (models.TextField(), True, {"derived": "It is made from the rows above"}),
    ],
    ids=["a number", "a choice", "never empty", "no field", "withheld", "derived"],
)
def test_what_others_write_is_text_that_a_package_shows(throwaway, field, where, more):
    class Letter(ThrowAway):
        author = link(DataSubject)
        written_at = models.DateTimeField()
        said = field

    said = Personal(Category.CONTENT, by_others=where)
    declare(Letter, fields=AUTHOR | {"said": said, "written_at": Personal(Category.CONTENT)}, **more)
    assert faults() == [("E021", "Letter")]


def test_a_sound_model_has_no_fault(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)
        body = models.TextField()

    declare(Diary, fields=AUTHOR | {"body": Personal(Category.CONTENT)})
    assert faults() == []


def test_a_model_that_nobody_declared(throwaway):
    class Forgotten(ThrowAway):
        pass

    assert faults() == [("E002", "Forgotten")]


def test_an_unmanaged_model_that_nobody_declared(throwaway):
    class Elsewhere(ThrowAway):
        class Meta(ThrowAway.Meta):
            managed = False

    assert faults() == [("E002", "Elsewhere")]


def test_an_auto_created_table_of_a_many_to_many_field(throwaway):
    class Tag(ThrowAway):
        notes = models.ManyToManyField(Note, related_name="+")

    exempt(Tag, because=REASON)
    assert faults() == [("E002", "Tag_notes")]


def test_an_auto_created_table_that_links_the_subject(throwaway):
    class Club(ThrowAway):
        members = models.ManyToManyField(DataSubject, related_name="+")

    exempt(Club, because=REASON)
    exempt(Club.members.through, because=REASON)
    assert faults() == [("E004", "Club_members")]


def test_a_model_both_declared_and_exempted(throwaway):
    exempt(Note, because=REASON)
    assert faults() == [("E001", "Note")]


def test_a_model_declared_twice():
    with pytest.raises(ImproperlyConfigured, match="privacy.Note is declared twice"):
        declare(Note)


@pytest.mark.parametrize("because", ["", "   ", "not personal"])
def test_an_exemption_without_a_reason_one_could_check(throwaway, because):
    class Weather(ThrowAway):
        pass

    exempt(Weather, because=because)
    assert faults() == [("E003", "Weather")]


@pytest.mark.parametrize("field", [models.ForeignKey, models.OneToOneField])
def test_an_exempted_model_that_points_at_the_subject(throwaway, field):
    class Badge(ThrowAway):
        holder = field(DataSubject, models.CASCADE, related_name="+", null=True)

    exempt(Badge, because=REASON)
    assert faults() == [("E004", "Badge")]


def test_an_exempted_model_that_may_point_at_the_subject_by_a_generic_foreign_key(throwaway):
    class Label(ThrowAway):
        content_type = link(ContentType)
        object_id = models.CharField(max_length=40)
        labelled = GenericForeignKey()

    exempt(Label, because=REASON)
    assert faults() == [("E004", "Label")]


@pytest.mark.parametrize("null", [True, False])
def test_an_exempted_model_that_points_at_a_row_erasure_deletes(throwaway, null):
    class Thumbnail(ThrowAway):
        note = link(Note, null=null)

    exempt(Thumbnail, because=REASON)
    assert faults() == [("E012", "Thumbnail")]


def test_an_exemption_of_a_model_without_a_table_is_stale(throwaway):
    class NoteProxy(Note):
        class Meta:
            proxy = True
            app_label = "throwaway"

    exempt(NoteProxy, because=REASON)
    assert faults() == [("E013", "NoteProxy")]


def test_a_declaration_of_a_proxy_is_stale(throwaway):
    class NoteProxy(Note):
        class Meta:
            proxy = True
            app_label = "throwaway"

    declare(NoteProxy, fields=AUTHOR)
    assert faults() == [("E013", "NoteProxy")]


def test_an_undeclared_proxy_needs_no_place_in_the_map(throwaway):
    class NoteProxy(Note):
        class Meta:
            proxy = True
            app_label = "throwaway"

    assert faults() == []


def test_a_model_that_inherits_the_columns_of_another_table(throwaway):
    class LongNote(Note):
        class Meta:
            app_label = "throwaway"

    declare(
        LongNote, fields={f.name: Personal(Category.CONTENT) for f in LongNote._meta.concrete_fields}, not_personal=()
    )
    assert ("E013", "LongNote") in faults()


def test_a_field_that_nobody_classified(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)
        mood = models.TextField()

    declare(Diary, fields=AUTHOR)
    assert faults() == [("E005", "Diary")]


def test_a_field_called_both_personal_and_not(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, fields=AUTHOR, not_personal=("id", "author"))
    assert faults() == [("E006", "Diary")]


@pytest.mark.parametrize("place", ["fields", "not_personal", "withheld", "roles"])
def test_a_field_that_does_not_exist(throwaway, place):
    class Diary(ThrowAway):
        author = link(DataSubject)

    named = {
        "fields": AUTHOR | {"gone": Personal(Category.CONTENT)},
        "not_personal": ("id", "gone"),
        "withheld": {"gone": REASON},
        "roles": {"gone": "Staff"},
    }
    declare(Diary, **{"fields": AUTHOR, place: named[place]})
    assert faults() == [("E006", "Diary")]


def test_a_field_withheld_without_a_reason(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, fields=AUTHOR, withheld={"author": " "})
    assert faults() == [("E003", "Diary")]


@pytest.mark.parametrize("path", ["owner", "title", "script", "script__owner", "topic"])
def test_a_path_that_does_not_lead_to_the_subject(throwaway, path):
    """No such field; no foreign key; ends elsewhere; may be NULL; leads to a column that is no primary key."""

    class Topic(ThrowAway):
        word = models.CharField(max_length=20, unique=True)

    class Diary(ThrowAway):
        title = models.TextField()
        script = link(Script, null=True)
        topic = link(Topic, to_field="word")

    exempt(Topic, because=REASON)
    fields = {"title": Personal(Category.CONTENT)}
    declare(Diary, subject=path, fields=fields, not_personal=("id", "script", "topic"))
    assert faults() == [("E007", "Diary")]


@pytest.mark.parametrize("name", ["subject", "purpose", "lawful_basis", "retention"])
def test_a_declaration_that_lacks_what_the_law_asks_for(throwaway, name):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, **{"fields": AUTHOR, name: None})
    assert faults() == [("E008", "Diary")]


@pytest.mark.parametrize(
    ("attributes", "number"),
    [
        ({"purpose": "functional.service"}, "E018"),
        ({"lawful_basis": "Contract"}, "E018"),
        ({"further": {"essential.fraud_detection": LawfulBasis.CONTRACT}}, "E018"),
        ({"recipients": ("Clerk, Inc.",)}, "E018"),
        ({"recipients": "clerk"}, "E018"),  # a text is a row of letters
        ({"retention": Retention(REASON, years=1)}, "E019"),
        ({"retention": Retention(REASON, after="written_at")}, "E019"),
        ({"retention": Retention(REASON, years=1, after="author")}, "E019"),
        ({"retention": Retention(REASON, years=1, after="author__full_name")}, "E019"),
        ({"retention": Retention(REASON, years=1, after="written_at__day")}, "E019"),
        ({"retention": Retention(REASON, years=1, after="the author's end")}, "E019"),
        ({"fields": {"author": Personal(Category.USER_ID, special="art. 9(2)(a)")}}, "E020"),
    ],
)
def test_a_purpose_basis_recipient_or_retention_of_no_vocabulary(throwaway, attributes, number):
    class Letter(ThrowAway):
        author = link(DataSubject)
        written_at = models.DateTimeField()

    sound = {"fields": {"author": Personal(Category.USER_ID)}, "not_personal": ("id", "written_at")}
    declare(Letter, **(sound | attributes))
    assert {found for found, _ in faults()} == {number}


def test_a_retention_may_count_from_a_date_of_another_table(throwaway):
    class Letter(ThrowAway):
        author = link(DataSubject)

    fields = {"author": Personal(Category.USER_ID)}
    retention = Retention(REASON, years=1, after="author__created_at")
    assert retention.text == "1 year after created at of its author"
    declare(Letter, fields=fields, retention=retention)
    assert faults() == []


def test_a_row_both_deleted_and_kept(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)
        body = models.TextField()

    declare(Diary, fields=AUTHOR | {"body": Personal(Category.CONTENT, erase=Blank())})
    assert faults() == [("E009", "Diary")]


def test_a_declaration_that_would_erase_nothing(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, not_personal=("id", "author"))
    assert faults() == [("E009", "Diary")]


LAW = KeptFor.LEGAL_OBLIGATION
FOREVER = Retention(REASON)
YEAR = Retention(REASON, years=1, after="written_at")


@pytest.mark.parametrize(
    ("field", "treatment"),
    [
        (models.TextField(), Nullify()),
        (models.IntegerField(), Blank()),
        (models.CharField(max_length=3), Blank(to="[erased]")),
        (models.CharField(max_length=60, unique=True), Blank()),
        (models.DateTimeField(unique=True), Stamp()),
        (models.IntegerField(), Stamp()),
        (models.IntegerField(), Pseudonymise()),
        (models.CharField(max_length=20), Pseudonymise()),
        (models.TextField(), Keep(because=" ", until=YEAR, ground=LAW)),
        (models.TextField(), Keep(because=REASON, until=FOREVER, ground=LAW)),
        (
            models.TextField(),
            Keep(because=REASON, until=Retention(REASON, years=1, after="gone"), ground=LAW),
        ),
        (
            models.TextField(),
            Keep(because=REASON, until=Retention(REASON, years=1, after="author"), ground=LAW),
        ),
        (models.TextField(), HandOver()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_treatment_that_the_column_cannot_take(throwaway, field, treatment):
    class Diary(ThrowAway):
        author = link(DataSubject)
        written_at = models.DateTimeField()
        body = field.clone()

    fields = {"body": Personal(Category.CONTENT, erase=treatment)}
    declare(Diary, fields=fields, not_personal=("id", "author", "written_at"))
    assert faults() == [("E010", "Diary")]


@pytest.mark.parametrize("meta", ["constraints", "unique_together"])
def test_a_constant_on_a_column_that_is_unique_together_with_another(throwaway, meta):
    """A person with two such rows could not be erased: both would get the same value."""
    once = {
        "constraints": [models.UniqueConstraint(fields=["author", "word"], name="once")],
        "unique_together": [("author", "word")],
    }

    class Diary(ThrowAway):
        author = link(DataSubject)
        word = models.CharField(max_length=60)

        class Meta(ThrowAway.Meta):
            constraints = once["constraints"] if meta == "constraints" else []
            unique_together = once["unique_together"] if meta == "unique_together" else []

    declare(Diary, fields={"word": Personal(Category.CONTENT, erase=Blank())}, not_personal=("id", "author"))
    assert faults() == [("E010", "Diary")]


def test_a_row_of_another_person_that_points_at_a_row_erasure_deletes(throwaway):
    class Reply(ThrowAway):
        author = link(DataSubject)
        note = link(Note)

    declare(Reply, fields=AUTHOR, not_personal=("id", "note"))
    assert faults() == [("E012", "Reply")]


def test_a_row_that_stays_under_a_row_that_goes(throwaway):
    class Reply(ThrowAway):
        note = link(Note)
        body = models.TextField()

    fields = {"body": Personal(Category.CONTENT, erase=Blank())}
    declare(Reply, subject="note__author", fields=fields, not_personal=("id", "note"))
    assert faults() == [("E012", "Reply")]


MEMBERS = Others("privacy.Membership", key="team_id", here="id", role="role")
HANDED_OVER = {"author": HandOver()}


@pytest.mark.parametrize(
    "others",
    [
        Others("privacy.Nobody", key="team_id", here="id", role="role"),
        Others("nonsense", key="team_id", here="id", role="role"),
        Others("privacy.Membership", key="club_id", here="id", role="role"),
        Others("privacy.Membership", key="team_id", here="number", role="role"),
        Others("privacy.Membership", key="team_id", here="id", role="rank"),
        Others("privacy.Membership", key="team_id", here="id", role="role", subject="team"),
    ],
)
@pytest.mark.parametrize("joint", [True, False])
def test_others_told_from_a_relation_or_column_that_does_not_exist(throwaway, others, joint):
    class Board(ThrowAway):
        author = link(DataSubject)

    rest = {
        "joint": Joint(others, order_by="joined_at", because=REASON, fields=HANDED_OVER) if joint else None,
        "others": None if joint else others,
    }  # fmt: skip
    declare(Board, fields=AUTHOR, **rest)
    assert set(faults()) == {("E014", "Board")}


def test_a_joint_row_whose_successor_cannot_be_ordered(throwaway):
    class Board(ThrowAway):
        author = link(DataSubject)

    declare(Board, fields=AUTHOR, joint=Joint(MEMBERS, order_by="rank", because=REASON, fields=HANDED_OVER))
    assert faults() == [("E014", "Board")]


def test_a_joint_row_that_nobody_takes_over(throwaway):
    class Board(ThrowAway):
        author = link(DataSubject)

    declare(Board, fields=AUTHOR, joint=Joint(MEMBERS, order_by="joined_at", because=REASON))
    assert faults() == [("E014", "Board")]


def test_a_row_that_comes_in_despite_a_freeze_without_a_reason_one_could_check(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, fields=AUTHOR, despite_freeze="because")
    assert faults() == [("E003", "Diary")]


def test_a_field_that_changes_under_a_hold_without_a_reason_one_could_check(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)
        mood = models.TextField()

    declare(Diary, fields=AUTHOR | {"mood": Personal(Category.CONTENT, despite_hold="because")})
    assert faults() == [("E003", "Diary")]


def test_a_field_that_starts_processing_by_something_else_than_a_yes(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)
        mood = models.TextField()

    declare(Diary, fields=AUTHOR | {"mood": Personal(Category.CONTENT, starts_processing=True)})
    assert faults() == [("E017", "Diary")]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(changes=("gone",)), Evidence(once=("gone",)), Evidence(goes={"gone": ("yes",)}),
        Evidence(while_open=("author",), ended=("gone", ("yes",))),
    ],
    ids=["changes", "once", "goes", "ended"],
)  # fmt: skip
def test_evidence_that_names_a_field_that_is_not_there(throwaway, evidence):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, fields=AUTHOR, evidence=evidence)
    assert faults() == [("E006", "Diary")]


def test_exempted_evidence_that_names_a_field_that_is_not_there(throwaway):
    class Stamp(ThrowAway):
        pass

    exempt(Stamp, because=REASON, evidence=Evidence(once=("gone",)))
    assert faults() == [("E006", "Stamp")]


def test_a_joint_row_without_a_reason(throwaway):
    class Board(ThrowAway):
        author = link(DataSubject)

    declare(Board, fields=AUTHOR, joint=Joint(MEMBERS, order_by="joined_at", because="", fields=HANDED_OVER))
    assert faults() == [("E003", "Board")]


def table_faults() -> list[tuple[str, str]]:
    return [(error.id.removeprefix("datamap."), error.msg) for error in check_tables(None, databases=["default"])]


@pytest.mark.django_db
def test_a_table_that_no_model_owns():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (id integer)")
    assert table_faults() == [("E011", "Table 'left_behind' belongs to no model of the data map.")]


@pytest.mark.django_db
def test_a_column_that_no_field_owns():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE privacy_note ADD COLUMN left_behind integer")
    expected = "Column 'left_behind' of table 'privacy_note' belongs to no field of the data map."
    assert table_faults() == [("E011", expected)]


@pytest.mark.django_db
def test_a_recipient_that_is_no_processor_of_the_inventory(throwaway):
    class Diary(ThrowAway):
        author = link(DataSubject)

    declare(Diary, fields=AUTHOR, recipients=("clerk", "a_friend"))
    assert [number for number, _ in table_faults()] == ["E015"]


@pytest.mark.django_db
def test_before_a_migration_has_run_the_tables_are_not_judged():
    """Else `migrate`, which runs the database checks first, could never drop the table of a model that is gone."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (id integer)")
        cursor.execute("DELETE FROM django_migrations WHERE app = 'billing'")
    assert table_faults() == []


def test_what_is_handed_over_must_be_the_link_to_the_subject(throwaway):
    class Board(ThrowAway):
        author = link(DataSubject)
        team = link(Team, null=True)

    joint = Joint(MEMBERS, order_by="joined_at", because=REASON, fields=HANDED_OVER | {"team": HandOver()})
    declare(Board, fields=AUTHOR, not_personal=("id", "team"), joint=joint)
    assert faults() == [("E010", "Board")]


def test_a_map_of_faults_leaves_the_project_s_own_map_alone():
    assert {model for model in registry.declarations if model._meta.app_label == "throwaway"} == set()
    assert registry.declarations[Case].treatments()["subject"] != DeleteRow()
