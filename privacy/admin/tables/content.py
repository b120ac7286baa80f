"""What creators make, as tables: scripts, notes, prompts, feedback, shot lists and their shots."""

from django.core.exceptions import ValidationError
from import_export.fields import Field

from privacy.admin.tables.cells import Text, Whole, linked
from privacy.admin.tables.sheet import OfAPerson, Sheet, text_of
from privacy.fulfilment.importing import content
from privacy.models import Feedback, Note, Prompt, Script, Shot, ShotList


class ContentSheet(OfAPerson):
    """A model of content whose rows point at their person."""

    def judge(self, rows):
        return content.judge_rows(rows=[instance for instance, _ in rows])

    def write(self, rows):
        return content.take_in(rows=[instance for instance, _ in rows], actor=self.actor)


class ScriptSheet(ContentSheet):
    id = Field("id", "id", Text())
    owner = linked("owner")
    title = Field("title", "title", Text())
    format = Field("format", "format", Text())
    body = Field("body", "body", Text())
    person_column = "owner"

    class Meta:
        model = Script
        name = "Scripts"
        fields = ("id", "owner", "title", "format", "body")


class NoteSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    script = linked("script")
    body = Field("body", "body", Text())
    person_column = "author"
    links = {"script": (Script, "pk")}

    class Meta:
        model = Note
        name = "Notes"
        fields = ("id", "author", "script", "body")


class PromptSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    script = linked("script")
    provider = Field("provider", "provider", Text())
    response_id = Field("response_id", "response_id", Text())
    text = Field("text", "text", Text())
    person_column = "author"
    links = {"script": (Script, "pk")}

    class Meta:
        model = Prompt
        name = "Prompts"
        fields = ("id", "author", "script", "provider", "response_id", "text")


class FeedbackSheet(ContentSheet):
    id = Field("id", "id", Text())
    author = linked("author")
    rating = Field("rating", "rating", Whole())
    body = Field("body", "body", Text())
    person_column = "author"

    class Meta:
        model = Feedback
        name = "Feedback"
        fields = ("id", "author", "rating", "body")

    def look_at(self, row, number):
        super().look_at(row, number)
        if (rating := text_of(row, "rating")) and rating not in ("1", "2", "3", "4", "5"):
            raise ValidationError({"rating": "A rating is 1 to 5."})


class ShotListSheet(ContentSheet):
    id = Field("id", "id", Text())
    owner = linked("owner")
    script = linked("script")
    title = Field("title", "title", Text())
    person_column = "owner"
    links = {"script": (Script, "pk")}

    class Meta:
        model = ShotList
        name = "Shot lists"
        fields = ("id", "owner", "script", "title")


class ShotSheet(Sheet):
    id = Field("id", "id", Text())
    shot_list = linked("shot_list")
    number = Field("number", "number", Whole())
    description = Field("description", "description", Text())
    camera = Field("camera", "camera", Text())
    links = {"shot_list": (ShotList, "pk")}

    class Meta:
        model = Shot
        name = "Shots"
        fields = ("id", "shot_list", "number", "description", "camera")

    def with_person(self, model, rows):
        return rows.select_related("shot_list") if model is Shot else rows

    def look_at(self, row, number):
        if not text_of(row, "shot_list") and not text_of(row, "id"):
            raise ValidationError({"shot_list": "A new shot needs the shot list it belongs to."})

    def judge(self, rows):
        return content.judge_rows(rows=[instance for instance, _ in rows])

    def write(self, rows):
        return content.take_in(rows=[instance for instance, _ in rows], actor=self.actor)
