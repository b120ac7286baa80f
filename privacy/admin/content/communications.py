"""Support, and what people chose to be told. Topics and messages are masked until revealed."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from unfold.decorators import display

from privacy.admin.base import ReadOnlyInline
from privacy.admin.content.masking import MaskedAdmin, MaskedFileAdmin
from privacy.admin.personal import PersonalAdmin
from privacy.models import Attachment, MarketingPreference, SupportConversation, SupportMessage


class MessageInline(ReadOnlyInline):
    """Who wrote when; the text stands on the message's own page, behind its own reveal."""

    model = SupportMessage
    fields = ("sent_at", "staff")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("body").select_related("staff")


@admin.register(SupportConversation)
class SupportConversationAdmin(MaskedAdmin):
    list_display = ("__str__", "subject_link", "topic", "status", "opened_at")
    fields = ("subject_link", "topic", "status", "opened_at")
    inlines = (MessageInline,)
    newest_first = "-opened_at"


@admin.register(SupportMessage)
class SupportMessageAdmin(MaskedAdmin):
    list_display = ("__str__", "subject_link", "conversation", "staff", "body", "sent_at")
    fields = ("subject_link", "conversation", "staff", "body", "sent_at")
    list_select_related = ("staff",)
    newest_first = "-sent_at"


@admin.register(Attachment)
class AttachmentAdmin(MaskedFileAdmin):
    list_display = ("__str__", "subject_link", "message", "name", "media_type", "bytes")
    fields = ("subject_link", "message", "name", "file", "media_type", "bytes", "sha256")

    @display(description="Size")
    def bytes(self, attachment):
        return filesizeformat(attachment.size)


@admin.register(MarketingPreference)
class MarketingPreferenceAdmin(PersonalAdmin):
    list_display = ("__str__", "subject_link", "channel", "opted_in", "changed_at")
    fields = ("subject_link", "channel", "opted_in", "changed_at")
    newest_first = "-changed_at"
