"""The way into a back office that has no staff yet."""

from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from privacy.models import Staff
from tests import factories as f
from tests.kosenai_ops.test_accounts import WORD, chosen
from tests.kosenai_ops.test_staff_access import sign_in

pytestmark = pytest.mark.django_db


def made(capsys, name: str = "mara") -> str:
    call_command("first_account", name, f"{name}@kosenai.example")
    return capsys.readouterr().out.strip()


def test_its_link_lets_a_manager_in_who_can_invite_the_others(client, capsys, settings):
    settings.ALLOWED_HOSTS = ["ops.example.com", "localhost", "testserver"]
    link = urlsplit(made(capsys))
    assert link.hostname == "ops.example.com"
    client.post(link.path, chosen(WORD))
    assert sign_in(client, WORD, name="mara").status_code == 200
    mara = Staff.objects.get()
    assert mara.is_superuser and mara.has_perm("privacy.invite_staff") and mara.has_perm("privacy.approve_erasure")
    with pytest.raises(CommandError, match="There is staff already"):
        made(capsys, "eve")
    assert Staff.objects.get() == mara


def test_a_link_that_nobody_used_is_replaced(client, capsys):
    first, second = (urlsplit(made(capsys, name)).path for name in ("mara", "nora"))
    assert client.get(first).status_code == 404
    assert client.post(second, chosen(WORD)).status_code == 302
    assert Staff.objects.get().username == "nora"


@pytest.mark.parametrize("closed", [False, True])
def test_where_there_is_staff_it_makes_nothing(capsys, closed):
    f.StaffFactory(is_active=not closed)
    with pytest.raises(CommandError):
        made(capsys)
    assert Staff.objects.count() == 1


def test_an_invited_colleague_is_staff_too(capsys):
    f.InvitationFactory()
    with pytest.raises(CommandError):
        made(capsys)
