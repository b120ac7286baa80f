"""The words of the names that are there."""

from itertools import batched

from django.db import migrations

from privacy.models.name_tokens import tokens_of

PAGE = 2_000


def write_tokens(apps, alias, names):
    """For `names` as (person, name). What is there already stays: a name may stand in several places."""
    tokens = apps.get_model("privacy", "NameToken").objects.using(alias)
    for some in batched(names.iterator(PAGE), PAGE):
        pairs = ((who, token) for who, name in some for token in sorted(tokens_of(name)))
        rows = (tokens.model(subject_id=who, token=token) for who, token in pairs)
        tokens.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def index(apps, schema_editor):
    alias = schema_editor.connection.alias
    people = apps.get_model("privacy", "DataSubject").objects.using(alias)
    shown = apps.get_model("privacy", "ProfilePreference").objects.using(alias)
    write_tokens(apps, alias, people.exclude(full_name="").order_by("pk").values_list("pk", "full_name"))
    write_tokens(apps, alias, shown.exclude(display_name="").order_by("pk").values_list("subject", "display_name"))


class Migration(migrations.Migration):
    dependencies = [("privacy", "0027_names_found_by_word")]
    operations = [migrations.RunPython(index, migrations.RunPython.noop)]
