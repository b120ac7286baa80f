"""Parked work of our own: what it is, why it stopped, what to try, and once more."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display

from privacy.admin.base import ReadOnlyAdmin
from privacy.admin.forms import NoQuestionsForm
from privacy.admin.requests.parked import to_try
from privacy.catalogue import NotAllowed
from privacy.duties import parked as verbs
from privacy.models import Job
from privacy.selectors import parked

HERE = "admin:privacy_job_changelist"


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """A case's work stands on the case's page; here is what no case has ordered."""

    list_display = ("__str__", "what", "because", "try_this", "ordered_at")
    fields = ("what", "because", "try_this", "ordered_at", "ordered_by")
    readonly_fields = ("what", "because", "try_this")
    list_before_template = "admin/privacy/job_head.html"
    ordering = ("ordered_at", "id")
    sortable_by = ()
    actions_detail = ("try_again",)
    empty_text = "Nothing of our own work is parked."

    def get_queryset(self, request):
        return parked.of_our_own().order_by(*self.ordering).select_related("ordered_by")

    def has_retry_permission(self, request, obj=None) -> bool:
        return request.user.has_perm("privacy.retry_job")

    @display(description="Work")
    def what(self, job):
        return parked.title(job)

    @display(description="Stopped because")
    def because(self, job):
        return job.parked_because

    @display(description="What to try")
    def try_this(self, job):
        return to_try(job.parked_because)

    @action(description="Try again…", icon="refresh", url_path="try-again", permissions=["retry"])
    def try_again(self, request, object_id):
        job = self.get_object(request, unquote(object_id))
        if job is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method != "POST":
            return self.ask(request, job)
        try:
            verbs.try_again(job_id=job.pk, actor=request.user)
        except NotAllowed as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, "The workers try again.")
        return redirect(HERE)

    def ask(self, request, job: Job) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Try again: {parked.title(job)}",
            "form": NoQuestionsForm(),
            "form_url": request.path,
            "cancel_url": reverse(HERE),
            "submit": "Try again",
            "sentences": [
                f"It stopped because: {job.parked_because}",
                f"What to try: {to_try(job.parked_because)}",
                "Finished steps are not done twice; the workers go on where it stopped.",
            ],
        }
        return TemplateResponse(request, "admin/privacy/confirm_decision.html", context)
