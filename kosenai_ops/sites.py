"""The admin site: its name, and whose models it shows."""

from django.contrib.admin.apps import AdminConfig
from django.db import models
from django.urls import path
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

# These apps bring admin pages of their own, which write past our verbs and the audit trail, and one of them shows
# the secrets of second factors. Roles are made by migration; staff look after their own factors and sessions.
LEFT_OUT = {"auth", "account", "mfa", "usersessions", "axes"}
# Pages of the admin that nothing here leads to: the way to a row's public page (which is an error 500 without
# django.contrib.sites), the look-up of choices by what somebody types, and Unfold's search, whose terms stand in
# addresses and whose results in the cache.
PAGES_LEFT_OUT = {"view_on_site", "autocomplete", "search"}


class KosenaiAdminSite(UnfoldAdminSite):
    site_header = site_title = "Kosenai Ops"
    index_title = "Today"
    from_the_map: list[type[models.Model]] = []  # models whose pages nobody has written

    def register(self, model_or_iterable, admin_class=None, **options):
        """As Django's; models of LEFT_OUT are passed over."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label not in LEFT_OUT]
        if ours:
            super().register(ours, admin_class, **options)

    def get_urls(self):
        from kosenai_ops import finding, outbox  # they need the models, which are not loaded yet up there

        ours = [
            path("find/", self.admin_view(finding.find), name="find"),
            path("outbox/", self.admin_view(outbox.outbox), name="outbox"),
        ]
        return [*ours, *(one for one in super().get_urls() if getattr(one, "name", "") not in PAGES_LEFT_OUT)]

    def get_app_list(self, request, app_label=None):
        """As Django's, once somebody reads it: every page is given it, and our sidebar is made of other links."""
        return SimpleLazyObject(lambda: super(KosenaiAdminSite, self).get_app_list(request, app_label))

    def ask_again(self, request):
        """Where to prove again who one is, before an approval; None when that was a moment ago. The pages of
        `privacy` ask the site, because they may not import the composition root."""
        from kosenai_ops.staff_access import ask_again  # as above

        return ask_again(request)


class KosenaiAdminConfig(AdminConfig):
    default_site = "kosenai_ops.sites.KosenaiAdminSite"

    def ready(self):
        """As Django's; then come the pages that nobody has written."""
        super().ready()
        from django.contrib.admin import site

        from privacy.admin import data

        site.from_the_map = data.register_the_rest(site)
