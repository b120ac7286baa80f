from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = "Privacy"

    def ready(self):
        """Finds `personal_data` and `connectors` in every installed app: the whole plug-in mechanism."""
        autodiscover_modules("personal_data", "connectors")
        from privacy.connectors import checks as of_recipients  # noqa: F401  (registers the system checks)
        from privacy.datamap import checks  # noqa: F401
