"""Every page of the admin, found from its URL patterns, with the ids of rows that exist."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db import models, transaction
from django.urls import NoReverseMatch, URLPattern, reverse

from privacy.catalogue import case_kinds
from privacy.evidence import audit
from privacy.evidence.events import Event
from privacy.models import Case, RightsRequest, State
from privacy.selectors.parked import jobs_of_no_case
from tests import factories as f


@dataclass(frozen=True)
class Page:
    """A URL of the admin; `model` is None for pages of the site itself."""

    name: str
    url: str
    model: type[models.Model] | None = None
    action: str = ""

    @property
    def label(self) -> str:
        return f"{self.model._meta.app_label}.{self.model._meta.model_name}"

    @property
    def kind(self) -> str:
        """The last part of the name: changelist, add, history, delete, change, or that of an action."""
        if self.model is None:
            return self.name
        return self.name.removeprefix(self.label.replace(".", "_") + "_")


def pages() -> list[Page]:
    """The pages of every registered model that has a row, and those of the site."""
    found = list(_site_pages())
    for model, model_admin in admin.site._registry.items():
        row = example(model)
        for pattern in model_admin.get_urls():
            for action in case_kinds if "name" in pattern.pattern.converters else [""]:
                if pattern.name and (url := _address(pattern, model, row, action)):
                    found.append(Page(pattern.name, url, model, action))
    return found


def row_of_everything():
    """A row of everything, and an erasure that waits for approval."""
    person = f.person_with_everything()
    erasure = f.CaseFactory(subject=f.DataSubjectFactory(), kind="erasure", state=State.DECIDING)
    f.StepFactory(job__case=erasure, name="processors.erase", target="stripe")
    f.SuppressionFactory()
    f.BatchFactory()
    f.ImportRunFactory()
    f.ReceiptFactory()
    f.ProcessorFactory()
    f.RoleGrantFactory()
    f.LetterWordingFactory()
    f.LetterFactory(case=erasure, kind="acknowledgement")
    f.ReplyFactory(case=erasure)
    f.DailyRootFactory()
    f.JobFactory(id=f.MailFactory().id, kind="mail", case=None, subject=None, parked_because="The mail server is away")
    with transaction.atomic():
        audit.append(uuid.uuid4(), Event.TABLE_EXPORTED, actor=None)
    return person


def example(model):
    """A row of the model; of the requests one that waits for a decision, because only those can be decided."""
    if model is RightsRequest and (waiting := RightsRequest.objects.filter(state=State.DECIDING).first()):
        return waiting
    return model._default_manager.order_by("pk").first()


def _site_pages() -> Iterator[Page]:
    for pattern in admin.site.get_urls():
        takes_nothing = isinstance(pattern, URLPattern) and not pattern.pattern.regex.groups
        if takes_nothing and pattern.name and pattern.name not in ("login", "logout"):
            yield Page(pattern.name, reverse(f"admin:{pattern.name}"))
    for app in ("privacy", "billing"):
        yield Page(f"app_list_{app}", reverse("admin:app_list", args=[app]))


def _address(pattern: URLPattern, model, row, action: str) -> str:
    request = row if isinstance(row, Case) else None
    step = request.steps.first() if request else None
    letter = request.letters.first() if request else None
    reply = request.replies.first() if request else None
    known = {
        "object_id": row and row.pk,
        "id": row and row.pk,
        "subject_id": row and row.pk,
        "request_id": request and request.pk,
        "step_id": step and step.pk,
        "batch_id": row and row.pk,
        "letter_id": letter and letter.pk,
        "reply_id": reply and reply.pk,
        "wording_id": row and row.pk,
        "kind": "acknowledgement",
        "language": "en",
        "rule_id": row and row.pk,
        "package_id": row and row.pk,
        "job_id": request and jobs_of_no_case().values_list("pk", flat=True).first(),
        "name": action,
    }
    given = {key: known.get(key) for key in pattern.pattern.converters}
    if any(value is None for value in given.values()):
        return ""
    try:
        return reverse(f"admin:{pattern.name}", kwargs=given)
    except NoReverseMatch:
        # UserAdmin's page of a password is the one that takes its key by a bare <id>.
        return reverse(f"admin:{pattern.name}", args=list(given.values()))
