"""Calendars that people subscribe to: what stands in them, over clock changes too, and who can read them (TRN-25, WIN-16, FRZ-08)."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import aiohttp
import icalendar
import pytest

from commands.core.feeds import KEPT, LOOKS
from guards.policy import Policy
from storage.tables import metadata
from tests.commands.test_train import published, utc
from tests.world.company import channel_id, policy_data
from tests.world.world import World

BERLIN = ZoneInfo("Europe/Berlin")
LATER = KEPT.total_seconds()


async def address(world, who="audrey", train=""):
    """Have somebody ask for a calendar; the path that they are told in their direct messages."""
    await world.say(who, f"/release calendar add {train}".strip())
    told = "\n".join(message.as_text() for message in world.slack.private(world.people[who]))
    return re.findall(r"/calendar/[\w-]{43}\.ics", told)[-1]


async def fetch(world, path, **headers):
    """What a calendar program gets: status, headers, body."""
    url = f"http://127.0.0.1:{world.house.ports[0]}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def read(world, path):
    """The calendar, parsed: summary → its events."""
    status, _, body = await fetch(world, path)
    assert status == 200
    calendar = icalendar.Calendar.from_ical(body)
    found: dict[str, list[icalendar.Event]] = {}
    for event in calendar.walk("VEVENT"):
        found.setdefault(str(event["SUMMARY"]), []).append(event)
    return found


async def test_it_tells_trains_windows_and_freezes(world):
    await published(world)
    await world.freeze(until="2026-11-26T10:00")
    found = await read(world, await address(world))
    [cutoff], [departs] = found["✂️ cutoff: weekly-2026-12-01"], found["🚆 departure: weekly-2026-12-01"]
    assert cutoff.start == utc(12, 1, 11)
    assert (departs.start.astimezone(BERLIN).hour, departs["SEQUENCE"]) == (10, 0)
    [freeze] = [events for summary, events in found.items() if summary.startswith("🧊")]
    assert freeze[0].end == utc(11, 26, 9)
    assert len(found["🚪 window weekdays"]) > 20
    assert all(event.start.utcoffset() == timedelta(0) for events in found.values() for event in events)


async def test_one_of_a_train_leaves_the_others_and_other_services_out(world):
    await published(world)
    await world.say("carla", '/release train create monthly services=web cadence="0 12 * * TUE" stabilization=2 decision=10:00 '
                             "window=weekdays captains=carla@acme.example " + f"channel={world.channels['releases'].id}")  # fmt: skip
    found = await read(world, await address(world, "carla", "weekly"))
    assert {"weekly"} == {m[1] for summary in found if (m := re.search(r": (\w+)-2026", summary))}
    assert {str(event["DESCRIPTION"]) for event in found["🚪 window weekdays"]} == {"api in production"}


async def test_the_form_is_what_calendar_programs_ask_for(world):
    await published(world)
    status, headers, body = await fetch(world, await address(world))
    assert status == 200
    assert headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in headers["Cache-Control"]
    assert body.count(b"\n") == body.count(b"\r\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    calendar = icalendar.Calendar.from_ical(body)
    assert (calendar["VERSION"], calendar["METHOD"], calendar["X-PUBLISHED-TTL"]) == ("2.0", "PUBLISH", "PT1H")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in body
    uids = [event["UID"] for event in calendar.walk("VEVENT")]
    assert len(uids) == len(set(uids))
    assert all({"DTSTAMP", "DTSTART", "DTEND", "SEQUENCE"} <= event.keys() for event in calendar.walk("VEVENT"))


async def test_what_is_moved_keeps_its_name_and_counts_up_and_what_is_skipped_goes(world):
    await published(world)
    path = await address(world)
    [was] = (await read(world, path))["🚆 departure: weekly-2026-12-01"]
    await world.say("carla", "/release train amend weekly decision=11:00")
    await world.wait(seconds=LATER)
    [now] = (await read(world, path))["🚆 departure: weekly-2026-12-01"]
    assert (now["UID"], now["SEQUENCE"]) == (was["UID"], was["SEQUENCE"] + 1)
    await world.say("carla", "/release train skip weekly-2026-12-01 holidays come first")
    await world.wait(seconds=LATER)
    assert "🚆 departure: weekly-2026-12-01" not in await read(world, path)


@pytest.mark.parametrize(("begin", "changes"), [(datetime(2026, 10, 20, 9, tzinfo=UTC), 25), (datetime(2027, 3, 23, 9, tzinfo=UTC), 28)])
async def test_windows_open_at_the_same_local_time_over_both_clock_changes(database_url, begin, changes):
    async with World(database_url, at=begin) as world:
        found = (await read(world, await address(world)))["🚪 window weekdays"]
        local = [(event.start.astimezone(BERLIN), event.end.astimezone(BERLIN)) for event in found]
        assert {(start.hour, end.hour) for start, end in local} == {(10, 16)}
        assert {start.day for start, _ in local} & {changes + 1}  # the Monday after the clocks changed
        assert len({start.utcoffset() for start, _ in local}) == 2
        assert all(one.end <= other.start for one, other in pairwise(found))


# ---------------------------------------------------------------- who can read it


async def test_what_is_no_address_is_not_found_and_nobody_says_why(world):
    path = await address(world)
    answers = set()
    for wrong in ("/calendar/" + "a" * 43 + ".ics", "/calendar/x.ics", path[:-6] + "_.ics", "/calendar/" + "%2e" * 43 + ".ics"):
        status, _, body = await fetch(world, wrong)
        answers.add((status, body))
    await world.say("audrey", "/release calendar end")
    status, _, body = await fetch(world, path)
    answers.add((status, body))
    assert answers == {(404, b'{"error": "not found"}')}


async def test_one_that_was_read_ends_within_minutes_and_a_new_address_ends_the_old_one(world):
    path = await address(world)
    await read(world, path)
    newer = await address(world)
    await world.wait(seconds=LATER)
    assert (await fetch(world, path))[0] == 404
    assert (await fetch(world, newer))[0] == 200
    assert [tag for tag in await world.tags() if tag.startswith("calendar:")] == ["calendar:added", "calendar:ended", "calendar:added"]


async def test_no_token_is_stored_anywhere(world):
    token = (await address(world)).removeprefix("/calendar/").removesuffix(".ics")

    def everything(tx):
        return [str(tuple(row)) for table in metadata.sorted_tables for row in tx.run(table.select())]

    rows = await world.house.store.read(everything)
    assert rows
    assert not [row for row in rows if token in row]


async def test_who_is_nobody_here_any_more_has_no_calendar(world):
    path = await address(world)
    assert (await fetch(world, path))[0] == 200
    left = policy_data()
    left["people"] = [person for person in left["people"] if person["id"] != "audrey@acme.example"]
    left["roles"] = {**left["roles"], "audit": [{"people": ["rita@acme.example"]}]}
    await world.restart(Policy.model_validate(left))
    assert (await fetch(world, path))[0] == 404


async def test_whom_slack_cannot_tell_is_asked_for_again_later(world):
    path = await address(world)
    await world.restart()
    world.slack.faults.fail("users.info", "internal_error")
    status, headers, _ = await fetch(world, path)
    assert (status, headers["Retry-After"]) == (429, "60")


async def test_an_unchanged_one_is_not_sent_again(world):
    path = await address(world)
    _, headers, _ = await fetch(world, path)
    status, _, body = await fetch(world, path, **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


async def test_guessing_is_slow(world):
    path = await address(world)
    await read(world, path)
    for number in range(LOOKS - 1):
        assert (await fetch(world, f"/calendar/{number:043d}.ics"))[0] == 404
    assert (await fetch(world, f"/calendar/{LOOKS:043d}.ics"))[0] == 429
    assert (await fetch(world, path))[0] == 200  # what is known is served all the same
    await world.wait(minutes=1)
    assert (await fetch(world, f"/calendar/{LOOKS:043d}.ics"))[0] == 404


async def test_the_policy_says_where_the_bot_is_reached(database_url):
    data = policy_data(trains={"address": "https://signalbox.example.com"})
    async with World(database_url, data) as world:
        await address(world)
        told = [message.as_text() for message in world.slack.private(world.people["audrey"])]
        assert any("https://signalbox.example.com/calendar/" in text for text in told)


async def test_a_train_that_is_none_and_a_stranger_get_none(world):
    await world.say("audrey", "/release calendar add nightly")
    assert "There is no train nightly" in world.told("audrey")
    await world.say("nobody", "/release calendar add")
    assert "/calendar/" not in world.told("nobody")
    await world.say("audrey", "/release calendar end")
    assert "You have no calendar" in world.told("audrey")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_calendar_stands_in_a_channel_pinned_and_is_kept_current(database_url):
    """WIN-16: where the policy names a channel, one message."""
    data = policy_data()
    data["slack"] = {**data["slack"], "calendar": channel_id("releases")}
    async with World(database_url, data) as world:
        await world.quiet()

        def shown() -> str:
            (posted,) = [m for m in world.cards() if m.as_text().startswith("📅")]
            assert posted.ts in world.channels["releases"].pins
            return world.shown(posted)

        assert "🚪 window weekdays today 10:00" in shown()
        await world.freeze(since="2026-11-26T10:00", until="2026-11-27T10:00")
        assert "🧊 holiday freeze: all services in production" in shown()
        await world.say("rita", "/release freeze lift FRZ-2026-1124-001 they are back")
        assert "🧊" not in shown()
        first = shown()
        await world.wait(hours=25)
        assert shown() != first
