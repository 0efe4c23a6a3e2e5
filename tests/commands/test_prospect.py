"""Before the cutoff the run's card says what would ride, and what is not merged yet; for the next run only, with few reads (TRN-13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.invocation import Reported
from commands.core.ports.ci import Pushed
from commands.core.trains import prospect
from guards.cut import OpenPull
from guards.facts import Facts
from guards.train import TrainState
from guards.unread import Unread
from storage import trains
from storage.inbox import Delivery
from tests.commands.test_cutoff import BASE, DUE, HEAD, LATER, RUN, Story, policy, pull, span
from tests.world.company import TUESDAY
from tests.world.world import World

LOOK = ["head", "open_pulls"]


class Ahead(Story):
    """A run whose schedule was published a moment ago."""

    async def posted(self):
        await self.begin(state=TrainState.PUBLISHED, published=TUESDAY)
        facts = Facts(at=self.world.clock.now(), policy=self.world.policy)
        await self.world.house.store.write(lambda tx: prospect.soon(tx, trains.run(tx, RUN), facts))
        await self.world.wait(seconds=1)
        await self.world.wait(minutes=5)  # with the reminder of an hour before
        return self

    async def pushed(self, key, branch="main", repository="Acme/API"):
        told = Reported(ci="fake", reports=(Pushed(repository, branch),)).model_dump(mode="json")
        await self.world.house.inbox.put(Delivery(f"push {key}", "reported", told, key))
        await self.world.quiet()

    def merged(self):
        """Another pull request gets into main."""
        vcs, now = self.world.vcs, self.world.clock.now()
        vcs.moves["acme/api", "main"].append((now, LATER))
        vcs.spans["acme/api", BASE, LATER] = span("acme/api", BASE, LATER, pull(7, HEAD), pull(9, LATER, "feat: later"))
        vcs.waiting["acme/api", "main"] = (OpenPull(10, "feat: more", "https://x/10", "", "dev", frozenset({"risk:low"}), ()),)

    def lower(self):
        """What the card says below its timeline."""
        return self.card().partition("Window closes")[2].partition("[")[0].splitlines()[1:]


@pytest.fixture
async def story(database_url):
    async with World(database_url, policy()) as world:
        yield await Ahead(world, ("api",)).posted()


async def test_the_card_says_what_would_ride_and_what_is_not_merged_yet(story):
    world = story.world
    assert story.lower() == snapshot(
        [
            "Does not ride",
            "shop",
            "🎫 In so far: 1",
            "#7 (https://github.com/acme/api/pull/7) feat: limit (acme/api)",
            "As of today 11:00 (Tue 11:00 Europe/Berlin); the cutoff decides.",
            "🚏 Not merged yet: 1",
            "#9 (https://x/9) feat: later (acme/api)",
        ]
    )
    world.vcs.asked = []
    story.merged()
    for key in ("a", "b", "c"):
        await story.pushed(key)
    await story.pushed("d", branch="release/1.7")
    await story.pushed("e", repository="acme/other")
    assert world.vcs.asked == []
    await world.wait(minutes=5)
    assert world.vcs.asked == LOOK  # of three merges, once
    assert story.lower() == snapshot(
        [
            "Does not ride",
            "shop",
            "🎫 In so far: 2",
            "#9 (https://github.com/acme/api/pull/9) feat: later (acme/api)",
            "#7 (https://github.com/acme/api/pull/7) feat: limit (acme/api)",
            "As of today 11:10 (Tue 11:10 Europe/Berlin); the cutoff decides.",
            "🚏 Not merged yet: 1",
            "#10 (https://x/10) feat: more (acme/api) risk:low",
        ]
    )


async def test_what_could_not_be_read_is_said_and_what_was_read_stays(story):
    world = story.world
    world.vcs.away = Unread("the head of main", "GitHub does not answer")
    await story.pushed("a")
    await world.wait(minutes=5)
    assert story.lower() == snapshot(
        [
            "Does not ride",
            "shop",
            "⚠️ What it would bring is not known now",
            "acme/api: could not read the head of main (GitHub does not answer)",
            "🎫 In so far: 1",
            "#7 (https://github.com/acme/api/pull/7) feat: limit (acme/api)",
            "As of today 11:05 (Tue 11:05 Europe/Berlin); the cutoff decides.",
            "🚏 Not merged yet: 1",
            "#9 (https://x/9) feat: later (acme/api)",
        ]
    )
    world.vcs.away = None
    await story.pushed("b")
    await world.wait(minutes=5)
    assert "not known now" not in story.card()


async def test_nothing_is_sent_when_nothing_is_otherwise_and_the_card_is_looked_at_when_the_captain_is_reminded(story):
    world = story.world
    await world.wait(seconds=5)
    updates, world.vcs.asked = sum(call.method == "chat.update" for call in world.slack.calls), []
    await world.wait(until=DUE - timedelta(minutes=15))
    await world.wait(minutes=5)  # not all trains of one cutoff at once
    assert world.vcs.asked == LOOK
    assert sum(call.method == "chat.update" for call in world.slack.calls) == updates


async def test_only_the_next_run_of_a_train_is_looked_at_and_a_cut_takes_its_place(story):
    world = story.world
    run = await story.run()
    following = replace(run, id="weekly-2026-12-01", schedule=replace(run.schedule, cutoff=run.schedule.cutoff + timedelta(days=1)))
    facts = Facts(at=world.clock.now(), policy=world.policy)
    await world.house.store.write(lambda tx: [trains.add_run(tx, following), prospect.soon(tx, following, facts)])
    world.vcs.asked = []
    await world.wait(seconds=1)
    assert world.vcs.asked == []
    await story.at_the_moment()
    await world.wait(until=DUE)
    story.branch_is_made()
    await world.wait(seconds=30)
    assert "so far" not in story.card()
    assert "🎫 In: 1" in story.card()
    await world.wait(minutes=30)  # the one after it has its turn
    later = next(text for card in world.cards() if following.id in (text := world.shown(card)).splitlines()[0])
    assert "🎫 In so far: 1" in later
