"""The sandbox of a wash run, with the storm in its doorway."""

from petwash.chaos.gateway import serve
from petwash.chaos.wash.plan import WashPlan

if __name__ == "__main__":
    serve(WashPlan.load)
