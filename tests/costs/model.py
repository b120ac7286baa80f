"""What follows from the README's lines without another: run in the copy of the project into which they were pasted."""

import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "kosenai_ops.settings"
sys.path.insert(0, ".")
django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.urls import reverse  # noqa: E402

from privacy.cases.requests import answer, ask  # noqa: E402
from privacy.evidence.chains import faults_of_chain  # noqa: E402
from privacy.models import AccessPackage, DataSubject, Staff  # noqa: E402
from tests import factories as f  # noqa: E402
from tests import working  # noqa: E402
from tests.asking import agreed  # noqa: E402

SECRET = "A mark of the person"
ASKED = {"reason": "Asked by mail", "verification": "signed_in"}
Comment = apps.get_model("privacy", "Comment")


def main() -> None:
    setup_test_environment()
    call_command("check", databases=["default"], fail_level="WARNING")
    person = DataSubject.objects.create(full_name="Ada")
    script = f.ScriptFactory(owner=person)
    comment = Comment.objects.create(author=person, script=script, body=SECRET)
    theirs = Comment.objects.create(author=f.DataSubjectFactory(), script=script, body="A mark of another")
    pages_are_there_and_masked(comment)
    package_holds_it(person)
    erasure_takes_it(person)
    assert list(Comment.objects.values_list("pk", "script")) == [(theirs.pk, None)]
    the_database_guards_it(person)


def pages_are_there_and_masked(comment) -> None:
    agent = signed_in("agent")
    listed = agent.get(reverse("admin:privacy_comment_changelist")).content.decode()
    shown = agent.get(reverse("admin:privacy_comment_change", args=[comment.pk])).content.decode()
    for text in (listed, shown):
        assert f"•••• {len(SECRET)} characters" in text
        assert SECRET not in text
    assert ">Data<" in listed.replace("\n", "").replace("  ", "") and "Comments" in listed
    revealed = agent.post(reverse("admin:privacy_comment_reveal_content", args=[comment.pk]), {"reason": "support"})
    assert SECRET in revealed.content.decode()
    assert signed_in("developer").get(reverse("admin:privacy_comment_changelist")).status_code == 403


def signed_in(role: str) -> Client:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    client.force_login(f.StaffFactory(role=role))
    return client


def package_holds_it(person) -> None:
    [case] = ask("access", subject_ids=[person.id], actor=Staff.objects.first(), **ASKED)
    working.run_all()
    package = AccessPackage.objects.get(request=case)
    with package.file.open() as file:
        assert b"privacy.Comment" in file.read()
    answer(request_id=case.id, actor=f.StaffFactory(), how="email")  # an erasure waits for it


def erasure_takes_it(person) -> None:
    [case] = agreed("erasure", subject_ids=[person.id], actor=f.StaffFactory(), **ASKED)
    working.run_all()
    assert case.receipt.body["deleted"]["privacy.Comment"] == 1
    assert not faults_of_chain(case.id)


def the_database_guards_it(person) -> None:
    try:
        Comment.objects.create(author=person, body="After")
    except IntegrityError as refusal:
        assert "frozen or erased" in str(refusal)
    else:
        raise AssertionError("the database took a row of an erased person")


main()
