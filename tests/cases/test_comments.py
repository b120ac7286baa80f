"""What staff write beside a case stays with staff, goes with the person, and is proved by the trail."""

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from privacy.cases import comments
from privacy.cases.requests import ask, grant
from privacy.evidence.chains import faults_of_chain
from privacy.models import CaseComment, CaseFile, State
from tests import factories as f
from tests import working
from tests.fulfilment.exporting import exported, unzipped

pytestmark = pytest.mark.django_db
SECRET = "Quetzalcoatl wrote this from the neighbour’s machine"
LETTER = b"Dear studio, Quetzalcoatl was here"


@pytest.fixture
def agent():
    return f.StaffFactory(role="agent")


def letter(data: bytes = LETTER, name: str = "Brief an Sie.txt") -> ContentFile:
    return ContentFile(data, name=name)


def test_who_only_reads_writes_nothing_and_nothing_is_written_without_words(agent):
    case = f.CaseFactory()
    for role in ("auditor", "developer"):
        with pytest.raises(PermissionDenied):
            comments.comment(request_id=case.pk, actor=f.StaffFactory(role=role), text="A remark")
    with pytest.raises(ValueError, match="Write something"):
        comments.comment(request_id=case.pk, actor=agent, text=" \n")
    assert not CaseComment.objects.exists()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"MZ\x90", "letter.exe"), (b"<svg/>", "picture.svg"), (b"no pdf", "scan.pdf"), (b"a\0b", "letter.txt"),
        (b"\xff\xfe", "letter.eml"), (b"x", "letter"), (b"%PDF-" + b"x" * comments.MOST_BYTES, "scan.pdf"),
    ],
    ids=["type", "svg", "false", "nul", "bytes", "none", "large"],
)  # fmt: skip
def test_a_file_that_is_too_large_or_not_what_it_says_is_not_taken(agent, data, name):
    case = f.CaseFactory()
    with pytest.raises(ValueError, match="file|Files"):
        comments.comment(request_id=case.pk, actor=agent, text="As it came", file=letter(data, name))
    assert not CaseComment.objects.exists()


def test_it_stands_on_the_page_for_who_sees_people_and_the_file_is_never_shown_inline(client, agent):
    case = f.CaseFactory(state=State.DECIDING, kind="erasure")
    client.force_login(agent)
    address = reverse("admin:privacy_rightsrequest_comment", args=[case.pk])
    client.post(address, {"text": SECRET, "file": letter()})
    page = reverse("admin:privacy_rightsrequest_change", args=[case.pk])
    assert SECRET in client.get(page).text and "Brief an Sie.txt" in client.get(page).text
    file = reverse("admin:privacy_rightsrequest_file", args=[case.pk, CaseFile.objects.get().pk])
    answer = client.get(file)
    assert b"".join(answer.streaming_content) == LETTER
    assert answer["Content-Type"] == "application/octet-stream" and "attachment" in answer["Content-Disposition"]
    client.force_login(f.StaffFactory(role="developer"))
    assert SECRET not in client.get(page).text and client.get(file).status_code == 403


def test_the_package_tells_that_there_is_one_and_not_what_it_says(agent):
    person = f.DataSubjectFactory()
    case = f.CaseFactory(subject=person)
    comments.comment(request_id=case.pk, actor=agent, text=SECRET, file=letter())
    files = unzipped(exported(person))
    assert not [name for name, data in files.items() if b"Quetzalcoatl" in data or "Brief" in name]
    assert any(b"CaseComment" in data for data in files.values())


def test_an_erasure_blanks_the_words_and_deletes_the_file_and_the_trail_still_holds(agent):
    person = f.DataSubjectFactory()
    [case] = ask(
        "erasure", subject_ids=[person.pk], actor=agent, reason="Asked to be forgotten", verification="signed_in"
    )
    comments.comment(request_id=case.pk, actor=agent, text=SECRET, file=letter())
    name = CaseFile.objects.get().file.name
    assert default_storage.exists(name)
    grant(request_id=case.pk, actor=f.StaffFactory(role="approver"))
    working.run_all()
    assert (CaseComment.objects.get().text, CaseFile.objects.count()) == ("[erased]", 0)
    assert not default_storage.exists(name)
    assert faults_of_chain(case.pk) == []
