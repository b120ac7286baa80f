"""What others share goes on with somebody who can go on with it, whole, and a person decides on names in it."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from privacy.cases.requests import ask, grant
from privacy.datamap import Use
from privacy.models import Case, Membership, Note, Script, Shot, ShotList, Team
from privacy.selectors import plans
from tests import factories as f
from tests import working
from tests.asking import agreed

pytestmark = pytest.mark.django_db(transaction=True)
Role = Membership.Role
ASKED = {"reason": "Asked by mail", "verification": "signed_in"}


def erase(*people) -> list[Case]:
    cases = agreed("erasure", subject_ids=[person.id for person in people], actor=f.StaffFactory(), **ASKED)
    for case in cases:
        while working.run(case.id):
            pass
        case.refresh_from_db()
    return cases


def team_of(owner, *others) -> Team:
    """Others are (person, role), the longest-standing first."""
    team = f.TeamFactory(owner=owner, name="Night shoot")
    f.MembershipFactory(team=team, subject=owner, role=Role.OWNER)
    for n, (person, role) in enumerate(others):
        f.MembershipFactory(team=team, subject=person, role=role, joined_at=datetime(2026, 1, 1 + n, tzinfo=UTC))
    return team


def person(**more):
    return f.DataSubjectFactory(**more)


def test_an_open_account_inherits_before_a_closed_one_and_becomes_owner():
    owner, gone, editor = person(), person(closed_at=datetime(2026, 1, 1, tzinfo=UTC)), person()
    team = team_of(owner, (gone, Role.VIEWER), (editor, Role.EDITOR))
    erase(owner)
    team.refresh_from_db()
    assert team.owner_id == editor.id
    roles = dict(team.memberships.values_list("subject", "role"))
    assert roles == {gone.id: Role.VIEWER, editor.id: Role.OWNER}


def test_an_open_account_inherits_before_a_possible_childs():
    owner, child, free = person(), person(), person()
    f.LimitFactory(subject=free, since=datetime(2026, 1, 1, tzinfo=UTC), lifted_at=datetime.now(UTC))
    f.LimitFactory(subject=free, purpose=Use.MARKETING)
    team = team_of(owner, (child, Role.EDITOR), (free, Role.VIEWER))
    f.LimitFactory(subject=child)
    erase(owner)
    assert Team.objects.get(pk=team.pk).owner_id == free.id


def test_an_editor_inherits_before_a_viewer_who_was_there_first():
    owner, viewer, editor = person(), person(), person()
    team = team_of(owner, (viewer, Role.VIEWER), (editor, Role.EDITOR))
    erase(owner)
    assert Team.objects.get(pk=team.pk).owner_id == editor.id


def test_where_all_others_are_closed_the_first_of_them_inherits():
    owner, gone = person(), person(closed_at=datetime(2026, 1, 1, tzinfo=UTC))
    team = team_of(owner, (gone, Role.VIEWER))
    erase(owner)
    assert Team.objects.get(pk=team.pk).owner_id == gone.id
    assert team.memberships.get().role == Role.OWNER


def shared_script(owner, heir) -> Script:
    script = f.ScriptFactory(owner=owner, title="The lift", body="INT. LIFT - NIGHT")
    f.ScriptCoAuthorFactory(script=script, subject=heir)
    return script


@pytest.mark.parametrize("in_one_set", [False, True])
def test_shot_lists_and_notes_stay_with_the_script_that_is_handed_over(in_one_set):
    owner, heir, stranger = person(), person(), person()
    script = shared_script(owner, heir)
    shots = f.ShotFactory(shot_list=f.ShotListFactory(owner=owner, script=script))
    note = f.NoteFactory(author=owner, script=script)
    theirs = f.NoteFactory(author=stranger, script=script)  # a visitor's word on somebody else's script is their own
    alone = f.NoteFactory(author=owner, script=f.ScriptFactory(owner=owner))
    loose = f.NoteFactory(author=owner, script=None)
    cases = erase(owner, stranger) if in_one_set else erase(owner) + erase(stranger)
    assert Script.objects.get().owner_id == heir.id
    assert ShotList.objects.get().owner_id == heir.id
    assert Shot.objects.get().pk == shots.pk
    assert [(n.pk, n.author_id) for n in Note.objects.all()] == [(note.pk, heir.id)]
    assert not Note.objects.filter(pk__in=[theirs.pk, alone.pk, loose.pk]).exists()
    case = next(case for case in cases if case.subject_id == owner.id)
    assert case.receipt.body["handed_over"] == {"privacy.Script": 1, "privacy.ShotList": 1, "privacy.Note": 1}


def test_the_plan_counts_what_the_erasure_does():
    owner, heir = person(), person()
    script = shared_script(owner, heir)
    f.ShotFactory(shot_list=f.ShotListFactory(owner=owner, script=script))
    f.NoteFactory(author=owner, script=script)
    f.NoteFactory(author=owner)
    planned = {line.label: line.actions for line in plans.erasure_plan([owner.id]).lines}
    [case] = erase(owner)
    assert {label: actions["hand over"] for label, actions in planned.items() if "hand over" in actions} == (
        case.receipt.body["handed_over"]
    )
    assert planned["privacy.Note"]["delete"] == case.receipt.body["deleted"]["privacy.Note"] == 1


def test_another_heir_than_the_approved_one_stops_the_work():
    owner, first, second = person(), person(), person()
    team_of(owner, (first, Role.EDITOR), (second, Role.EDITOR))
    [case] = agreed("erasure", subject_ids=[owner.id], actor=f.StaffFactory(), **ASKED)
    first.closed_at = datetime(2026, 1, 1, tzinfo=UTC)
    first.save()
    working.run(case.id)
    assert f"pass teams to Subject {str(second.id)[:8]}" in case.jobs.get().parked_because
    assert Team.objects.get().owner_id == owner.id


@pytest.mark.parametrize(
    ("body", "named"),
    [("THE LIFT\nby Mara Lindqvist", 1), ("THE LIFT\nby mara@example.com", 1), ("THE LIFT\nby Maralindqvistson", 0)],
)
def test_a_name_in_what_others_get_is_in_the_plan_and_told_in_the_receipt(client, body, named):
    owner, heir = person(full_name="Mara Lindqvist"), person()
    f.IdentifierFactory(subject=owner, kind="email", value="mara@example.com")
    Script.objects.filter(pk=shared_script(owner, heir).pk).update(body=body)
    agent, approver = f.StaffFactory(role="agent"), f.StaffFactory(role="approver")
    [case] = ask("erasure", subject_ids=[owner.id], actor=agent, **ASKED)
    client.force_login(approver)
    page = client.get(reverse("admin:privacy_rightsrequest_approve", args=[case.id])).text
    assert ("1 of these names the person" in page) == bool(named)
    assert str(heir.id)[:8] in page and heir.full_name in page
    assert "Lindqvist" not in page.partition("Handed over")[2].partition("</section>")[0]
    grant(request_id=case.id, actor=approver)
    while working.run(case.id):
        pass
    case.refresh_from_db()
    assert case.receipt.body["handed_over_named"] == ({"privacy.Script": 1} if named else {})
    receipt = client.get(reverse("admin:privacy_rightsrequest_receipt", args=[case.id])).text
    assert ("1 of them names the person, as it was approved" in receipt) == bool(named)
