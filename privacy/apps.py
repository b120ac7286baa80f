from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = "Privacy"

    def ready(self):
        """Finds `personal_data` and `connectors` in every installed app: the whole plug-in mechanism."""
        autodiscover_modules("personal_data", "connectors")
        from privacy import roles  # noqa: F401  (registers its system check)
        from privacy.connectors import checks as of_recipients  # noqa: F401  (registers the system checks)
        from privacy.datamap import checks  # noqa: F401  (the same)

        first, *_, last = [config for config in apps.get_app_configs() if config.models_module]
        pre_migrate.connect(lift_triggers, sender=first)
        post_migrate.connect(follow_the_tables, sender=last)


def lift_triggers(sender, plan, using, **kwargs):
    """Once, before the first app's migrations, if there are any."""
    from privacy.datamap import triggers

    if plan:
        triggers.lift(connections[using])


def follow_the_tables(sender, using, **kwargs):
    """Once, after the last app's tables and permissions are made: triggers from the data map, groups from the roles.
    `flush` calls it too, so it costs four queries when there is nothing to do."""
    from privacy import roles
    from privacy.datamap import triggers

    triggers.sync(connections[using])
    roles.sync_groups(using)
