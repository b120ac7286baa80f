"""Who may do what: the one table of roles and actions. Groups are brought to it after every `migrate`.

Cells are permissions as Django names them; `view` covers the models a role may read.
"""

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group, Permission
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER = "agent", "approver", "manager", "auditor", "developer"
ROLES = (AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER)

PERSONAL = (
    "privacy.datasubject", "privacy.identifier", "privacy.team", "privacy.membership", "privacy.profilepreference",
    "privacy.marketingpreference", "privacy.script", "privacy.scriptcoauthor", "privacy.shotlist", "privacy.shot",
    "privacy.note", "privacy.upload", "privacy.prompt", "privacy.feedback", "privacy.supportconversation",
    "privacy.supportmessage", "privacy.session", "privacy.usageevent", "privacy.diagnosticevent",
    "privacy.deviceidentifier", "billing.customer", "billing.subscription", "billing.paymentmethod",
    "billing.invoice", "billing.invoiceline", "billing.refund",
)  # fmt: skip
EVIDENCE = (
    "privacy.rightsrequest", "privacy.job", "privacy.step", "privacy.batch", "privacy.accesspackage",
    "privacy.erasurereceipt", "privacy.legalhold", "privacy.childflag", "privacy.auditentry",
    "privacy.suppression",
)  # fmt: skip
INVENTORY = ("privacy.processor", "billing.product", "billing.price")

ACTIONS: dict[str, tuple[str, ...]] = {
    "privacy.export_datasubject": (AGENT, APPROVER, MANAGER),
    "privacy.request_erasure": (AGENT, APPROVER, MANAGER),
    "privacy.approve_erasure": (APPROVER, MANAGER),
    "privacy.place_legalhold": (AGENT, APPROVER, MANAGER),
    "privacy.release_legalhold": (APPROVER, MANAGER),
    "privacy.flag_child": (AGENT, APPROVER, MANAGER),
    "privacy.clear_child": (APPROVER, MANAGER),
    "privacy.reveal_content": (AGENT, APPROVER, MANAGER),
    "privacy.import_datasubject": (MANAGER,),
    "privacy.add_processor": (MANAGER,),
    "privacy.change_processor": (MANAGER,),
}
READERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*PERSONAL, *EVIDENCE), (AGENT, APPROVER, MANAGER, AUDITOR)),
    **dict.fromkeys(INVENTORY, ROLES),
    "privacy.rightsrequest": ROLES,
    "privacy.job": ROLES,
    "privacy.step": ROLES,
    "privacy.auditentry": ROLES,
}


UNDECLARED = (
    "privacy.roles names {!r}, which no model declares: declare it in a model's Meta.permissions, or take it out of "
    "the table."
)


def matrix() -> dict[str, set[str]]:
    """{role: permissions}, as `app.codename`."""
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    for permission, roles in ACTIONS.items():
        for role in roles:
            found[role].add(permission)
    for label, roles in READERS.items():
        app, model = label.split(".")
        for role in roles:
            found[role].add(f"{app}.view_{model}")
    return found


def declared() -> set[str]:
    """Every permission that a model declares, as `app.codename`."""
    return {
        f"{options.app_label}.{codename}"
        for options in (model._meta for model in apps.get_models())
        for codename in (
            *(get_permission_codename(verb, options) for verb in options.default_permissions),
            *(codename for codename, _ in options.permissions),
        )
    }


def undeclared() -> list[str]:
    """Permissions that the table names and no model declares: nobody would ever have them."""
    return sorted(set().union(*matrix().values()) - declared())


@register("roles")
def check_roles(app_configs, **kwargs) -> list[Error]:
    """A permission that is misspelt, or whose model is gone, stops the start."""
    return [Error(UNDECLARED.format(name), id="roles.E001") for name in undeclared()]


def sync_groups(using: str) -> None:
    """Makes the groups' permissions those of the matrix, after `migrate`; other groups are left alone. Two queries when
    they are. A permission whose table is still to come is given by the `migrate` that brings it.

    Raises ImproperlyConfigured for a permission that no model declares.
    """
    if unknown := undeclared():
        raise ImproperlyConfigured(UNDECLARED.format(unknown[0]))
    if Group.permissions.through._meta.db_table not in connections[using].introspection.table_names():
        return
    has, wanted = _permissions_of_groups(using), matrix()
    if has == wanted:
        return
    with transaction.atomic(using=using):
        for role in wanted.keys() - has.keys():
            Group.objects.using(using).create(name=role)
        groups = dict(Group.objects.using(using).filter(name__in=wanted).values_list("name", "pk"))
        keys = _keys(using)
        cells = Group.permissions.through.objects.using(using)
        for role, pk in groups.items():
            held = has.get(role, set())
            cells.filter(group=pk, permission__in=[keys[name] for name in held - wanted[role]]).delete()
            cells.bulk_create(
                Group.permissions.through(group_id=pk, permission_id=keys[name])
                for name in wanted[role] - held
                if name in keys
            )


def _permissions_of_groups(using: str) -> dict[str, set[str]]:
    """{role: its permissions in the database}, of the roles that are there."""
    rows = Group.objects.using(using).filter(name__in=ROLES).values_list(
        "name", "permissions__content_type__app_label", "permissions__codename"
    )  # fmt: skip
    found: dict[str, set[str]] = {}
    for role, app, codename in rows:
        found.setdefault(role, set()).update([f"{app}.{codename}"] if codename else [])
    return found


def _keys(using: str) -> dict[str, int]:
    rows = Permission.objects.using(using).values_list("pk", "content_type__app_label", "codename")
    return {f"{app}.{codename}": pk for pk, app, codename in rows}
