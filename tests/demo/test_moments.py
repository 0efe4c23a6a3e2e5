"""Where the demo's clock goes: always on, over both clock changes."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.demo.moments import before_the_clocks_change, following, morning

BERLIN = "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (utc(2026, 11, 24, 10, 0), utc(2026, 11, 25, 9, 0)),
        (utc(2026, 11, 24, 23, 30), utc(2026, 11, 26, 9, 0)),  # it is the 25th in Berlin
        (utc(2027, 3, 27, 12, 0), utc(2027, 3, 28, 8, 0)),  # the night was an hour shorter
        (utc(2027, 10, 30, 12, 0), utc(2027, 10, 31, 9, 0)),  # and longer
    ],
)
def test_the_next_morning(at, then):
    assert morning(at, BERLIN) == then


@pytest.mark.parametrize(
    ("at", "weekday", "to", "then"),
    [
        (utc(2026, 11, 24, 10, 0), 4, time(11), utc(2026, 11, 27, 10, 0)),
        (utc(2026, 11, 27, 9, 59), 4, time(11), utc(2026, 11, 27, 10, 0)),
        (utc(2026, 11, 27, 10, 0), 4, time(11), utc(2026, 12, 4, 10, 0)),
        (utc(2026, 11, 29, 23, 30), 6, time(23, 10), utc(2026, 12, 6, 22, 10)),  # it is Monday in Berlin
        (utc(2027, 3, 26, 12, 0), 0, time(10), utc(2027, 3, 29, 8, 0)),  # an hour was lost on Sunday
    ],
)
def test_the_next_such_weekday_and_time(at, weekday, to, then):
    assert following(at, BERLIN, weekday, to) == then > at


@pytest.mark.parametrize(
    ("at", "then"),
    [
        (utc(2026, 11, 24, 10, 0), utc(2027, 3, 28, 0, 30)),
        (utc(2027, 3, 28, 0, 29), utc(2027, 3, 28, 0, 30)),
        (utc(2027, 3, 28, 0, 30), utc(2027, 10, 31, 0, 30)),
        (utc(2027, 3, 28, 0, 45), utc(2027, 10, 31, 0, 30)),
    ],
)
def test_half_an_hour_before_the_clocks_change(at, then):
    assert before_the_clocks_change(at, BERLIN) == then > at


def test_where_clocks_never_change_there_is_no_such_night():
    assert before_the_clocks_change(utc(2026, 11, 24), "UTC") is None
    assert morning(utc(2026, 11, 24), "UTC") - utc(2026, 11, 24) == timedelta(hours=34)
