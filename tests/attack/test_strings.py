"""Text that breaks forms, files and pages, into every field and every file: an answer, and nothing of it runs."""

import itertools
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import tablib
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, models, transaction
from django.urls import reverse

from privacy.catalogue import case_kinds
from privacy.models import DataSubject, Processor
from tests import factories as f
from tests.admin.pages import pages
from tests.admin.test_roles import studio  # noqa: F401  (a fixture)
from tests.attack.http import ANSWERS, FORM, Form, encoded, forms_of, query, text_of, within_time, without_effect

pytestmark = [pytest.mark.attack, pytest.mark.django_db]

PASSWORD = "a long and private passphrase"
MORE = (
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "\u202egpj.exe",
    "\u2066\u2069\u200b",
    "\ufeff",
    "\r\nSet-Cookie: a=b",
)
LONG = "x" * 1_000_000
LONGEST_ADDRESS = 3_000
TOO_OFTEN = 429
ROWS_A_FILE = 30
MARKUP = re.compile(r"<\s*[a-z!/?]", re.IGNORECASE)


@pytest.fixture(scope="session")
def strings(shared_data) -> list[str]:
    return [*MORE, *json.loads((shared_data / "blns" / "blns-odd.json").read_text())]


def runs(text: str, page: str) -> bool:
    """Whether markup of ours stands in the page as markup."""
    return len(text) > 6 and bool(MARKUP.search(text)) and text in page


def first_pages(browser) -> Iterator[tuple[str, str]]:
    """(address, page) of every page with a form; an action's is shown when its target gets people without a reason."""
    person = DataSubject.objects.filter(erased_at=None).first()
    for page in pages():
        if not page.action:
            yield page.url, text_of(browser.get(page.url))
    for name in case_kinds:
        url = reverse("admin:privacy_datasubject_act", args=[name])
        yield url, text_of(browser.post(url, {"subjects": str(person.pk)}))
    for name in ("account_change_password", "account_reauthenticate", "mfa_activate_totp", "usersessions_list"):
        yield reverse(name), text_of(browser.get(reverse(name)))


def forms_with_text(found: Iterator[tuple[str, str]]) -> list[Form]:
    """Each form once, however many pages it stands on."""
    forms = {}
    for address, page in found:
        for form in forms_of(address, page):
            if form.typed and not form.takes_files:
                forms.setdefault((form.action, form.method, *sorted(form.fields)), form)
    return list(forms.values())


def send(browser, form: Form, fields: dict[str, str]):
    if form.method == "post":
        return browser.post(form.action, query(fields).encode(), content_type=FORM)
    return browser.get(f"{form.action}?{query({name: v[:LONGEST_ADDRESS] for name, v in fields.items()})}")


def attack(browser, forms: list[Form], strings: list[str], tally) -> list[tuple]:
    """Every string into every field that is typed in, and in turn into the hidden and chosen ones too."""
    wrong = []
    for form, number in within_time(itertools.product(forms, range(len(strings))), tally):
        names = list(form.fields) if number % 3 == 0 else form.typed
        given = {name: strings[(number + place) % len(strings)] for place, name in enumerate(names)}
        with without_effect(browser):
            answer = send(browser, form, form.filled(**given))
            page = text_of(browser.get(answer.url)) if answer.status_code == 302 else text_of(answer)
        tally["strings"] += len(given)
        if answer.status_code not in ANSWERS | {TOO_OFTEN}:
            wrong.append((answer.status_code, form.action, {n: v[:40] for n, v in given.items()}))
        wrong += [("runs", form.action, name, text) for name, text in given.items() if runs(text, page)]
    return wrong


@pytest.mark.parametrize("role", ["manager", "superuser"])
def test_every_form_of_the_admin(studio, strings, signed_in, tally, role):  # noqa: F811
    browser = signed_in(role)
    with without_effect(browser):
        forms = forms_with_text(first_pages(browser))
    assert len(forms) > {"manager": 15, "superuser": 5}[role]  # who keeps the accounts sees nobody
    assert attack(browser, forms, [*strings, LONG], tally) == []


def test_the_sign_in_and_the_second_factor(db, strings, client, tally):
    client.raise_request_exception = False
    member = f.StaffFactory()
    TOTP.activate(member, generate_totp_secret())
    login = reverse("account_login")
    first = forms_with_text([(login, text_of(client.get(login)))])
    assert attack(client, first, strings, tally) == []
    asked = client.post(login, {"login": member.username, "password": PASSWORD}, follow=True)
    second = forms_with_text([(asked.request["PATH_INFO"], text_of(asked))])
    assert any("code" in form.typed for form in second)
    assert attack(client, second, strings, tally) == []


def test_the_address_of_a_package(db, strings, client, tally):
    client.raise_request_exception = False
    for text in strings:
        path = "/download/" + quote(encoded(text), safe="") + "/"
        for method in (client.get, client.post):
            tally["strings"] += 1
            assert method(path).status_code in ANSWERS, text


def doors() -> list[admin.ModelAdmin]:
    return [door for door in admin.site._registry.values() if hasattr(door, "process_import")]


def file_of(format_class, columns: list[str], rows: list[list[str]]) -> bytes:
    data = tablib.Dataset(*rows, headers=columns)
    try:
        written = format_class().export_data(data)
    except (ValueError, UnicodeError):  # the format itself cannot hold it; then as bytes of nothing that it knows
        written = "\n".join(",".join(row) for row in rows)
    return written if isinstance(written, bytes) else encoded(written)


def rows_of(strings: list[str], columns: list[str]) -> list[list[str]]:
    """A row a string, with it in every cell."""
    return [[text] * len(columns) for text in strings]


def files(strings: list[str]) -> Iterator[tuple[str, int, list[str], list[str], bytes]]:
    """(address of the door, number of the format, columns, strings, content) of files with a string a row."""
    for door in doors():
        url = reverse(f"admin:{door.opts.app_label}_{door.opts.model_name}_import")
        columns = [field.column_name for field in door.resource_classes[0]().get_import_fields()]
        for number, format_class in enumerate(door.formats):
            for some in map(list, itertools.batched(strings, ROWS_A_FILE)):
                yield url, number, columns, some, file_of(format_class, columns, rows_of(some, columns))


def test_every_file_door(db, strings, signed_in, tally):
    browser, wrong = signed_in("manager"), []
    for url, number, columns, some, content in within_time(files(strings), tally):
        upload = SimpleUploadedFile("strings", content)
        with without_effect(browser):
            answer = browser.post(url, {"import_file": upload, "format": str(number)})
            page = text_of(answer)
            confirmed = [form for form in forms_of(url, page) if "import_file_name" in form.fields]
            after = [send(browser, form, form.filled()).status_code for form in confirmed]
        tally["strings"] += len(some) * len(columns)
        wrong += [(status, url, number) for status in [answer.status_code, *after] if status not in ANSWERS]
        wrong += [("runs", url, text) for text in some if runs(text, page)]
    assert wrong == []


def plant(model: type[models.Model], texts: Iterator[str]) -> int:
    """Writes a string into every free text of every row, as far as the table takes it."""
    planted = 0
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.CharField | models.TextField) or field.choices or field.unique:
            continue
        for pk in model.objects.values_list("pk", flat=True)[:5]:
            try:
                with transaction.atomic():
                    planted += model.objects.filter(pk=pk).update(**{field.name: next(texts)[: field.max_length]})
            except (DatabaseError, ValueError):  # a rule of the table, which is not what is tried here
                continue
    return planted


def test_what_is_stored_is_shown_and_does_not_run(studio, strings, signed_in, tally):  # noqa: F811
    markup = [text for text in strings if MARKUP.search(text) and "\0" not in text]
    planted = {model for model in admin.site._registry if plant(model, itertools.cycle(markup))}
    assert {DataSubject, Processor} <= planted
    wrong = []
    for role in ("manager", "superuser"):
        browser = signed_in(role)
        for page in within_time(pages(), tally):
            answer = browser.get(page.url)
            tally["addresses"] += 1
            wrong += [(page.url, text) for text in markup if runs(text, text_of(answer))]
            if answer.status_code not in ANSWERS:
                wrong.append((page.url, answer.status_code))
    assert wrong == []
