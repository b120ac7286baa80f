"""What the receipt of an erasure tells: what went, what stays, why and until when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection

from privacy.datamap import compiler, registry
from privacy.datamap.scope import Scope
from privacy.fulfilment import receipts
from privacy.fulfilment.erasure import scope_of
from privacy.fulfilment.processors import NOT_KNOWN
from privacy.jobs.handlers import local
from privacy.jobs.outcomes import Outcome
from privacy.models import CaseJob, Step, StepState


@dataclass
class Kept:
    """What stays of a person: rows in which a kept field still holds something, and the day on which the last of
    them may go, each by model label."""

    rows: dict[str, int] = field(default_factory=dict)
    until: dict[str, list[dict[str, str]]] = field(default_factory=dict)


@local("erasure.receipt")
def issue_receipts(jobs: Sequence[CaseJob]) -> dict[CaseJob, Outcome]:
    """Writes down what was deleted, anonymised and kept, why, and until when."""
    steps = receipts.steps_of(jobs)
    stays = kept(scope_of([job.subject_id for job in jobs]))
    return receipts.write({job: receipt_body(steps[job.id], stays[job.subject_id]) for job in jobs})


def receipt_body(steps: Sequence[Step], stays: Kept) -> dict[str, Any]:
    """What the steps did, and what is there after them: some of it goes only when a processor has answered."""
    by_action: dict[str, dict[str, int]] = defaultdict(dict)
    files: dict[str, int] = {}
    processors: dict[str, dict[str, Any]] = {}
    named: dict[str, int] = {}
    shared = 0
    database = ""
    for step in steps:
        match step.name:
            case "erasure.files" | "erasure.folders":
                files |= step.result
            case "erasure.slices":
                by_action["delete"][step.target] = step.result[step.target]["delete"]
            case "erasure.rows":
                named, shared = step.result.get("named_in", {}), step.result.get("shared", 0)
                for processor in step.result.get("not_known_to", []):
                    processors[processor] = {"processor": processor, "state": StepState.DONE, **NOT_KNOWN}
                for label, actions in step.result["rows"].items():
                    for action, rows in actions.items():
                        by_action[action][label] = by_action[action].get(label, 0) + rows
            case "erasure.vacuum":
                database = step.result["outcome"]
            case "processors.erase":
                processors[step.target] = {"processor": step.target, "state": step.state, **step.result}
    handed_over = {label: registry_reason(label) for label in by_action.get("hand over", {})}
    return {
        "deleted": by_action["delete"],
        "anonymised": by_action["anonymise"],
        "kept": stays.rows,
        "kept_because": stays.until,
        "handed_over": by_action["hand over"],
        "handed_over_because": handed_over,
        "handed_over_named": named,
        "identifiers_of_others": shared,
        "files": files,
        "processors": [item for _, item in sorted(processors.items())],
        "database": database,
    }


def registry_reason(label: str) -> str:
    return next(d.joint.because for d in registry.declarations.values() if d.joint and d.label() == label)


def kept(scope: Scope) -> dict[UUID, Kept]:
    """{subject: what stays}, as it stands now."""
    found: dict[UUID, Kept] = defaultdict(Kept)
    keeping = {d.label(): d.keeps() for d in compiler.all_declarations()}

    @cache  # of a set most are of the same day
    def told(label: str, place: int, day: str) -> dict[str, str]:
        keep = keeping[label][place]
        end = keep.until.ends_on(date.fromisoformat(day)).isoformat()
        return {"because": keep.because, "until": end, "ground": keep.ground}

    with connection.cursor() as cursor:
        sql, params = compiler.kept(scope)
        cursor.execute(f"{sql} ORDER BY 1, 2", params)
        for label, key, rows, *latest in cursor.fetchall():
            of_one = found[scope.person(key)]
            if rows:
                of_one.rows[label] = of_one.rows.get(label, 0) + rows
            until = of_one.until.setdefault(label, [])
            until += [told(label, place, moment[:10]) for place, moment in enumerate(latest) if moment]
    return found
