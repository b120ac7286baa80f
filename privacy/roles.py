"""Who may do what: the one table of roles and actions. Groups are made from it by migration (billing 0002_roles).

Cells are permissions as Django names them; `view` covers the models a role may read.
"""

from django.contrib.auth.management import create_permissions

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
    "privacy.rightsrequest", "privacy.fulfilmentstep", "privacy.batch", "privacy.accesspackage",
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
    "privacy.fulfilmentstep": ROLES,
    "privacy.auditentry": ROLES,
}


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


def sync_groups(apps) -> None:
    """Makes the groups and their permissions match the matrix. For migrations, which pass their own `apps`."""
    for config in apps.get_app_configs():
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    group_model, permission_model = apps.get_model("auth.Group"), apps.get_model("auth.Permission")
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in permission_model.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role, permissions in matrix().items():
        group, _ = group_model.objects.get_or_create(name=role)
        group.permissions.set([known[p] for p in permissions])
