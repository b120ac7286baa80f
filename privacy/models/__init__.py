from privacy.models import lookups  # noqa: F401  (registers them)
from privacy.models.cases import Answered, Batch, Case, Outcome, RightsRequest, State, Verification
from privacy.models.children import ChildFlag
from privacy.models.comments import CaseComment, CaseFile
from privacy.models.communications import Attachment, MarketingPreference, SupportConversation, SupportMessage
from privacy.models.consents import ConsentEvent, ConsentWording, Topic
from privacy.models.content import Feedback, Note, Prompt, Script, ScriptCoAuthor, Shot, ShotList, Upload
from privacy.models.dossiers import Dossier, Factor, Side
from privacy.models.evidence import AuditEntry, AuditHead, Heartbeat, Suppression
from privacy.models.holds import LegalHold
from privacy.models.imports import ImportRun
from privacy.models.jobs import CaseJob, Job, Lane, Step, StepState
from privacy.models.letters import LANGUAGES, Letter, LetterWording, Reply
from privacy.models.limits import Limit
from privacy.models.mail import Mail
from privacy.models.name_tokens import NameToken
from privacy.models.packages import AccessPackage
from privacy.models.processors import Processor
from privacy.models.reasons import DelayReason, Refusal
from privacy.models.receipts import Receipt
from privacy.models.redactions import Redaction
from privacy.models.regimes import Clock, ClockPause, RegimeRule
from privacy.models.roots import DailyRoot
from privacy.models.staff import AccessReview, Invitation, RoleGrant, SavedFilter, Staff
from privacy.models.subjects import DataSubject, Identifier, Likeness, Membership, ProfilePreference, Team
from privacy.models.usage import DeviceIdentifier, DiagnosticEvent, Session, UsageEvent
from privacy.models.verification import CheckOutcome, IdentityCheck, IdentityProof, SeenDocument, SeenLetter

__all__ = [
    "AccessPackage", "AccessReview", "Answered", "Attachment", "AuditEntry", "AuditHead", "Batch", "Case",
    "CaseComment", "CaseFile", "CaseJob", "CheckOutcome", "ChildFlag", "Clock", "ClockPause", "ConsentEvent",
    "ConsentWording", "DailyRoot", "DataSubject", "DelayReason", "DeviceIdentifier", "DiagnosticEvent", "Dossier",
    "Factor", "Feedback", "Heartbeat", "Identifier", "IdentityCheck", "IdentityProof", "ImportRun", "Invitation", "Job",
    "LANGUAGES", "Lane", "LegalHold", "Letter", "LetterWording", "Likeness", "Limit", "Mail", "MarketingPreference",
    "Membership", "NameToken", "Note", "Outcome", "Processor", "ProfilePreference", "Prompt", "Receipt", "Redaction",
    "Refusal", "RegimeRule", "Reply", "RightsRequest", "RoleGrant", "SavedFilter", "Script", "ScriptCoAuthor",
    "SeenDocument", "SeenLetter", "Session", "Shot", "ShotList", "Side", "Staff", "State", "Step", "StepState",
    "SupportConversation", "SupportMessage", "Suppression", "Team", "Topic", "Upload", "UsageEvent", "Verification",
]  # fmt: skip
