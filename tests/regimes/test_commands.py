"""`manage.py deadline` and `manage.py deadlines`."""

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db
HEADER = "law,right,received,country,region,calendar,extended"


def one(*arguments: str) -> dict:
    out = io.StringIO()
    call_command("deadline", *arguments, "--format", "json", stdout=out)
    return json.loads(out.getvalue())


def many(tmp_path, text: str, fails: str = "") -> tuple[list[dict], str]:
    file, out, err = tmp_path / "asked.csv", io.StringIO(), io.StringIO()
    file.write_text(text)
    if fails:
        with pytest.raises(CommandError, match=fails):
            call_command("deadlines", str(file), stdout=out, stderr=err)
    else:
        call_command("deadlines", str(file), stdout=out, stderr=err)
    return list(csv.DictReader(io.StringIO(out.getvalue()))), err.getvalue()


def test_one_says_how_it_was_reckoned():
    found = one("--law", "gdpr", "--right", "access", "--received", "2026-01-31", "--country", "DE")
    assert (found["due"], found["acknowledge_by"]) == ("2026-03-02", None)
    [clock] = found["clocks"]
    assert clock["planned"] == "2026-02-28" and [day["day"] for day in clock["skipped"]] == ["2026-02-28", "2026-03-01"]
    assert found["rule"]["source"] in found["explanation"]


def test_every_row_of_the_held_out_set_through_the_command(shared_data, tmp_path):
    with (shared_data / "deadline-oracle" / "deadlines.csv").open(newline="") as file:
        oracle = list(csv.DictReader(file))
    rows = [f"gdpr,access,{row['received']},,,{row['calendar']},{extended}" for row in oracle for extended in ("", "1")]
    found, _ = many(tmp_path, "\n".join([HEADER, *rows]))
    wanted = [row[name] for row in oracle for name in ("plus_1_month_rolled", "plus_3_months_rolled")]
    assert [row["due"] for row in found] == wanted


def test_unknown_columns_are_named_and_the_rest_is_done(tmp_path):
    found, said = many(tmp_path, "received,note,law,right,region\n2026-11-20,x,ccpa,access,US-CA\n")
    assert "note" in said
    assert [(row["due"], row["acknowledge_by"]) for row in found] == [("2027-01-04", "2026-12-07")]
    assert [*found[0]] == [*HEADER.split(","), "due", "acknowledge_by", "explanation"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("gpdr,access,2026-01-31,,,,", "no law 'gpdr'"),
        ("gdpr,teleport,2026-01-31,,,,", "held for 'teleport'"),
        ("gdpr,access,31.01.2026,,,,", "not a day"),
        ("gdpr,access,2026-02-30,,,,", "not a day"),
        ("gdpr,access,2017-01-31,,,,", "not in force"),
        ("gdpr,access,,,,,", "Give received"),
        ("gdpr,access,2026-01-31,XX,,,", "no such country"),
        ("gdpr,access,2026-01-31,DE,FR-57,,", "not in that country"),
        ("gdpr,access,2026-01-31,,,ZZ,", "No public holidays"),
        ("gdpr,access,2026-01-31,,,,perhaps", "1 or empty"),
        ("gdpr,breach,2026-01-31,,,,", "from a moment"),
        ("gdpr,access,9999-12-31,,,,", "too far"),
    ],
)
def test_what_cannot_be_reckoned_says_why_and_the_others_are_done(tmp_path, row, words):
    found, _ = many(tmp_path, f"{HEADER}\n{row}\ngdpr,access,2026-01-31,DE,,,\n", fails="1 of the rows")
    assert [bool(answer["due"]) for answer in found] == [False, True]
    assert words in found[0]["explanation"]


def test_nothing_is_guessed_without_a_word():
    future = one("--law", "gdpr", "--right", "access", "--received", "2031-01-31", "--country", "DE")
    assert "yet to come" in " ".join(future["notes"])
    nowhere = one("--law", "gdpr", "--right", "access", "--received", "2026-01-31")
    assert nowhere["due"] == "2026-03-02" and "weekends alone" in nowhere["explanation"]
    unread = one("--law", "appi", "--right", "access", "--received", "2026-01-31", "--country", "JP")
    assert "(unverified)" in unread["explanation"]
    never = one("--law", "lgpd", "--right", "access", "--received", "2026-01-31", "--extended")
    assert never["due"] == "2026-02-15" and "allows no extension" in never["explanation"]


def test_a_file_without_what_is_needed_is_refused(tmp_path):
    many(tmp_path, "law,received\ngdpr,2026-01-31\n", fails="no column right")
    many(tmp_path, "", fails="no column law, right, received")
