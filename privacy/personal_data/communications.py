"""Support, and what people chose to be told."""

from privacy import models
from privacy.datamap import Category, LawfulBasis, Personal, PersonalData, Use, register
from privacy.datamap.retention import while_account_open
from privacy.personal_data.holds import NOTHING_GOES

OWN_WORD = "The person's own word counts at once, a hold or not (GDPR art. 7(3), 21(3))"


@register(models.MarketingPreference)
class MarketingPreferenceData(PersonalData):
    subject = "subject"
    purpose = Use.MARKETING
    lawful_basis = LawfulBasis.CONSENT
    retention = while_account_open("Until the choice is changed or the account closed")
    recipients = ("email_delivery",)
    fields = {
        "subject": Personal(Category.USER_ID),
        "channel": Personal(Category.PRIVACY_CHOICES),
        "opted_in": Personal(Category.PRIVACY_CHOICES, starts_processing=True, despite_hold=OWN_WORD),
        "changed_at": Personal(Category.PRIVACY_CHOICES, despite_hold=OWN_WORD),
    }
    not_personal = ("id",)


class Support(PersonalData):
    purpose = Use.SUPPORT
    lawful_basis = LawfulBasis.CONTRACT
    retention = while_account_open()
    recipients = ("email_delivery",)


@register(models.SupportConversation)
class SupportConversationData(Support):
    subject = "subject"
    forgotten_by = "opened_at"
    fields = {
        "subject": Personal(Category.USER_ID),
        "topic": Personal(Category.SUPPORT, by_others=True),  # who put it so is not recorded
        "status": Personal(Category.SUPPORT, despite_hold=NOTHING_GOES),
    }
    not_personal = ("id", "opened_at")


@register(models.SupportMessage)
class SupportMessageData(Support):
    subject = "conversation__subject"
    forgotten_by = "sent_at"
    fields = {"body": Personal(Category.SUPPORT, by_others="staff"), "sent_at": Personal(Category.SUPPORT)}
    not_personal = ("id", "conversation", "staff")
    given_if_null = "staff"
    roles = {"staff": "Kosenai support"}


@register(models.Attachment)
class AttachmentData(Support):
    subject = "message__conversation__subject"
    forgotten_by = "message__sent_at"
    folder = "attachments/{subject}"
    fields = {
        "file": Personal(Category.SUPPORT),
        "name": Personal(Category.SUPPORT),
        "media_type": Personal(Category.SUPPORT, masked=False),
        "size": Personal(Category.SUPPORT),
        "sha256": Personal(Category.SUPPORT, masked=False),
    }
    not_personal = ("id", "message")
    given_if_null = "message__staff"
