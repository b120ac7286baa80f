"""What the data map masks."""

from privacy.datamap import registry

CONTENT = {model._meta.label: names for model in registry.declarations if (names := registry.masked(model))}
