"""Whatever people are called: the start of a word, in any spelling, begins a token."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from privacy.models.name_tokens import LONGEST, prefix, tokens_of, words_of

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=200)


def begins_one(word: str, tokens: set[bytes]) -> bool:
    begins, below = prefix(word)
    return any(begins <= token < below for token in tokens)


@given(NAMES)
@example("ﷺ" * 200)
@example("aae oeo ueu")
@example("\u0300\u200d")
def test_every_word_of_a_name_finds_it_and_no_token_is_longer_than_an_index_takes(name):
    words, tokens = words_of(name), tokens_of(name)
    assert all(begins_one(word, tokens) for word in set(words))
    assert all(0 < len(token) <= 4 * LONGEST for token in tokens)
    assert bool(tokens) == bool(words)


@given(st.text("aeouäöüåłßıéсйガか太 -'", min_size=1, max_size=30), st.integers(1, 30))
def test_the_start_of_a_name_finds_it_in_every_form(name, length):
    start = name[:length]
    if words_of(start) and words_of(start) != start.split():
        for form in ("NFC", "NFD", "NFKC"):
            typed = words_of(unicodedata.normalize(form, start).upper())
            assert all(begins_one(word, tokens_of(name)) for word in typed), (start, typed)
