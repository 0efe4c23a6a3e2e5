"""Days as a service counts them: its own, and business days, which leave out weekend and holidays (EMG-10, HOT-13, HOT-17)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guards.facts import Facts
from guards.unread import Unread
from guards.vocabulary import Weekday

_DAY = timedelta(days=1)
_LONGEST = 60
"""Days that are looked through; nobody rests longer."""


def end_of_day(moment: datetime, service: str | None, facts: Facts) -> datetime:
    """The end, UTC, of the day in which a moment lies where a service is at home.

    Args:
        moment: UTC.
        service: a name of the policy file; None for where the company is.
        facts: the policy.
    """
    zone = ZoneInfo(facts.policy.zone_of(service))
    return datetime.combine(moment.astimezone(zone).date() + _DAY, time(), zone).astimezone(UTC)


def end_of_business_day(after: datetime, count: int, service: str, facts: Facts) -> datetime:
    """The end, UTC, of the business day so many business days after a moment, in the service's zone.

    A calendar that could not be read holds nobody up: its days then count as business days, and what is due is due the earlier.

    Args:
        after: UTC; its own day does not count.
        count: 1 is the next one.
        service: a name of the policy file.
        facts: `holidays`, and the policy.
    """
    policy = facts.policy
    zone, weekend = ZoneInfo(policy.zone_of(service)), policy.emergency.weekend
    calendars = [facts.holidays.get(code) for code in policy.holidays_of(service)]
    holidays = {day for calendar in calendars if calendar and not isinstance(calendar, Unread) for day in calendar.days}
    day = after.astimezone(zone).date()
    for _ in range(_LONGEST * count):
        day += _DAY
        count -= Weekday.of(day) not in weekend and day not in holidays
        if count == 0:
            break
    return datetime.combine(day + _DAY, time(), zone).astimezone(UTC)
