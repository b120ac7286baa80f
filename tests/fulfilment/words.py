"""Every text that a person may read of us, in English: of the templates, of the code, and of the data map."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import models
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from privacy import regimes
from privacy.catalogue import cases
from privacy.datamap import LawfulBasis, Use, compiler, readable
from privacy.datamap.vocabulary import Category
from privacy.fulfilment.package.cover import _category
from privacy.fulfilment.redaction import told
from privacy.models import Membership, Processor, ScriptCoAuthor
from privacy.portal.cases import WHY
from privacy.selectors import authorities

TEMPLATES = Path(settings.BASE_DIR, "privacy", "templates", "privacy")
READ = ("package", "portal", "mail")  # folders of what people read
PAGES = sorted(str(page.relative_to(TEMPLATES)) for folder in READ for page in (TEMPLATES / folder).iterdir())
MODULES = [
    *(f"fulfilment/package/{name}.py" for name in ("wording", "cover", "builder", "uploads")),
    "fulfilment/asking.py",
    "fulfilment/preferences.py",
    *(f"portal/{name}.py" for name in ("asking", "cases", "forms", "preferences")),
]
SAYS = {"gettext", "ngettext", "Unread", "Gap"}  # calls whose texts a person reads
Word = tuple[str, str]  # singular and plural, which is empty where there is none


def interface() -> set[Word]:
    """What is ours to say in every language."""
    return {*of_templates(), *of_code(), *((text, "") for text in of_the_vocabulary() if text)}


def words() -> set[Word]:
    """With the words of single models: one that is new stands in English until somebody has translated it."""
    return interface() | {(text, "") for text in of_the_models() if text}


def of_templates() -> Iterator[Word]:
    for page in PAGES:
        nodes = get_template(f"privacy/{page}").template.nodelist
        for node in nodes.get_nodes_by_type(TranslateNode):
            if (text := node.filter_expression.var.literal) is not None:  # else it is of a declaration
                yield str(text), ""
        for node in nodes.get_nodes_by_type(BlockTranslateNode):
            singular, _ = node.render_token_list(node.singular)
            yield singular, node.render_token_list(node.plural)[0] if node.plural else ""


def of_code() -> Iterator[Word]:
    """Of calls of gettext, and of reasons why something is not in the package."""
    for module in MODULES:
        for node in ast.walk(ast.parse(Path(settings.BASE_DIR, "privacy", module).read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)] if name in SAYS else []
            if name == "Gap":
                texts = [text for text in texts if " " in text]
            if texts:
                yield texts[0], texts[1] if name == "ngettext" else ""


def of_the_vocabulary() -> Iterator[str]:
    yield from (use.text for use in Use)
    yield from (basis.value for basis in LawfulBasis)
    yield from (_category(category.name) for category in Category)
    yield from (label for _, label in Processor.Safeguard.choices)
    yield from (cases.label_of(key) for key in cases.case_kinds)
    yield from (text for kind in cases.case_kinds.values() if kind.plainly for text in kind.plainly.texts())
    yield from (text for words in (WHY,) for text in (words.label, words.help))
    yield regimes.name_of(regimes.NONE_VERIFIED)
    yield from told.BECAUSE.values()
    yield from ("you", "another person", "others", *ScriptCoAuthor.Role.values, *Membership.Role.values)
    for name, purpose in import_module("privacy.migrations.0003_processors_of_the_policy").PROCESSORS.values():
        yield from (name, purpose)
    for authority in (authorities.NATIONAL, authorities.ELSEWHERE, *sum(authorities.BY_COUNTRY.values(), [])):
        yield from (authority.name, authority.note)


def of_the_models() -> Iterator[str]:
    for declaration in compiler.all_declarations():
        yield str(declaration.model._meta.verbose_name_plural)
        yield declaration.derived
        if declaration.derived:
            continue
        yield from (declaration.source, declaration.retention.because, *declaration.withheld.values())
        yield from (veiled.because for veiled in declaration.veiled.values())
        yield from declaration.roles.values()
        yield declaration.joint.because if declaration.joint else ""
        for kept in (declaration.retention, *(keep.until for keep in declaration.keeps())):
            yield from (part.replace("_", " ") for part in kept.after.split("__"))
        yield from (keep.because for keep in declaration.keeps())
        for field in readable.columns(declaration):
            yield str(field.verbose_name)
            yield from (str(label) for _, label in field.flatchoices or () if isinstance(field, models.Field))
