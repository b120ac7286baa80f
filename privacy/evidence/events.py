"""What the audit trail tells of. Entries are never rewritten, so a value here never changes, and none is taken out."""

from enum import StrEnum
from typing import Self

from privacy.models import Outcome, State


class Event(StrEnum):
    """The value is what an entry says, `label` what staff read of it, and `details` what follows on the label where
    the entry's data has it; the names in it are words of privacy.admin.evidence.events."""

    label: str
    details: str

    def __new__(cls, value: str, label: str, details: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_, member.label, member.details = value, label, details
        return member

    REQUEST_OPENED = "request.opened", "Opened", ": {kind}"
    REQUEST_AWAITING_APPROVAL = "request.awaiting_approval", "Request awaiting approval", ": {because}"
    REQUEST_IN_PROGRESS = "request.in_progress", "Request in progress", ": {because}"
    REQUEST_ON_HOLD = "request.on_hold", "Request put on hold", ": {because}"
    REQUEST_AWAITING_PROCESSORS = "request.awaiting_processors", "Request awaiting processors", ": {because}"
    REQUEST_FULFILLED = "request.fulfilled", "Request fulfilled", ": {because}"
    REQUEST_DENIED = "request.denied", "Request denied", ": {because}"
    REQUEST_WITHDRAWN = "request.withdrawn", "Request withdrawn", ": {because}"
    REQUEST_CANCEL_REQUESTED = (
        "request.cancel_requested",
        "Withdrawn while it is carried out",
    )
    REQUEST_PARKED = "request.parked", "Parked: a person has to look"
    REQUEST_UNPARKED = "request.unparked", "Tried again after it was parked"

    CASE_MATCHED = "case.matched", "Matched with a person"
    CASE_PROVED = "case.proved", "It was made sure who asks", ": {verification}"
    CASE_UNPROVED = "case.unproved", "Refused, because it is not sure who asks", ": {because}"
    CASE_GRANTED = "case.granted", "Decided: it is carried out"
    CASE_REFUSED = "case.refused", "Refused", ": {because}"
    CASE_JOB_ENDED = "case.job_ended", "Everything was carried out"
    CASE_DUE_SOON = "case.due_soon", "The date is near: to be answered with what is so"
    CASE_ANSWERED = "case.answered", "Answered", ": {how}"
    CASE_BOUNCED = "case.bounced", "The answer did not reach the person"
    CASE_REOPENED = "case.reopened", "Taken up again"
    CASE_WITHDRAWN = "case.withdrawn", "Withdrawn"
    CASE_DUPLICATE = "case.duplicate", "Closed as a duplicate"
    CASE_NOT_A_REQUEST = "case.not_a_request", "Closed: not a request"
    CASE_EXPIRED = "case.expired", "Closed: who asks was never proved"
    CASE_LAPSED = "case.lapsed", "Closed by itself: who asks was not proved in time"
    CASE_JOINED = "case.joined", "Joined work that was running about the same"
    CASE_ASSIGNED = "case.assigned", "Given to a member of staff", ": no. {owner}"
    CASE_ACKNOWLEDGED = "case.acknowledged", "The person was told that it has come in"
    CASE_EXTENDED = "case.extended", "The answer was put off", ": {extension}"
    CLOCKS_MOVED = "clocks.moved", "Dates reckoned anew", ": {moved}"
    CLOCK_PAUSED = "clock.paused", "Clock stopped while the person is asked"
    CLOCK_RESUMED = "clock.resumed", "Clock goes on"
    GRACE_BEGAN = "grace.began", "Waits before the first step, and can be taken back", ": until {until}"
    RULE_SEEDED = "rule.seeded", "Rule of law brought by a release", ": {law}{stood}"
    RULE_PROPOSED = "rule.proposed", "Change of a rule of law proposed", ": {law}"
    RULE_CONFIRMED = "rule.confirmed", "Rule of law confirmed", ": {law}"
    RULE_REFUSED = "rule.refused", "Change of a rule of law refused", ": {law}"
    RULES_APPLIED = "rules.applied", "Open requests reckoned by the rules in force", ": {counts}"
    DOSSIER_NOTED = "dossier.noted", "Written into the abuse dossier", ": a factor {side} the refusal"
    DOSSIER_CONFIRMED = "dossier.confirmed", "Abuse dossier confirmed", ": {said_for} for, {said_against} against"
    CHECK_ASKED = "check.asked", "Asked for proof of who asks", ": {way}"
    CHECK_PROOF = "check.proof", "Document handed in", ": {way}"
    CHECK_PROOF_SEEN = "check.proof_seen", "Document looked at"
    CHECK_PROVED = "check.proved", "Proof of who asks held good", ": {way}"
    CHECK_ENDED = "check.ended", "Proof of who asks came to nothing", ": {way}, {came_to}"
    COMMENT_WRITTEN = "comment.written", "Comment written"
    COMMENT_FILE = "comment.file", "File put to the case"
    WORK_STOPPED = "work.stopped", "Stopped before its next step"
    WORK_RESUMED = "work.resumed", "Goes on again"

    PLAN_FROZEN = "plan.frozen", "Plan frozen", ": {steps}"
    PLAN_APPROVED_AGAIN = "plan.approved_again", "Plan approved again, as it had changed"
    JOB_ADVANCED = "job.advanced", "Carried on", "{advanced}"
    STEP_INTENDED = "step.intended", "Step begun", ": {step}, attempt {attempt}"
    STEP_DONE = "step.done", "Step done", ": {step}{outcome}"
    STEP_REVEALED = "step.revealed", "Shown to a member of staff: what the processor calls the person", ": {step}"
    STEP_WAIVED = "step.waived", "Step waived", ": {step}"
    JOB_PARKED = "job.parked", "Work parked: a person has to look"
    JOB_UNPARKED = "job.unparked", "Work tried again after it was parked"

    EVIDENCE_PACKED = "evidence.packed", "Evidence pack handed to a member of staff"
    ROOT_MADE = "root.made", "Daily root computed", ": {root}"
    ROOT_COPIED = "root.copied", "Daily root kept elsewhere", ": {copy}"

    PACKAGE_LINK_ISSUED = "package.link_issued", "Link to the package issued"
    PACKAGE_DOWNLOADED = "package.downloaded", "Package downloaded by its link"
    PACKAGE_DOWNLOAD_RESUMED = "package.download_resumed", "Download of the package taken up again"
    PACKAGE_DOWNLOADED_BY_STAFF = "package.downloaded_by_staff", "Package downloaded by staff"
    PACKAGE_SWEPT = "package.swept", "Package deleted"

    LETTER_PREPARED = "letter.prepared", "Letter written", ": {letter_kind}"
    LETTER_APPROVED = "letter.approved", "Letter approved by a second person"
    LETTER_SENT = "letter.sent", "Letter sent", ": {how}"
    LETTER_BLOCKED = "letter.blocked", "Letter not sent: what it says is not so any more"
    LETTER_WITHDRAWN = "letter.withdrawn", "Letter withdrawn"
    LETTER_BOUNCED = "letter.bounced", "Letter could not be delivered"
    LETTER_TRIED_AGAIN = "letter.tried_again", "Letter sent anew, as it had not gone out"
    REPLY_CAME = "reply.came", "Mail came in", ": {reply}"
    REPLY_READ = "reply.read", "Mail that came in was read"
    LETTER_WORDING_PROPOSED = "letter.wording_proposed", "Wording of a letter proposed", ": {wording}"
    LETTER_WORDING_CONFIRMED = "letter.wording_confirmed", "Wording of a letter confirmed", ": {wording}"
    LETTER_WORDING_RETIRED = "letter.wording_retired", "Wording of a letter taken out of use", ": {wording}"

    REDACTIONS_SHOWN = "redactions.shown", "Shown to a member of staff: where others may be named", ": {rows}"
    REDACTIONS_CONFIRMED = "redactions.confirmed", "Decided which others are left out of the package", ": {counts}"

    CONTENT_REVEALED = "content.revealed", "Content revealed", ": {model}, {fields}. {reason}"
    CONTENT_EXPORTED = "content.exported", "Content exported", ": {model}, {fields}, {rows}. {reason}"
    TABLE_EXPORTED = "table.exported", "Table exported", ": {model}, {rows}{why}"

    IMPORT_ORDERED = "import.ordered", "Import ordered", ": {sheet}, {rows}"
    IMPORT_DONE = "import.done", "Import done", ": {sheet}, {counts}"
    IMPORT_REFUSED = "import.refused", "Import refused", ": {sheet}"
    IMPORT_STOPPED = "import.stopped", "Import stopped", ": {sheet}, {counts}"
    PEOPLE_TOLD_APART = "people.told_apart", "Told apart from another person with the same address"
    IDENTIFIER_READMITTED = "identifier.readmitted", "An erased identifier may come in again", ": {lifted}"
    INTAKE_PEOPLE = "intake.people", "People taken in", ": {counts}"
    INTAKE_SCRIPT = "intake.script", "Scripts taken in", ": {counts}"
    INTAKE_SCRIPTCOAUTHOR = "intake.scriptcoauthor", "Co-authors taken in", ": {counts}"
    INTAKE_NOTE = "intake.note", "Notes taken in", ": {counts}"
    INTAKE_PROMPT = "intake.prompt", "Prompts taken in", ": {counts}"
    INTAKE_FEEDBACK = "intake.feedback", "Feedback taken in", ": {counts}"
    INTAKE_SHOTLIST = "intake.shotlist", "Shot lists taken in", ": {counts}"
    INTAKE_SHOT = "intake.shot", "Shots taken in", ": {counts}"
    BILLING_SYNCED = "billing.synced", "Billing taken in from Stripe", ": {counts}"

    CONSENT_GIVEN = "consent.given", "Consented", ": {consent}"
    CONSENT_WITHDRAWN = "consent.withdrawn", "Consent taken back", ": {consent}"
    WORDING_PUBLISHED = "wording.published", "Wording of a consent published", ": {wording}"
    LIMIT_PLACED = "limit.placed", "Limited by the person’s own word", ": {limit}"
    LIMIT_LIFTED = "limit.lifted", "Not limited any more, by the person’s own word", ": {limit}"
    CONSENT_RECEIPT_ISSUED = "consent.receipt_issued", "Receipt of consents handed to a member of staff"

    PROCESSOR_ADDED = "processor.added", "Processor added", ": {processor}"
    PROCESSOR_CHANGED = "processor.changed", "Processor changed", ": {processor}; {fields}"
    PROCESSOR_REVIEWED = "processor.reviewed", "Processor reviewed", ": {processor}"
    STAFF_ADDED = "staff.added", "Staff account added", ": no. {member}, {rights}"
    STAFF_CHANGED = "staff.changed", "Staff account changed", ": no. {member}, {rights}; {fields}"
    STAFF_INVITED = "staff.invited", "Member of staff invited", ": no. {member}"
    STAFF_INVITATION_WITHDRAWN = "staff.invitation_withdrawn", "Invitation withdrawn", ": no. {member}"
    STAFF_JOINED = "staff.joined", "Invited member set their password", ": no. {member}"
    STAFF_REVIEWED = "staff.reviewed", "What a member may do reviewed", ": no. {member}, {held}. {finding}"
    STAFF_ROLE_ASKED = "staff.role_asked", "Role that decides asked for", ": no. {member}, {role}"
    STAFF_ROLE_REFUSED = "staff.role_refused", "Role that decides refused", ": no. {member}, {role}"
    STAFF_ROLE_ACTS = "staff.role_acts", "Role that decides acts", ": no. {member}, {role}"
    STAFF_PASSWORD_SET = "staff.password_set", "Password of a staff account set by another", ": no. {member}"


# What whoever asks for a case or decides about it does; they decide no appeal against it.
DECIDES = (
    Event.REQUEST_OPENED, Event.CASE_GRANTED, Event.CASE_REFUSED, Event.CASE_UNPROVED, Event.PLAN_APPROVED_AGAIN
)  # fmt: skip

# What tells that a case has moved, by what has happened.
NO_MOVE = {Event.CASE_JOINED, Event.CASE_ASSIGNED, Event.CASE_ACKNOWLEDGED, Event.CASE_EXTENDED}
OF_MOVE = {event.removeprefix("case."): event for event in Event if event.startswith("case.") and event not in NO_MOVE}

# What an entry said until 2026-11 of the status of a request, as (state, outcome) of its case. One that was on hold had
# been approved, or had not.
OF_OLD_STATUS: dict[str, set[tuple[str, str]]] = {
    Event.REQUEST_AWAITING_APPROVAL: {(State.DECIDING, "")},
    Event.REQUEST_IN_PROGRESS: {(State.FULFILLING, "")},
    Event.REQUEST_ON_HOLD: {(State.FULFILLING, ""), (State.DECIDING, "")},
    Event.REQUEST_AWAITING_PROCESSORS: {(State.FULFILLING, "")},
    Event.REQUEST_FULFILLED: {(State.CLOSED, Outcome.FULFILLED)},
    Event.REQUEST_DENIED: {(State.CLOSED, Outcome.DENIED)},
    Event.REQUEST_WITHDRAWN: {(State.CLOSED, Outcome.WITHDRAWN)},
}

# In the trails of old databases; no code writes them any more.
HISTORICAL = frozenset(
    {*OF_OLD_STATUS, Event.REQUEST_PARKED, Event.REQUEST_UNPARKED, Event.STEP_INTENDED, Event.STEP_WAIVED}
)
