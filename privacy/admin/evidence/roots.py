"""The roots of the days, and where each is kept besides."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.timezone import localtime
from unfold.decorators import display

from privacy.admin.badges import badge, badges, short_date
from privacy.admin.base import ReadOnlyAdmin
from privacy.models import DailyRoot


@admin.register(DailyRoot)
class DailyRootAdmin(ReadOnlyAdmin):
    list_display = ("on", "chains", "digest", "made", "kept")
    fields = ("day", "chains", "digest", "last_entry", "made", "kept")
    readonly_fields = fields
    ordering = ("-day",)
    sortable_by = ()
    empty_text = "No root yet. manage.py work computes one each day."

    def get_queryset(self, request):
        return super().get_queryset(request).defer("blocks")

    @display(description="Day")
    def on(self, root):
        return short_date(root.day)

    @display(description="Chains")
    def chains(self, root):
        return f"{root.size:,}"

    @display(description="Root")
    def digest(self, root):
        return format_html('<span class="ops-mono ops-break">{}</span>', root.root)

    @display(description="Computed")
    def made(self, root):
        return f"{localtime(root.made_at):%-d %b %Y, %H:%M}"

    @display(description="Kept elsewhere")
    def kept(self, root):
        """The file, and whether it was mailed."""
        return badges(
            badge(root.file, "good") if root.written_at else badge("Not written yet", "warn"),
            badge("Mailed", "good") if root.mailed_at else None,
        )
