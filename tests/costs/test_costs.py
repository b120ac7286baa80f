"""What it costs to add a connector, a rule of a law and a role: each is added to a copy of the project, counted by git,
and does what it is there for."""

import re

import pytest
from django.conf import settings

CONNECTOR = '''"""The service that sends text messages: no API to erase by, so a person asks there."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from privacy.connectors.base import Call, Connector, Names, register
from privacy.jobs.outcomes import Outcome
from privacy.models import Identifier


@register
class TextMessages(Connector):
    key, name = "text_messages", "Text messages"

    def names_of(self, accounts: Sequence[UUID]) -> Iterable[Names]:
        numbers = Identifier.objects.filter(subject__in=accounts, kind=Identifier.Kind.PHONE).order_by()
        yield numbers.values_list("subject", "kind", "value")

    def erase(self, call: Call) -> Outcome:
        return self.manual("delete")
'''
RULE = """    Seed("nz_privacy_act", "Privacy Act 2020", ("NZ",), COPY, "IPP 6; s. 44", READ, NOW, respond="28d"),
"""


def connector(copy) -> None:
    (copy.folder / "privacy/connectors/text_messages.py").write_text(CONNECTOR)


def rule(copy) -> None:
    copy.change("privacy/regimes/seeds.py", ('    Seed("dpdp",', f'{RULE}    Seed("dpdp",'))


def role(copy) -> None:
    copy.change(
        "privacy/roles.py",
        (
            'AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER = "agent", "approver", "manager", "auditor", "developer"',
            'AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER = "agent", "approver", "manager", "auditor", "developer"\n'
            'COUNSEL = "counsel"',
        ),
        (
            "ROLES = (AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER)",
            "ROLES = (AGENT, APPROVER, MANAGER, AUDITOR, DEVELOPER, COUNSEL)",
        ),
        (
            "SEE_PEOPLE = (AGENT, APPROVER, MANAGER, AUDITOR)",
            "SEE_PEOPLE = (AGENT, APPROVER, MANAGER, AUDITOR, COUNSEL)",
        ),
    )


COSTS = {
    "connector": (connector, {"privacy/connectors/text_messages.py": 20}),
    "rule": (rule, {"privacy/regimes/seeds.py": 1}),
    "role": (role, {"privacy/roles.py": 3}),
}


# Each copies the project and starts it twice.
@pytest.mark.parametrize(
    "what", ["connector", *[pytest.param(what, marks=pytest.mark.attack) for what in ("rule", "role")]]
)
def test_it_costs_what_the_readme_says_and_works(copy, databases, what):
    change, cost = COSTS[what]
    change(copy)
    copy.run(databases[0], "manage.py", "migrate", "-v0")
    copy.run(databases[0], "tests/costs/works.py", what)
    assert copy.cost() == cost


def test_the_readme_has_the_table():
    table = (settings.BASE_DIR / "README.md").read_text().partition("<!-- costs -->")[2].partition("<!-- /costs -->")[0]
    rows = re.findall(r"^\| a (\w+)[^|]* \| (\d+) \| (\d+) \|", table, re.MULTILINE)
    counted = {what: (len(cost), sum(cost.values())) for what, (_, cost) in COSTS.items()}
    assert {what: (int(files), int(lines)) for what, files, lines in rows} == counted | {"model": (2, 13)}
