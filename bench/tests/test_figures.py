"""The table, and the place where it stands in the README."""

from pathlib import Path

import pytest

from bench.figures import BEGIN, END, Figure, table, unmeasured, with_table

GOOD = Figure("posting", "10/s", "peer 2/s", 5.0, "≥ 5 x", passed=True)


def test_each_figure_is_a_row_with_its_verdict() -> None:
    missing = unmeasured("posting", "≥ 5 x", "could not\nbe installed")

    lines = table([GOOD, missing]).splitlines()

    assert [cell.strip() for cell in lines[2].split("|")[1:-1]] == [*GOOD.cells()]
    assert GOOD.cells()[-1] == "pass"
    assert missing.cells()[2:] == ("be installed", "-", "≥ 5 x", "MISSED")
    assert len({len(line) for line in lines}) == 1


def test_the_table_replaces_what_stands_between_the_markers() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert with_table(text, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}"])
def test_without_its_markers_nothing_is_replaced(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        with_table(text, "new")


def test_the_readme_has_the_markers() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()

    assert with_table(readme, "new").count("new") >= 1
