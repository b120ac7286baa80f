"""What staff say to each other about a case, and the files that they put to it."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Blank, Category, Evidence, Keep, Personal, register
from privacy.personal_data.accountability import ACCOUNTABILITY, COMMITMENT, ERASED_TEXT, Accountability
from privacy.personal_data.accountability import EVIDENCE_RETENTION as RETENTION

AMONG_STAFF = "Our staff's words to each other about your request can name others and an inquiry (GDPR art. 15(4), 23)"


@register(models.CaseComment)
class CaseCommentData(Accountability):
    subject = "case__subject"
    retention = replace(RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    fields = {
        "written_at": Personal(Category.PRIVACY_CHOICES),
        "text": Personal(Category.PRIVACY_CHOICES, erase=ERASED_TEXT),
        "salt": Personal(Category.PSEUDONYM, erase=Blank()),
    }
    not_personal = ("id", "case", "written_by")
    roles = {"written_by": "Kosenai staff"}
    withheld = {"text": AMONG_STAFF, "salt": COMMITMENT}
    evidence = Evidence()
    silent = "case__silent"


@register(models.CaseFile)
class CaseFileData(Accountability):
    """Goes with the person: what they or others wrote about them is in it. Else it ends with its case."""

    subject = "comment__case__subject"
    retention = replace(RETENTION, after="comment__case__received_at")
    folder = "case-files/{subject}"
    fields = {
        "file": Personal(Category.PRIVACY_CHOICES, masked=False),  # staff put it there, and read it with the case
        "name": Personal(Category.PRIVACY_CHOICES, masked=False),
        "media_type": Personal(Category.PRIVACY_CHOICES, masked=False),
        "size": Personal(Category.PRIVACY_CHOICES),
        "sha256": Personal(Category.PRIVACY_CHOICES, masked=False),
    }
    not_personal = ("id", "comment")
    withheld = {
        "file": "A file that our staff put to your request can be about others and an inquiry (GDPR art. 15(4), 23)",
        "name": AMONG_STAFF,
    }
    evidence = Evidence(changes=("file",), goes={})  # an erasure deletes the file, and then the row
    silent = "comment__case__silent"
