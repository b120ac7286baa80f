"""Django's own tables."""

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.migrations.recorder import MigrationRecorder

from privacy.datamap import exempt

exempt(LogEntry, because="Copies __str__ of rows, and no __str__ names a person (checked by a test)")
exempt(Group, because="Names of roles, made from the table in roles.py")
exempt(Group.permissions.through, because="What roles may do, made from the table in roles.py")
exempt(Permission, because="Names of permissions, made by Django")
exempt(ContentType, because="Names of models, made by Django")
exempt(MigrationRecorder.Migration, because="Names of migrations, written by Django")
