"""The work that is done for people, and its steps."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Category, Evidence, Keep, KeptFor, Personal, Retention, register
from privacy.personal_data.accountability import ACCOUNTABILITY, EVIDENCE_RETENTION, Accountability

NOT_ALL_WORK = "An import, or the deletion of a file that has expired, is work about no one person"
MACHINERY = (
    "at_step", "lease", "lease_until", "fence", "claims", "not_before", "cancel_requested", "stopped_at",
    "parked_because", "approved",
)  # fmt: skip


@register(models.Job)
class JobData(Accountability):
    subject = "subject"
    retention = replace(EVIDENCE_RETENTION, after="ordered_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {"subject": Personal(Category.PSEUDONYM), "kind": Personal(Category.PRIVACY_CHOICES)}
    not_personal = (
        "id",
        "case",
        "about",
        "lane",
        "due_on",
        "silent",
        "ordered_by",
        "ordered_at",
        "ended_at",
        *MACHINERY,
    )
    roles = {"ordered_by": "Kosenai staff"}
    withheld = dict.fromkeys(
        ("about", "lane", *MACHINERY), "Bookkeeping of our own machinery; it says nothing about you"
    )
    evidence = Evidence(changes=("due_on", *MACHINERY), once=("ended_at",))
    about_nobody = NOT_ALL_WORK
    silent = "silent"
    machinery = True


@register(models.Step)
class StepData(Accountability):
    """`sealed` holds the processors' ids for the person until the call is made; the step empties it itself, after the
    erasure of the tables, so the sweep of the tables keeps its hands off."""

    subject = "job__subject"
    retention = replace(EVIDENCE_RETENTION, after="job__ordered_at")
    erase = Keep(
        because="The processor is asked to erase by these ids; emptied as soon as it has answered",
        until=Retention("Until the processor has answered", days=90, after="finished_at"),
        ground=KeptFor.LEGAL_OBLIGATION,
    )
    fields = {"sealed": Personal(Category.PSEUDONYM)}
    about_nobody = NOT_ALL_WORK
    silent = "job__silent"
    machinery = True
    not_personal = (
        "id", "job", "seq", "name", "target", "state", "attempts", "key", "not_before",
        "units_planned", "units_done", "result", "problem", "started_at", "finished_at",
    )  # fmt: skip
    withheld = {
        "sealed": "Encrypted; your ids at our processors stand in Identifier",
        "result": "Evidence of our own steps; it can name the employee who attested one (GDPR art. 15(4))",
    }
    evidence = Evidence(
        while_open=(
            "seq", "state", "attempts", "sealed", "not_before", "units_planned", "units_done", "result", "problem",
            "started_at", "finished_at",
        ),
        ended=("state", ("done", "waived")),
        goes={"state": ("pending",)},  # a plan of which nothing was done is made anew
    )  # fmt: skip
