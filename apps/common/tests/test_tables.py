"""A text of somebody else's never becomes a formula."""

import pytest

from apps.common.tables import plain_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "\uff1d1"])
def test_a_formula_is_quoted(text):
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "Ada = Bo", "7 hills", " Ada", "élan"])
def test_a_text_is_left_as_it_is(text):
    assert plain_cell(text) == text
