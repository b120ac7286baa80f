"""`datamap --diff REV` says what a change of the map touches, in what people read."""

import io
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from privacy.datamap import Category, LawfulBasis, Personal, Retention, Use, diff, registry
from privacy.models import DataSubject, Note
from tests.datamap.conftest import ThrowAway, declare


def sentences(before) -> dict[str, list[str]]:
    return {section.title: section.sentences for section in diff.touched(before, diff.columns_now())}


def test_nothing_has_changed():
    assert set(map(len, sentences(diff.columns_now()).values())) == {0}


def test_a_new_table_is_told_in_receipts_packages_the_record_and_to_its_recipients(throwaway):
    before = diff.columns_now()

    class Diary(ThrowAway):
        author = models.ForeignKey(DataSubject, models.CASCADE)
        text = models.TextField()

    fields = {"author": Personal(Category.USER_ID), "text": Personal(Category.CHILD, special="art. 9(2)(a)")}
    declare(Diary, fields=fields, recipients=("logging",))
    found = sentences(before)
    assert found["Receipts"] == [f"throwaway_diary.{c}: nothing -> delete" for c in ("author_id", "text")]
    assert found["Access packages"] == [f"throwaway_diary.{c}: nothing -> told" for c in ("author_id", "id", "text")]
    assert "throwaway_diary, special: nothing -> art. 9(2)(a)" in found["Record of processing"]
    assert found["Recipients"] == ["logging gets user.childrens now"]


def test_what_is_withheld_kept_longer_or_for_more_is_told(monkeypatch):
    before, declared = diff.columns_now(), registry.declarations[Note]
    monkeypatch.setattr(declared, "withheld", {"body": "A reason"}, raising=False)
    monkeypatch.setattr(declared, "retention", Retention("A reason", years=1, after="created_at"))
    monkeypatch.setattr(declared, "further", {Use.FRAUD: LawfulBasis.LEGITIMATE_INTERESTS})
    monkeypatch.setattr(
        declared, "fields", declared.fields | {"body": replace(declared.fields["body"], special="art. 9(2)(e)")}
    )
    found = sentences(before)
    assert found["Access packages"] == ["privacy_note.body: told -> withheld"]
    assert [line.partition(":")[0] for line in found["Record of processing"]] == [
        f"privacy_note, {part}" for part in ("lawful basis", "purpose", "retention", "special")
    ]
    assert found["Receipts"] == found["Recipients"] == []


def test_the_command_reads_the_map_of_a_revision_by_itself():
    out = io.StringIO()
    call_command("datamap", diff="HEAD", stdout=out)
    assert out.getvalue().startswith(("Since HEAD", "Receipts", "Access packages", "Record", "Recipients"))
    with pytest.raises(CommandError, match="git said"):
        call_command("datamap", diff="--output=/tmp/no", stdout=out)
