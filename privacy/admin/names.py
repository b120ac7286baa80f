"""What staff call the processors and tables that the code knows by key and label."""

from django.apps import apps

from privacy.connectors.base import connectors


def processor_name(key: str) -> str:
    return connectors[key].name if key in connectors else key


def model_name(label: str) -> str:
    """`Usage events` for privacy.UsageEvent; the label itself for a table that is no model any more."""
    try:
        return str(apps.get_model(label)._meta.verbose_name_plural).capitalize()
    except (LookupError, ValueError):
        return label


def many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
