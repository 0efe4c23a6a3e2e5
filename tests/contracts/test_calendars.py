"""Public holidays: the library's and the tests' own answer alike; what is not known is never a year without holidays (WIN-13)."""

from datetime import date, timedelta

import pytest

from bot.adapters.holiday_calendars import HolidayCalendars
from bot.holiday_codes import mistake
from commands.core.ports.calendars import Calendars
from guards.holiday import Holidays
from guards.unread import Unread
from tests.world.calendars import FakeCalendars

CHRISTMAS = {date(year, 12, 25): "Christmas Day" for year in range(2020, 2040)}


@pytest.fixture(params=["library", "fake"])
def calendars(request) -> Calendars:
    return HolidayCalendars() if request.param == "library" else FakeCalendars({"XNYS": CHRISTMAS, "DE": CHRISTMAS, "DE-BY": CHRISTMAS})


@pytest.mark.parametrize("code", ["DE", "DE-BY", "XNYS"])
async def test_all_days_of_the_years_that_were_asked_for_are_told(calendars, code):
    found = await calendars.holidays(code, 2026, 2031)
    assert isinstance(found, Holidays)
    assert (found.code, found.first, found.last) == (code, date(2026, 1, 1), date(2031, 12, 31))
    assert {date(year, 12, 25): "Christmas Day" for year in (2026, 2028, 2030, 2031)}.items() <= found.days.items()
    assert all(found.first <= day <= found.last for day in found.days)
    assert date(2026, 11, 24) not in found.days
    assert await calendars.holidays(code, 2026, 2031) == found


async def test_years_that_nobody_knows_are_no_years_without_holidays(calendars):
    found = await calendars.holidays("DE", 2098, 2105)
    assert isinstance(found, Holidays)
    assert found.last <= date(2100, 12, 31)
    assert isinstance(await calendars.holidays("DE", 2101, 2105), Unread)


async def test_a_calendar_that_is_not_there_is_unread(calendars):
    answer = await calendars.holidays("ZZ", 2026, 2031)
    assert isinstance(answer, Unread)
    assert answer.what == "the public holidays of ZZ"


async def test_the_library_knows_movable_and_regional_days():
    library = HolidayCalendars()
    bavaria, berlin = await library.holidays("DE-BY", 2026, 2031), await library.holidays("DE-BE", 2026, 2031)
    assert isinstance(bavaria, Holidays)
    assert isinstance(berlin, Holidays)
    easter = date(2027, 3, 28)
    assert bavaria.days[easter - timedelta(days=2)] == "Good Friday"  # in English, whatever the machine speaks
    assert date(2026, 1, 6) in bavaria.days.keys() - berlin.days.keys()
    assert date(2026, 3, 8) in berlin.days.keys() - bavaria.days.keys()


async def test_a_library_that_fails_is_unread(monkeypatch):
    def broken(code, years=()):
        raise KeyError(code)

    monkeypatch.setattr("bot.adapters.holiday_calendars.calendar", broken)
    assert await HolidayCalendars().holidays("DE", 2026, 2031) == Unread("the public holidays of DE", "the library fails: KeyError")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("DE", None),
        ("DE-BY", None),
        ("XNYS", None),
        ("ZZ", "no holidays are known of a country 'ZZ'"),
        ("DE-BX", "DE has no subdivision 'BX'"),
        ("XNYZ", "no holidays are known of an exchange 'XNYZ', did you mean 'XNZE'?"),
    ],
)
def test_a_code_that_names_no_calendar_is_told(code, said):
    found = mistake(code)
    assert (found is None) if said is None else found.startswith(said)
