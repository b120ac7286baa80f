"""Entries of the audit trail in the words of the people who read them; the trail keeps the short names of the code."""

from collections.abc import Callable
from string import Formatter

from privacy import regimes
from privacy.admin.names import many, model_name, processor_name
from privacy.admin.requests import steps
from privacy.catalogue import cases
from privacy.evidence.events import Event
from privacy.evidence.told import named_now
from privacy.fulfilment.exporting import ExportReason
from privacy.fulfilment.letters import kinds as letters
from privacy.fulfilment.reveal import RevealReason
from privacy.models import (
    AccessReview,
    Answered,
    AuditEntry,
    CheckOutcome,
    ConsentEvent,
    Limit,
    Refusal,
    Reply,
    Suppression,
    Topic,
    Verification,
)
from privacy.selectors.processors import OF_A_PROCESSOR


def label_of(event: str) -> str:
    return Event(event).label if event in Event else event


def sentence(entry: AuditEntry) -> str:
    """`Step done: Delete the files`. An entry of old times that does not say enough, or one that was tampered with, is
    told by its label, and one that no code of ours wrote by its event."""
    if entry.event not in Event:
        return entry.event
    event = Event(entry.event)
    try:
        return event.label + event.details.format_map({name: WORDS[name](entry.data) for name in words_in(event)})
    except (AttributeError, KeyError, TypeError, ValueError):
        return event.label


def words_in(event: Event) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(event.details) if name]


def because(data: dict) -> str:
    """Of old entries some tell another word than a reason of a refusal."""
    reasons = dict(Refusal.choices)
    return reasons.get(data["because"], data["because"])


def counts(data: dict) -> str:
    """All numbers that are not none: `3 created, 1 refused`."""
    told = [f"{number:,} {name.replace('_', ' ')}" for name, number in data.items() if type(number) is int and number]
    return ", ".join(told) or "nothing"


def fields(data: dict) -> str:
    return ", ".join(name.replace("_", " ") for name in data["fields"]) or "nothing"


def advanced(data: dict) -> str:
    """What one transaction finished, and which calls it is about to make: `. Done: Delete the files. Begun: …`."""
    told = {
        "Done": data.get("done", {}),
        "Begun": data.get("intended", {}),
        "Joined to the plan": data.get("joined", ()),
    }
    parts = [f"{word}: {', '.join(map(named, names))}" for word, names in told.items() if names]
    return "".join(f". {part}" for part in parts)


def moved(data: dict) -> str:
    """`planned to 2026-02-28, limit 2026-03-02, by GDPR (extension)`."""
    after = data["after"]
    law = regimes.name_of(after["law"])
    return f"planned to {after['planned']}, limit {after['limit']}, by {law} ({data['because']})"


def named(step: str) -> str:
    name, _, target = named_now(step).partition(" ")
    return steps.named(name, target)


def outcome(data: dict) -> str:
    """What became of an erasure at a processor, as the request's page tells it."""
    text = steps.told(data.get("result", {})) if name_and_target(data)[0].startswith(OF_A_PROCESSOR) else ""
    return f". {text}" if text else ""


def rights(data: dict) -> str:
    roles = [*data["roles"], *(["superuser"] if data["superuser"] else [])]
    return held({"roles": roles}) + ("" if data["active"] else ", closed")


def held(data: dict) -> str:
    return ", ".join(data["roles"]) or "no role"


def consent_to(topic: str, channel: str) -> str:
    words = Topic(topic).label
    return f"{words}, {ConsentEvent.Channel(channel).label}" if channel else words


def why(data: dict) -> str:
    """Until 2026-12 nobody was asked for it."""
    return f". {ExportReason(data['why']).label}" if "why" in data else ""


def step(data: dict) -> str:
    return steps.named(*name_and_target(data))


def name_and_target(data: dict) -> tuple[str, str]:
    name, _, target = named_now(data["step"]).partition(" ")
    return name, target


def wording(data: dict) -> str:
    """Of a consent, or of a letter."""
    what = Topic(data["topic"]).label if "topic" in data else letters.label_of(data["letter_kind"])
    return f"{what}, {data['language']}"


# What the details of events name, from the data of an entry.
WORDS: dict[str, Callable[[dict], object]] = {
    "advanced": advanced,
    "consent": lambda data: consent_to(data["topic"], data["channel"]),
    "attempt": lambda data: data["attempt"],
    "because": because,
    "copy": lambda data: data["file"] or "by mail",
    "counts": counts,
    "extension": lambda data: data["because"].replace("_", " "),
    "fields": fields,
    "finding": lambda data: AccessReview.Finding(data["finding"]).label,
    "held": held,
    "how": lambda data: Answered(data["how"]).label.lower(),
    "kind": lambda data: cases.label_of(data["kind"]),
    "letter_kind": lambda data: letters.label_of(data["letter_kind"]).lower(),
    "reply": lambda data: Reply.Kind(data["reply_kind"]).label.lower(),
    "law": lambda data: regimes.name_of(data["law"]),
    "limit": lambda data: Limit(purpose=data["purpose"]).of_what,
    "lifted": lambda data: Suppression.Because(data["because"]).label.lower(),
    "member": lambda data: data["member"],
    "model": lambda data: model_name(data["model"]),
    "moved": moved,
    "outcome": outcome,
    "owner": lambda data: data["owner"],
    "processor": lambda data: processor_name(data["processor"]),
    "reason": lambda data: RevealReason(data["reason"]).label,
    "rights": rights,
    "role": lambda data: data["role"],
    "root": lambda data: f"{data['day']}, over {many(data['size'], 'chain')}",
    "rows": lambda data: many(data["rows"], "row"),
    "said_against": lambda data: data["against"],
    "said_for": lambda data: data["for"],
    "sheet": lambda data: model_name(data["sheet"]),
    "side": lambda data: data["side"],
    "step": step,
    "steps": lambda data: many(len(data["steps"]), "step"),
    "stood": lambda data: ", told when a later release came" if data["stood"] else "",
    "until": lambda data: data["until"][:16].replace("T", " ") + " UTC",
    "came_to": lambda data: CheckOutcome(data["outcome"]).label.lower(),
    "way": lambda data: Verification(data["way"]).label.lower(),
    "verification": lambda data: Verification(data["verification"]).label.lower(),
    "why": why,
    "wording": wording,
}
