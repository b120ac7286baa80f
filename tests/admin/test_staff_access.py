"""What managers do about their colleagues on the pages of staff."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from privacy.models import AccessReview, Invitation, RoleGrant, Staff
from tests import factories as f
from tests.admin.clients import texts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:privacy_staff_changelist")
INVITE = reverse("admin:privacy_staff_invite")


@pytest.fixture(autouse=True)
def another_manager():
    return f.StaffFactory(username="nora")


def page_of(member: Staff, name: str = "change") -> str:
    return reverse(f"admin:privacy_staff_{name}", args=[member.pk])


def buttons(client, member: Staff) -> set[str]:
    offered = client.get(page_of(member)).context["actions_detail"]
    return {button["title"] for button in offered}


def invited(client) -> Staff:
    client.post(INVITE, {"username": "mara", "email": "mara@kosenai.example", "roles": ["agent", "approver"]})
    return Staff.objects.get(username="mara")


def test_the_link_is_shown_once_and_kept_nowhere(client, manager):
    answer = client.post(INVITE, {"username": "mara", "email": "mara@kosenai.example", "roles": ["agent"]})
    [link] = re.findall(r"http://testserver/accounts/invitation/([\w-]{43})/", answer.text)
    assert "no-store" in answer["Cache-Control"]
    assert link not in client.get(LIST).text + client.get(page_of(Staff.objects.get(username="mara"))).text
    assert not any(link in str(session.get_decoded()) for session in Session.objects.all())
    assert set(RoleGrant.objects.values_list("role", "acted_at")) == {("agent", None)}


@pytest.mark.parametrize("given", [{"username": ""}, {"email": "no address"}, {"roles": ["emperor"]}, {"roles": []}])
def test_what_is_no_invitation_makes_no_account(client, manager, given):
    asked = {"username": "mara", "email": "mara@kosenai.example", "roles": ["agent"]} | given
    assert "Nothing was done" in client.post(INVITE, asked).text
    assert not Invitation.objects.exists() and not Staff.objects.filter(username="mara").exists()


def test_a_member_s_buttons_are_those_that_mean_something(client, manager):
    new, old = invited(client), f.StaffFactory(role="agent")
    assert buttons(client, new) == {"Make a new link", "Withdraw the invitation", "Ask for a role"}
    assert buttons(client, old) == {"Review access", "Ask for a role"}
    assert buttons(client, manager) == set()


def test_an_invitation_is_made_anew_and_withdrawn(client, manager):
    member = invited(client)
    assert "/accounts/invitation/" in client.post(page_of(member, "invite_again")).text
    client.post(page_of(member, "withdraw_invitation"))
    assert not Invitation.objects.filter(withdrawn_at=None).exists()
    assert not RoleGrant.objects.filter(refused_at=None).exists()


def test_a_role_is_asked_for_and_not_given(client, manager):
    member = f.StaffFactory(role="agent")
    page = page_of(member, "ask_role")
    assert 'value="agent"' not in client.get(page).text
    answer = client.post(page, {"role": "auditor"})
    assert "It acts when another" in texts(answer)
    assert [group.name for group in member.groups.all()] == ["agent"]


def test_who_is_to_be_reviewed_is_on_the_list_and_the_first_page_until_it_is_signed(client, manager):
    member = f.StaffFactory(username="olga", role="agent", date_joined=datetime.now(UTC) - timedelta(days=91))
    due = f"{LIST}?access=due"
    assert "Access to review" in client.get(reverse("admin:index")).text
    assert [row.username for row in client.get(due).context["cl"].result_list] == ["olga"]
    review = page_of(member, "review_access")
    assert "Roles: agent." in client.get(review).text
    client.post(review, {"finding": "right"})
    assert AccessReview.objects.get().reviewed_by == manager
    assert [*client.get(due).context["cl"].result_list] == []
    assert f", {manager.username}" in client.get(LIST).text
    assert "Access to review" not in client.get(reverse("admin:index")).text


def test_the_list_has_roles_last_sign_in_and_last_use(client, manager, django_assert_max_num_queries):
    seen = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    f.StaffFactory.create_batch(20, role="auditor", last_login=seen, last_used_at=seen + timedelta(hours=1))
    client.get(LIST)
    with django_assert_max_num_queries(9):
        page = client.get(LIST).text
    assert all(words in page for words in ("auditor", "2 Nov 2026, 09:30", "2 Nov 2026, 10:30"))


def test_nobody_reviews_themselves(client, manager):
    client.post(page_of(manager, "review_access"), {"finding": "right"})
    assert not AccessReview.objects.exists()
