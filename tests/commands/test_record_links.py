"""The links in a release record are looked at, and one that leads nowhere is told once (REC-19)."""

import pytest

from commands.core.ports.ci import RunState
from commands.core.ports.links import Broken, Leads
from guards.unread import Unread
from tests.world.company import policy_data
from tests.world.world import World

RUNBOOK, TICKET = "https://wiki.example.com/run-book", "https://tickets.example.com/PAY-12"
RECORD = f'/release record complete api v1.4.0 issues="see {TICKET}." rollback="as in ({RUNBOOK})"'
GONE = Broken("its server says 404")


@pytest.fixture
async def world(database_url):
    """A company that has its links looked at once a week; v1.4.0 waits for approval, and its record is written."""
    async with World(database_url, policy_data(record_links={"asked": True, "every": "7d"})) as made:
        made.links.pages = {RUNBOOK: Leads(), TICKET: Leads()}
        await made.on_staging()
        await made.say("carla", RECORD)
        await made.say("carla", "/release promote api v1.4.0 production")
        await made.news()
        yield made


async def shown(world: World) -> str:
    """What the record says of its links."""
    await world.say("audrey", "/release record api v1.4.0")
    text = world.told("audrey")
    assert "\nLinks\n" in text
    return text.partition("\nLinks\n")[2].partition("\nChecklist")[0]


async def test_each_link_is_looked_at_soon_and_then_once_a_week(world):
    assert world.links.asked == []
    await world.wait(minutes=1)
    assert {RUNBOOK, TICKET} <= set(world.links.asked)
    seen = world.links.asked.count(TICKET)
    await world.wait(days=6, hours=23)
    assert world.links.asked.count(TICKET) == seen
    await world.wait(hours=1, minutes=1)
    assert world.links.asked.count(TICKET) == seen + 1
    assert "link:broken" not in await world.tags()


async def test_one_that_leads_nowhere_is_told_once_in_the_thread_and_stands_in_the_record(world):
    world.links.pages[TICKET] = GONE
    await world.wait(minutes=1)
    assert (await world.news())[-1] == "link:broken"
    assert await world.body("link:broken") == {"url": TICKET, "version": "v1.4.0", "why": "its server says 404"}
    told = [line for line in world.thread() if "leads nowhere" in line]
    assert told[0].startswith(f"⚠️ A link in the release record of api v1.4.0 leads nowhere: {TICKET} (its server says 404).")
    assert f"⛔ {TICKET}: its server says 404, since today" in await shown(world)

    await world.wait(days=8)
    assert len([line for line in world.thread() if "leads nowhere" in line]) == 1
    assert (await world.tags()).count("link:broken") == 1

    world.links.pages[TICKET] = Leads()
    await world.wait(days=8)
    assert (await world.tags()).count("link:mended") == 1
    assert "0 broken" in await shown(world)


async def test_what_could_not_be_read_is_not_broken_and_what_was_broken_stays_so(world):
    world.links.pages[TICKET] = Unread("the link", "its server says 503")
    await world.wait(minutes=1)
    assert "link:broken" not in await world.tags()
    assert f"⚠️ {TICKET}: not read (its server says 503)" in await shown(world)

    world.links.pages[TICKET] = GONE
    await world.wait(hours=6)
    assert "link:broken" in await world.tags()
    world.links.pages[TICKET] = Unread("the link", "its server says 503")
    await world.wait(days=8)
    assert "link:mended" not in await world.tags()
    assert f"⛔ {TICKET}: its server says 404" in await shown(world)


async def test_a_link_that_stands_in_the_record_no_more_is_left_alone(world):
    await world.say("carla", RECORD.replace(TICKET, "nothing known"))
    await world.wait(minutes=2)
    assert TICKET not in world.links.asked
    assert RUNBOOK in world.links.asked
    assert TICKET not in await shown(world)


async def test_at_most_ten_are_looked_at_in_one_beat_and_none_is_forgotten(world):
    links = [f"https://wiki.example.com/{number}" for number in range(25)]
    await world.say("carla", f'/release record complete api v1.4.0 issues="{" ".join(links)}" rollback="promote v1.3.2"')
    before, counts = len(world.links.asked), []
    for _ in range(4):
        await world.wait(minutes=1, seconds=1)
        counts.append(len(world.links.asked) - before)
        before = len(world.links.asked)
    assert max(counts) == 10
    assert set(links) <= set(world.links.asked)


async def test_the_run_and_what_people_show_are_looked_at_too(world):
    await world.approve("rita")
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(minutes=1)
    assert (await world.change()).run_url in world.links.asked


async def test_a_restart_goes_on_looking(world):
    await world.restart()
    await world.wait(minutes=2)
    assert TICKET in world.links.asked


async def test_where_nobody_asks_for_it_nothing_is_looked_at(database_url):
    """The starter profile calls nobody whom the policy does not name."""
    async with World(database_url) as world:
        await world.say("carla", RECORD)
        await world.wait(days=8)
        assert world.links.asked == []
        await world.say("audrey", "/release record api v1.4.0")
        assert "\nLinks\n" not in world.told("audrey")
