"""What people consented to, in which words; opt-outs that are taken without proof, and devices of whom has opted out."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0031_rules_of_law'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConsentEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('topic', models.CharField(choices=[('marketing', 'News and marketing'), ('cookies', 'Cookies that measure'), ('ai', 'Sending to AI providers'), ('parental', 'A parent’s consent'), ('transfers', 'Transfers to other countries')], max_length=20)),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('product_news', 'Product news')], max_length=20)),
                ('state', models.CharField(choices=[('given', 'Given'), ('withdrawn', 'Withdrawn')], max_length=20)),
                ('at', models.DateTimeField()),
                ('method', models.CharField(choices=[('studio', 'In the studio'), ('one_click', 'By the one-click link of a letter'), ('staff', 'Written down by staff')], max_length=20)),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ConsentWording',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('topic', models.CharField(choices=[('marketing', 'News and marketing'), ('cookies', 'Cookies that measure'), ('ai', 'Sending to AI providers'), ('parental', 'A parent’s consent'), ('transfers', 'Transfers to other countries')], max_length=20)),
                ('language', models.CharField(default='en', help_text='BCP 47 tag.', max_length=35)),
                ('version', models.CharField(max_length=60)),
                ('text', models.TextField()),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('effective_from', models.DateField(blank=True, help_text='Empty where the text does not say it.', null=True)),
                ('is_relied_on', models.BooleanField(default=True, help_text='Whether it counts as consent.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['topic', 'language', '-created_at'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_is_prepared_by_staff_or_the_person',
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_verification',
        ),
        migrations.RemoveConstraint(
            model_name='case',
            name='case_answered_how',
        ),
        migrations.RemoveConstraint(
            model_name='limit',
            name='limit_ground',
        ),
        migrations.RemoveConstraint(
            model_name='limit',
            name='limit_purpose',
        ),
        migrations.AddField(
            model_name='deviceidentifier',
            name='opted_out_at',
            field=models.DateTimeField(blank=True, help_text='Its person opted out of sale and sharing: counts where nobody is signed in, too.', null=True),
        ),
        migrations.AlterField(
            model_name='case',
            name='answered_how',
            field=models.CharField(blank=True, choices=[('link', 'By the link to the package'), ('email', 'By e-mail'), ('post', 'By post'), ('in_person', 'In person or by telephone'), ('page', 'On the page on which it was asked')], max_length=20),
        ),
        migrations.AlterField(
            model_name='case',
            name='verification',
            field=models.CharField(blank=True, choices=[('signed_in', 'Signed in to the account'), ('email_round_trip', "Answered from the account's e-mail"), ('guardian', 'Parent or guardian, checked'), ('authority', 'Order of a court or authority, checked'), ('controller', 'Not needed: our own duty'), ('not_required', 'Not needed: an opt-out is taken without proof')], max_length=20),
        ),
        migrations.AlterField(
            model_name='limit',
            name='ground',
            field=models.CharField(choices=[('child', 'Possible child'), ('opt_out', 'Opted out'), ('consent_withdrawn', 'Consent withdrawn')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('requested_by__isnull', False), ('verification__in', ['signed_in', 'email_round_trip', 'not_required']), _connector='OR'), name='case_is_prepared_by_staff_or_the_person'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('verification__in', ['', 'signed_in', 'email_round_trip', 'guardian', 'authority', 'controller', 'not_required'])), name='case_verification'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('answered_how__in', ['', 'link', 'email', 'post', 'in_person', 'page'])), name='case_answered_how'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['child', 'opt_out', 'consent_withdrawn'])), name='limit_ground'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['', 'functional.service', 'essential.service.authentication', 'essential.service.payment_processing', 'essential.service.operations.support', 'essential.service.security', 'functional.service.improve', 'analytics.reporting.system.performance', 'marketing.communications.email', 'essential.fraud_detection', 'essential.service.operations', 'essential.legal_obligation', 'functional', 'third_party_sharing', 'marketing.advertising', 'personalize.content.profiling'])), name='limit_purpose'),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='recorded_by',
            field=models.ForeignKey(blank=True, help_text='Empty where the person did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_events', to='privacy.datasubject'),
        ),
        migrations.AddConstraint(
            model_name='consentwording',
            constraint=models.UniqueConstraint(fields=('topic', 'language', 'version'), name='wording_once_a_version'),
        ),
        migrations.AddConstraint(
            model_name='consentwording',
            constraint=models.CheckConstraint(condition=models.Q(('topic__in', ['marketing', 'cookies', 'ai', 'parental', 'transfers'])), name='wording_topic'),
        ),
        migrations.AddConstraint(
            model_name='consentwording',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='wording_sha256'),
        ),
        migrations.AddConstraint(
            model_name='consentwording',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('version', ''), _negated=True)), name='wording_has_a_text_and_a_version'),
        ),
        migrations.AddConstraint(
            model_name='consentwording',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('topic', 'transfers'), _negated=True), ('is_relied_on', False), _connector='OR'), name='wording_of_transfers_is_not_relied_on'),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='wording',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='privacy.consentwording'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(('topic__in', ['marketing', 'cookies', 'ai', 'parental'])), name='consent_topic'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel__in', ['email', 'product_news']), ('topic', 'marketing')), models.Q(models.Q(('topic', 'marketing'), _negated=True), ('channel', '')), _connector='OR'), name='consent_channel_is_of_marketing'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), models.Q(('state', 'given'), ('wording__isnull', False)), _connector='OR'), name='consent_given_names_its_wording'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('method', 'staff'), ('recorded_by__isnull', False)), models.Q(('method__in', ['studio', 'one_click']), ('recorded_by__isnull', True)), _connector='OR'), name='consent_says_who_wrote_it_down'),
        ),
    ]
