"""What a person's page tells of them beside who they are: rows by area with links to the lists, holds and flags with
what may be decided, and what has happened, in sentences."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from privacy.admin import actions
from privacy.admin.base import StaffAdmin
from privacy.admin.evidence.events import sentence
from privacy.admin.people import consents
from privacy.catalogue import CaseKind
from privacy.models import (
    AuditEntry,
    Case,
    ChildFlag,
    ConsentEvent,
    ConsentWording,
    DataSubject,
    Identifier,
    LegalHold,
    Limit,
    MarketingPreference,
    Membership,
    SupportConversation,
)
from privacy.selectors import consents as selected
from privacy.selectors import person, standing

# {title: what it tells about these accounts, in sentences}, of what the apps above know; asked only where the data map
# has rows of theirs in an area of that name.
PANELS: dict[str, Callable[[Collection[UUID]], list[str]]] = {}
DECIDED_BY = {"hold": ("hold_release",), "flag": ("child_confirm", "child_clear")}


def of(request: HttpRequest, subject: DataSubject, accounts: Sequence[UUID], cases: Sequence[Case]) -> dict[str, Any]:
    found, few = person.areas(accounts), person.few(subject, accounts)
    names, there = {area.name for area in found}, {line.declared.model for area in found for line in area.lines}
    limited = [limit for limit in few[Limit][::-1] if limit.subject_id == subject.pk and not subject.erased_at]
    facts = standing.facts_in(subject, few[ChildFlag], limited, is_held=subject.is_held)
    said = selected.of(accounts, few[Limit]) if ConsentEvent in there else []
    may = [kind for kind in actions.allowed(request) if not standing.in_the_way(kind, facts)]
    return {
        "areas": [
            {"name": area.name, "total": area.total, "lines": [line_of(request, line) for line in area.lines]}
            for area in found
        ],
        "panels": {title: told for title, tell in PANELS.items() if title in names and (told := tell(accounts))},
        "conversations": few[SupportConversation],
        "holds": sorted(few[LegalHold], key=lambda hold: hold.released_at is not None),
        "flags": few[ChildFlag],
        "limits": limited,
        "limits_together": limited_together(limited),
        "limited_by": list(dict.fromkeys((bool(limit.purpose), limit.get_ground_display()) for limit in limited)),
        "known_as": known_as(few[Identifier]),
        "memberships": few[Membership],
        "choices": sorted(few[MarketingPreference], key=lambda choice: choice.channel),
        **actions.menu_of(may, subject),
        "decisions": decisions(may, subject),
        **consents.on_page(request, subject.id, said),
        "not_relied_on": sorted(few[ConsentWording], key=lambda wording: wording.topic),
        "timeline": [(entry, sentence(entry), about(entry, cases)) for entry in person.trail(accounts, ids_of(cases))],
    }


def known_as(identifiers: Sequence[Identifier]) -> dict[UUID, list[Identifier]]:
    """{account: its identifiers, the primary of a kind first}."""
    found: dict[UUID, list[Identifier]] = {}
    for identifier in sorted(identifiers, key=lambda one: (one.kind, not one.is_primary, one.value)):
        found.setdefault(identifier.subject_id, []).append(identifier)
    return found


def line_of(request: HttpRequest, line: person.Line) -> dict[str, Any]:
    lists = [
        (str(account)[:8], rows, list_of(request, line.declared.model, line.declared.subject, account))
        for account, rows in line.rows.items()
    ]
    return {"name": line.name, "total": line.total, "lists": lists}


def list_of(request: HttpRequest, model: type[models.Model], path: str, account: UUID) -> str:
    """The list with the rows of this account; empty without such a list, or for those who may not open it."""
    page = admin.site._registry.get(model)
    key = f"{path}__exact"
    if not isinstance(page, StaffAdmin) or not page.has_view_permission(request):
        return ""
    if key not in page.list_parameters(request):
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return reverse(name, query={key: str(account)})


def decisions(may: Sequence[type[CaseKind]], subject: DataSubject) -> dict[str, list[dict[str, Any]]]:
    """{hold or flag: what the member may ask about it now}."""
    kinds = {kind.key: kind for kind in may}
    return {
        what: [actions.button(kinds[key], subject) for key in keys if key in kinds] for what, keys in DECIDED_BY.items()
    }


def ids_of(cases: Sequence[Case]) -> list[UUID]:
    return [case.pk for case in cases]


def about(entry: AuditEntry, cases: Sequence[Case]) -> Case | None:
    return next((case for case in cases if case.pk == entry.chain), None)


def limited_together(in_force: Sequence[Limit]) -> list[tuple[list[str], datetime]]:
    """(what is limited, since when), of those that one request or flag has placed together one line."""
    together: dict[tuple[str, datetime], list[Limit]] = {}
    for limit in in_force:
        together.setdefault((limit.ground, limit.since.replace(second=0, microsecond=0)), []).append(limit)
    return [([limit.of_what for limit in placed], placed[0].since) for placed in together.values()]
