"""What creators make."""

from dataclasses import replace
from typing import Any

from privacy.datamap import Category, HandOver, Joint, LawfulBasis, Others, Personal, PersonalData, Use, register
from privacy.datamap.retention import while_account_open
from privacy.models import content


class Content(PersonalData):
    """What creator content has in common."""

    purpose = Use.STUDIO
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()


CO_AUTHORS = Others("privacy.ScriptCoAuthor", key="script_id", here="script_id", role="role")
WITH_THE_SCRIPT: dict[str, Any] = {
    "others": CO_AUTHORS,
    "order_by": "added_at",
    "because": "It is part of a script that goes on as its co-authors' work (GDPR art. 15(4)), and stays with it",
    "along": "script",
}


@register(content.Script)
class ScriptData(Content):
    subject = "owner"
    forgotten_by = "created_at"
    fields = {
        "owner": Personal(Category.USER_ID),
        "title": Personal(Category.CONTENT),
        "format": Personal(Category.CONTENT),
        "body": Personal(Category.CONTENT),
    }
    not_personal = ("id", "created_at", "updated_at")
    joint = Joint(
        others=replace(CO_AUTHORS, here="id"),
        order_by="added_at",
        because="The script is its co-authors' work too (GDPR art. 15(4), 17(3)(a)); a co-author becomes its owner",
        fields={"owner": HandOver()},
    )


@register(content.ScriptCoAuthor)
class ScriptCoAuthorData(Content):
    subject = "subject"
    fields = {"subject": Personal(Category.USER_ID), "role": Personal(Category.SOCIAL)}
    not_personal = ("id", "script", "added_at")


@register(content.ShotList)
class ShotListData(Content):
    subject = "owner"
    forgotten_by = "created_at"
    fields = {"owner": Personal(Category.USER_ID), "title": Personal(Category.CONTENT)}
    not_personal = ("id", "script", "created_at")
    joint = Joint(fields={"owner": HandOver()}, **WITH_THE_SCRIPT)


@register(content.Shot)
class ShotData(Content):
    subject = "shot_list__owner"
    fields = {
        "number": Personal(Category.CONTENT),
        "description": Personal(Category.CONTENT),
        "camera": Personal(Category.CONTENT),
    }
    not_personal = ("id", "shot_list")


@register(content.Note)
class NoteData(Content):
    """On a script it may be one that a co-author left behind, who was erased since."""

    subject = "author"
    forgotten_by = "created_at"
    fields = {"author": Personal(Category.USER_ID), "body": Personal(Category.CONTENT, by_others="script")}
    not_personal = ("id", "script", "created_at")
    joint = Joint(fields={"author": HandOver()}, **WITH_THE_SCRIPT)


@register(content.Upload)
class UploadData(Content):
    subject = "owner"
    forgotten_by = "created_at"
    folder = "uploads/{subject}"
    fields = {
        "owner": Personal(Category.USER_ID),
        "file": Personal(Category.CONTENT),
        "name": Personal(Category.CONTENT),
        "media_type": Personal(Category.CONTENT, masked=False),
        "size": Personal(Category.CONTENT),
        "sha256": Personal(Category.CONTENT, masked=False),
    }
    not_personal = ("id", "script", "created_at")


@register(content.Prompt)
class PromptData(Content):
    subject = "author"
    further = {Use.AI: LawfulBasis.CONTRACT}  # policy section 4: sent to get the reply that was asked for
    forgotten_by = "created_at"
    recipients = ("openai", "google")
    fields = {
        "author": Personal(Category.USER_ID),
        "provider": Personal(Category.CONTENT),
        "response_id": Personal(Category.PSEUDONYM),
        "text": Personal(Category.CONTENT),
    }
    not_personal = ("id", "script", "created_at")


@register(content.Feedback)
class FeedbackData(Content):
    """Whether the person typed it, or staff who took it down or a teammate did, is not recorded."""

    subject = "author"
    forgotten_by = "created_at"
    purpose = Use.IMPROVEMENT
    lawful_basis = LawfulBasis.LEGITIMATE_INTERESTS
    fields = {
        "author": Personal(Category.USER_ID),
        "rating": Personal(Category.CONTENT),
        "body": Personal(Category.CONTENT, by_others=True),
    }
    not_personal = ("id", "created_at")
