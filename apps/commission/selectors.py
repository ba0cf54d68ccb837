"""Reads of commission plans: anyone's price depends on them, nobody's data is in them."""

from functools import lru_cache
from time import monotonic

from apps.commission.models import CommissionPlan


def plan_of(code: str) -> CommissionPlan:
    """Return the version of a plan that is in force; a new one is seen within a minute.

    Raises: CommissionPlan.DoesNotExist, a mistake of the deployment: plans come with the migrations.
    """
    return _plan_in_minute(code, int(monotonic() // 60))


def newest(code: str) -> CommissionPlan | None:
    """Return the latest version of a plan, in force or still to come."""
    return CommissionPlan.objects.filter(code=code).order_by("-effective_from").first()


@lru_cache(maxsize=8)
def _plan_in_minute(code: str, minute: int) -> CommissionPlan:
    """Read a plan once a minute in each process: every quote needs it, and copies what it says."""
    version = CommissionPlan.objects.in_force(code).first()
    if version is None:
        raise CommissionPlan.DoesNotExist(f"no version of the plan {code!r} is in force")
    return version


forget = _plan_in_minute.cache_clear
