"""The command names what cannot be run, and starts nothing then."""

import tempfile
from pathlib import Path

import pytest

from petwash.chaos.__main__ import main


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SEED", "seven", "SEED must be a whole number, not 'seven'."),
        ("RELEASES", "0", "RELEASES must be from 1 to 100000, not 0."),
        ("KILLS", "3000", "KILLS must not exceed RELEASES: 3000 do not fit into 2000."),
    ],
)
def test_what_cannot_be_is_refused_with_status_two(
    variable: str,
    value: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    assert main([]) == 2
    assert capsys.readouterr().err == f"petwash: {said}\n"
    assert list(tmp_path.iterdir()) == []
