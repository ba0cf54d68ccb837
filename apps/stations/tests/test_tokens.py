"""Tokens prove presence at a bay and ownership of a wash, and nothing else does."""

from apps.stations import tokens

KEY = "a key for tests"


def test_a_bay_token_opens_its_own_bay_alone() -> None:
    token = tokens.make_bay_token(KEY, "bay-1", 1)
    assert tokens.bay_token_matches(token, KEY, "bay-1", 1)
    assert not tokens.bay_token_matches(token, KEY, "bay-2", 1)
    assert not tokens.bay_token_matches(token, "another key", "bay-1", 1)


def test_a_new_version_revokes_the_printed_code() -> None:
    assert not tokens.bay_token_matches(tokens.make_bay_token(KEY, "bay-1", 1), KEY, "bay-1", 2)


def test_a_token_with_odd_signs_is_refused_quietly() -> None:
    assert not tokens.bay_token_matches("bay1.1.ü", KEY, "bay-1", 1)


def test_a_wash_token_is_the_same_for_a_repeat_and_for_nobody_else() -> None:
    first = tokens.make_wash_token(KEY, "wash-1", "purchase-1")
    assert tokens.make_wash_token(KEY, "wash-1", "purchase-1") == first
    for other in (
        tokens.make_wash_token(KEY, "wash-2", "purchase-1"),
        tokens.make_wash_token(KEY, "wash-1", "purchase-2"),
        tokens.make_wash_token("another key", "wash-1", "purchase-1"),
    ):
        assert other != first
    assert tokens.hash_wash_token(first) != first
    assert len(tokens.hash_wash_token(first)) == 64
