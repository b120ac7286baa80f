"""Every text that a person may read of us, in English: of the templates, of the code, of the data map, and of what
fills the gaps of letters."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import models
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.dates import MONTHS

from privacy import regimes
from privacy.catalogue import cases
from privacy.connectors.base import connectors
from privacy.datamap import KeptFor, LawfulBasis, Use, compiler, readable
from privacy.datamap.vocabulary import Category
from privacy.fulfilment import proofs
from privacy.fulfilment.package.cover import _category
from privacy.fulfilment.redaction import told
from privacy.models import DelayReason, Membership, Processor, Refusal, ScriptCoAuthor
from privacy.portal.cases import WHY
from privacy.regimes import delays, seeds
from privacy.selectors import authorities

TEMPLATES = Path(settings.BASE_DIR, "privacy", "templates", "privacy")
READ = ("package", "portal", "mail")  # folders of what people read
PAGES = sorted(str(page.relative_to(TEMPLATES)) for folder in READ for page in (TEMPLATES / folder).iterdir())
MODULES = [
    *(f"fulfilment/package/{name}.py" for name in ("wording", "cover", "builder", "uploads")),
    "fulfilment/verification.py",
    "fulfilment/asking.py",
    "fulfilment/preferences.py",
    *(f"portal/{name}.py" for name in ("asking", "cases", "forms", "preferences", "verification")),
]
SAYS = {"gettext", "ngettext", "Unread", "Gap"}  # calls whose texts a person reads
Word = tuple[str, str]  # singular and plural, which is empty where there is none
# {why: texts that no language says otherwise}
SAME_EVERYWHERE = {
    "a company is known by its name": {"Clerk", "Google Gemini", "OpenAI", "Stripe"},
    "an authority or a law of a country that speaks English is known by its name": {
        "APPI", "CAN-SPAM Act", "CCPA", "COPPA", "California Privacy Protection Agency (CPPA)", "Colorado Privacy Act",
        "Connecticut DPA", "DPDP Act", "Delaware PDPA", "Florida Digital Bill of Rights", "Indiana CDPA", "Iowa CDPA",
        "Kentucky CDPA", "LGPD", "Maryland ODPA", "Minnesota CDPA", "Montana CDPA", "Nebraska DPA",
        "New Hampshire Privacy Act", "New Jersey DPA", "Oregon CPA", "PIPA", "Privacy Act 1988", "Rhode Island DTPPA",
        "Tennessee IPA", "Texas DPSA", "Utah CPA", "Virginia CDPA",
    },
    "American law is cited as it cites itself": {
        "11 CCR 7021(b)", "11 CCR 7026(e)", "Cal. Civ. Code 1798.105(c)(2)", "Cal. Civ. Code 1798.105(d)(4)",
        "Cal. Civ. Code 1798.105(d)(8)", "Cal. Civ. Code 1798.145(a)", "Cal. Civ. Code 1798.145(h)(3)",
        "Fla. Stat. 501.706", "N.J.S.A. 56:8-166.7", "Tex. Bus. & Com. Code 541.052", "Utah Code 13-61-203",
        "Va. Code 59.1-577(B)",
    },
}  # fmt: skip


def interface() -> set[Word]:
    """What is ours to say in every language."""
    of_letters = set(of_the_letters()).difference(*SAME_EVERYWHERE.values())
    return {*of_templates(), *of_code(), *((text, "") for text in (*of_the_vocabulary(), *of_letters) if text)}


def words() -> set[Word]:
    """With the words of single models: one that is new stands in English until somebody has translated it. With the
    months, too, which Django writes with a capital in Italian, as nobody does."""
    months = map(str, MONTHS.values())
    return interface() | {(text, "") for text in (*of_the_models(), *of_the_letters(), *months) if text}


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
    yield regimes.name_of(regimes.NONE_VERIFIED)
    yield from told.BECAUSE.values()
    yield from proofs.Refused
    yield from (text for kind in cases.case_kinds.values() if kind.plainly for text in kind.plainly.texts())
    yield from (text for words in (WHY,) for text in (words.label, words.help))
    yield from ("you", "another person", "others", *ScriptCoAuthor.Role.values, *Membership.Role.values)
    for name, purpose in import_module("privacy.migrations.0003_processors_of_the_policy").PROCESSORS.values():
        yield from (name, purpose)
    for authority in of_all_places():
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


def of_the_letters() -> Iterator[str]:
    """What letters put into their sentences: privacy.fulfilment.letters.claims_of_cases and claims_of_work."""
    yield from (cases.label_of(key) for key in cases.answered_in_writing())
    yield from (*Refusal.labels, *DelayReason.labels)
    yield from (use.text for use in Use)
    yield from (connector.name for connector in connectors.values())
    yield from (authority.name for authority in of_all_places())
    yield from (seed.name for seed in seeds.RULES if seed.law != regimes.INTERNAL)
    yield from of_citations()
    for declaration in compiler.all_declarations():
        meta = declaration.model._meta
        yield str(meta.verbose_name_plural)
        yield from (keep.because for keep in declaration.keeps())
        yield from ([declaration.joint.because] if declaration.joint else [])
        rectifiable = [name for name, personal in declaration.fields.items() if personal.rectifiable]
        yield from (str(meta.get_field(name).verbose_name) for name in rectifiable)


def of_citations() -> Iterator[str]:
    yield from (cite for reason in Refusal for cite in reason.ground.cites)
    yield from (cite for ground in KeptFor for cite in ground.cites)
    yield from (cite for reasons in delays.REASONS.values() for cite in reasons.values() if cite)
    # Where a law of a state has no place of its own for why an answer is put off, the rule's is told, once it was read.
    yield from (seed.source for seed in seeds.RULES if seed.law in delays.OF_STATES and seed.read and seed.extend)


def of_all_places() -> list[authorities.Authority]:
    return [authorities.NATIONAL, authorities.ELSEWHERE, *sum(authorities.BY_COUNTRY.values(), [])]
