"""Where a letter goes, and in which language: what the case was asked with, else what the studio was told."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.core.exceptions import ValidationError

from privacy.models import LANGUAGES, Identifier, ProfilePreference
from privacy.models.addresses import normalise_email
from privacy.selectors.languages import supported

ENGLISH = "en"


def emails_of(subject_ids: Collection[UUID]) -> dict[UUID, str]:
    """{person: the address that they are written at}: the primary one, else the oldest."""
    found = Identifier.objects.filter(subject__in=subject_ids, kind=Identifier.Kind.EMAIL)
    rows = found.order_by("is_primary", "-created_at").values_list("subject", "value")  # the last one stays
    return dict(rows)


def languages_of(subject_ids: Collection[UUID]) -> dict[UUID, str]:
    """{person: the language of their letters}, of those who have chosen one."""
    chosen = ProfilePreference.objects.filter(subject__in=subject_ids).values_list("subject", "language")
    return {subject_id: language_of(tag) for subject_id, tag in chosen}


def language_of(tag: str) -> str:
    """One that letters are written in: `de` for `de-AT`, English for what we have not."""
    found = supported(tag)
    return found if found in dict(LANGUAGES) else ENGLISH


def email_in(reply_to: str) -> str:
    """The e-mail address that was given; empty for one of another kind, such as a street."""
    try:
        return normalise_email(reply_to) if "@" in reply_to and " " not in reply_to.strip() else ""
    except (ValidationError, ValueError):
        return ""


def where(answers: Mapping[str, str], email: str) -> tuple[str, str]:
    """(e-mail address, other address) of a case; both empty where nothing is known."""
    given = answers.get("reply_to", "")
    asked = email_in(given)
    return (asked, "") if asked else ("", given) if given else (email, "")
