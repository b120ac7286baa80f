"""The rules of law, and the clocks that they set for cases."""

from dataclasses import replace

from privacy import models
from privacy.datamap import Category, Evidence, Keep, Personal, exempt, register
from privacy.personal_data.accountability import ACCOUNTABILITY, EVIDENCE_RETENTION, Accountability

exempt(
    models.RegimeRule,
    because="What laws ask, and which members of staff read and confirmed it",
    evidence=Evidence(once=("confirmed_by", "confirmed_at", "retired_at")),
)


class OfClocks(Accountability):
    subject = "case__subject"
    retention = replace(EVIDENCE_RETENTION, after="case__received_at")
    erase = Keep(because=ACCOUNTABILITY.because, until=retention, ground=ACCOUNTABILITY.ground)
    machinery = True
    silent = "case__silent"


@register(models.Clock)
class ClockData(OfClocks):
    despite_freeze = "By when a request is answered: of a frozen or erased person, too"
    derived = "The dates by which your requests are answered, made from the day of receipt and the rule of law"
    fields = {"kind": Personal(Category.PRIVACY_CHOICES)}
    not_personal = ("id", "case", "rule", "is_fallback", "planned_on", "limit_on")


@register(models.ClockPause)
class ClockPauseData(OfClocks):
    evidence = Evidence(once=("ended_on",))
    fields = {"why": Personal(Category.PRIVACY_CHOICES)}
    not_personal = ("id", "case", "began_on", "ended_on", "began_by")
    roles = {"began_by": "Kosenai staff"}
