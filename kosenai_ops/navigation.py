"""The sidebar, grouped the way staff think of their work. Who may not open a page does not see its link."""

from dataclasses import dataclass
from functools import cache

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst


@dataclass(frozen=True)
class Link:
    """A page. `permission` is what the page itself asks for; empty where every member of staff may look."""

    title: str
    icon: str
    page: str
    permission: str


def of_model(title: str, icon: str, label: str) -> Link:
    app, model = label.split(".")
    return Link(title, icon, f"admin:{app}_{model}_changelist", f"{app}.view_{model}")


GROUPS: dict[str, tuple[Link, ...]] = {
    "Today": (Link("Dashboard", "today", "admin:index", ""),),
    "Requests": (
        of_model("Queue", "inbox", "privacy.rightsrequest"),
        Link("Manual steps", "back_hand", "admin:privacy_rightsrequest_manual", "privacy.reveal_content"),
        of_model("Batches", "stacks", "privacy.batch"),
        of_model("Legal holds", "gavel", "privacy.legalhold"),
        of_model("Child flags", "child_care", "privacy.childflag"),
    ),
    "People": (
        of_model("People", "group", "privacy.datasubject"),
        of_model("Teams", "groups", "privacy.team"),
        Link("Imports", "upload", "admin:privacy_importrun_changelist", "privacy.import_datasubject"),
        of_model("Marketing choices", "campaign", "privacy.marketingpreference"),
        of_model("Support conversations", "forum", "privacy.supportconversation"),
        of_model("Attachments", "attach_file", "privacy.attachment"),
        of_model("Sessions", "devices", "privacy.session"),
        of_model("Usage events", "timeline", "privacy.usageevent"),
        of_model("Diagnostic events", "troubleshoot", "privacy.diagnosticevent"),
        of_model("Cookies and device ids", "cookie", "privacy.deviceidentifier"),
    ),
    "Content": (
        of_model("Scripts", "description", "privacy.script"),
        of_model("Shot lists", "movie", "privacy.shotlist"),
        of_model("Notes", "sticky_note_2", "privacy.note"),
        of_model("Uploads", "upload_file", "privacy.upload"),
        of_model("Prompts", "smart_toy", "privacy.prompt"),
        of_model("Feedback", "reviews", "privacy.feedback"),
    ),
    "Billing": (
        of_model("Customers", "account_balance_wallet", "billing.customer"),
        of_model("Subscriptions", "autorenew", "billing.subscription"),
        of_model("Invoices", "receipt_long", "billing.invoice"),
        of_model("Refunds", "undo", "billing.refund"),
        of_model("Credit notes", "request_quote", "billing.creditnote"),
        of_model("Products and prices", "sell", "billing.product"),
    ),
    "Processors": (
        of_model("Inventory", "hub", "privacy.processor"),
        Link("Data flow", "account_tree", "admin:privacy_processor_data_flow", "privacy.view_processor"),
        Link("Record of processing", "fact_check", "admin:privacy_processor_record", "privacy.view_processor"),
    ),
    "Evidence": (
        of_model("Audit trail", "history", "privacy.auditentry"),
        of_model("Erased identifiers", "block", "privacy.suppression"),
    ),
    "Staff": (
        of_model("Staff", "badge", "privacy.staff"),
        of_model("Roles that wait", "verified_user", "privacy.rolegrant"),
    ),
}


@cache
def groups() -> dict[str, tuple[Link, ...]]:
    """GROUPS, and the lists that follow from the data map without a word here."""
    made = (model._meta for model in admin.site.from_the_map)
    links = (of_model(capfirst(meta.verbose_name_plural), "table_rows", meta.label_lower) for meta in made)
    return GROUPS | {"Data": tuple(links)}


def sidebar(request: HttpRequest) -> list[dict]:
    """Unfold's SIDEBAR navigation for this member of staff; groups without a page are left out."""
    here = nearest(request.path)
    shown = ({"title": title, "items": items(request, links, here)} for title, links in groups().items())
    return [group for group in shown if group["items"]]


def items(request: HttpRequest, links: tuple[Link, ...], here: Link | None) -> list[dict]:
    return [
        {"title": link.title, "icon": link.icon, "link": addresses()[link], "active": link is here}
        for link in links
        if not link.permission or request.user.has_perm(link.permission)
    ]


def nearest(path: str) -> Link | None:
    """The link whose page this is, or whose list the row on this page belongs to."""
    index = reverse("admin:index")
    above = [link for link, page in addresses().items() if page == path or (page != index and path.startswith(page))]
    return max(above, key=lambda link: len(addresses()[link]), default=None)


@cache
def addresses() -> dict[Link, str]:
    """Every link's address, looked up once a process: forty look-ups took a tenth of a page's time."""
    return {link: reverse(link.page) for group in groups().values() for link in group}
