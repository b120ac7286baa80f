"""People as they are in life: with rows in every table that is about them."""

from datetime import UTC, datetime

from privacy.models import DataSubject, Identifier, Membership, StepState
from tests import factories as f
from tests.factories.generic import has_the_rest


def person_with_everything() -> DataSubject:
    """A person with a row or more in every declared model: uploads with real files, scripts shared in both
    directions, a team with teammates, paid invoices, and closed requests, holds and flags that block nothing."""
    person = f.DataSubjectFactory()
    has_account(person)
    has_team(person)
    has_content(person)
    has_usage(person)
    has_billing(person)
    has_history_of_requests(person)
    has_the_rest(person)
    return person


def has_account(person: DataSubject) -> None:
    f.IdentifierFactory(subject=person, is_primary=True)
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.CLERK, value=f"user_{person.id.hex}")
    f.IdentifierFactory(subject=person, kind=Identifier.Kind.STRIPE, value=f"cus_{person.id.hex}")
    f.LikenessFactory(subject=person)
    f.ProfilePreferenceFactory(subject=person)
    f.MarketingPreferenceFactory(subject=person)
    f.ConsentEventFactory(subject=person)
    conversation = f.SupportConversationFactory(subject=person)
    f.AttachmentFactory(message=f.SupportMessageFactory(conversation=conversation))
    f.SupportMessageFactory(conversation=conversation, staff=f.StaffFactory(), body="We found it again.")


def has_team(person: DataSubject) -> None:
    """Two teams: one shared with a teammate, one of the person alone."""
    shared = f.TeamFactory(owner=person)
    f.MembershipFactory(team=shared, subject=person, role=Membership.Role.OWNER)
    f.MembershipFactory(team=shared)
    f.MembershipFactory(team=f.TeamFactory(owner=person), subject=person, role=Membership.Role.OWNER)


def has_content(person: DataSubject) -> None:
    """A script alone, one with a co-author, one of somebody else on which the person writes."""
    alone, shared, elsewhere = f.ScriptFactory(owner=person), f.ScriptFactory(owner=person), f.ScriptFactory()
    f.ScriptCoAuthorFactory(script=shared)
    f.ScriptCoAuthorFactory(script=elsewhere, subject=person)
    for script in (alone, shared, elsewhere):
        f.NoteFactory(author=person, script=script)
        f.NoteFactory(script=script)
    f.ShotFactory(shot_list=f.ShotListFactory(owner=person, script=alone))
    f.UploadFactory(owner=person, script=alone)
    f.PromptFactory(author=person, script=alone)
    f.FeedbackFactory(author=person)


def has_usage(person: DataSubject) -> None:
    f.SessionFactory(subject=person)
    f.UsageEventFactory(subject=person)
    f.DiagnosticEventFactory(subject=person)
    f.DeviceIdentifierFactory(subject=person)


def has_billing(person: DataSubject) -> None:
    customer = f.CustomerFactory(subject=person)
    subscription = f.SubscriptionFactory(customer=customer)
    f.PaymentMethodFactory(customer=customer)
    invoice = f.InvoiceFactory(customer=customer, subscription=subscription)
    f.InvoiceLineFactory(invoice=invoice, price=subscription.price)
    f.RefundFactory(customer=customer, invoice=invoice)
    f.CreditNoteFactory(customer=customer, invoice=invoice)


def has_history_of_requests(person: DataSubject) -> None:
    answered = {"answered_at": datetime.now(UTC), "answered_how": "email"}
    request = f.CaseFactory(subject=person, closed=True, **answered)
    job = f.JobFactory(case=request, ended_at=datetime.now(UTC))
    f.StepFactory(job=job, seq=1, name="access.package", state=StepState.DONE, finished_at=datetime.now(UTC))
    f.AccessPackageFactory(request=request)
    f.RedactionFactory(case=request)
    f.SuppressionFactory(request=request, kind="clerk_id", folded="b" * 64, lifted=True)
    f.CaseFileFactory(comment=f.CaseCommentFactory(case=request))
    f.LetterFactory(case=request)
    f.ReplyFactory(case=request)
    f.FactorFactory(dossier=f.DossierFactory(case=request))
    f.IdentityProofFactory(identity_check=f.IdentityCheckFactory(case=request, seen=True))
    f.LegalHoldFactory(subject=person, released=True)
    f.ChildFlagFactory(subject=person, cleared=True)
    f.LimitFactory(subject=person, lifted=True)
