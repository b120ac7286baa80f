"""Who may do what: a table of roles and actions beside what rights and duties declare of their own. Groups are
brought to both after every `migrate`.

Cells are permissions as Django names them; `view` covers the models a role may read.
"""

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.checks import Error, register
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import connections, transaction

from privacy.catalogue.cases import Permit, permits
from privacy.datamap import registry

AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER = "agent", "approver", "manager", "auditor", "developer"
ROLES = (AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER)
# Of every right that asks who asks: whoever asks for the proof is seldom who looks at a passport.
VERIFY = Permit("verify_identity", "Can look at a document that proves who asks, and decide on it", (APPROVER, MANAGER))

# What is read of people and of what was done about them, beside the models of the data map. A case's pages are those of
# its proxy.
EVIDENCE = ("privacy.rightsrequest", "privacy.batch", "privacy.receipt", "privacy.auditentry")
BY_PROXY = {"privacy.case"}
INVENTORY = ("privacy.processor", "privacy.regimerule", "billing.product", "billing.price")

ACTIONS: dict[str, tuple[str, ...]] = {
    "privacy.reveal_content": (AGENT, APPROVER, MANAGER),
    "privacy.import_datasubject": (MANAGER,),
    "privacy.readmit_identifier": (MANAGER,),
    "privacy.invite_staff": (MANAGER,),
    "privacy.ask_role": (MANAGER,),
    "privacy.confirm_role": (MANAGER,),
    "privacy.review_staff": (MANAGER,),
    "privacy.add_processor": (MANAGER,),
    "privacy.change_processor": (MANAGER,),
    "privacy.propose_regimerule": (MANAGER,),
    "privacy.confirm_regimerule": (MANAGER,),
    "privacy.publish_consentwording": (MANAGER,),
    "privacy.retry_job": (MANAGER,),
    "privacy.propose_letterwording": (MANAGER,),
    "privacy.confirm_letterwording": (MANAGER,),
    "privacy.export_evidence": (MANAGER, AUDITOR),
    "privacy.view_register": (MANAGER, AUDITOR),
}
SEE_PEOPLE = (AGENT, APPROVER, MANAGER, AUDITOR)
READERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(EVIDENCE, SEE_PEOPLE),
    **dict.fromkeys(INVENTORY, ROLES),
    **dict.fromkeys(("privacy.staff", "privacy.rolegrant", "privacy.dailyroot"), (MANAGER, AUDITOR)),
    "privacy.consentwording": SEE_PEOPLE,
    "privacy.letterwording": SEE_PEOPLE,
    "privacy.rightsrequest": ROLES,
    "privacy.job": ROLES,
    "privacy.step": ROLES,
    "privacy.auditentry": ROLES,
}


UNDECLARED = (
    "privacy.roles names {!r}, which nothing declares: declare it in a model's Meta.permissions, or take it out of "
    "the table."
)


def must_have(actor, permission: str) -> None:
    """Every verb asks this itself, so every door is safe. Raises PermissionDenied."""
    if not actor.has_perm(permission):
        raise PermissionDenied("Your role does not allow this.")


def readers() -> dict[str, tuple[str, ...]]:
    """{model: roles that may read it}: of the data map everybody who may see people, but where READERS says it."""
    told = {model for model, declared in registry.declarations.items() if not declared.derived}
    of_the_map = {model._meta.label_lower for model in told & {*apps.get_models()}} - BY_PROXY
    return dict.fromkeys(sorted(of_the_map), SEE_PEOPLE) | READERS


def matrix() -> dict[str, set[str]]:
    """{role: permissions}, as `app.codename`."""
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    declared_by_kinds = {name: permit.roles for name, permit in permits().items()}
    for permission, roles in (ACTIONS | declared_by_kinds).items():
        for role in roles:
            found[role].add(permission)
    for label, roles in readers().items():
        app, model = label.split(".")
        for role in roles:
            found[role].add(f"{app}.view_{model}")
    return found


def declared() -> set[str]:
    """Every permission that a model, a right or a duty declares, as `app.codename`."""
    return permits().keys() | {
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
    make_permissions(using)
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


def make_permissions(using: str) -> None:
    """Those that rights and duties declare; they stand beside those of the queue. One query when they are there."""
    wanted = {permit.codename: permit.label for permit in permits().values()}
    there = Permission.objects.using(using).filter(content_type__app_label="privacy", codename__in=wanted)
    missing = wanted.keys() - set(there.values_list("codename", flat=True))
    if not missing:
        return
    types = ContentType.objects.db_manager(using)
    queue = types.get_for_model(apps.get_model("privacy.RightsRequest"), for_concrete_model=False)
    Permission.objects.using(using).bulk_create(
        Permission(content_type=queue, codename=codename, name=wanted[codename]) for codename in sorted(missing)
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
