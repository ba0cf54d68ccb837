"""Every measurement runs; its figures are not looked at here."""

import pytest

from bench import database
from bench.__main__ import NAMES, measure_of
from bench.rounds import Size


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str) -> None:
    with database.given() as addresses:
        figures = measure_of(name)(addresses, Size(smoke=True))

    assert figures
    assert all(figure.name and figure.measured and figure.target for figure in figures)
