"""What Clerk and Stripe themselves hand out comes in, or is told in a sentence."""

import csv
import io
import json
import shutil

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from billing import outcomes, sync
from billing.models import Customer
from privacy.datamap import registry
from privacy.fulfilment.importing import clerk_users, subjects
from privacy.fulfilment.importing.arrivals import ERASED, Outcome
from privacy.models import DataSubject, Identifier
from tests import factories as f
from tests.faults.erasing import approved, run

pytestmark = pytest.mark.django_db
Kind = Identifier.Kind
CREATED = 1_700_000_000
SECRETS = ("$2b$10$secret-digest", "+12125550100", "totp-secret", "only for staff")

DASHBOARD = [
    {
        "id": "user_2abc", "first_name": "Jane", "last_name": "Doe", "username": "jane",
        "primary_email_address": "Jane@Test.com",
        "primary_phone_number": "+12125550100", "verified_email_addresses": "jane@test.com|jd@test.com",
        "unverified_email_addresses": "stranger@test.com", "verified_phone_numbers": "", "unverified_phone_numbers": "",
        "totp_secret": "totp-secret", "password_digest": "$2b$10$secret-digest", "password_hasher": "bcrypt",
    },
    {
        "id": "user_2def", "first_name": "", "last_name": "", "username": "",
        "primary_email_address": "", "primary_phone_number": "",
        "verified_email_addresses": "", "unverified_email_addresses": "", "verified_phone_numbers": "",
        "unverified_phone_numbers": "", "totp_secret": "", "password_digest": "", "password_hasher": "",
    },
]  # fmt: skip
API = [
    {
        "id": "user_2abc", "object": "user", "first_name": "Jane", "last_name": "Doe",
        "primary_email_address_id": "idn_2",
        "email_addresses": [
            {"id": "idn_1", "email_address": "jd@test.com", "verification": {"status": "verified"}},
            {"id": "idn_2", "email_address": "jane@test.com", "verification": {"status": "unverified"}},
            {"id": "idn_3", "email_address": "stranger@test.com", "verification": {"status": "unverified"}},
        ],
        "phone_numbers": [{"phone_number": "+12125550100"}], "private_metadata": {"note": "only for staff"},
    },
    {"id": "user_2def", "object": "user", "first_name": None, "last_name": None, "email_addresses": []},
]  # fmt: skip
LISTED = [
    {
        "id": "user_2abc", "first_name": "Jane", "last_name": "Doe", "primary_email_address": "jane@test.com",
        "email_addresses": ["jd@test.com", "jane@test.com"], "phone_numbers": None, "password_digest": None,
        "private_metadata": {"note": "only for staff"}, "backup_codes": None,
    },
    {"id": "user_2def", "primary_phone_number": "+12125550100"},
]  # fmt: skip
AUTH_JS = [
    {
        "id": "user_2abc",
        "email": "jane@test.com",
        "firstName": "Jane",
        "lastName": "Doe",
        "password": "$2b$10$secret-digest",
    },
    {"id": "user_2def", "username": "phoneuser1", "phone": "+12125550100"},
]


def as_csv(rows: list[dict], remark: str = "") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return f"{remark}{out.getvalue()}".encode()


SHAPES = {
    "the dashboard's CSV": ("clerk.csv", as_csv(DASHBOARD), True),
    "its sample with a remark": ("clerk.csv", as_csv(DASHBOARD, "# Password for users with passwords: x\n"), True),
    "the API's users": ("clerk.json", json.dumps(API).encode(), True),
    "lists of texts": ("clerk.json", json.dumps(LISTED).encode(), True),
    "today's Auth.js": ("authjs.json", json.dumps(AUTH_JS).encode(), False),
}


@pytest.fixture
def studio(shared_data, tmp_path):
    for name in ("screenplays", "prompts-chat", "stripe-fixtures", "dj-stripe-fixtures"):
        shutil.copytree(shared_data / name, tmp_path / name, copy_function=shutil.copyfile)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "clerk-user-import").mkdir()
    return tmp_path


def import_studio(folder) -> str:
    out = io.StringIO()
    call_command("import_studio", str(folder), stdout=out)
    return out.getvalue()


def known() -> dict[str, tuple]:
    """{Clerk id: (name, primary address, other addresses)}."""
    found = {}
    for clerk in Identifier.objects.filter(kind=Kind.CLERK).select_related("subject"):
        emails = clerk.subject.identifiers.filter(kind=Kind.EMAIL)
        primary = [e.value for e in emails if e.is_primary]
        found[clerk.value] = (clerk.subject.full_name, primary, [e.value for e in emails if not e.is_primary])
    return found


def everything_stored() -> str:
    return str([list(model._default_manager.values_list()) for model in registry.declarations])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_studio_comes_with_clerks_own_list_of_users(studio, shape):
    name, data, has_more = SHAPES[shape]
    (studio / "clerk-user-import" / name).write_bytes(data)
    report = import_studio(studio)
    assert known() == {
        "user_2abc": ("Jane Doe", ["jane@test.com"], ["jd@test.com"] if has_more else []),
        "user_2def": ("", [], []),
    }
    assert f"2 of people in clerk-user-import/{name}: Nothing is stored of " in report
    stored = everything_stored()
    assert not [secret for secret in (*SECRETS, "stranger@test.com") if secret in stored]


def test_a_second_run_of_it_changes_nothing(studio):
    (studio / "clerk-user-import" / "clerk.csv").write_bytes(as_csv(DASHBOARD))
    import_studio(studio)
    before = list(Identifier.objects.order_by("id").values_list())
    import_studio(studio)
    assert list(Identifier.objects.order_by("id").values_list()) == before


def test_without_any_list_the_names_that_will_do_are_told(studio):
    with pytest.raises(CommandError, match="authjs.json is not there. Any of authjs.json, clerk.json, clerk.csv"):
        import_studio(studio)


def test_the_user_of_clerks_webhooks_is_read_as_well(shared_data):
    user = json.loads((shared_data / "clerk-webhooks/examples.json").read_text())["user.created"]["data"]
    person = clerk_users.person_of(user)
    assert person.identifiers == ((Kind.CLERK, user["id"]),)


# --- the admin


@pytest.fixture
def manager(client):
    client.force_login(f.StaffFactory(role="manager"))
    return client


def preview(client, name: str, data: bytes):
    return client.post(
        reverse("admin:privacy_datasubject_import"),
        {
            "import_file": SimpleUploadedFile(name, data),
            "format": "1" if name.endswith("json") else "0",
            "resource": "0",
        },
    )


def confirm(client, page):
    return client.post(
        reverse("admin:privacy_datasubject_process_import"), page.context["confirm_form"].initial, follow=True
    )


@pytest.mark.parametrize("shape", [s for s in SHAPES if "remark" not in s])
def test_the_admin_shows_what_clerks_columns_become_and_takes_them(manager, shape):
    name, data, has_more = SHAPES[shape]
    page = preview(manager, name, data)
    text = page.content.decode()
    assert "This is Clerk&#x27;s list of users: id becomes clerk_id" in text and "Nothing is stored of " in text
    assert "<ins>Jane Doe</ins>" in text and "<ins>user_2abc</ins>" in text
    assert not [secret for secret in SECRETS if secret in text]
    confirm(manager, page)
    assert known()["user_2abc"] == ("Jane Doe", ["jane@test.com"], ["jd@test.com"] if has_more else [])
    assert not [secret for secret in (*SECRETS, "stranger@test.com") if secret in everything_stored()]


def test_a_newer_list_changes_the_same_people_and_empties_no_name(manager):
    confirm(manager, preview(manager, "clerk.csv", as_csv(DASHBOARD)))
    newer = [DASHBOARD[0] | {"last_name": "Roe"}, DASHBOARD[1]]
    page = preview(manager, "clerk.csv", as_csv(newer))
    assert "0 new, 1 changed, 1 unchanged" in page.content.decode()
    confirm(manager, page)
    nameless = preview(manager, "clerk.csv", as_csv([newer[0] | {"first_name": "", "last_name": ""}]))
    confirm(manager, nameless)
    assert known()["user_2abc"][0] == "Jane Roe" and DataSubject.objects.count() == 2


def test_an_erased_user_stays_away_though_clerk_still_lists_them(manager):
    [arrival] = subjects.bring_in(people=[clerk_users.person_of(API[0])], actor=None)
    run(approved(arrival.row))
    page = preview(manager, "clerk.json", json.dumps(API).encode())
    assert f"Row 1 is left out: {ERASED}" in page.content.decode()
    confirm(manager, page)
    assert set(known()) == {"user_2def"}


# --- Stripe

CUSTOMER = {"object": "customer", "id": "cus_1", "name": "Ada", "email": None, "created": CREATED}
STUB = {"object": "customer", "id": "cus_1", "deleted": True}


def synced(*objects) -> list[tuple[str, str]]:
    return [(s.outcome, s.reason) for s in sync.sync(objects=objects)]


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ({"object": "customer"}, outcomes.NO_ID),
        ({"object": "invoice", "id": None}, outcomes.NO_ID),
        ({"object": "refund", "id": {"a": 1}}, outcomes.NO_ID),
        ({"id": "cus_1"}, outcomes.NO_TYPE),
        ({}, outcomes.NO_TYPE),
        ("cus_1", outcomes.NO_TYPE),
        (None, outcomes.NO_TYPE),
    ],
)
def test_an_object_without_id_or_type_gives_a_sentence_and_its_neighbour_comes_in(thing, reason):
    f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1")
    assert synced(thing, CUSTOMER) == [(Outcome.CREATED, ""), (Outcome.REFUSED, reason)]


@pytest.mark.parametrize(
    "shape",
    [
        {"object": "list", "data": [CUSTOMER], "has_more": False, "url": "/v1/customers"},
        {"object": "search_result", "data": [CUSTOMER], "next_page": None},
        [CUSTOMER],
        [[{"object": "list", "data": [CUSTOMER]}]],
        [{"object": "event", "id": "evt_1", "created": CREATED, "data": {"object": CUSTOMER}}],
        {"object": "list", "data": [{"object": "event", "created": CREATED, "data": {"object": CUSTOMER}}]},
    ],
)
def test_pages_search_results_and_lists_of_events_are_opened(shape):
    f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1")
    assert synced(shape) == [(Outcome.CREATED, "")]
    assert Customer.objects.get().name == "Ada"


def test_a_stub_of_a_deleted_customer_empties_the_name_and_again_changes_nothing():
    f.IdentifierFactory(kind=Kind.STRIPE, value="cus_1")
    synced(CUSTOMER)
    assert [synced(STUB)[0][0] for _ in range(3)] == [Outcome.UPDATED, Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert Customer.objects.get().name == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.json", json.dumps({"object": "list", "data": [CUSTOMER | {"id": "cus_new"}]})),
        ("lines.jsonl", "\n".join(json.dumps(c) for c in (CUSTOMER | {"id": "cus_new"}, CUSTOMER | {"id": "cus_b"}))),
        ("lines.json", "\n".join(json.dumps(c) for c in (CUSTOMER | {"id": "cus_new"}, CUSTOMER | {"id": "cus_b"}))),
        (
            "events.json",
            json.dumps([{"object": "event", "created": CREATED, "data": {"object": CUSTOMER | {"id": "cus_new"}}}]),
        ),
    ],
)
def test_import_studio_opens_them_too(studio, name, text):
    (studio / "clerk-user-import" / "clerk.csv").write_bytes(as_csv(DASHBOARD))
    (studio / "dj-stripe-fixtures" / name).write_text(text)
    import_studio(studio)
    assert Customer.objects.filter(stripe_id="cus_new", name="Ada").exists()


def test_import_studio_tells_of_an_object_without_id(studio):
    (studio / "clerk-user-import" / "clerk.csv").write_bytes(as_csv(DASHBOARD))
    (studio / "dj-stripe-fixtures" / "odd.json").write_text('{"object": "customer"}')
    assert f"1 of customers in Stripe's files: {outcomes.NO_ID}" in import_studio(studio)


def test_import_studio_gives_a_refused_customers_id_to_nobody(studio):
    (studio / "clerk-user-import" / "clerk.csv").write_bytes(as_csv(DASHBOARD))
    (studio / "dj-stripe-fixtures" / "odd.json").write_text(json.dumps(CUSTOMER | {"created": "yesterday"}))
    import_studio(studio)
    assert Customer.objects.exists() and not Identifier.objects.filter(value="cus_1").exists()
    assert set(Identifier.objects.filter(kind=Kind.STRIPE).values_list("value", flat=True)) == set(
        Customer.objects.values_list("stripe_id", flat=True)
    )
