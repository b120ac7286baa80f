"""A recipient that nobody tells of an erasure stops the start."""

from typing import Any

from django.core.checks import Error, register

from privacy.connectors.base import connectors
from privacy.datamap import registry


@register("datamap")
def check_recipients(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Every recipient that the data map names has a connector: called, asked by a person, or gone by a stated day."""
    return [
        Error(
            f"{declaration.label()} names {key!r} as recipient, which no connector tells of an erasure.",
            obj=declaration.model,
            id="datamap.E016",
        )
        for declaration in registry.declarations.values()
        for key in declaration.recipients
        if key not in connectors
    ]
