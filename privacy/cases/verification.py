"""Making sure who asks, by the risk of the right (GDPR art. 12(6), 11 CCR 7060-7063): each way that is tried is a row
of the case, and what proves it is said by `requests.prove`.

Nobody is asked for proof of an opt-out (11 CCR 7026(d), 7027(e)): every verb refuses it. What the person does by
themselves has no actor, and answers no more than yes or no.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from privacy.cases.requests import prove
from privacy.cases.states import move_all, must_have
from privacy.cases.work import locked_with_work
from privacy.catalogue import NotAllowed, case_kinds
from privacy.connectors import clerk
from privacy.fulfilment import identity_checks, proofs
from privacy.fulfilment import verification as codes
from privacy.models import Case, CheckOutcome, IdentityCheck, SeenLetter, Staff, State, Verification
from privacy.selectors import verification
from privacy.selectors.verification import open_checks

V = Verification
LONGEST = 2000  # characters of why
NEVER_ASKED = "Nobody is asked to prove who they are for this: it is taken on their word."
NOT_ENOUGH = "This way is not enough for what is asked, or more than is needed."
SURE = "It is not awaited any more who asks."
AT_ONCE = 200  # cases of one sweep


# --- By the person, without a sign-in here ----------------------------------------------------------------------------


def ask_code(*, request_id: UUID) -> None:
    """The person wants a code. Nothing tells whether one was ordered: where the case does not wait for proof, the way
    is not enough, or there were enough in this hour, nothing happens."""
    with transaction.atomic():
        case = _waiting(request_id)
        if case and V.EMAIL_CODE in verification.offered(case):
            _new_code(case, None)


def enter_code(*, request_id: UUID, code: str) -> bool:
    """Whether this code is the one that was sent for the case, and was good: then it is sure who asks. The attempt is
    counted before the code is looked at, in a transaction of its own, so that no fault gives it back."""
    check = _attempt(request_id)
    is_right = codes.is_right(check, code)
    if check and not is_right and check.attempts >= codes.MOST_ATTEMPTS:
        with transaction.atomic():
            identity_checks.end(_still_open(check), CheckOutcome.EXHAUSTED, None)
    return bool(check) and is_right and _own_word(request_id, lambda case: _still_open(check))


def sign_in(*, request_id: UUID, token: str) -> bool:
    """Whether this is a session of the very person at Clerk; each token is good once, whatever it is used for."""
    user_id = clerk.user_of_session(token)

    def begun(case: Case) -> list[IdentityCheck]:
        if V.SIGNED_IN not in verification.offered(case) or not verification.is_users_of(case, user_id):
            return []
        return [identity_checks.begin(case, V.SIGNED_IN, None, used=codes.digest_of(token))]

    try:
        return _own_word(request_id, begun)
    except IntegrityError:  # the token was used before
        return False


def _attempt(request_id: UUID) -> IdentityCheck | None:
    """The code of the case that can still be entered, with this attempt counted; by the database's clock."""
    there = open_checks(case=request_id, way=V.EMAIL_CODE)
    good = there.filter(case__state=State.VERIFYING, expires_at__gt=Now(), attempts__lt=codes.MOST_ATTEMPTS)
    is_counted = good.update(attempts=F("attempts") + 1)
    check = there.first()  # looked for either way, so that both take as long
    return check if is_counted else None


def _still_open(check: IdentityCheck | None) -> list[IdentityCheck]:
    return list(open_checks(pk=check.pk).select_for_update()) if check else []


def _own_word(request_id: UUID, checks_of: Callable[[Case], list[IdentityCheck]]) -> bool:
    """Ends the check as proved, and says that it is sure who asks; where an agent asks, the person has confirmed it
    with this, and their permission is still to be seen."""
    with transaction.atomic():
        if not Case.objects.filter(pk=request_id, state=State.VERIFYING).exists():
            return False
        case, _, _ = locked_with_work(request_id)
        checks = checks_of(case) if case.state == State.VERIFYING else []
        if not checks:
            return False
        identity_checks.end(checks, CheckOutcome.PROVED, None)
        if not open_checks(case=case, way=V.AGENT).exists():
            prove(request_id=case.pk, actor=None, verification=checks[0].way, check=checks[0].pk)
    return True


def _waiting(request_id: UUID) -> Case | None:
    return Case.objects.select_for_update().filter(pk=request_id, state=State.VERIFYING).first()


# --- By staff ---------------------------------------------------------------------------------------------------------


def send_code(*, request_id: UUID, actor: Staff) -> IdentityCheck:
    """Has a code sent to the address that the account already had; another one that is on its way is void. Raises
    NotAllowed and PermissionDenied."""
    with _asked(request_id, actor, V.EMAIL_CODE) as case:
        if verification.address_of(case) is None:
            raise NotAllowed("There is no address that was the person’s, and nobody else’s, before this was asked for.")
        if (check := _new_code(case, actor)) is None:
            raise NotAllowed(f"{verification.MOST_CODES} codes were sent within an hour. Wait, or choose another way.")
    return check


def request_document(*, request_id: UUID, actor: Staff, way: str) -> IdentityCheck:
    """Notes that a document is awaited: the person hands it in by their link. Raises like `send_code`."""
    if way not in verification.BY_DOCUMENT:
        raise ValueError("Choose whose proof is awaited.")
    with _asked(request_id, actor, way) as case:
        if open_checks(case=case, way=way).exists():
            raise NotAllowed("It is awaited already.")
        return identity_checks.begin(case, way, actor)


def state(*, request_id: UUID, actor: Staff, way: str, because: str) -> Case:
    """A member of staff states how it is sure, and what they saw. Raises NotAllowed, PermissionDenied and ValueError in
    words for the screen."""
    if way not in verification.STATED:
        raise ValueError("Choose how it was made sure who asks.")
    words = said(because, "Say what you saw, or where it stands.")
    with _asked(request_id, actor, way) as case:
        check = identity_checks.begin(case, way, actor)
        identity_checks.end([check], CheckOutcome.PROVED, actor, because=words)
        return prove(request_id=case.pk, actor=actor, verification=way, check=check.pk)


def confirm_reply(*, request_id: UUID, actor: Staff, letter: str, because: str = "") -> Case:
    """Staff have seen a reply from the account's address. Its From: proves nothing, so they say what else they saw, and
    the risk of the right says how much is enough. Raises like `state`."""
    if letter not in SeenLetter:
        raise ValueError("Say what you saw of the letter: anybody can write a From:.")
    with _asked(request_id, actor, V.EMAIL_ROUND_TRIP) as case:
        if letter not in verification.ENOUGH_OF_A_LETTER[verification.risk_of_case(case)]:
            raise NotAllowed("For what is asked both have to be seen: the sender’s signature and the tag of the case.")
        check = identity_checks.begin(case, V.EMAIL_ROUND_TRIP, actor)
        identity_checks.end([check], CheckOutcome.PROVED, actor, because=because.strip()[:LONGEST], letter=letter)
        if open_checks(case=case, way=V.AGENT).exists():
            return case
        return prove(request_id=case.pk, actor=actor, verification=check.way, check=check.pk)


def propose_override(*, request_id: UUID, actor: Staff, because: str) -> IdentityCheck:
    """Proposes to let the case pass without the usual proof; another person decides. Raises like `state`."""
    words = said(because, "Say why it is sure enough all the same: the second person decides by it.")
    with _asked(request_id, actor, V.OVERRIDE) as case:
        if open_checks(case=case, way=V.OVERRIDE).exists():
            raise NotAllowed("It is proposed already, and waits for another person.")
        return identity_checks.begin(case, V.OVERRIDE, actor, because=words)


def decide_override(*, request_id: UUID, actor: Staff, is_sure: bool) -> Case:
    """A second person, who neither asked for the case nor proposed this, lets it pass or not. Raises NotAllowed and
    PermissionDenied."""
    with _open_case(request_id, actor, "verify") as case:
        check = open_checks(case=case, way=V.OVERRIDE).select_for_update().first()
        if check is None:
            raise NotAllowed("Nobody proposes it, or it is decided already.")
        if because := not_by(check, case, actor):
            raise PermissionDenied(because)
        identity_checks.end([check], CheckOutcome.PROVED if is_sure else CheckOutcome.REFUSED, actor)
        if not is_sure:
            return case
        return prove(request_id=case.pk, actor=actor, verification=check.way, check=check.pk)


def not_by(check: IdentityCheck, case: Case, actor: Staff) -> str:
    """Why this member may not let it pass; empty when they may."""
    if actor.pk == check.asked_by_id:
        return "You proposed it; another person has to decide."
    if actor.pk == case.requested_by_id:
        return "You asked for the case; another person has to decide."
    return ""


def said(because: str, missing: str) -> str:
    """The words. Raises ValueError."""
    words = because.strip()
    if len(words) < 10 or len(words) > LONGEST:
        raise ValueError(f"{missing} From 10 to {LONGEST:,} characters.")
    return words


def _new_code(case: Case, actor: Staff | None) -> IdentityCheck | None:
    if verification.codes_of_the_hour(case) >= verification.MOST_CODES:
        return None
    check = identity_checks.begin(
        case, V.EMAIL_CODE, actor, nonce=codes.new_nonce(), expires_at=codes.expires_at()
    )  # fmt: skip
    codes.order_code(check)
    return check


@contextmanager
def _asked(request_id: UUID, actor: Staff, way: str) -> Iterator[Case]:
    """The open case, for whoever may ask for proof in this way."""
    with _open_case(request_id, actor, "ask") as case:
        must_be_enough(case, way)
        yield case


@contextmanager
def _open_case(request_id: UUID, actor: Staff, act: str) -> Iterator[Case]:
    """The case that waits for proof, locked with its work, of an actor who may do this: a name of `May`."""
    with transaction.atomic():
        case, kind, _ = locked_with_work(request_id)
        must_have(actor, getattr(kind.may, act))
        must_wait(case)
        yield case


def must_wait(case: Case) -> None:
    """Raises NotAllowed where nobody may be asked, and where it is sure already."""
    if not case_kinds[case.kind].proof:
        raise NotAllowed(NEVER_ASKED)
    if case.state != State.VERIFYING:
        raise NotAllowed(SURE)


def must_be_enough(case: Case, way: str) -> None:
    if way not in verification.ways_of(case):
        raise NotAllowed(NOT_ENOUGH)


# --- By time ----------------------------------------------------------------------------------------------------------


def sweep() -> int:
    """Ends codes that nobody entered and cases that nobody proved in time, and deletes the files of what was decided.
    Returns how many cases it closed."""
    with transaction.atomic():
        late = open_checks(expires_at__lte=Now()).select_for_update(skip_locked=True, of=("self",))
        identity_checks.end(list(late[:AT_ONCE]), CheckOutcome.EXPIRED, None)
    with transaction.atomic():
        lapsed = list(verification.lapsing().select_for_update(skip_locked=True, of=("self",)).order_by("id")[:AT_ONCE])
        move_all(lapsed, "lapsed", None)
    proofs.sweep()
    return len(lapsed)
