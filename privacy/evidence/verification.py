"""Checks of who asks, and the documents that were handed in for them, held against the entries that tell of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from privacy.evidence import commitments
from privacy.evidence.events import Event
from privacy.evidence.told import ERASED_TEXT, Told, apart
from privacy.models import AuditEntry, Case, IdentityCheck, IdentityProof

ENDS = {Event.CHECK_PROVED, Event.CHECK_ENDED}


@dataclass
class Checks:
    """Of one case."""

    rows: dict[str, IdentityCheck] = field(default_factory=dict)
    proofs: dict[str, IdentityProof] = field(default_factory=dict)


def of_cases(ids: Mapping[UUID, Case]) -> Mapping[UUID, Checks]:
    found: defaultdict[UUID, Checks] = defaultdict(Checks)
    for check in IdentityCheck.objects.filter(case__in=ids):
        found[check.case_id].rows[str(check.pk)] = check
    if found:
        for proof in IdentityProof.objects.select_related("identity_check").filter(identity_check__case__in=ids):
            found[proof.identity_check.case_id].proofs[str(proof.pk)] = proof
    return found


def of_check(check: IdentityCheck) -> dict[str, Any]:
    """What the entry that asks for it says: what of the row never changes, and the words of whoever proposes it."""
    row = commitments.of_row(check, commitments.fixed_columns(IdentityCheck))
    return {"check": str(check.pk), "way": check.way, "row": row} | _words(check)


def of_end(check: IdentityCheck) -> dict[str, Any]:
    """What the entry says by which it ends."""
    facts = {"check": str(check.pk), "way": check.way, "outcome": check.outcome, "attempts": check.attempts,
             "document": check.document, "letter": check.letter}  # fmt: skip
    return facts | _words(check)


def of_proof(proof: IdentityProof) -> dict[str, Any]:
    row = commitments.of_row(proof, commitments.fixed_columns(IdentityProof))
    return {"check": str(proof.identity_check_id), "way": proof.identity_check.way, "proof": str(proof.pk), "row": row}


def _words(check: IdentityCheck) -> dict[str, str]:
    return {"text": commitments.of_text(check.salt, check.because)} if check.salt else {}


def differences(checks: Checks, told: Told, *, is_erased: bool) -> Iterator[str]:
    asked = {entry.data["check"]: entry for entry in told.checks if entry.event == Event.CHECK_ASKED}
    ended = {entry.data["check"]: entry for entry in told.checks if entry.event in ENDS}
    if checks.rows.keys() - asked.keys():
        yield "there is a check of who asks that no entry tells of"
    if asked.keys() - checks.rows.keys():
        yield "a check of who asks is gone"
    for pk in asked.keys() & checks.rows.keys():
        yield from _of_check(checks.rows[pk], asked[pk], ended.get(pk), is_erased=is_erased)
    yield from _of_proofs(checks, told, is_erased=is_erased)


def _of_check(check: IdentityCheck, asked: AuditEntry, end: AuditEntry | None, *, is_erased: bool) -> Iterator[str]:
    if commitments.of_row(check, asked.data["row"]["columns"]) != asked.data["row"]:
        yield "a check of who asks is not as it was asked for"
    elif asked.actor_id != check.asked_by_id:
        yield "a check of who asks names another person as the one who asked"
    if (check.outcome, check.decided_by_id) != ((end.data["outcome"], end.actor_id) if end else ("", None)):
        yield "what a check of who asks came to is not what was written"
    elif end and (check.attempts, check.document, check.letter) != tuple(
        end.data[name] for name in ("attempts", "document", "letter")
    ):
        yield "what was seen in a check of who asks is not what was written"
    elif end and (check.decided_at is None or apart(check.decided_at, end.at)):
        yield "a check of who asks ended at another time"
    yield from _of_words(check, end if end and "text" in end.data else asked, is_erased=is_erased)


def _of_words(check: IdentityCheck, entry: AuditEntry, *, is_erased: bool) -> Iterator[str]:
    is_blanked = is_erased and check.because == ERASED_TEXT
    if check.salt:
        if commitments.of_text(check.salt, check.because) != entry.data.get("text"):
            yield "the words of a check of who asks are not what was written"
    elif (check.because or "text" in entry.data) and not is_blanked:
        yield "the words of a check of who asks were blanked or changed, and nobody was erased"


def _of_proofs(checks: Checks, told: Told, *, is_erased: bool) -> Iterator[str]:
    handed_in = {entry.data["proof"]: entry for entry in told.checks if entry.event == Event.CHECK_PROOF}
    if checks.proofs.keys() - handed_in.keys():
        yield "there is a document that no entry tells of"
    if handed_in.keys() - checks.proofs.keys() and not is_erased:  # an erasure deletes them
        yield "a document that was handed in is gone, and nobody was erased"
    for pk in handed_in.keys() & checks.proofs.keys():
        proof, data = checks.proofs[pk], handed_in[pk].data
        if commitments.of_row(proof, data["row"]["columns"]) != data["row"]:
            yield "a document is not as it was handed in"
        if proof.identity_check.outcome and proof.sealed_key:
            yield "a document can be read though it was decided on"
