"""Holidays fall where the law puts them."""

from datetime import date, timedelta

from apps.bookings.holidays import CALENDARS, country_of, public_holidays


def year(country: str, number: int) -> dict[date, str]:
    first = date(number, 1, 1)
    return public_holidays(country, (first + timedelta(days=index) for index in range(366)))


def test_the_united_states_of_2026():
    assert year("US", 2026) | {date(2027, 1, 1): ""} == {
        date(2026, 1, 1): "New Year's Day",
        date(2026, 1, 19): "Martin Luther King Jr. Day",
        date(2026, 2, 16): "Washington's Birthday",
        date(2026, 5, 25): "Memorial Day",
        date(2026, 6, 19): "Juneteenth",
        date(2026, 7, 4): "Independence Day",
        date(2026, 9, 7): "Labor Day",
        date(2026, 10, 12): "Columbus Day",
        date(2026, 11, 11): "Veterans Day",
        date(2026, 11, 26): "Thanksgiving Day",
        date(2026, 12, 25): "Christmas Day",
        date(2027, 1, 1): "",
    }


def test_canada_moves_with_easter_and_the_queens_birthday():
    days = {name: day for day, name in year("CA", 2025).items()}
    assert days["Good Friday"] == date(2025, 4, 18)
    assert days["Victoria Day"] == date(2025, 5, 19)
    assert days["Thanksgiving Day"] == date(2025, 10, 13)


def test_a_new_holiday_begins_with_its_law():
    assert date(2020, 6, 19) not in year("US", 2020)
    assert date(2021, 6, 19) in year("US", 2021)


def test_nights_over_new_year_see_both_years():
    found = public_holidays("US", [date(2026, 12, 25), date(2026, 12, 31), date(2027, 1, 1)])
    assert found == {date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year's Day"}


def test_a_country_without_a_calendar_has_no_holidays():
    assert public_holidays("ZZ", [date(2026, 12, 25)]) == {}


def test_the_country_follows_from_the_zone_of_the_place():
    assert country_of("America/New_York") == "US"
    assert country_of("Pacific/Honolulu") == "US"
    assert country_of("America/Toronto") == "CA"
    assert country_of("Europe/Paris") == ""
    assert set(CALENDARS) == {"US", "CA"}
