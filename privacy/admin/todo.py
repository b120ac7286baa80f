"""What to do next, a row a thing: the verb, who it is about, when it is due, and one click that leads there."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from privacy.admin import badges
from privacy.admin.base import person_cell
from privacy.admin.requests.base import page, request_page
from privacy.catalogue import case_kinds
from privacy.selectors.todo import Task, Verb, Whose, next_for
from privacy.selectors.who import who

# What the button says, and in words what is to be done.
WORDS = {
    Verb.LOOK: ("Look", "Parked: it stopped after five tries"),
    Verb.READ: ("Read", "Something came in for it"),
    Verb.APPROVE: ("Approve", "A letter waits for a second person"),
    Verb.DECIDE: ("Decide", "Waits for your decision"),
    Verb.VERIFY: ("Verify", "Make sure who asks"),
    Verb.SEE: ("Look", "A document waits: is it the person?"),
    Verb.OVERRIDE: ("Decide", "Does it pass without proof of who asks?"),
    Verb.ATTEST: ("Attest", "Ask the processors, and attest their answers"),
    Verb.CONFIRM: ("Look through", "Others may be named in the package"),
    Verb.HAND_OVER: ("Hand over", "The package is ready"),
    Verb.ANSWER: ("Answer", "To be answered"),
    Verb.FLAG: ("Decide", "Is it a child’s account?"),
    Verb.REVIEW: ("Review", "Read the contract and the facts again"),
}
TABS = {Whose.MINE: "Mine", Whose.UNASSIGNED: "Unassigned", Whose.ALL: "All"}


@dataclass(frozen=True)
class Row:
    verb: str
    what: str
    why: str
    who: Any
    due: Any
    url: str
    is_done_by_click: bool  # the click does it, and leads to no page before


def context(request: HttpRequest) -> dict[str, Any]:
    """The rows of the chosen tab, and the tabs."""
    whose = chosen(request)
    found = next_for(request.user, whose)
    known = who((task.subject_id for task in found if task.subject_id), request.user)
    here = reverse("admin:index")
    return {
        "todo": [row_of(task, known) for task in found],
        "todo_tabs": [(label, f"{here}?next={key}", key is whose) for key, label in TABS.items()],
    }


def chosen(request: HttpRequest) -> Whose:
    try:
        return Whose(request.GET.get("next", Whose.ALL))
    except ValueError:
        return Whose.ALL


def row_of(task: Task, known: dict) -> Row:
    verb, why = WORDS[task.verb]
    due = badges.due(task.case) if task.case else badges.day(task.due_on)
    if task.case and task.is_of_batch:
        what = str(task.case.batch)
        return Row(verb, what, "Packages are ready", "Everybody of a batch", due, address_of(task), False)
    person = person_cell(known[task.subject_id]) if task.subject_id else task.processor
    what = str(task.case) if task.case else ("Child flag" if task.subject_id else "Processor")
    return Row(verb, what, why, person, due, address_of(task), task.verb is Verb.HAND_OVER)


def address_of(task: Task) -> str:
    """Where the one click leads: to the very page of the deed where it has one."""
    if task.case is None:
        model, pk = ("datasubject", task.subject_id) if task.subject_id else ("processor", task.processor.pk)
        return reverse(f"admin:privacy_{model}_change", args=[pk])
    if task.is_of_batch:
        return reverse("admin:privacy_batch_change", args=[task.case.batch_id])
    if task.verb in (Verb.VERIFY, Verb.SEE, Verb.OVERRIDE):
        return f"{request_page(task.case)}#who" if case_kinds[task.case.kind].proof else page("prove", task.case)
    deeds = {Verb.CONFIRM: "others", Verb.ANSWER: "letter", Verb.HAND_OVER: "link"}
    return page(deeds[task.verb], task.case) if task.verb in deeds else request_page(task.case)
