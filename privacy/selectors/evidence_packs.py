"""What the evidence pack of a case tells, file by file: what happened, by which rules, what was asked, answered and
issued. By ids, counts, dates and digests: no value of a person's, nothing of a package, and of what anybody wrote the
salted digest alone, which stands in the chain."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import models

from privacy import regimes
from privacy.catalogue import case_kinds
from privacy.catalogue.cases import label_of
from privacy.evidence import commitments, reconciliation, roots
from privacy.evidence.regimes import FIELDS
from privacy.evidence.told import FORMER_NAMES, Told
from privacy.models import (
    AccessPackage,
    AuditEntry,
    Case,
    CaseComment,
    ClockPause,
    Factor,
    Job,
    Letter,
    Receipt,
    Refusal,
    RegimeRule,
    Step,
)

# What the pack says of a rule: who read it is a member of staff, and stays here.
OF_A_RULE = tuple(name for name in FIELDS if name != "verified_by")
# Rows whose committed columns are ids, dates and words of ours. Of others, such as a file with the name that somebody
# gave it, the digest alone is told.
TOLD_ROWS: tuple[type[CaseComment] | type[Factor] | type[ClockPause], ...] = (CaseComment, Factor, ClockPause)
OF_A_CASE = (
    "id", "kind", "state", "outcome", "verification", "deciders", "requested_by_id", "approved_by_id", "approved_at",
    "owner_id", "received_at", "regime", "due_on", "limit_on", "acknowledged_at", "extended_at", "extended_because",
    "answered_at", "answered_how", "closed_at", "denial_reason", "parent_id", "joined_id", "batch_id",
)  # fmt: skip
OF_A_PACKAGE = ("id", "sha256", "size", "rows", "files", "gaps", "encrypted", "created_at", "expires_at",
                "downloaded_at", "swept_at")  # fmt: skip
OF_A_LETTER = (
    "id", "kind", "language", "way", "state", "claims", "sha256", "wording_id", "prepared_by_id", "made_at",
    "approved_by_id", "approved_at", "sent_at", "bounced_at",
)  # fmt: skip
OF_A_STEP = ("name", "target", "state", "attempts", "started_at", "finished_at", "result")


def of_case(case: Case, sentence: Callable[[AuditEntry], str]) -> dict[str, Any]:
    """{name of the file: its JSON}; `sentence` tells an entry in words."""
    entries = list(AuditEntry.objects.filter(chain=case.pk).order_by("n"))
    return {
        "case.json": told_of(case),
        "chain.json": [entry_of(entry) for entry in entries],
        "timeline.json": [line_of(entry, sentence) for entry in entries],
        "rules.json": rules_of(case),
        "asks.json": {"steps": steps_of(case), "former_names": FORMER_NAMES},
        "letters.json": letters_of(case),
        "receipts.json": receipts_of(case),
        "packages.json": packages_of(case),
        "rows.json": list(rows_of(case, entries)),
        "inclusion.json": inclusion_of(case),
    }


def told_of(case: Case) -> dict[str, Any]:
    kind = case_kinds.get(case.kind)
    return columns_of(case, OF_A_CASE) | {
        "label": label_of(case.kind),
        "law": regimes.name_of(case.regime) if case.regime else "",
        "cites": list(kind.cites) if kind else [],
        "denied_because": Refusal(case.denial_reason).with_law if case.denial_reason else "",
    }


def entry_of(entry: AuditEntry) -> dict[str, Any]:
    """As its digest is taken."""
    return {
        "chain": str(entry.chain), "n": entry.n, "event": entry.event, "actor": entry.actor_id, "at": moment(entry.at),
        "data": entry.data, "previous": entry.previous, "digest": entry.digest,
    }  # fmt: skip


def line_of(entry: AuditEntry, sentence: Callable[[AuditEntry], str]) -> dict[str, Any]:
    """Staff by their numbers."""
    by = f", by member of staff no. {entry.actor_id}" if entry.actor_id else ""
    return {
        "n": entry.n, "at": moment(entry.at), "actor": entry.actor_id, "event": entry.event,
        "sentence": f"{sentence(entry)}{by}",
    }  # fmt: skip


def rules_of(case: Case) -> dict[str, Any]:
    """The clocks of the case, when they stood, and the rules behind them as they are worded."""
    clocks = list(case.clocks.all())
    rules = RegimeRule.objects.filter(pk__in={clock.rule_id for clock in clocks}).order_by("law", "id")
    return {
        "clocks": [columns_of(c, ("kind", "rule_id", "is_fallback", "planned_on", "limit_on")) for c in clocks],
        "pauses": [columns_of(pause, ("why", "began_on", "ended_on")) for pause in case.pauses.all()],
        "rules": [columns_of(rule, ("id", *OF_A_RULE, "seed", "confirmed_at", "retired_at")) for rule in rules],
    }


def steps_of(case: Case) -> list[dict[str, Any]]:
    """What was asked of our own tables and of processors, and what came of it."""
    steps = Step.objects.filter(job__in=Job.objects.filter(case.works)).select_related("job")
    return [
        columns_of(step, OF_A_STEP) | {"job": str(step.job_id), "joined": step.job.case_id != case.pk}
        for step in steps.order_by("job__ordered_at", "seq")
    ]


def letters_of(case: Case) -> list[dict[str, Any]]:
    """The letters of the case, without what they say: on which facts each rests, and the salted digest of its text."""
    letters = Letter.objects.filter(case=case).order_by("made_at", "id").defer("sealed")
    return [columns_of(letter, OF_A_LETTER) for letter in letters]


def receipts_of(case: Case) -> list[dict[str, Any]]:
    receipts = Receipt.objects.filter(request__in=answered_with(case)).order_by("issued_at", "id")
    return [
        columns_of(receipt, ("id", "sha256", "issued_at", "body")) | {"joined": receipt.request_id != case.pk}
        for receipt in receipts
    ]


def packages_of(case: Case) -> list[dict[str, Any]]:
    """Of what was handed over its digest, its size and its counts."""
    packages = AccessPackage.objects.filter(request__in=answered_with(case)).order_by("created_at", "id")
    return [columns_of(one, OF_A_PACKAGE) | {"joined": one.request_id != case.pk} for one in packages]


def answered_with(case: Case) -> list[UUID]:
    """Itself, and the case whose work it has joined."""
    joined = case.joined.case_id if case.joined else None
    return [case.pk, joined] if joined else [case.pk]


def rows_of(case: Case, entries: Sequence[AuditEntry]) -> Iterator[dict[str, Any]]:
    """The rows that entries commit to, as their digests are taken."""
    there = committed_rows(case, entries)
    for entry in entries:
        if (row := entry.data.get("row")) is None:
            continue
        found = there.get(entry.n)
        if found is None:
            yield {"n": entry.n, "left_out": True}
        else:
            yield {"n": entry.n, "columns": row["columns"], "values": commitments.values_of(found, row["columns"])}


def committed_rows(case: Case, entries: Sequence[AuditEntry]) -> Mapping[int, models.Model]:
    """{n of the entry: the row that it commits to}, of those that the pack tells."""
    told, by_id = Told(), dict[str, models.Model]()
    for model in TOLD_ROWS:
        path = "dossier__case" if model is Factor else "case"
        by_id |= {str(row.pk): row for row in model._default_manager.filter(**{path: case})}
    found: dict[int, models.Model] = {}
    for entry in entries:
        told.hear(entry)
        named = entry.data.get("words") or entry.data.get("pause")
        if named in by_id:
            found[entry.n] = by_id[named]
    if told.opened and "row" in told.opened.data:
        found[told.opened.n] = reconciliation.as_opened(case, told)
    return found


def inclusion_of(case: Case) -> dict[str, Any] | None:
    proof = roots.prove(case.pk)
    if proof is None:
        return None
    root = columns_of(proof.root, ("day", "size", "root", "last_entry", "made_at", "file"))
    return {"root": root, "n": proof.n, "digest": proof.digest, "index": proof.index, "path": proof.path}


def columns_of(row: models.Model, names: Sequence[str]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    match value:
        case datetime():
            return moment(value)
        case date() | UUID():
            return str(value)
    return value


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
