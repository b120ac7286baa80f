"""The words of the names that customers have at Stripe."""

from itertools import batched

from django.db import migrations

from privacy.models.name_tokens import tokens_of

PAGE = 2_000


def index(apps, schema_editor):
    alias = schema_editor.connection.alias
    tokens = apps.get_model("privacy", "NameToken").objects.using(alias)
    customers = apps.get_model("billing", "Customer").objects.using(alias).exclude(name="")
    names = customers.order_by("pk").values_list("subject", "name").iterator(PAGE)
    for some in batched(names, PAGE):
        pairs = ((who, token) for who, name in some for token in sorted(tokens_of(name)))
        rows = (tokens.model(subject_id=who, token=token) for who, token in pairs)
        tokens.bulk_create(rows, batch_size=500, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_credit_notes"), ("privacy", "0028_names_of_who_is_there")]
    operations = [migrations.RunPython(index, migrations.RunPython.noop)]
