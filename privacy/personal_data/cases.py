"""Cases: what somebody asked for, or what we took up ourselves."""

from dataclasses import replace

from privacy import models
from privacy.datamap import (
    Apart,
    Blank,
    Category,
    Evidence,
    Keep,
    KeptFor,
    OnlyWith,
    Personal,
    Retention,
    Veiled,
    exempt,
    register,
)
from privacy.evidence.events import DECIDES
from privacy.models import Verification
from privacy.models.reasons import ON_A_DOSSIER
from privacy.personal_data.accountability import (
    ACCOUNTABILITY,
    CASE_RETENTION,
    COMMITMENT,
    ERASED_TEXT,
    Accountability,
)


def decider_is_not(there: str, model: str = "privacy.Case", link: str = "id", **where: tuple[str, ...]) -> Apart:
    return Apart(
        "approved_by", {"kind": ("appeal",)}, "parent", model, link, there,
        "An appeal is decided by somebody who had nothing to do with what is appealed", where,
    )  # fmt: skip


def only_with_its_check(way: str) -> OnlyWith:
    return OnlyWith(
        "verification", (way,), "privacy.IdentityCheck", "case", {"way": way, "outcome": "proved"},
        "This way of making sure who asks takes a check that has proved it",
    )  # fmt: skip


# Rights and duties are declared above this floor; a test subtracts these from them.
DUTIES = (
    "hold_place",
    "hold_release",
    "child_flag",
    "child_confirm",
    "child_clear",
    "merge",
    "split",
    "separate",
    "limit_lift",
)
# What somebody reports of another; the one does not read what the other wrote. A test subtracts these, too.
REPORTS = ("child_report", "access_report")
OTHERS_WORDS = (
    "Our staff's words about a legal hold or a possible child, and what others report to us, can name others and an "
    "inquiry (GDPR art. 15(4), 23); the reasons of your own requests are told"
)


@register(models.Case)
class CaseData(Accountability):
    """`sealed` holds where the person is to be answered, until nothing is owed any more: also past their erasure, of
    which they are still to be told."""

    subject = "subject"
    retention = CASE_RETENTION
    erase = replace(ACCOUNTABILITY, until=CASE_RETENTION)
    fields = {
        "subject": Personal(Category.PSEUDONYM),
        "kind": Personal(Category.PRIVACY_CHOICES),
        "state": Personal(Category.PRIVACY_CHOICES),
        "outcome": Personal(Category.PRIVACY_CHOICES),
        "reason": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "verification": Personal(Category.PRIVACY_CHOICES),
        "received_at": Personal(Category.PRIVACY_CHOICES),
        "regime": Personal(Category.COUNTRY),
        "answered_at": Personal(Category.PRIVACY_CHOICES),
        "answered_how": Personal(Category.PRIVACY_CHOICES),
        "denial_reason": Personal(Category.PRIVACY_CHOICES),
        "recipient_key": Personal(Category.PSEUDONYM, erase=Blank()),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
        "answer": Personal(Category.PRIVACY_CHOICES, erase=Blank()),
        "sealed": Personal(
            Category.EMAIL,
            erase=Keep(
                because="The person is answered there (GDPR art. 12(3)); emptied when nothing is owed any more",
                until=Retention("Until the person is answered", days=90, after="received_at"),
                ground=KeptFor.LEGAL_OBLIGATION,
            ),
        ),
    }
    not_personal = (
        "id", "batch", "requested_by", "verified_by", "planned", "deciders", "approved_by", "approved_at", "owner",
        "joined", "due_on", "limit_on", "acknowledged_at", "extended_at", "extended_because", "closed_at", "silent",
        "parent", "after",
    )  # fmt: skip
    roles = dict.fromkeys(("requested_by", "verified_by", "approved_by", "owner"), "Kosenai staff")
    withheld = {
        "salt": COMMITMENT, "sealed": "Encrypted; the address that you gave us for the answer",
        "answer": "Encrypted; it is what we answered you",
        "planned": "Names tables, and people who would get what you share with them; the receipt says what was done",
    }  # fmt: skip
    evidence = Evidence(
        changes=(
            "state",
            "outcome",
            "joined",
            "closed_at",
            "answered_at",
            "answered_how",
            "owner",
            "sealed",
            "answer",
            "regime",
            "due_on",
            "limit_on",
        ),
        once=("verification", "verified_by", "acknowledged_at", "extended_at", "extended_because"),
        anew=("approved_by", "approved_at", "denial_reason"),  # of a case that is taken up again
        only_with=(
            OnlyWith(
                "denial_reason",
                ON_A_DOSSIER,
                "privacy.Dossier",
                "case",
                {"confirmed_at": True, "withdrawn_at": None},
                "This reason takes a dossier that a second person has confirmed",
            ),
            *map(only_with_its_check, Verification.of_a_check()),
        ),
        apart=(  # whoever has decided about it at any time is told by its entries alone
            decider_is_not("requested_by"),
            decider_is_not("approved_by"),
            decider_is_not("actor", "privacy.AuditEntry", "chain", event=DECIDES),
        ),
    )
    veiled = {"reason": Veiled("kind", (*DUTIES, *REPORTS), OTHERS_WORDS)}
    silent = "silent"


exempt(
    models.Batch,
    because="Who pressed which button when; the persons stand in Case",
    evidence=Evidence(goes={}),  # one that opened nothing; a request keeps its batch by the foreign key
)
