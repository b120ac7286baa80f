"""The lists of models about people for which nobody has written an admin class: they follow from the data map. What is
evidence is shown with what it proves."""

from django.contrib.admin import AdminSite, ModelAdmin
from django.db import models
from django.utils.text import capfirst

from privacy.admin.content.masking import MaskedAdmin
from privacy.admin.personal import PersonalAdmin
from privacy.datamap import registry
from privacy.datamap.declaration import PersonalData

COLUMNS = 5  # of a list, beside the row and its person: more is not read across


def register_the_rest(site: AdminSite) -> list[type[models.Model]]:
    """Registers what no admin class shows, neither on a page nor as rows of one; returns these models. What is made
    from other rows needs no page."""
    shown = {*site._registry, *(model for page in site._registry.values() for model in on_pages_of(page))}
    rest = [d for model, d in registry.declarations.items() if model not in shown and not (d.evidence or d.derived)]
    for declared in sorted(rest, key=lambda declared: declared.label()):
        site.register(declared.model, page_for(declared))
    return [declared.model for declared in rest]


def on_pages_of(page: ModelAdmin) -> list[type[models.Model]]:
    return [*(inline.model for inline in page.inlines), *getattr(page, "shows", ())]


def page_for(declared: type[PersonalData]) -> type[PersonalAdmin]:
    """A plain list and page: capped counts, newest first, masked where the map says so."""
    names = [field.name for field in declared.model._meta.concrete_fields if field.name not in hidden(declared)]
    base = MaskedAdmin if declared.masked_fields() else PersonalAdmin
    made: type[PersonalAdmin] = type(
        f"{declared.model.__name__}Admin",
        (base,),
        {
            "__doc__": f"{capfirst(declared.model._meta.verbose_name_plural)}, as the data map has them.",
            "list_display": ("__str__", "subject_link", *names[:COLUMNS]),
            "fields": ("subject_link", *names),
        },
    )
    return made


def hidden(declared: type[PersonalData]) -> set[str]:
    """The key and the person, which have columns of their own."""
    return {declared.model._meta.pk.name, *declared.path()[:1]}
