"""What creators make. Titles and texts are masked until revealed."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.decorators import display

from privacy.admin.content.masking import MaskedAdmin, MaskedFileAdmin
from privacy.admin.personal import PersonalAdmin
from privacy.admin.tables.content import FeedbackSheet, NoteSheet, PromptSheet, ScriptSheet, ShotListSheet, ShotSheet
from privacy.admin.tables.exchange import Exchange
from privacy.models import Feedback, Note, Prompt, Script, ScriptCoAuthor, Shot, ShotList, Upload


@admin.register(Script)
class ScriptAdmin(Exchange, MaskedAdmin):
    resource_classes = (ScriptSheet,)
    list_display = ("__str__", "subject_link", "title", "body", "format", "updated_at")
    fields = ("subject_link", "title", "body", "format", "created_at", "updated_at")
    newest_first = "-created_at"


@admin.register(ScriptCoAuthor)
class ScriptCoAuthorAdmin(PersonalAdmin):
    list_display = ("__str__", "subject_link", "script", "role", "added_at")
    fields = ("subject_link", "script", "role", "added_at")
    newest_first = "-added_at"


@admin.register(ShotList)
class ShotListAdmin(Exchange, MaskedAdmin):
    resource_classes = (ShotListSheet,)
    list_display = ("__str__", "subject_link", "title", "script", "created_at")
    fields = ("subject_link", "title", "script", "created_at")
    newest_first = "-created_at"


@admin.register(Shot)
class ShotAdmin(Exchange, MaskedAdmin):
    resource_classes = (ShotSheet,)
    list_display = ("__str__", "subject_link", "shot_list", "number", "description", "camera")
    fields = ("subject_link", "shot_list", "number", "description", "camera")
    newest_first = "number"


@admin.register(Note)
class NoteAdmin(Exchange, MaskedAdmin):
    resource_classes = (NoteSheet,)
    list_display = ("__str__", "subject_link", "body", "script", "created_at")
    fields = ("subject_link", "body", "script", "created_at")
    newest_first = "-created_at"


@admin.register(Upload)
class UploadAdmin(MaskedFileAdmin):
    list_display = ("__str__", "subject_link", "name", "media_type", "bytes", "created_at")
    fields = ("subject_link", "name", "file", "media_type", "bytes", "sha256", "script", "created_at")
    newest_first = "-created_at"

    @display(description="Size")
    def bytes(self, upload):
        return filesizeformat(upload.size)


@admin.register(Prompt)
class PromptAdmin(Exchange, MaskedAdmin):
    resource_classes = (PromptSheet,)
    list_display = ("__str__", "subject_link", "text", "provider", "created_at")
    fields = ("subject_link", "text", "provider", "response_id", "script", "created_at")
    newest_first = "-created_at"


@admin.register(Feedback)
class FeedbackAdmin(Exchange, MaskedAdmin):
    resource_classes = (FeedbackSheet,)
    list_display = ("__str__", "subject_link", "rating", "body", "created_at")
    fields = ("subject_link", "rating", "body", "created_at")
    newest_first = "-created_at"
