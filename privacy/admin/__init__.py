"""The back office. One module a subject area; each registers its own models."""

from importlib import import_module
from importlib.util import find_spec

MODULES = (
    "subjects", "requests", "duties",
    "content", "communications", "usage", "processors", "evidence", "imports", "staff",
)  # fmt: skip

for module in MODULES:
    if find_spec(f"{__name__}.{module}"):
        import_module(f"{__name__}.{module}")
