"""Which laws count for whom, and that the strictest binds."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from privacy import regimes
from privacy.catalogue.cases import rights
from privacy.evidence import chains
from privacy.evidence.events import Event
from privacy.evidence.regimes import chain_of, differences
from privacy.models import AuditEntry, AuditHead, RegimeRule
from privacy.models.places import country_name, region_name
from privacy.regimes import seeding, seeds
from privacy.regimes.calendar import calendar_named
from tests import factories as f
from tests.reckoning import bound, deadline_for
from tests.tampering import owner_of_the_tables

pytestmark = pytest.mark.django_db
ASKED = ("access", "erasure")
DAY = date(2026, 11, 20)


def due(kind: str, country: str, received: str = "2026-11-20") -> tuple[str, str]:
    law, day = deadline_for(kind, country, date.fromisoformat(received))
    return law, day.isoformat()


@pytest.mark.parametrize("kind", ASKED)
@pytest.mark.parametrize("country", ["", "ZZ", "JP", "AU", "IN", "MX", "GG"])
def test_a_residence_without_a_verified_rule_gets_the_earliest_date_of_all_held_and_says_so(kind, country):
    assert due(kind, country) == ("none_verified", "2026-11-30")


def test_brazil_and_korea_are_never_owed_later_than_their_own_laws_say():
    assert due("access", "BR") == ("lgpd", "2026-12-05")
    assert due("erasure", "BR") == ("none_verified", "2026-11-30")
    assert due("access", "KR") == ("none_verified", "2026-11-30")
    assert due("erasure", "KR") == ("pipa", "2026-11-30")


@pytest.mark.parametrize("kind", ASKED)
def test_no_date_is_later_than_one_of_a_rule_held_for_the_place_verified_or_not(kind):
    for rule in regimes.effective(regimes.in_force(), kind, DAY):
        for place in rule.places:
            if place != "*" and rule.law != "internal":
                country, region = place[:2], place if "-" in place else ""
                asked = regimes.Asked(kind, DAY, country, region)
                [clock] = [clock for clock in regimes.of_rule(rule, asked) if clock.is_response]
                assert bound(kind, country, DAY, region).planned_on <= clock.period.planned_on, (rule, place)


@pytest.mark.parametrize("kind", ASKED)
def test_the_gdpr_is_for_the_eea_alone(kind):
    assert {deadline_for(kind, country, date(2026, 3, 5))[0] for country in regimes.EEA} == {"gdpr"}
    assert len(regimes.EEA) == 30


def test_who_names_no_state_is_owed_by_the_earliest_of_the_states_laws():
    asked = regimes.Asked("access", DAY, "US")
    clocks = {clock.kind: clock for clock in regimes.clocks_for(asked, regimes.in_force())}
    assert clocks["respond"].rule.law == "ccpa" and clocks["acknowledge"].rule.law == "ccpa"
    assert "No region of US is known" in clocks["respond"].note


def test_where_several_laws_apply_the_strictest_binds_and_all_are_shown():
    f.RegimeRuleFactory(law="bavaria", places=["DE-BY"], respond="10d")
    asked = regimes.Asked("access", DAY, "DE", "DE-BY")
    clocks = regimes.clocks_for(asked, regimes.in_force())
    assert {clock.rule.law for clock in clocks} == {"gdpr", "bavaria", "internal"}
    found = regimes.binding(clocks)
    assert (found.law, found.planned_on, found.limit_on) == ("bavaria", DAY + timedelta(10), DAY + timedelta(10))


def test_an_unverified_law_of_the_residence_is_shown_beside_the_earliest_date_that_counts():
    clocks = regimes.clocks_for(regimes.Asked("access", DAY, "US", "US-CO"), regimes.in_force())
    assert {(clock.rule.law, clock.is_fallback) for clock in clocks if clock.is_response} == {
        ("cpa", False),
        ("pipa", True),
    }


def test_a_rule_counts_from_its_first_day_to_its_last():
    def laws(on: date) -> list[str]:
        rules = regimes.effective(regimes.in_force(), "complaint", on)
        return [rule.law for rule in rules if rule.law != "internal"]

    assert laws(date(2026, 6, 18)) == [] and laws(date(2026, 6, 19)) == ["uk_gdpr"]
    responds = regimes.effective(regimes.in_force(), "access", date(2026, 2, 5))
    assert [rule.pauses for rule in responds if rule.law == "uk_gdpr"] == ["scope"]


def test_what_the_law_gives_no_time_for_is_owed_by_our_own_rule():
    assert bound("question", "DE", DAY) == regimes.Binding("internal", date(2026, 11, 27), date(2026, 11, 27))


def test_an_extension_counts_from_the_original_start():
    asked = regimes.Asked("access", date(2026, 1, 31), "DE", extended=True)
    found = regimes.binding(regimes.clocks_for(asked, regimes.in_force()))
    assert (found.planned_on, found.limit_on) == (date(2026, 4, 30), date(2026, 4, 30))


def test_the_day_of_receipt_is_the_controller_s():
    before = datetime.fromisoformat("2026-08-31T06:59:00+00:00")
    assert [bound("access", "BR", at).planned_on for at in (before, before + timedelta(minutes=1))] == [
        date(2026, 9, 14),
        date(2026, 9, 15),
    ]


class TestTheFile:
    def test_every_line_names_places_rights_and_calendars_that_there_are(self):
        known = {*rights(), *seeds.OF_EU, "breach", "complaint", "appeal", "question"}
        for seed in seeds.RULES:
            assert {*seed.rights} <= known and (seed.rights or seed.law == "internal"), seed
            for place in seed.places:
                assert place == "*" or (region_name(place) if "-" in place else country_name(place)), seed
            if seed.calendar:
                calendar_named(seed.calendar)

    def test_every_right_that_is_declared_is_covered(self):
        covered = {right for seed in seeds.RULES for right in seed.rights}
        assert {*rights()} - covered == set()

    def test_the_database_holds_the_file_and_a_second_migrate_changes_nothing(self):
        shipped = RegimeRule.objects.filter(confirmed_at__isnull=False, retired_at=None).exclude(seed="")
        assert {rule.seed for rule in shipped} == {seeding.digest(seed) for seed in seeds.RULES}
        before = RegimeRule.objects.count()
        seeding.sync("default")
        assert RegimeRule.objects.count() == before

    def test_a_changed_line_is_proposed_and_a_new_one_counts(self, monkeypatch):
        old = next(seed for seed in seeds.RULES if seed.law == "lgpd")
        stricter = replace(old, respond="10d")
        new = seeds.Seed("nz", "New Zealand", ("NZ",), ("access",), "s. 44", None, seeds.NOW, respond="28d")
        monkeypatch.setattr(seeding, "RULES", (stricter, new))
        seeding.sync("default")
        proposed = RegimeRule.objects.get(confirmed_at=None)
        assert (proposed.respond, proposed.replaces.respond, proposed.replaces.is_in_force) == ("10d", "15d", True)
        assert deadline_for("access", "BR", DAY)[1] == DAY + timedelta(15)
        assert RegimeRule.objects.get(law="nz").is_in_force
        seeding.sync("default")
        assert RegimeRule.objects.filter(law__in=["nz", "lgpd"]).count() == 3

    def test_every_line_that_is_brought_is_told_once_on_its_law_s_chain(self, monkeypatch):
        new = seeds.Seed("nz", "New Zealand", ("NZ",), ("access",), "s. 44", None, seeds.NOW, respond="28d")
        monkeypatch.setattr(seeding, "RULES", (*seeds.RULES, new))
        for _ in range(2):
            seeding.sync("default")
        told = [UUID(entry.data["rule"]) for entry in brought()]
        assert sorted(told) == sorted(RegimeRule.objects.exclude(seed="").values_list("pk", flat=True))
        [entry] = AuditEntry.objects.filter(chain=chain_of("nz"))
        assert (entry.event, entry.actor, entry.data["stood"]) == (Event.RULE_SEEDED, None, False)
        assert list(differences()) == []

    def test_lines_that_stood_before_entries_told_of_them_are_told_once_and_say_so(self):
        with owner_of_the_tables():
            brought().delete()
            AuditHead.objects.all().delete()
        seeding.sync("default")
        assert {entry.data["stood"] for entry in brought()} == {True}
        assert brought().count() == RegimeRule.objects.exclude(seed="").count()
        assert chains.walk().faults == []
        f.RegimeRuleFactory(law="gdpr", seed="0" * 64)
        seeding.sync("default")
        assert [text for _, text in differences() if "no entry" in text] == ["no entry tells of it"]


def brought():
    return AuditEntry.objects.filter(event=Event.RULE_SEEDED)
