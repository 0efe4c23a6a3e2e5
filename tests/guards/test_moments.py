"""The moments of trains: clock changes, leap days, year ends, any zone; and against a second implementation that only ever counts minutes."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guards.calendar_rules import Window
from guards.decision import Refusal, Refuse, Unsure
from guards.facts import Facts
from guards.holiday import Holidays
from guards.moments import cutoffs, doubts, instant, postponed, schedule, unfit
from guards.policy import Policy
from guards.train import Schedule, TrainRule
from guards.vocabulary import Weekday
from tests.guards.cases import AT, DAY, HOUR, MINUTE, POLICY, WEEKDAYS
from tests.world.examples import examples

BERLIN, NEW_YORK, APIA = "Europe/Berlin", "America/New_York", "Pacific/Apia"
WEEKLY = TrainRule("0 12 * * TUE", (), None, BERLIN, 2, time(10), "weekdays")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def weekdays(**changed: object) -> Window:
    """The usual window with other fields, made anew: a copy would keep what the first one worked out from its days."""
    return Window(**{**{name: getattr(WEEKDAYS, name) for name in Window.model_fields}, **changed})


def with_window(window: Window, **more: object) -> Policy:
    return POLICY.model_copy(update={"windows": {"weekdays": window}, **more})


def planned(rule: TrainRule, services: tuple[str, ...], policy: Policy, cutoff: datetime, **more: object) -> Schedule | Refuse | Unsure:
    return schedule(rule, services, Facts(at=AT, policy=policy, **more), cutoff)


# ---------------------------------------------------------------- cutoffs


@pytest.mark.parametrize(
    ("cadence", "zone", "after", "wanted"),
    [
        pytest.param("0 12 * * TUE", BERLIN, utc(2026, 11, 24, 10, 59), utc(2026, 11, 24, 11), id="a minute before it"),
        pytest.param("0 12 * * TUE", BERLIN, utc(2026, 11, 24, 11), utc(2026, 12, 1, 11), id="at it, the next one"),
        pytest.param("0 12 * * MON", BERLIN, utc(2026, 11, 24), utc(2026, 11, 30, 11), id="Monday is not Tuesday"),
        pytest.param("0 12 * * SUN", BERLIN, utc(2026, 3, 22, 11), utc(2026, 3, 29, 10), id="an hour earlier in UTC from summer on"),
        pytest.param("30 2 * * SUN", BERLIN, utc(2026, 3, 23), utc(2026, 3, 29, 1, 30), id="skipped: with the offset before, 03:30"),
        pytest.param("30 2 * * SUN", BERLIN, utc(2026, 10, 20), utc(2026, 10, 25, 0, 30), id="repeated: the first"),
        pytest.param("30 2 * * SUN", BERLIN, utc(2026, 10, 25, 0, 30), utc(2026, 11, 1, 1, 30), id="and never the second"),
        pytest.param("30 1 * * SUN", NEW_YORK, utc(2026, 10, 30), utc(2026, 11, 1, 5, 30), id="repeated in New York"),
        pytest.param("45 1 * * SUN", "Australia/Lord_Howe", utc(2026, 3, 31), utc(2026, 4, 4, 14, 45), id="a change of half an hour"),
        pytest.param("0 12 29 2 *", BERLIN, utc(2026, 3, 1), utc(2028, 2, 29, 11), id="leap days only"),
        pytest.param("0 12 L * *", BERLIN, utc(2027, 2, 1), utc(2027, 2, 28, 11), id="the last day of a month"),
        pytest.param("30 23 31 12 *", "Pacific/Kiritimati", utc(2026, 12, 1), utc(2026, 12, 31, 9, 30), id="the year ends early there"),
        pytest.param("0 0 1 1 *", "Pacific/Pago_Pago", utc(2026, 12, 31), utc(2027, 1, 1, 11), id="and late there"),
        pytest.param("0 12 * * *", APIA, utc(2011, 12, 29, 22), utc(2011, 12, 30, 22), id="a day that was skipped is the next one"),
        pytest.param("0 12 * * *", APIA, utc(2011, 12, 30, 22), utc(2011, 12, 31, 22), id="and is not there twice"),
    ],
)
def test_the_next_cutoff(cadence, zone, after, wanted):
    assert next(cutoffs(replace(WEEKLY, cadence=cadence, zone=zone), after)) == wanted


def test_dates_are_cutoffs_once_each_and_in_order():
    days = (date(2026, 12, 15), date(2026, 12, 1), date(2026, 12, 15), date(2026, 11, 1))
    rule = replace(WEEKLY, cadence="", dates=days, cutoff=time(12))
    assert list(cutoffs(rule, AT)) == [utc(2026, 12, 1, 11), utc(2026, 12, 15, 11)]


WALLS = st.sampled_from(sorted(available_timezones() - {"localtime"}))
CADENCES = st.builds(
    lambda minute, hour, day, month, weekday: (minute, hour, day, month, weekday),
    st.integers(0, 59), st.integers(0, 23), st.sampled_from(["*", "1", "15", "29", "31", "1-7", "*/5"]),
    st.sampled_from(["*", "3", "10", "2,12"]), st.sampled_from(["*", "TUE", "SUN", "MON-FRI", "0,6"]),
)  # fmt: skip
NUMBERS = {"SUN": 0, "MON": 1, "TUE": 2, "FRI": 5}


def allowed(text: str, lowest: int, highest: int) -> set[int]:
    """The values of one cron field, by hand."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("", "", "") if span == "*" else span.partition("-")
        low = NUMBERS.get(first, lowest if not first else -1)
        low = int(first) if low < 0 else low
        high = (NUMBERS[last] if last in NUMBERS else int(last)) if last else (highest if span == "*" else low)
        found |= set(range(low, high + 1, int(step or 1)))
    return found


def fires(fields: tuple[int, int, str, str, str], wall: date) -> bool:
    _, _, day, month, weekday = fields
    by_day, by_weekday = wall.day in allowed(day, 1, 31), wall.isoweekday() % 7 in allowed(weekday, 0, 6)
    both = day.startswith("*") or weekday.startswith("*")
    return wall.month in allowed(month, 1, 12) and ((by_day and by_weekday) if both else (by_day or by_weekday))


def by_minutes(wall: datetime, zone: str) -> datetime:
    """The first minute at which a clock on the wall there shows this; where none does, this many minutes after the last that was less."""
    at = (wall - timedelta(hours=27)).replace(tzinfo=UTC)
    seen = at
    for _ in range(54 * 60):
        shown = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if shown == wall:
            return at
        if shown < wall:
            seen = at
        at += MINUTE
    return seen + (wall - seen.astimezone(ZoneInfo(zone)).replace(tzinfo=None))


@settings(max_examples=examples(60), deadline=None)
@given(CADENCES, WALLS, st.datetimes(datetime(1996, 1, 1), datetime(2037, 1, 1)))
def test_the_cutoffs_are_those_of_a_clock_that_only_counts_minutes(fields, zone, start):
    after = start.replace(second=0, microsecond=0, tzinfo=UTC)
    rule = replace(WEEKLY, cadence=" ".join(map(str, fields)), zone=zone)
    walls = (after.date() + n * DAY for n in range(-2, 45))
    mine = {by_minutes(datetime.combine(wall, time(fields[1], fields[0])), zone) for wall in walls if fires(fields, wall)}
    horizon = after + 40 * DAY
    found = [at for at in islice(cutoffs(rule, after), 60) if at < horizon] if unfit(rule, after) is None else []
    assert found == sorted(at for at in mine if after < at < horizon)


@settings(max_examples=examples(150), deadline=None)
@given(WALLS, st.dates(date(1996, 1, 1), date(2037, 1, 1)), st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_a_local_time_means_one_moment(zone, day, at):
    assert instant(day, at, zone) == by_minutes(datetime.combine(day, at), zone)


# ---------------------------------------------------------------- what is no rule


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({}, None, id="weekly"),
        pytest.param({"cadence": "", "dates": (date(2026, 12, 1),), "cutoff": time(12)}, None, id="dates"),
        pytest.param({"cadence": ""}, "either by a cadence or on single dates", id="neither"),
        pytest.param({"dates": (date(2026, 12, 1),)}, "either by a cadence or on single dates", id="both"),
        pytest.param({"cadence": "", "dates": (date(2026, 12, 1),)}, "do not tell when", id="dates without a time"),
        pytest.param({"cadence": "", "dates": (date(2026, 1, 1),), "cutoff": time(12)}, "its last date is 2026-01-01", id="dates are over"),
        pytest.param({"cadence": "* * * * *"}, "fires every minute", id="every minute"),
        pytest.param({"cadence": "0 9,17 * * TUE"}, "fires 2 times", id="twice a day"),
        pytest.param({"cadence": "0 12 31 2 *"}, "no cadence that ever fires", id="31 February"),
        pytest.param({"cadence": "0 12 * * MOON"}, "no cadence that ever fires", id="no weekday"),
        pytest.param({"cadence": "0 12 * *"}, "takes five fields", id="four fields"),
        pytest.param({"cadence": "0 0 12 * * TUE"}, "takes five fields", id="seconds"),
        pytest.param({"cadence": "٠ 12 * * TUE"}, "takes five fields", id="digits of another script"),
        pytest.param({"cadence": "0 0 30 2-2 MON#1"}, None, id="either of two days"),
    ],
)
def test_a_rule_that_tells_no_cutoffs_says_why(changed, said):
    refused = unfit(replace(WEEKLY, **changed), AT)
    if said is None:
        assert refused is None
    else:
        assert isinstance(refused, Refuse)
        assert refused.code is Refusal.BAD_SCHEDULE
        assert said in refused.why


# ---------------------------------------------------------------- doubtful times


def test_a_time_that_does_not_exist_or_comes_twice_is_named():
    sundays = replace(WEEKLY, cadence="30 2 * * SUN")
    assert doubts(sundays, AT) == (
        "The cutoff at Sun 28 Mar 2027 02:30 Europe/Berlin does not exist, the clocks skip it; it would be 03:30 (+0200).",
        "The cutoff at Sun 31 Oct 2027 02:30 Europe/Berlin comes twice, the clocks repeat it; it would be the first of the two (+0200).",
    )
    assert doubts(replace(WEEKLY, cadence="0 12 * * FRI", decision=time(2, 30)), AT)[0].startswith("The go/no-go at Sun 28 Mar 2027 02:30")
    assert doubts(WEEKLY, AT) == ()
    assert doubts(replace(WEEKLY, cadence="", dates=(date(2027, 1, 5),), cutoff=time(2, 30)), AT) == ()


# ---------------------------------------------------------------- schedules


def test_the_moments_of_a_run():
    found = planned(WEEKLY, ("api",), POLICY, utc(2026, 12, 1, 11))
    assert found == Schedule(
        publish=utc(2026, 11, 24, 11), cutoff=utc(2026, 12, 1, 11), decision=utc(2026, 12, 3, 9), opens=utc(2026, 12, 3, 9),
        closes=utc(2026, 12, 3, 15), retrospective=utc(2026, 12, 5, 9), closing=utc(2026, 12, 8, 9),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "opens", "closes"),
    [
        pytest.param({"decision": time(11)}, utc(2026, 12, 3, 10), utc(2026, 12, 3, 15), id="in the middle of an opening"),
        pytest.param({"decision": time(15, 30)}, utc(2026, 12, 3, 14, 30), utc(2026, 12, 3, 15), id="half an hour is enough"),
        pytest.param({"decision": time(15, 31)}, utc(2026, 12, 7, 9), utc(2026, 12, 7, 15), id="less is not: after the weekend"),
        pytest.param({"stabilization": 3}, utc(2026, 12, 7, 9), utc(2026, 12, 7, 15), id="Friday is closed"),
        pytest.param({"stabilization": 0, "decision": time(14)}, utc(2026, 12, 1, 13), utc(2026, 12, 1, 15), id="the same day"),
    ],
)
def test_a_run_departs_in_the_first_opening_after_the_decision(changed, opens, closes):
    found = planned(replace(WEEKLY, **changed), ("api",), POLICY, utc(2026, 12, 1, 11))
    assert isinstance(found, Schedule)
    assert (found.opens, found.closes) == (opens, closes)


def test_services_in_several_zones_depart_in_what_their_openings_have_in_common():
    """Until 18:00 Berlin's and New York's share two hours. Until 16:00 they share none, but for the weeks in which only New York has summer."""
    long = weekdays(end=time(18))
    found = planned(WEEKLY, ("api", "web"), with_window(long), utc(2026, 12, 1, 11))
    assert isinstance(found, Schedule)
    assert (found.opens, found.closes) == (utc(2026, 12, 3, 15), utc(2026, 12, 3, 17))
    rare = planned(WEEKLY, ("api", "web"), POLICY, utc(2026, 12, 1, 11))
    assert isinstance(rare, Schedule)
    assert (rare.opens, rare.closes) == (utc(2027, 3, 15, 14), utc(2027, 3, 15, 15))
    apart = planned(WEEKLY, ("api", "web"), with_window(weekdays(end=time(14))), utc(2026, 12, 1, 11))
    assert isinstance(apart, Refuse)
    assert "does not open for api, web together" in apart.why


def test_a_run_waits_for_the_day_after_a_holiday_and_is_not_planned_where_holidays_are_not_known():
    """WIN-04, WIN-13."""
    closed = with_window(weekdays(holidays=("DE",)))
    feast = Holidays("DE", {date(2026, 12, 3): "a feast"}, date(2026, 1, 1), date(2032, 12, 31))
    found = planned(WEEKLY, ("api",), closed, utc(2026, 12, 1, 11), holidays={"DE": feast})
    assert isinstance(found, Schedule)
    assert found.opens == utc(2026, 12, 7, 9)
    assert planned(WEEKLY, ("api",), closed, utc(2026, 12, 1, 11)) == Unsure("the public holidays of DE", "nobody asked for them")


def test_a_run_that_is_postponed_departs_in_the_next_opening_and_what_comes_after_it_moves_along():
    was = planned(WEEKLY, ("api",), POLICY, utc(2026, 12, 1, 11))
    assert isinstance(was, Schedule)
    assert (was.opens, was.closes) == (utc(2026, 12, 3, 9), utc(2026, 12, 3, 15))
    for at in (utc(2026, 12, 2, 9), utc(2026, 12, 3, 15)):  # before its window, and when it is over
        now = postponed(WEEKLY, ("api",), Facts(at=at, policy=POLICY), was)
        assert isinstance(now, Schedule)
        assert (now.cutoff, now.decision, now.opens, now.closes) == (was.cutoff, was.decision, utc(2026, 12, 7, 9), utc(2026, 12, 7, 15))
        assert now.closes < now.retrospective < now.closing
    gone = postponed(replace(WEEKLY, window="never"), ("api",), Facts(at=AT, policy=POLICY), was)
    assert isinstance(gone, Refuse)


def test_a_retrospective_is_never_before_the_window_closes():
    found = planned(replace(WEEKLY, retrospective=0, closing=0), ("api",), POLICY, utc(2026, 12, 1, 11))
    assert isinstance(found, Schedule)
    assert found.retrospective == found.closing == found.closes


@pytest.mark.parametrize(
    ("changed", "policy", "services", "code", "said"),
    [
        pytest.param(
            {"stabilization": 0}, POLICY, ("api",), Refusal.BAD_SCHEDULE,
            "The go/no-go (Tue 1 Dec 10:00 Europe/Berlin) does not come after the cutoff (Tue 1 Dec 12:00 Europe/Berlin)", id="decided first",
        ),
        pytest.param({"window": "weekday"}, POLICY, ("api",), Refusal.NO_TRAIN_WINDOW, "did you mean 'weekdays'", id="no such window"),
        pytest.param(
            {}, with_window(weekdays(services=("web",))), ("web", "api"), Refusal.NO_TRAIN_WINDOW,
            "is not about api in production", id="not about it",
        ),
        pytest.param({}, POLICY, ("api", "gone"), Refusal.NO_TRAIN_WINDOW, "is not about gone", id="a service that the file lost"),
        pytest.param(
            {}, with_window(weekdays(valid_to=date(2026, 12, 2))), ("api",), Refusal.NO_TRAIN_WINDOW,
            "after the go/no-go (Thu 3 Dec 10:00 Europe/Berlin): it counts until 2026-12-02 only", id="closes for good before it",
        ),
        pytest.param(
            {}, with_window(weekdays(days=(), dates=(date(2026, 12, 1),))), ("api",), Refusal.NO_TRAIN_WINDOW,
            "its last date is 2026-12-01", id="its last date is before it",
        ),
    ],
)  # fmt: skip
def test_a_run_that_could_not_depart_says_why(changed, policy, services, code, said):
    refused = planned(replace(WEEKLY, **changed), services, policy, utc(2026, 12, 1, 11))
    assert isinstance(refused, Refuse)
    assert refused.code is code
    assert said in refused.why


@settings(max_examples=examples(80))
@given(
    WALLS, st.dates(date(1996, 1, 1), date(2036, 1, 1)), st.integers(0, 20), st.integers(0, 23), st.integers(0, 23),
    st.sets(st.sampled_from([Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.SAT]), min_size=1),
)  # fmt: skip
def test_the_moments_of_any_run_are_in_order_and_inside_the_window(zone, day, length, cut, decide, days):
    window = weekdays(days=tuple(days), zone=zone)
    rule = TrainRule("", (day,), time(cut), zone, length, time(decide, 15), "weekdays")
    cutoff = instant(day, time(cut), zone)
    found = planned(rule, ("api",), with_window(window), cutoff)
    if isinstance(found, Refuse):
        assert length == 0
        return
    assert found.publish < found.cutoff == cutoff < found.decision <= found.opens < found.closes <= found.retrospective <= found.closing
    assert found.closes - found.opens >= 30 * MINUTE
    wall = found.opens.astimezone(ZoneInfo(zone))
    assert Weekday.of(wall.date()) in days
    assert found.decision - found.cutoff < (length + 2) * DAY + HOUR
