"""Public holidays by country: rules that hold for every year, each with its source. Pure.

To add a country, write a function year -> {date: name} with its source and put it into `CALENDARS`
under the ISO 3166-1 alpha-2 code. A country that is not listed has no holiday surcharge: a price
never rises by a guess.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

_MON, _THU = 0, 3


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the nth weekday of a month; nth -1 is the last one."""
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _united_states(year: int) -> dict[date, str]:
    """Federal holidays on their own dates. Source: 5 U.S.C. § 6103(a).

    The substitute day off for a holiday on a weekend (§ 6103(b)) is a rule for employers; demand for
    pet care follows the day itself.
    """
    days = {
        date(year, 1, 1): "New Year's Day",
        _nth(year, 1, _MON, 3): "Martin Luther King Jr. Day",
        _nth(year, 2, _MON, 3): "Washington's Birthday",
        _nth(year, 5, _MON, -1): "Memorial Day",
        date(year, 7, 4): "Independence Day",
        _nth(year, 9, _MON, 1): "Labor Day",
        _nth(year, 10, _MON, 2): "Columbus Day",
        date(year, 11, 11): "Veterans Day",
        _nth(year, 11, _THU, 4): "Thanksgiving Day",
        date(year, 12, 25): "Christmas Day",
    }
    if year >= 2021:  # Pub. L. 117-17, signed on 17 June 2021
        days[date(year, 6, 19)] = "Juneteenth"
    return days


def _canada(year: int) -> dict[date, str]:
    """Holidays of federal law on fixed dates or weekdays. Source: Canada Labour Code, s. 166.

    Good Friday and Victoria Day are included; both follow from the calendar alone.
    """
    before_25_may = date(year, 5, 24)
    days = {
        date(year, 1, 1): "New Year's Day",
        _easter(year) - timedelta(days=2): "Good Friday",
        before_25_may - timedelta(days=before_25_may.weekday()): "Victoria Day",
        date(year, 7, 1): "Canada Day",
        _nth(year, 9, _MON, 1): "Labour Day",
        _nth(year, 10, _MON, 2): "Thanksgiving Day",
        date(year, 11, 11): "Remembrance Day",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
    }
    if year >= 2021:  # S.C. 2021, c. 11
        days[date(year, 9, 30)] = "National Day for Truth and Reconciliation"
    return days


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, Nature, 20 April 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    ell = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * ell) // 433
    month = (h + ell - 7 * m + 90) // 25
    return date(year, month, (h + ell - 7 * m + 33 * month + 19) % 32)


# The country of a place follows from its IANA zone (zone.tab of the tz database). Zones of the two
# countries that have a calendar here; any other zone has no country, hence no holiday surcharge.
_ZONES: dict[str, str] = {
    "US": """Adak Anchorage Boise Chicago Denver Detroit Juneau Los_Angeles Menominee Metlakatla
        New_York Nome Phoenix Sitka Yakutat Indiana/Indianapolis Indiana/Knox Indiana/Marengo
        Indiana/Petersburg Indiana/Tell_City Indiana/Vevay Indiana/Vincennes Indiana/Winamac
        Kentucky/Louisville Kentucky/Monticello North_Dakota/Beulah North_Dakota/Center
        North_Dakota/New_Salem Pacific/Honolulu""",
    "CA": """Atikokan Blanc-Sablon Cambridge_Bay Creston Dawson Dawson_Creek Edmonton Fort_Nelson
        Glace_Bay Goose_Bay Halifax Inuvik Iqaluit Moncton Rankin_Inlet Regina Resolute St_Johns
        Swift_Current Toronto Vancouver Whitehorse Winnipeg""",
}
_COUNTRY_OF_ZONE = {
    name if name.startswith("Pacific/") else f"America/{name}": country
    for country, names in _ZONES.items()
    for name in names.split()
}


def country_of(zone: str) -> str:
    """Return the country (ISO 3166-1 alpha-2) of an IANA zone, "" when none with a calendar."""
    return _COUNTRY_OF_ZONE.get(zone, "")


CALENDARS: dict[str, Callable[[int], dict[date, str]]] = {"US": _united_states, "CA": _canada}


def public_holidays(country: str, days: Iterable[date]) -> dict[date, str]:
    """Return those of the days that are public holidays in the country, with their names."""
    calendar = CALENDARS.get(country)
    wanted = set(days)
    if calendar is None or not wanted:
        return {}
    found: dict[date, str] = {}
    for year in {day.year for day in wanted}:
        found |= {day: name for day, name in calendar(year).items() if day in wanted}
    return found
