import pkgutil
import sys
from importlib import import_module

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules


class PrivacyConfig(AppConfig):
    name = "privacy"
    verbose_name = "Privacy"

    def ready(self):
        """Finds these modules in every installed app, and every module inside them: the whole plug-in mechanism."""
        for floor in ("personal_data", "connectors", "fulfilment", "cases", "duties", "rights"):
            autodiscover_modules(floor)
            for config in apps.get_app_configs():
                import_all_under(f"{config.name}.{floor}")
        import privacy.connectors.checks
        import privacy.datamap.checks
        import privacy.roles  # noqa: F401  (all three: for the system checks that they register)

        first, *_, last = [config for config in apps.get_app_configs() if config.models_module]
        pre_migrate.connect(lift_triggers, sender=first)
        post_migrate.connect(follow_the_tables, sender=last)


def import_all_under(package: str) -> None:
    """Every module of the package, if there is one: what it declares and the handlers it has are registered by that."""
    found = sys.modules.get(package)
    for module in pkgutil.walk_packages(getattr(found, "__path__", []), f"{package}."):
        import_module(module.name)


def lift_triggers(sender, plan, using, **kwargs):
    """Once, before the first app's migrations, if there are any."""
    from privacy.datamap import triggers

    if plan:
        triggers.lift(connections[using])


def follow_the_tables(sender, using, **kwargs):
    """Once, after the last app's tables and permissions are made: triggers from the data map, groups from the roles,
    the rules of law from their file. `flush` calls it too, so it costs few queries when there is nothing to do."""
    from privacy import roles
    from privacy.datamap import triggers
    from privacy.regimes import seeding

    triggers.sync(connections[using])
    roles.sync_groups(using)
    seeding.sync(using)
