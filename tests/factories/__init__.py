"""A factory for each model. `person_with_everything` makes a person with rows in all of them."""

from tests.factories.billing import (
    CreditNoteFactory,
    CustomerFactory,
    InvoiceFactory,
    InvoiceLineFactory,
    PaymentMethodFactory,
    PriceFactory,
    ProductFactory,
    RefundFactory,
    SubscriptionFactory,
)
from tests.factories.comments import CaseCommentFactory, CaseFileFactory
from tests.factories.communications import AttachmentFactory, SupportConversationFactory, SupportMessageFactory
from tests.factories.consents import ConsentEventFactory, ConsentWordingFactory
from tests.factories.content import (
    FeedbackFactory,
    NoteFactory,
    PromptFactory,
    ScriptCoAuthorFactory,
    ScriptFactory,
    ShotFactory,
    ShotListFactory,
    UploadFactory,
)
from tests.factories.dossiers import DossierFactory, FactorFactory
from tests.factories.duties import ChildFlagFactory, LegalHoldFactory, LimitFactory
from tests.factories.evidence import AuditHeadFactory, DailyRootFactory, HeartbeatFactory, SuppressionFactory
from tests.factories.imports import ImportRunFactory
from tests.factories.jobs import JobFactory, StepFactory
from tests.factories.letters import LetterFactory, LetterWordingFactory, ReplyFactory
from tests.factories.mail import MailFactory
from tests.factories.processors import ProcessorFactory
from tests.factories.regimes import ClockFactory, ClockPauseFactory, RegimeRuleFactory
from tests.factories.requests import (
    AccessPackageFactory,
    BatchFactory,
    CaseFactory,
    ReceiptFactory,
    RedactionFactory,
)
from tests.factories.staff import (
    AccessReviewFactory,
    InvitationFactory,
    RoleGrantFactory,
    SavedFilterFactory,
    StaffFactory,
)
from tests.factories.subjects import (
    DataSubjectFactory,
    IdentifierFactory,
    LikenessFactory,
    MarketingPreferenceFactory,
    MembershipFactory,
    NameTokenFactory,
    ProfilePreferenceFactory,
    TeamFactory,
)
from tests.factories.usage import DeviceIdentifierFactory, DiagnosticEventFactory, SessionFactory, UsageEventFactory
from tests.factories.verification import IdentityCheckFactory, IdentityProofFactory

# Last: it is written in terms of this package.
from tests.factories.people import person_with_everything  # isort: skip

__all__ = [
    "AccessPackageFactory", "AccessReviewFactory", "AttachmentFactory", "AuditHeadFactory", "BatchFactory",
    "CaseCommentFactory", "CaseFactory", "CaseFileFactory", "ChildFlagFactory", "ClockFactory", "ClockPauseFactory",
    "ConsentEventFactory", "ConsentWordingFactory", "CreditNoteFactory", "CustomerFactory", "DailyRootFactory",
    "DataSubjectFactory", "DeviceIdentifierFactory", "DiagnosticEventFactory", "DossierFactory", "FactorFactory",
    "FeedbackFactory", "HeartbeatFactory", "IdentifierFactory", "IdentityCheckFactory", "IdentityProofFactory",
    "ImportRunFactory", "InvitationFactory", "InvoiceFactory", "InvoiceLineFactory", "JobFactory", "LegalHoldFactory",
    "LetterFactory", "LetterWordingFactory", "LikenessFactory", "LimitFactory", "MailFactory",
    "MarketingPreferenceFactory", "MembershipFactory", "NameTokenFactory", "NoteFactory", "PaymentMethodFactory",
    "PriceFactory", "ProcessorFactory", "ProductFactory", "ProfilePreferenceFactory", "PromptFactory", "ReceiptFactory",
    "RedactionFactory", "RefundFactory", "RegimeRuleFactory", "ReplyFactory", "RoleGrantFactory", "SavedFilterFactory",
    "ScriptCoAuthorFactory", "ScriptFactory", "SessionFactory", "ShotFactory", "ShotListFactory", "StaffFactory",
    "StepFactory", "SubscriptionFactory", "SupportConversationFactory", "SupportMessageFactory", "SuppressionFactory",
    "TeamFactory", "UploadFactory", "UsageEventFactory", "person_with_everything",
]  # fmt: skip
