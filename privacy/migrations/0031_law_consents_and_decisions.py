"""The law as rows and the clocks that it sets, consents, cases about cases, comments and dossiers, mail, what is left out of
packages: the tables of these, and what cases and limits have got with them."""

import django.db.models.deletion
import django.db.models.functions.datetime
import privacy.models.comments
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0030_room_for_what_moves_on'),
    ]

    operations = [
        migrations.CreateModel(
            name='RegimeRule',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('law', models.SlugField(help_text='Short name, as requests and `manage.py deadline` have it.', max_length=20)),
                ('name', models.CharField(help_text='As staff read it.', max_length=80)),
                ('places', models.JSONField(help_text='Where it is the law: DE, US-CA (ISO 3166); * is everywhere.')),
                ('rights', models.JSONField(blank=True, default=list, help_text='Kinds of requests; none listed means all of them.')),
                ('acknowledge', models.CharField(blank=True, help_text='To say that it has come in.', max_length=6)),
                ('respond', models.CharField(blank=True, help_text='To answer.', max_length=6)),
                ('extend', models.CharField(blank=True, help_text='By which an answer may be put off, with a reason.', max_length=6)),
                ('rolls', models.BooleanField(default=False, help_text='One that ends on a day off runs on to the next working day.')),
                ('first_day_counts', models.BooleanField(default=False, help_text='The day of receipt is the first of the period.')),
                ('calendar', models.CharField(blank=True, help_text='Whose holidays count, such as US. Empty: those of the residence.', max_length=6)),
                ('pauses', models.CharField(blank=True, choices=[('scope', 'To make clear what is asked for')], help_text='What stops the clock.', max_length=10)),
                ('source', models.CharField(help_text='Article or page.', max_length=300)),
                ('verified_on', models.DateField(blank=True, help_text='When its own text was read. Empty: never.', null=True)),
                ('verified_by', models.CharField(blank=True, help_text='Who read it.', max_length=80)),
                ('effective_from', models.DateField()),
                ('effective_to', models.DateField(blank=True, help_text='The last day. Empty: it goes on.', null=True)),
                ('reason', models.CharField(blank=True, help_text='Why it was changed.', max_length=300)),
                ('replaces', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='privacy.regimerule')),
                ('seed', models.CharField(blank=True, editable=False, help_text='Digest of its line in the file.', max_length=64)),
                ('proposed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('confirmed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('retired_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['law', 'effective_from', 'id'],
                'verbose_name': 'rule of law', 'verbose_name_plural': 'rules of law', 'permissions': [('propose_regimerule', 'Can propose a rule of law or a change of one'), ('confirm_regimerule', 'Can confirm a rule that another proposed')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('seed', ''), _negated=True), fields=('seed',), name='rule_once_a_seed'), models.UniqueConstraint(condition=models.Q(('replaces__isnull', False), ('retired_at', None)), fields=('replaces',), name='rule_one_successor', violation_error_message='Another change of this rule is proposed already.'), models.CheckConstraint(condition=models.Q(('acknowledge', ''), ('respond', ''), _negated=True), name='rule_gives_a_period', violation_error_message='Enter the time to acknowledge, to respond, or both.'), models.CheckConstraint(condition=models.Q(('extend', ''), models.Q(('respond', ''), _negated=True), _connector='OR'), name='rule_extends_a_response', violation_error_message='Only the time to respond is extended: enter it.'), models.CheckConstraint(condition=models.Q(('acknowledge__regex', '^([1-9][0-9]{0,3}(m|d|bd|h))?$')), name='rule_acknowledge_is_a_period', violation_error_message='Acknowledge: a number and a unit, such as 1m, 45d, 10bd or 72h.'), models.CheckConstraint(condition=models.Q(('respond__regex', '^([1-9][0-9]{0,3}(m|d|bd|h))?$')), name='rule_respond_is_a_period', violation_error_message='Respond: a number and a unit, such as 1m, 45d, 10bd or 72h.'), models.CheckConstraint(condition=models.Q(('extend__regex', '^([1-9][0-9]{0,3}(m|d|bd|h))?$')), name='rule_extend_is_a_period', violation_error_message='Extend: a number and a unit, such as 1m, 45d, 10bd or 72h.'), models.CheckConstraint(condition=models.Q(('effective_to', None), ('effective_to__gte', models.F('effective_from')), _connector='OR'), name='rule_ends_after_it_began', violation_error_message='The last day is before the first.'), models.CheckConstraint(condition=models.Q(models.Q(('verified_by', ''), ('verified_on', None)), models.Q(('verified_on__isnull', False), models.Q(('verified_by', ''), _negated=True)), _connector='OR'), name='rule_verified_says_when_and_by_whom', violation_error_message='Say both when the source was read and by whom, or neither.'), models.CheckConstraint(condition=models.Q(models.Q(('source', ''), _negated=True), models.Q(('law', ''), _negated=True)), name='rule_names_law_and_source'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_at__isnull', False), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='rule_is_confirmed_by_another', violation_error_message='Whoever proposed it may not confirm it.'), models.CheckConstraint(condition=models.Q(('pauses__in', ['', 'scope'])), name='rule_pauses')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clocks', to='privacy.case')),
                ('kind', models.CharField(choices=[('acknowledge', 'Acknowledge'), ('respond', 'Respond'), ('extended', 'Respond, extended'), ('appeal', 'Decide the appeal'), ('internal', 'Internal target')], max_length=20)),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='privacy.regimerule')),
                ('is_fallback', models.BooleanField(default=False, help_text='No rule of the residence is verified.')),
                ('planned_on', models.DateField(help_text='As counted: work is planned to this day.')),
                ('limit_on', models.DateField(help_text='To which the law lets it run on.')),
            ],
            options={
                'ordering': ['limit_on', 'planned_on', 'id'],
                'constraints': [models.UniqueConstraint(fields=('case', 'kind', 'rule', 'is_fallback'), name='clock_once_a_rule'), models.CheckConstraint(condition=models.Q(('limit_on__gte', models.F('planned_on'))), name='clock_limit_is_not_before_plan'), models.CheckConstraint(condition=models.Q(('kind__in', ['acknowledge', 'respond', 'extended', 'appeal', 'internal'])), name='clock_kind')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ClockPause',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='privacy.case')),
                ('why', models.CharField(choices=[('scope', 'To make clear what is asked for')], max_length=10)),
                ('began_on', models.DateField()),
                ('ended_on', models.DateField(blank=True, help_text='The day on which the person answered.', null=True)),
                ('began_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['began_on', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on', None)), fields=('case',), name='pause_once_at_a_time'), models.CheckConstraint(condition=models.Q(('ended_on', None), ('ended_on__gte', models.F('began_on')), _connector='OR'), name='pause_ends_after_it_began'), models.CheckConstraint(condition=models.Q(('why__in', ['scope'])), name='pause_why')],
                'indexes': [],
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
                'constraints': [models.UniqueConstraint(fields=('topic', 'language', 'version'), name='wording_once_a_version'), models.CheckConstraint(condition=models.Q(('topic__in', ['marketing', 'cookies', 'ai', 'parental', 'transfers'])), name='wording_topic'), models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='wording_sha256'), models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), models.Q(('version', ''), _negated=True)), name='wording_has_a_text_and_a_version'), models.CheckConstraint(condition=models.Q(models.Q(('topic', 'transfers'), _negated=True), ('is_relied_on', False), _connector='OR'), name='wording_of_transfers_is_not_relied_on')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ConsentEvent',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consent_events', to='privacy.datasubject')),
                ('topic', models.CharField(choices=[('marketing', 'News and marketing'), ('cookies', 'Cookies that measure'), ('ai', 'Sending to AI providers'), ('parental', 'A parent’s consent'), ('transfers', 'Transfers to other countries')], max_length=20)),
                ('channel', models.CharField(blank=True, choices=[('email', 'E-mail'), ('product_news', 'Product news')], max_length=20)),
                ('state', models.CharField(choices=[('given', 'Given'), ('withdrawn', 'Withdrawn')], max_length=20)),
                ('wording', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='privacy.consentwording')),
                ('at', models.DateTimeField()),
                ('method', models.CharField(choices=[('studio', 'In the studio'), ('one_click', 'By the one-click link of a letter'), ('staff', 'Written down by staff')], max_length=20)),
                ('recorded_by', models.ForeignKey(blank=True, help_text='Empty where the person did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('topic__in', ['marketing', 'cookies', 'ai', 'parental'])), name='consent_topic'), models.CheckConstraint(condition=models.Q(models.Q(('channel__in', ['email', 'product_news']), ('topic', 'marketing')), models.Q(models.Q(('topic', 'marketing'), _negated=True), ('channel', '')), _connector='OR'), name='consent_channel_is_of_marketing'), models.CheckConstraint(condition=models.Q(('state', 'withdrawn'), models.Q(('state', 'given'), ('wording__isnull', False)), _connector='OR'), name='consent_given_names_its_wording'), models.CheckConstraint(condition=models.Q(models.Q(('method', 'staff'), ('recorded_by__isnull', False)), models.Q(('method__in', ['studio', 'one_click']), ('recorded_by__isnull', True)), _connector='OR'), name='consent_says_who_wrote_it_down')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='CaseComment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comments', to='privacy.case')),
                ('text', models.TextField()),
                ('salt', models.CharField(editable=False, help_text='Of the digest in the audit trail.', max_length=32)),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['written_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='comment_says_something')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='CaseFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('comment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='privacy.casecomment')),
                ('file', models.FileField(max_length=200, upload_to=privacy.models.comments.case_file_path)),
                ('name', models.CharField(max_length=255)),
                ('media_type', models.CharField(max_length=127)),
                ('size', models.PositiveBigIntegerField(help_text='Bytes.')),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='case_file_sha256')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Dossier',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dossiers', to='privacy.case')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('prepared_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['prepared_at', 'id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('case',), name='dossier_one_a_case'), models.CheckConstraint(condition=models.Q(('confirmed_by', None), models.Q(('confirmed_by', models.F('prepared_by')), _negated=True), _connector='OR'), name='dossier_is_confirmed_by_another', violation_error_message='Who prepared the dossier may not confirm it.'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='dossier_confirmed_says_when')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Factor',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('dossier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='factors', to='privacy.dossier')),
                ('side', models.CharField(choices=[('for', 'For the refusal'), ('against', 'Against it')], max_length=10)),
                ('text', models.TextField()),
                ('salt', models.CharField(editable=False, help_text='Of the digest in the audit trail.', max_length=32)),
                ('noted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('noted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['noted_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('side__in', ['for', 'against'])), name='factor_side'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='factor_says_something')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('template', models.CharField(max_length=40)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('day', models.DateField(help_text='In the time zone of whom it is to.')),
                ('made_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-made_at'],
                'constraints': [models.UniqueConstraint(fields=('template', 'member', 'day'), name='mail_once_a_day'), models.CheckConstraint(condition=models.Q(('template', ''), _negated=True), name='mail_has_a_template')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='Redaction',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='redactions', to='privacy.case')),
                ('label', models.CharField(help_text='Label of the model whose text it is.', max_length=100)),
                ('row', models.CharField(help_text='Primary key of the row.', max_length=64)),
                ('field', models.CharField(max_length=60)),
                ('text_sha256', models.CharField(max_length=64)),
                ('start', models.PositiveIntegerField()),
                ('length', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('name', 'Name'), ('email', 'E-mail address'), ('phone', 'Telephone number'), ('id', 'Id at a processor'), ('iban', 'Bank account'), ('card', 'Card number'), ('ip', 'IP address'), ('ssn', 'Social security number'), ('licence', 'Number of an identity document'), ('secret', 'Password')], max_length=10)),
                ('ground', models.CharField(choices=[('known', 'Known to the database'), ('pattern', 'By its shape'), ('suggested', 'Perhaps a name'), ('law', 'May not be sent by law')], max_length=10)),
                ('decision', models.CharField(blank=True, choices=[('redact', 'Left out'), ('show', 'Shown'), ('gone', 'No longer there')], max_length=10)),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['label', 'row', 'field', 'start'],
                'constraints': [models.UniqueConstraint(fields=('case', 'label', 'row', 'field', 'text_sha256', 'start', 'length'), name='redaction_once_a_place'), models.CheckConstraint(condition=models.Q(('length__gt', 0)), name='redaction_is_of_something'), models.CheckConstraint(condition=models.Q(('text_sha256__regex', '^[0-9a-f]{64}$')), name='redaction_text_sha256'), models.CheckConstraint(condition=models.Q(('kind__in', ['name', 'email', 'phone', 'id', 'iban', 'card', 'ip', 'ssn', 'licence', 'secret'])), name='redaction_kind'), models.CheckConstraint(condition=models.Q(('ground__in', ['known', 'pattern', 'suggested', 'law'])), name='redaction_ground'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('decision', '')), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('decision__in', ['redact', 'show'])), ('decision', 'gone'), _connector='OR'), name='redaction_is_decided_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('ground', 'law'), _negated=True), models.Q(('decision', 'show'), _negated=True), _connector='OR'), name='redaction_by_law_is_left_out', violation_error_message='What may not be sent by law is not shown.')],
                'indexes': [],
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
            model_name='case',
            name='acknowledged_at',
            field=models.DateTimeField(blank=True, help_text='When the person was told that it came in.', null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='after',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='The case that is answered before its work begins: a copy, asked for with an erasure.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='privacy.case'),
        ),
        migrations.AddField(
            model_name='case',
            name='answer',
            field=models.TextField(blank=True, editable=False, help_text='What the person was told, encrypted.'),
        ),
        migrations.AddField(
            model_name='case',
            name='extended_at',
            field=models.DateTimeField(blank=True, help_text='When the answer was put off.', null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='extended_because',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='case',
            name='limit_on',
            field=models.DateField(blank=True, help_text='To which the law lets it run on.', null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='parent',
            field=models.ForeignKey(blank=True, help_text='The case that it is about, such as the one that is appealed.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='privacy.case'),
        ),
        migrations.AddField(
            model_name='deviceidentifier',
            name='opted_out_at',
            field=models.DateTimeField(blank=True, help_text='Its person opted out of sale and sharing: counts where nobody is signed in, too.', null=True),
        ),
        migrations.AddField(
            model_name='limit',
            name='told_at',
            field=models.DateTimeField(blank=True, help_text='When the person was told that it would be lifted.', null=True),
        ),
        migrations.AddField(
            model_name='limit',
            name='told_how',
            field=models.CharField(blank=True, choices=[('email', 'By e-mail'), ('post', 'By post'), ('in_person', 'In person or by telephone')], max_length=20),
        ),
        migrations.AddField(
            model_name='staff',
            name='digest',
            field=models.BooleanField(default=True, help_text='By mail in the morning of working days, if something is due.', verbose_name='daily digest'),
        ),
        migrations.AlterField(
            model_name='case',
            name='answered_how',
            field=models.CharField(blank=True, choices=[('link', 'By the link to the package'), ('email', 'By e-mail'), ('post', 'By post'), ('in_person', 'In person or by telephone'), ('page', 'On the page on which it was asked')], max_length=20),
        ),
        migrations.AlterField(
            model_name='case',
            name='denial_reason',
            field=models.CharField(blank=True, choices=[('insuf_verification', 'It could not be made sure who asks'), ('suspected_fraud', 'Somebody else asks in the person’s name'), ('no_match', 'We hold nothing of who asks'), ('claim_not_covered', 'The law does not give this right here'), ('outside_jurisdiction', 'No law that gives this right applies to the person'), ('manifestly_unfounded', 'Manifestly unfounded'), ('manifestly_excessive', 'Manifestly excessive'), ('abusive_intention', 'Asked with an abusive intention'), ('rights_of_others', 'It would harm the rights of other people'), ('free_expression', 'Needed for freedom of expression and information'), ('legal_obligation', 'A law wants the data kept'), ('legal_claims', 'Needed for legal claims'), ('compelling_grounds', 'Compelling legitimate grounds outweigh the objection'), ('accurate_already', 'What is stored is accurate and complete'), ('no_ground', 'None of the grounds for a restriction is there'), ('decision_stands', 'It was looked at again, and stands as it is'), ('not_agreed', 'The second person does not agree'), ('need_user_verification', 'The person has not verified who they are yet'), ('too_many_requests', 'Too many requests'), ('other', 'Other')], max_length=40),
        ),
        migrations.AlterField(
            model_name='case',
            name='due_on',
            field=models.DateField(blank=True, help_text='Work is planned to this day. Not legal advice.', null=True),
        ),
        migrations.AlterField(
            model_name='case',
            name='verification',
            field=models.CharField(blank=True, choices=[('signed_in', 'Signed in to the account'), ('email_round_trip', "Answered from the account's e-mail"), ('guardian', 'Parent or guardian, checked'), ('confirmed_twice', 'Confirmed twice by the person'), ('authority', 'Order of a court or authority, checked'), ('controller', 'Not needed'), ('not_required', 'Not needed: an opt-out is taken without proof')], max_length=20),
        ),
        migrations.AlterField(
            model_name='limit',
            name='ground',
            field=models.CharField(choices=[('child', 'Possible child'), ('opt_out', 'Opted out'), ('consent_withdrawn', 'Consent withdrawn'), ('restriction', 'Restriction asked for'), ('objection', 'Objection'), ('parent', 'A parent refuses further use'), ('grace', 'An erasure is about to begin')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state', 'closed'), _negated=True), fields=['due_on'], name='case_open_by_due'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('after__isnull', False)), fields=['after'], name='case_waits_for_another'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('requested_by__isnull', False), ('verification__in', ['signed_in', 'email_round_trip', 'confirmed_twice', 'not_required']), _connector='OR'), name='case_is_prepared_by_staff_or_the_person'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('extended_at', None), ('extended_because', '')), models.Q(('extended_at__isnull', False), models.Q(('extended_because', ''), _negated=True)), _connector='OR'), name='case_extended_says_when_and_why'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='case_is_not_its_own_parent'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'appeal'), _negated=True), ('parent__isnull', False), _connector='OR'), name='case_appeal_is_of_a_case'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('after', None), models.Q(('after', models.F('id')), _negated=True), _connector='OR'), name='case_is_not_after_itself'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('verification__in', ['', 'signed_in', 'email_round_trip', 'guardian', 'confirmed_twice', 'authority', 'controller', 'not_required'])), name='case_verification'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('answered_how__in', ['', 'link', 'email', 'post', 'in_person', 'page'])), name='case_answered_how'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('denial_reason__in', ['', 'insuf_verification', 'suspected_fraud', 'no_match', 'claim_not_covered', 'outside_jurisdiction', 'manifestly_unfounded', 'manifestly_excessive', 'abusive_intention', 'rights_of_others', 'free_expression', 'legal_obligation', 'legal_claims', 'compelling_grounds', 'accurate_already', 'no_ground', 'decision_stands', 'not_agreed', 'need_user_verification', 'too_many_requests', 'other'])), name='case_denial_reason'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['child', 'opt_out', 'consent_withdrawn', 'restriction', 'objection', 'parent', 'grace'])), name='limit_ground'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('lifted_at__isnull', True), models.Q(('ground__in', ['restriction', 'objection', 'parent']), _negated=True), models.Q(('told_at__isnull', False), ('told_at__lte', models.F('lifted_at')), models.Q(('told_how', ''), _negated=True)), _connector='OR'), name='limit_asked_for_is_lifted_when_the_person_was_told', violation_error_message='The person is told before it is lifted (GDPR art. 18(3)).'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('told_how__in', ['', 'email', 'post', 'in_person'])), name='limit_told_how'),
        ),
        migrations.AddConstraint(
            model_name='limit',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['', 'functional.service', 'essential.service.authentication', 'essential.service.payment_processing', 'essential.service.operations.support', 'essential.service.security', 'functional.service.improve', 'analytics.reporting.system.performance', 'marketing.communications.email', 'essential.fraud_detection', 'essential.service.operations', 'essential.legal_obligation', 'functional', 'third_party_sharing', 'marketing.advertising', 'personalize.content.profiling'])), name='limit_purpose'),
        ),
    ]
