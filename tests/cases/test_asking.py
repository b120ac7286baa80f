"""Who may ask without a member of staff: by the kind, and by what was proved."""

import pytest
from django.core.exceptions import PermissionDenied

from privacy.cases.requests import ask
from privacy.cases.states import BY_THEMSELVES, may_ask_alone
from privacy.catalogue import Duty, Inquiry, Right, case_kinds
from privacy.models import Case, Verification
from tests import factories as f
from tests.asking import answers_for, person_for

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", sorted(case_kinds))
@pytest.mark.parametrize("way", ["", *Verification.values])
def test_a_kind_opens_to_the_person_by_its_own_proof_and_by_no_other(key, way):
    kind = case_kinds[key]
    person = person_for(key)
    is_open = (issubclass(kind, Right) and not kind.proof) or (
        way == "email_round_trip" and (issubclass(kind, Inquiry) or way in kind.proof)
    )
    assert may_ask_alone(kind, way) == is_open
    before = Case.objects.count()
    answers = answers_for(key, person)
    before = Case.objects.count()
    if is_open:
        [case] = ask(key, subject_ids=[person.pk], actor=None, verification=way, **answers)
        assert case.requested_by is None and case.verification in Verification.of_the_person()
    else:
        with pytest.raises(PermissionDenied):
            ask(key, subject_ids=[person.pk], actor=None, verification=way, **answers)
        assert Case.objects.count() == before


def test_no_duty_is_the_person_s_and_a_parent_is_looked_at_by_staff():
    assert {"email_round_trip"} == BY_THEMSELVES
    assert not any(may_ask_alone(kind, way) for kind in case_kinds.values() if issubclass(kind, Duty)
                   for way in Verification.values)  # fmt: skip
    assert not any(may_ask_alone(case_kinds["parental_review"], way) for way in Verification.values)


def test_a_doubt_of_staff_s_is_not_put_by_the_person():
    from privacy.cases.asking import confirm
    from privacy.fulfilment.asking import Wish

    f.IdentifierFactory(value="ada@example.com")
    [case] = confirm(Wish("opt_out_sale_sharing", "ada@example.com", "en", {"doubt": "yes"}))
    assert case.state != "verifying"
