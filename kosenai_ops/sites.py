"""The admin site: its name, and whose models it shows."""

from django.contrib.admin.apps import AdminConfig
from unfold.sites import UnfoldAdminSite

# These apps bring admin pages of their own, which write past our verbs and the audit trail, and one of them shows
# the secrets of second factors. Roles are made by migration; staff look after their own factors and sessions.
LEFT_OUT = {"auth", "account", "mfa", "usersessions", "axes"}


class KosenaiAdminSite(UnfoldAdminSite):
    site_header = site_title = "Kosenai Ops"
    index_title = "Today"

    def register(self, model_or_iterable, admin_class=None, **options):
        """As Django's; models of LEFT_OUT are passed over."""
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label not in LEFT_OUT]
        if ours:
            super().register(ours, admin_class, **options)

    def ask_again(self, request):
        """Where to prove again who one is, before an approval; None when that was a moment ago. The pages of
        `privacy` ask the site, because they may not import the composition root."""
        from kosenai_ops.staff_access import ask_again  # it needs the models, which are not loaded yet up there

        return ask_again(request)


class KosenaiAdminConfig(AdminConfig):
    default_site = "kosenai_ops.sites.KosenaiAdminSite"
