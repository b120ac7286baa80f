"""The processors that the privacy policy names, so that the inventory starts with our own promise.

What the policy does not say (country, safeguard, agreement) stays open, and nobody has reviewed any of it.
"""

from datetime import date

from django.db import migrations, models

SOURCE = "Our privacy policy, sections 2, 4 and 5"
READ_ON = date(2026, 11, 23)
# key: name, purpose in the policy's words. Where it names a kind of company only, so do we.
PROCESSORS = {
    "clerk": ("Clerk", "Authentication of users"),
    "stripe": ("Stripe", "Payments, subscriptions and billing history"),
    "openai": ("OpenAI", "AI model: generates outputs from prompts and content"),
    "google": ("Google", "AI model: generates outputs from prompts and content"),
    "hosting": ("Cloud hosting", "Stores and serves the studio's data"),
    "analytics": ("Analytics", "Shows how features perform"),
    "logging": ("Logging", "Keeps performance and diagnostic data"),
    "email_delivery": ("E-mail delivery", "Delivers support answers and product news"),
}


def forwards(apps, editor):
    processor = apps.get_model("privacy", "Processor")
    processor.objects.bulk_create(
        [
            processor(key=key, name=name, purpose=purpose, source=SOURCE, read_on=READ_ON)
            for key, (name, purpose) in PROCESSORS.items()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("privacy", "0002_rules")]
    operations = [
        migrations.AlterField(
            "processor",
            "safeguard",
            models.CharField(
                choices=[
                    ("unknown", "Not known yet"), ("none", "Not needed"), ("adequacy", "Adequacy decision"),
                    ("scc", "Standard contractual clauses"), ("bcr", "Binding corporate rules"), ("other", "Other"),
                ],
                default="unknown",
                max_length=20,
            ),
        ),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
