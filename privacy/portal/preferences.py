"""One page of choices, by the link of a letter: what is set, and one button to set each. A yes takes a second word from
the mailbox."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from privacy.cases import preferences as verbs
from privacy.catalogue import NotAllowed, case_kinds
from privacy.fulfilment.preferences import ask_to_confirm, mailbox_of, opened
from privacy.fulfilment.unsubscribing import subject_of, token_for
from privacy.models import DataSubject
from privacy.portal import gpc, limits
from privacy.portal.asking import CHOICES, busy, not_ours, onwards
from privacy.portal.languages import reading
from privacy.portal.pages import page, private

SAYS = ("no", "withdraw", "yes")


def is_somebody(subject_id: UUID | None) -> bool:
    return bool(subject_id) and DataSubject.objects.filter(pk=subject_id, erased_at=None).exists()


@csrf_exempt  # the signed link is the whole right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    subject_id = subject_of(token)
    if subject_id is None or not is_somebody(subject_id):
        return private(not_ours(request))
    gpc.heed(request, subject_id)
    with reading(request, subject_id):
        if request.method != "POST":
            return private(shown(request, subject_id))
        return private(busy(request) if limits.is_too_busy(request) else changed(request, subject_id, token))


def shown(request: HttpRequest, subject_id: UUID, problem: str = "", status: int = 200) -> HttpResponse:
    consent = next(question for question in case_kinds[CHOICES].asks if question.name == "consent")
    context = {
        "choices": verbs.choices_of(subject_id),
        "consents": [(answer, in_words(words)) for answer, words in consent.choices_for([subject_id])],
        "can_be_written_to": bool(mailbox_of(subject_id)),
        "problem": problem,
    }
    return page(request, "preferences", context, status)


def in_words(name: str) -> str:
    """`News and marketing: E-mail` in the language in force."""
    return ": ".join(gettext(part) for part in name.split(": "))


def changed(request: HttpRequest, subject_id: UUID, token: str) -> HttpResponse:
    """One button is one choice; the page then shows what is so."""
    says = {name: request.POST.get(name, "") for name in SAYS}
    try:
        if says["no"]:
            verbs.say_no(subject_id=subject_id, key=says["no"])
        elif says["withdraw"]:
            verbs.withdraw_consent(subject_id=subject_id, consent=says["withdraw"])
        elif says["yes"]:
            return asked_again(request, subject_id, says["yes"])
    except NotAllowed:
        return shown(request, subject_id, gettext("This cannot be changed here. Look again."), status=400)
    return onwards("preferences", token)


def asked_again(request: HttpRequest, subject_id: UUID, key: str) -> HttpResponse:
    """Sends the mail by which it is confirmed."""
    can_end = {choice.kind.key for choice in verbs.choices_of(subject_id) if choice.can_end}
    address = mailbox_of(subject_id)
    if key not in can_end or not address:
        raise NotAllowed("It cannot be ended here.")
    mailbox = limits.Mailbox(address)
    if mailbox.take(f"yes:{key}", is_proved=True) and not ask_to_confirm(subject_id, key):
        mailbox.give_back(f"yes:{key}")
        problem = gettext("We could not send you a mail just now. Nothing was changed. Try again later.")
        return shown(request, subject_id, problem, status=503)
    return page(request, "sent_choice")


@csrf_exempt  # the sealed link is the whole right
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: HttpRequest, token: str) -> HttpResponse:
    """The link of that mail: GET asks, POST ends the opt-out; a second time nothing changes."""
    subject_id, key = opened(token) or (None, "")
    if subject_id is None or key not in case_kinds or not is_somebody(subject_id):
        return private(not_ours(request))
    with reading(request, subject_id):
        if request.method != "POST":
            return private(asks_again(request, key))
        try:
            verbs.say_yes(subject_id=subject_id, key=key, language=get_language())
        except NotAllowed:
            problem = gettext("This cannot be changed here. Look again.")
            return private(shown(request, subject_id, problem, status=400))
        return private(onwards("preferences", token_for(subject_id)))


def asks_again(request: HttpRequest, key: str) -> HttpResponse:
    is_news = any(kind.key == key and verbs.is_news(kind) for kind in verbs.opt_outs())
    wording = verbs.words_for(get_language()) if is_news else None
    return page(request, "confirm_choice", {"plainly": case_kinds[key].plainly, "wording": wording})
