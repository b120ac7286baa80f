"""Lists that are searched for people. The term comes by POST, so that no e-mail or name stands in an address, a log or
the browser's history."""

from cryptography.fernet import InvalidToken
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse

from privacy.admin.people import search_terms
from privacy.selectors.search import MOST, Found

LONGEST_TERM = 254  # characters of an e-mail address: what is longer finds nobody, cut or whole


class SearchedList:
    """For a list of a Searched admin: knows what was searched for, and what that was taken for."""

    def get_results(self, request):
        super().get_results(request)
        self.term = search_terms.readable(self.query)
        self.found = getattr(request, "found", None)


class Searched:
    """A list with a search by POST. One row found: to its page. Else back to the list, with the term encrypted in `q`.

    `everywhere` are the parameters with which the list holds all its rows.
    """

    search_length = 2_000  # of the encrypted term
    everywhere: dict[str, str] = {}

    def look_for(self, request, term: str) -> tuple[Q, Found]:
        """(which rows, what was found and tried)."""
        raise NotImplementedError

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}_search"
        return [path("search/", self.admin_site.admin_view(self.search_view), name=name), *super().get_urls()]

    def search_view(self, request) -> HttpResponse:
        list_, page = (
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{kind}" for kind in ("changelist", "change")
        )
        term = request.POST.get("term", "").strip()[: LONGEST_TERM + 1]
        if not self.has_view_permission(request) or not term:
            return HttpResponseRedirect(reverse(list_))
        which, _ = self.look_for(request, term)
        found = list(self.model._base_manager.filter(which).order_by().values_list("pk", flat=True)[:2])
        if len(found) == 1:
            return redirect(page, found[0])
        return HttpResponseRedirect(reverse(list_, query=self.everywhere | {"q": search_terms.seal(term)}))

    def get_search_results(self, request, queryset: QuerySet, search_term: str):
        if not search_term:
            return queryset, False
        try:
            which, request.found = self.look_for(request, search_terms.unseal(search_term))
        except InvalidToken:
            messages.warning(request, "This search has expired. Search again.")
            return queryset.none(), False
        if request.found.is_cut:
            messages.warning(request, f"More than {MOST:,} people: not all are shown. Type more of it.")
        return queryset.filter(which), False
