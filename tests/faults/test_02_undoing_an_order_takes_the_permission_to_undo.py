"""What is in force nobody cancels, and each act on a case takes the permission that its kind states for it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import product

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse

from privacy import roles
from privacy.admin.requests.queue import PAGES
from privacy.cases import answers, clocks, comments, dossiers, processors, redactions, refusals, reopening
from privacy.cases import requests as verbs
from privacy.cases.opt_outs import DeniableOptOut
from privacy.cases.packages import download, give_link
from privacy.cases.requests import ask, grant
from privacy.catalogue import NotAllowed, Permit, Right, case_kinds
from privacy.catalogue.cases import May
from privacy.evidence import sealing
from privacy.models import Case, ChildFlag, LegalHold, Limit, Outcome, Refusal, Staff, State, Verification
from privacy.selectors.redactions import LOOK
from tests import factories as f
from tests import working
from tests.asking import answers_for, person_for, posted, proof_for

pytestmark = pytest.mark.django_db

IN_FORCE = sorted(key for key, kind in case_kinds.items() if kind.takes_effect and kind.deciders == 1)
# What somebody asks for can be denied and withdrawn while it is not in force yet, so its pages are there.
DUTIES_IN_FORCE = [key for key in IN_FORCE if not case_kinds[key].answered_in_writing]
AGREED = sorted(key for key, kind in case_kinds.items() if kind.takes_effect and kind.deciders == 2)
EVERYBODY = ["", *roles.ROLES, "superuser"]
UNDOING = {
    "cancel": lambda order, actor: verbs.cancel(request_id=order.id, actor=actor),
    "deny": lambda order, actor: refusals.deny(request_id=order.id, actor=actor, denial_reason=reason_for(order)),
    "set_aside": lambda order, actor: verbs.set_aside(request_id=order.id, actor=actor, event="not_a_request"),
}
POSTED = {
    "cancel": lambda order: {},
    "deny": lambda order: {"denial_reason": reason_for(order)},
    "set_aside": lambda order: {"event": "not_a_request"},
}


def reason_for(case: Case) -> str:
    """One that fits, or where none does any."""
    return next(iter(refusals.reasons_for(case_kinds[case.kind])), Refusal.OTHER)


def staff(role: str) -> Staff:
    return f.StaffFactory(role="" if role == "superuser" else role, is_superuser=role == "superuser")


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(staff(role))
    return client


@pytest.fixture
def agent():
    return f.StaffFactory(role=roles.AGENT)


@pytest.fixture
def approver():
    return f.StaffFactory(role=roles.APPROVER)


def ordered(key: str, actor, person=None) -> Case:
    person = person or person_for(key)
    [order] = ask(key, subject_ids=[person.id], actor=actor, **proof_for(key), **answers_for(key, person))
    return order


def in_a_workers_hands(order) -> None:
    working.claimed(order.id)


def parked(order) -> None:
    order.jobs.update(parked_because="it stopped")


def carried_out(order) -> None:
    working.run(order.id)


STATES = {
    "just ordered": lambda order: None, "in a worker's hands": in_a_workers_hands, "parked": parked,
    "carried out": carried_out,
}  # fmt: skip


def what_stands(order: Case) -> tuple:
    """What an undoing would change."""
    order.refresh_from_db()
    hold = LegalHold.objects.filter(subject=order.subject_id, released_at=None).exists()
    flag = list(ChildFlag.objects.filter(subject=order.subject_id).values_list("state", flat=True))
    frozen = list(Limit.objects.filter(subject=order.subject_id).values())
    return order.state, order.outcome, order.denial_reason, order.job.cancel_requested, hold, flag, frozen


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("key", IN_FORCE)
def test_what_is_in_force_nobody_undoes_in_any_state_not_even_who_asked(key, state, agent):
    asked_by = agent if case_kinds[key].may.ask and agent.has_perm(case_kinds[key].may.ask.name) else f.StaffFactory()
    order = ordered(key, asked_by)
    STATES[state](order)
    before = what_stands(order)
    for act, actor in product(UNDOING, [asked_by, *map(staff, EVERYBODY)]):
        with pytest.raises((PermissionDenied, NotAllowed)):
            UNDOING[act](order, actor)
        assert what_stands(order) == before, act


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("key", AGREED)
def test_what_two_agreed_on_has_happened_and_nobody_cancels_that_either(key, state):
    """The hold has ended, the freeze too: a withdrawn case would say that nothing was done."""
    order = ordered(key, f.StaffFactory())
    grant(request_id=order.id, actor=f.StaffFactory())
    STATES[state](order)
    before = what_stands(order)
    for actor in [order.requested_by, *map(staff, EVERYBODY)]:
        with pytest.raises((PermissionDenied, NotAllowed)):
            verbs.cancel(request_id=order.id, actor=actor)
    assert what_stands(order) == before


@pytest.mark.parametrize("act", UNDOING)
@pytest.mark.parametrize("key", DUTIES_IN_FORCE)
def test_a_post_to_the_page_of_the_act_is_refused_to_every_role(key, act):
    order = ordered(key, f.StaffFactory())
    before, url = what_stands(order), reverse(f"admin:privacy_rightsrequest_{act}", args=[order.id])
    for role in EVERYBODY:
        client = signed_in(role)
        assert (client.get(url).status_code, client.post(url, POSTED[act](order)).status_code) == (403, 403), role
    assert what_stands(order) == before


def test_a_colleagues_approved_erasure_stays_stopped_by_the_hold_that_an_agent_tried_to_cancel(agent, approver):
    person = f.person_with_everything()
    [request] = ask(
        "erasure", subject_ids=[person.id], actor=f.StaffFactory(), reason="Asked by mail", verification="signed_in"
    )
    grant(request_id=request.id, actor=approver)
    hold = ordered("hold_place", agent, person)
    for actor in (agent, approver):
        with pytest.raises(PermissionDenied):
            verbs.cancel(request_id=hold.id, actor=actor)
    working.run(request.id)
    working.run_all()
    request.refresh_from_db()
    assert request.job.stopped_at
    assert person.identifiers.exists()


@pytest.mark.parametrize("key", DUTIES_IN_FORCE)
def test_no_page_of_what_is_in_force_offers_to_undo_it(key):
    order = ordered(key, f.StaffFactory())
    page = reverse("admin:privacy_rightsrequest_change", args=[order.id])
    undoing = [reverse(f"admin:privacy_rightsrequest_{name}", args=[order.id]) for name in UNDOING]
    for role in EVERYBODY:
        client = signed_in(role)
        seen = client.get(page)
        assert seen.status_code == (200 if role in roles.ROLES else 403), role
        assert [url for url in undoing if url in seen.content.decode()] == [], role


def test_who_asked_for_a_release_takes_it_back_while_nobody_has_confirmed_it(agent):
    person = person_for("hold_release")
    order = ordered("hold_release", agent, person)
    verbs.cancel(request_id=order.id, actor=agent)
    order.refresh_from_db()
    assert (order.state, order.outcome) == (State.CLOSED, Outcome.WITHDRAWN)
    assert LegalHold.objects.filter(subject=person, released_at=None).exists()


@pytest.mark.parametrize("key", AGREED)
def test_who_may_only_ask_neither_confirms_nor_tries_again(key, agent):
    order = ordered(key, f.StaffFactory())
    for act in (verbs.grant, verbs.unpark, verbs.approve_again, partial(reopening.reopen, why="Asked again")):
        with pytest.raises((PermissionDenied, NotAllowed)):
            act(request_id=order.id, actor=agent)
    order.refresh_from_db()
    assert (order.state, order.approved_by) == (State.DECIDING, None)


# --- Every kind states what it allows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", case_kinds)
def test_every_kind_states_the_permission_of_each_act_that_can_be_done_about_it(key):
    """What can happen to a case of it has a permission, and what cannot has none."""
    kind = case_kinds[key]
    stated = {act for act, permit in vars(kind.may).items() if permit}
    wanted = {"ask"} | ({"retry"} if kind.steps else set())  # what a worker carries out can stop
    wanted |= {"decide", "deny", "cancel"} if kind.deciders == 2 or kind.proof else set()
    wanted |= {"decide"} if issubclass(kind, Right) else set()  # it is taken up again
    wanted |= {"deny"} if issubclass(kind, DeniableOptOut) else set()  # on a doubt
    wanted |= {"answer"} if kind.answered_in_writing else set()
    wanted |= {"attest"} if any(step.name.startswith("processors.") for step in kind.steps) else set()
    wanted |= {"confirm"} if any(step.name == LOOK for step in kind.steps) else set()
    assert stated - wanted == set()
    assert wanted - stated == set()


def test_every_permission_is_there_and_given_to_roles_that_are_there():
    permits = [permit for kind in case_kinds.values() for permit in kind.may.permits()]
    assert all(permit.roles and set(permit.roles) <= set(roles.ROLES) for permit in permits)
    there = set(Permission.objects.filter(content_type__app_label="privacy").values_list("codename", flat=True))
    assert {permit.codename for permit in permits} - there == set()


@pytest.mark.parametrize("key", [key for key, kind in case_kinds.items() if kind.deciders == 2])
def test_what_takes_two_is_confirmed_by_fewer_than_may_ask(key):
    may = case_kinds[key].may
    assert set(may.decide.roles) < set(may.ask.roles)
    assert set(may.deny.roles) <= set(may.decide.roles)


# --- And each act takes it, by the verb and over HTTP -----------------------------------------------------------------


def case_in(state: str, key: str) -> Case:
    """A case of this kind in this state, with what hangs on it: parked work that waits for a processor, a package."""
    kind = case_kinds[key]
    right = issubclass(kind, Right)
    proof = "" if state == State.VERIFYING else Verification.SIGNED_IN if right else Verification.CONTROLLER
    goes_on = state not in (State.VERIFYING, State.DECIDING)
    ended = {"outcome": Outcome.FULFILLED} if state in (State.ANSWERING, State.CLOSED) else {}
    closed = {"closed_at": datetime.now(UTC)} if state == State.CLOSED else {}
    second = (
        {"approved_by": f.StaffFactory(), "approved_at": datetime.now(UTC)} if goes_on and kind.deciders == 2 else {}
    )
    person = person_for(key)
    given = answers.checked(kind, answers_for(key, person), [person.id])
    case = f.CaseFactory(
        subject=person, kind=key, state=state, verification=proof, deciders=kind.deciders,
        sealed=sealing.seal({name: [answer] for name, answer in answers.to_seal(given).items()}),
        **ended, **closed, **second,
    )  # fmt: skip
    if goes_on:
        job = f.JobFactory(case=case, parked_because="it stopped")
        f.StepFactory(job=job, seq=1, name="processors.erase", target="clerk", state="waiting")
        f.AccessPackageFactory(request=case)
    return case


@dataclass(frozen=True)
class Act:
    """What `may` it takes, in which state it can be done, the verb, and what its page is posted."""

    takes: str
    state: str
    verb: Callable
    fields: Callable[[Case], dict] = lambda case: {}


def attest(case: Case, actor: Staff) -> None:
    processors.attest(step_id=case.steps.get().id, actor=actor, evidence="CASE-2026-114")


def assign(case: Case, actor: Staff) -> None:
    verbs.assign(request_id=case.id, actor=actor, owner=case.requested_by)


def of(verb: Callable, **given) -> Callable:
    return lambda case, actor: verb(request_id=case.id, actor=actor, **given)


FACTOR = {"side": "against", "text": "It was the first request"}


def prove(case: Case, actor: Staff) -> Case:
    """As the kind takes it; of one that takes no proof nobody can."""
    way = proof_for(case.kind).get("verification", "signed_in")
    try:
        return verbs.prove(request_id=case.id, actor=actor, verification=way)
    except ValueError as refused:
        raise NotAllowed from refused


ACTS = {
    "prove": Act("ask", State.VERIFYING, prove, lambda case: proof_for(case.kind)),
    "approve": Act("decide", State.DECIDING, of(verbs.grant), lambda case: {"typed": str(case.subject_id)[:8]}),
    "deny": Act("deny", State.DECIDING, UNDOING["deny"], POSTED["deny"]),
    "set_aside": Act("deny", State.VERIFYING, UNDOING["set_aside"], POSTED["set_aside"]),
    "cancel": Act("cancel", State.DECIDING, UNDOING["cancel"]),
    "retry": Act("retry", State.FULFILLING, of(verbs.unpark)),
    "approve_again": Act("decide", State.FULFILLING, of(verbs.approve_again)),
    "answer": Act("answer", State.ANSWERING, of(verbs.answer, how="email", words="No"),
                  lambda case: {"how": "email", "words": "No"}),
    "reopen": Act("decide", State.CLOSED, of(reopening.reopen, why="Asked again")),
    "dossier": Act("ask", State.DECIDING, of(dossiers.note, **FACTOR), lambda case: FACTOR),
    "confirm_dossier": Act("deny", State.DECIDING, of(dossiers.confirm)),
    "comment": Act("ask", State.CLOSED, of(comments.comment, text="A remark"), lambda case: {"text": "A remark"}),
    "assign": Act("ask", State.DECIDING, assign, lambda case: {"owner": str(case.requested_by_id)}),
    "attest": Act("attest", State.FULFILLING, attest, lambda case: {"evidence": "CASE-2026-114"}),
    "acknowledge": Act("answer", State.DECIDING, of(clocks.acknowledge), lambda case: {"on": ""}),
    "extend": Act("answer", State.DECIDING, of(clocks.extend, because="complexity"),
                  lambda case: {"because": "complexity"}),
    "pause": Act("answer", State.DECIDING, of(clocks.pause, why="scope")),
    "resume": Act("answer", State.DECIDING, of(clocks.resume)),
    "link": Act("answer", State.ANSWERING, of(give_link)),
    "download": Act("answer", State.ANSWERING, of(download)),
}  # fmt: skip
READ = {
    **dict.fromkeys(("progress", "clocks", "others"), "privacy.view_rightsrequest"),
    "receipt": "privacy.view_receipt",
}
# Verbs without a page of their own: it is read by others, too.
VERBS = ACTS | {"confirm": Act("confirm", State.FULFILLING, of(redactions.confirm, shown=[], redact=[]))}


def may_do(role: str, permit: Permit | None) -> bool:
    """A superuser keeps the accounts, and may do none of this."""
    return permit is not None and role in permit.roles


def test_every_page_and_every_permission_is_tried_below():
    assert PAGES.keys() - ACTS.keys() - READ.keys() == set()
    assert set(May.__dataclass_fields__) - {act.takes for act in VERBS.values()} == set()


def row_of(case: Case) -> dict:
    return Case.objects.filter(pk=case.pk).values().get()


def refusal_of(verb: Callable, case: Case, actor: Staff) -> tuple[type[Exception] | None, bool]:
    """How the verb refuses, and whether the case is as it was; what it did is undone."""
    before, refusal = row_of(case), None
    with transaction.atomic():
        try:
            with transaction.atomic():
                verb(case, actor)
        except (PermissionDenied, NotAllowed) as said:
            refusal = type(said)
        is_as_it_was = row_of(case) == before
        transaction.set_rollback(True)
    return refusal, is_as_it_was


def one_a_permit(act: Act) -> dict:
    """A kind of each permission that the act can take: its page or verb reads it and nothing else of the kind."""
    return dict({getattr(kind.may, act.takes): (key, kind) for key, kind in case_kinds.items()}.values())


def one_a_set_of_roles(act: Act) -> dict:
    """Of those again one for all whom the same roles may do it to, and one whom nobody may."""
    kinds = one_a_permit(act).items()
    return dict({roles_of(getattr(kind.may, act.takes)): (key, kind) for key, kind in kinds}.values())


def roles_of(permit: Permit | None) -> frozenset[str]:
    return frozenset(permit.roles if permit else ())


def every_kind(act: Act) -> dict:
    return case_kinds


EVERY_KIND = pytest.param(every_kind, marks=pytest.mark.attack)


@pytest.mark.parametrize("kinds", [one_a_permit, EVERY_KIND])
@pytest.mark.parametrize("name", VERBS)
def test_the_verb_takes_the_permission_that_the_kind_states(name, kinds):
    """For every role."""
    act, actors = VERBS[name], {role: staff(role) for role in EVERYBODY}
    shut_out, let_in, changed = set(), set(), set()
    for key, kind in kinds(act).items():
        case, permit = case_in(act.state, key), getattr(kind.may, act.takes)
        for role, actor in actors.items():
            refusal, is_as_it_was = refusal_of(act.verb, case, actor)
            if may_do(role, permit):
                shut_out |= {(key, role)} if refusal is PermissionDenied else set()
            else:
                let_in |= set() if refusal else {(key, role)}
                changed |= set() if is_as_it_was else {(key, role)}
    assert shut_out == set()
    assert let_in == set()
    assert changed == set()


def answers_to(client: Client, url: str, fields: dict, case: Case, *, posts: bool) -> tuple[set[int], bool]:
    """What looking and posting are answered, and whether the case is as it was; what it did is undone. Who may look is
    let in already, and posts only if told to."""
    before = row_of(case)
    with transaction.atomic():
        answers = {client.get(url).status_code}
        if answers == {403} or posts:
            answers.add(client.post(url, fields).status_code)
        is_as_it_was = row_of(case) == before
        transaction.set_rollback(True)
    return answers, is_as_it_was


@pytest.mark.parametrize("kinds", [one_a_set_of_roles, EVERY_KIND])
@pytest.mark.parametrize("name", ACTS)
def test_its_page_is_open_to_those_roles_and_to_no_other(name, kinds):
    """For every role. That the verb behind it takes each permission is tried above."""
    act, browsers = ACTS[name], {role: signed_in(role) for role in EVERYBODY}
    open_to, stated, changed, broken = set(), set(), set(), set()
    for key, kind in kinds(act).items():
        case = case_in(act.state, key)
        args = [case.id, case.steps.get().id] if name == "attest" else [case.id]
        url = reverse(f"admin:privacy_rightsrequest_{name}", args=args)
        stated |= {(key, role) for role in EVERYBODY if may_do(role, getattr(kind.may, act.takes))}
        for role, client in browsers.items():
            is_first = key not in dict(open_to)
            answers, is_as_it_was = answers_to(client, url, act.fields(case), case, posts=is_first)
            broken |= {(key, role) for status in answers if status >= 500}
            if answers != {403}:
                open_to.add((key, role))
            elif not is_as_it_was:
                changed.add((key, role))
    assert broken == set()
    assert changed == set()
    assert stated - open_to == set()
    assert open_to - stated == set()


@pytest.mark.parametrize("key", case_kinds)
def test_asking_for_it_over_http_takes_the_permission_to_ask(key):
    person, kind = person_for(key), case_kinds[key]
    fields = (
        {"subjects": str(person.id), "verification": "signed_in"} | proof_for(key) | posted(answers_for(key, person))
    )
    url, opened_by = reverse("admin:privacy_datasubject_act", args=[key]), set()
    for role in EVERYBODY:
        client = signed_in(role)
        with transaction.atomic():
            status = client.post(url, fields | {"token": str(uuid.uuid4())}).status_code
            if Case.objects.filter(subject=person, kind=key).exists():
                opened_by.add(role)
            assert (status == 403) == (not may_do(role, kind.may.ask)), role
            transaction.set_rollback(True)
    assert opened_by == {role for role in EVERYBODY if may_do(role, kind.may.ask)}
