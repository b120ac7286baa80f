"""Asking for access: what is refused at the door."""

import pyrage
import pytest

from privacy.models import Case
from tests import factories as f
from tests.fulfilment.exporting import asked

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("age1notakey", "not an age public key"),
        ("ssh-ed25519 AAAA", "not an age public key"),
        (str(pyrage.x25519.Identity.generate()), "secret key"),
    ],
    ids=["not age", "ssh", "secret"],
)
def test_a_key_that_is_none_is_refused_in_words_and_opens_no_request(key, words):
    with pytest.raises(ValueError, match=words):
        asked(f.DataSubjectFactory(), recipient_key=key)
    assert not Case.objects.exists()
