"""The nursery of a wash run: bridge, workers, customers and the fleets of stations."""

from petwash.chaos.nursery import Work, rear
from petwash.chaos.wash.saboteurs import sabotage


def _load() -> dict[str, Work]:
    from petwash.chaos.wash.plan import WashPlan
    from petwash.chaos.wash.workers import roster

    return roster(WashPlan.load())


if __name__ == "__main__":
    rear(_load, sabotage)
