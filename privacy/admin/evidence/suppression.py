"""The suppression ledger, to look at."""

from django.contrib import admin

from privacy.admin.base import ReadOnlyAdmin
from privacy.models import Suppression


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Keyed hashes by which an erased person is known again; they cannot be read back."""

    list_display = ("__str__", "kind", "request", "created_at")
    fields = ("kind", "digest", "request", "created_at")
    list_select_related = ("request",)
    sortable_by = ()
    ordering = ("-pk",)
