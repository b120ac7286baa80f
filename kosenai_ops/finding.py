"""What Ctrl+K finds: people, cases by their short id, pages by their word in the menu, actions. The term comes by POST,
as every term that may be of a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from kosenai_ops import navigation
from privacy.admin import actions
from privacy.admin.searched import LONGEST_TERM
from privacy.selectors import search
from privacy.selectors.who import who

SHOWN = 8  # of a kind
SHORTEST_NAME = 2  # letters: one finds everybody


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    icon: str
    note: str = ""


def find(request: HttpRequest) -> HttpResponse:
    """The options of the dialog."""
    if request.method != "POST":
        return redirect("admin:index")
    term = request.POST.get("term", "").strip()[: LONGEST_TERM + 1]
    kinds = {"People": people, "Cases": cases, "Pages": pages, "Actions": deeds}
    found = {name: list(look(request, term))[:SHOWN] for name, look in kinds.items()}
    context = {"found": {name: hits for name, hits in found.items() if hits}, "term": term}
    return TemplateResponse(request, "kosenai_ops/found.html", context)


def people(request: HttpRequest, term: str) -> Iterator[Hit]:
    if len(term) < SHORTEST_NAME or not request.user.sees_personal_data:
        return
    found = search.find(term).people[:SHOWN]
    known = who(found, request.user)
    for subject_id in found:
        one = known[subject_id]
        facts = [one.address, one.short_id if one.name else "", "erased" if one.is_erased else ""]
        url = reverse("admin:privacy_datasubject_change", args=[subject_id])
        yield Hit(one.title, url, "person", ", ".join(filter(None, facts)))


def cases(request: HttpRequest, term: str) -> Iterator[Hit]:
    if not request.user.has_perm("privacy.view_rightsrequest"):
        return
    found = list(search.find_cases(term)[:SHOWN])
    known = who({case.subject_id for case in found if case.subject_id}, request.user)
    for case in found:
        url = reverse("admin:privacy_rightsrequest_change", args=[case.pk])
        about = known[case.subject_id].title if case.subject_id else ""
        yield Hit(str(case), url, "inbox", ", ".join(filter(None, (about, case.get_state_display().lower()))))


def pages(request: HttpRequest, term: str) -> Iterator[Hit]:
    """Without a term those of the menu, as far as they fit."""
    for beside, page in navigation.pages_for(request):
        if begins_words(term, f"{page['title']} {beside}"):
            yield Hit(page["title"], page["link"], page["icon"], "" if beside == page["title"] else beside)


def deeds(request: HttpRequest, term: str) -> Iterator[Hit]:
    """What may be asked about somebody begins with looking for them."""
    if not term or not request.user.sees_personal_data:
        return
    start = reverse("admin:privacy_datasubject_changelist") + "#searchbar"
    for kind in actions.allowed(request):
        if begins_words(term, f"{kind.button} {kind.label}"):
            yield Hit(kind.button, start, kind.icon, "find the person first")


def begins_words(term: str, text: str) -> bool:
    """Whether each word of the term begins a word of the text."""
    words = text.casefold().split()
    return all(any(word.startswith(part) for word in words) for part in term.casefold().split())
