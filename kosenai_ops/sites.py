"""The admin site: one place for its name, its index and its dashboard."""

from django.contrib.admin.apps import AdminConfig
from unfold.sites import UnfoldAdminSite


class KosenaiAdminSite(UnfoldAdminSite):
    site_header = site_title = "Kosenai Ops"
    index_title = "Today"


class KosenaiAdminConfig(AdminConfig):
    default_site = "kosenai_ops.sites.KosenaiAdminSite"
