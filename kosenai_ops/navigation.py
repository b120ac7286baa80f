"""The sidebar: an entry for each kind of work, and the tables beneath them under *Data*. Who may not open a page does
not see its link."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst

from privacy.selectors import dashboard


@dataclass(frozen=True)
class Link:
    """A page. `permission` is what the page itself asks for; empty where every member of staff may look."""

    title: str
    icon: str
    page: str
    permission: str = ""


@dataclass(frozen=True)
class Entry:
    """A kind of work: its pages, the first of which it opens, and the figure of the dashboard that tells how much of it
    waits, with what that counts."""

    title: str
    icon: str
    pages: tuple[Link, ...]
    figure: str = ""
    counts: str = ""


def of_model(title: str, icon: str, label: str) -> Link:
    app, model = label.split(".")
    return Link(title, icon, f"admin:{app}_{model}_changelist", f"{app}.view_{model}")


WORK = (
    Entry("Today", "today", (Link("Today", "today", "admin:index"),)),
    Entry("Queue", "inbox", (
        of_model("Queue", "inbox", "privacy.rightsrequest"),
        of_model("Batches", "stacks", "privacy.batch"),
        of_model("Letters", "outgoing_mail", "privacy.letter"),
        of_model("Texts of letters", "edit_note", "privacy.letterwording"),
        of_model("Rules of law", "balance", "privacy.regimerule"),
    ), "open", "open"),
    Entry("People", "group", (
        of_model("People", "group", "privacy.datasubject"),
        Link("Imports", "upload", "admin:privacy_importrun_changelist", "privacy.import_datasubject"),
    )),
    Entry("Manual steps", "back_hand", (
        Link("Manual steps", "back_hand", "admin:privacy_rightsrequest_manual", "privacy.reveal_content"),
    ), "manual_steps", "to be asked"),
    Entry("Holds and flags", "gavel", (
        of_model("Legal holds", "gavel", "privacy.legalhold"),
        of_model("Child flags", "child_care", "privacy.childflag"),
    ), "child_flags", "flags to decide"),
    Entry("Processors", "hub", (
        of_model("Inventory", "hub", "privacy.processor"),
        Link("Data flow", "account_tree", "admin:privacy_processor_data_flow", "privacy.view_processor"),
        Link("Record of processing", "fact_check", "admin:privacy_processor_record", "privacy.view_processor"),
    ), "processors_to_review", "to review"),
    Entry("Evidence", "history", (
        of_model("Audit trail", "history", "privacy.auditentry"),
        of_model("Erased identifiers", "block", "privacy.suppression"),
        of_model("Daily roots", "account_tree", "privacy.dailyroot"),
    )),
    Entry("Register", "bar_chart", (
        Link("Register", "bar_chart", "admin:privacy_rightsrequest_register", "privacy.view_register"),
    )),
    Entry("Staff", "badge", (
        of_model("Staff", "badge", "privacy.staff"),
        of_model("Roles that wait", "verified_user", "privacy.rolegrant"),
    )),
)  # fmt: skip
TABLES: dict[str, tuple[Link, ...]] = {
    "Of people": (
        of_model("Teams", "groups", "privacy.team"),
        of_model("Marketing choices", "campaign", "privacy.marketingpreference"),
        of_model("Consent wordings", "contract", "privacy.consentwording"),
        of_model("Support conversations", "forum", "privacy.supportconversation"),
        of_model("Support messages", "chat", "privacy.supportmessage"),
        of_model("Attachments", "attach_file", "privacy.attachment"),
        of_model("Sessions", "devices", "privacy.session"),
        of_model("Usage events", "timeline", "privacy.usageevent"),
        of_model("Diagnostic events", "troubleshoot", "privacy.diagnosticevent"),
        of_model("Cookies and device ids", "cookie", "privacy.deviceidentifier"),
    ),
    "Content": (
        of_model("Scripts", "description", "privacy.script"),
        of_model("Script co-authors", "group_add", "privacy.scriptcoauthor"),
        of_model("Shot lists", "movie", "privacy.shotlist"),
        of_model("Shots", "videocam", "privacy.shot"),
        of_model("Notes", "sticky_note_2", "privacy.note"),
        of_model("Uploads", "upload_file", "privacy.upload"),
        of_model("Prompts", "smart_toy", "privacy.prompt"),
        of_model("Feedback", "reviews", "privacy.feedback"),
    ),
    "Requests": (
        of_model("Packages", "inventory_2", "privacy.accesspackage"),
        of_model("Receipts", "task", "privacy.receipt"),
    ),
    "Billing": (
        of_model("Customers", "account_balance_wallet", "billing.customer"),
        of_model("Subscriptions", "autorenew", "billing.subscription"),
        of_model("Payment methods", "credit_card", "billing.paymentmethod"),
        of_model("Invoices", "receipt_long", "billing.invoice"),
        of_model("Invoice lines", "list", "billing.invoiceline"),
        of_model("Refunds", "undo", "billing.refund"),
        of_model("Credit notes", "request_quote", "billing.creditnote"),
        of_model("Products", "sell", "billing.product"),
        of_model("Prices", "price_change", "billing.price"),
    ),
}


@cache
def tables() -> dict[str, tuple[Link, ...]]:
    """TABLES, and the lists that follow from the data map without a word here."""
    made = (model._meta for model in admin.site.from_the_map)
    links = (of_model(capfirst(meta.verbose_name_plural), "table_rows", meta.label_lower) for meta in made)
    return TABLES | {"Others": tuple(links)}


def sidebar(request: HttpRequest) -> list[dict]:
    """Unfold's SIDEBAR navigation for this member of staff; groups without a page are left out."""
    here = nearest(request.path)
    areas = ({"title": area, "items": items(request, links, here)} for area, links in tables().items())
    work = {"title": "", "items": entries(request, here)}
    data = {"title": "Data", "items": [], "areas": [area for area in areas if area["items"]]}
    return [work, data] if data["areas"] else [work]


def entries(request: HttpRequest, here: Link | None) -> list[dict]:
    """The entries with a page for the member, and how much waits on each: one query for all of them, and on the first
    page, which has further figures, for those too."""
    shown = [(entry, found) for entry in WORK if (found := items(request, entry.pages, here))]
    figures = {entry.figure for entry, _ in shown if entry.figure}
    is_first = request.user.is_authenticated and request.path == reverse("admin:index")
    request.waiting = waiting = dashboard.waiting_counts(dashboard.WAITING if is_first else figures)
    return [
        {
            "title": entry.title,
            "icon": entry.icon,
            "link": found[0]["link"],
            "active": here in entry.pages,
            "number": waiting[entry.figure],
            "counts": entry.counts,
            "pages": found if len(found) > 1 else [],
        }
        for entry, found in shown
    ]


def items(request: HttpRequest, links: tuple[Link, ...], here: Link | None) -> list[dict]:
    return [
        {"title": link.title, "icon": link.icon, "link": addresses()[link], "active": link is here}
        for link in links
        if not link.permission or request.user.has_perm(link.permission)
    ]


def pages_for(request: HttpRequest) -> Iterator[tuple[str, dict]]:
    """(words that find it besides its title, page) of every page that the member may open."""
    for entry in WORK:
        for item in items(request, entry.pages, None):
            yield entry.title, item
    for area, links in tables().items():
        for item in items(request, links, None):
            yield f"Data, {area.lower()}", item


def nearest(path: str) -> Link | None:
    """The link whose page this is, or whose list the row on this page belongs to."""
    index = reverse("admin:index")
    above = [link for link, page in addresses().items() if page == path or (page != index and path.startswith(page))]
    return max(above, key=lambda link: len(addresses()[link]), default=None)


@cache
def addresses() -> dict[Link, str]:
    """Every link's address, looked up once a process: forty look-ups took a tenth of a page's time."""
    links = [link for entry in WORK for link in entry.pages] + [link for area in tables().values() for link in area]
    return {link: reverse(link.page) for link in links}
