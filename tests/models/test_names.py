"""Django's admin log, messages and error pages copy `__str__`: no row's name may say anything about a person."""

import pytest

from privacy.datamap import compiler
from tests.factories import person_with_everything
from tests.marks import plant, rows


@pytest.mark.django_db
def test_no_row_calls_itself_by_a_personal_value():
    person = person_with_everything()
    marks = {mark.text.casefold() for mark in plant(person.id)}
    told, silent = set(), set()
    for declaration in compiler.all_declarations():
        for row in declaration.model.objects.filter(pk__in=rows(declaration, person.id)):
            name = f"{row!s} {row!r}".casefold()
            (told if any(mark in name for mark in marks) else silent).add(declaration.label())
    assert told == set()
    assert {d.label() for d in compiler.all_declarations()} - silent == set()
