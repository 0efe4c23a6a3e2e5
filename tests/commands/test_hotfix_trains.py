"""A hotfix and the trains in flight: it rides alone, its fix is picked into the release branch, and no train departs without it (HOT-09, HOT-20)."""

from dataclasses import replace

import pytest

from commands.core.ports.ci import RunState
from guards.cut import Flaw
from guards.hotfix import How
from guards.train import TrainState
from guards.vcs import Span, Tag
from guards.version import Artifact
from storage import cuts, hotfixes
from tests.commands.test_cutoff import BASE, HEAD, RUN, policy
from tests.commands.test_hotfix import NEW, SAID, commit, pull
from tests.commands.test_stabilization import BRANCH as RELEASE
from tests.commands.test_stabilization import Branch
from tests.world.company import DIGEST, TUESDAY
from tests.world.world import World

FIX, MAIN, PICK = "f1" * 20, "3a" * 20, "70" * 20
OWN = "hotfix/1.7.4-PAY-12"


def asking():
    """The company of the trains, which asks for forward-ports too."""
    data = policy()
    data["evidence"]["environments"]["production"]["add"].append("forward-ports")
    data["allow"]["hotfix"] = {"production": ["developer"]}
    return data


class Both(Branch):
    """A run that is cut, and a hotfix of what production runs meanwhile."""

    async def begin(self, **changed):
        return await super().begin(state=TrainState.PUBLISHED, published=TUESDAY, **changed)

    async def mended(self, ships="now"):
        """The hotfix is begun, built and asked for."""
        world, vcs = self.world, self.world.vcs
        vcs.tags |= {("acme/api", "v1.7.3"): self.tag("v1.7.3", BASE), ("acme/api", "v1.7.4"): self.tag("v1.7.4", FIX)}
        vcs.tags.pop(("acme/api", "v1.7.4"))
        vcs.parents |= {HEAD: BASE, FIX: BASE}
        world.artifacts.add(Artifact("api", "v1.7.3", DIGEST, BASE, frozenset({"dev"}), frozenset()))
        await world.say("dev", "/release hotfix start api")
        await world.fill("dev", **{**SAID, "ships": ships})
        vcs.moves["acme/api", OWN] = [(world.clock.now(), BASE)]
        await world.wait(seconds=30)
        vcs.spans["acme/api", BASE, FIX] = Span("acme/api", BASE, FIX, (commit(FIX, (12,)),), (pull(12, FIX, into=OWN),))
        vcs.tags["acme/api", "v1.7.4"] = self.tag("v1.7.4", FIX)
        vcs.checked["acme/api", FIX] = vcs.checked["acme/api", HEAD]
        world.artifacts.add(Artifact("api", "v1.7.4", NEW, FIX, frozenset({"dev"}), frozenset()))
        for place in ("dev", "staging"):
            await world.runs_in(place, "v1.7.4", digest=NEW, commit=FIX)
        await world.news()
        await world.say("carla", "/release promote api v1.7.4 production")
        return self

    async def ships(self):
        """It runs in production; neither main nor the release branch has it."""
        await self.mended()
        await self.world.approve("rita")
        self.names("main", HEAD)
        self.names(RELEASE, HEAD)
        await self.world.ci_says(RunState.SUCCEEDED, digest=NEW)
        await self.world.wait(seconds=5)
        return self

    def names(self, branch, head, *commits, pulls=()):
        """What a branch names, and what is on it and not in what production ran."""
        self.world.vcs.moves.setdefault(("acme/api", branch), []).append((self.world.clock.now(), head))
        self.world.vcs.spans["acme/api", BASE, head] = Span("acme/api", BASE, head, commits, pulls)

    def tag(self, name, sha):
        return Tag("acme/api", name, "0b" * 20, sha, annotated=True, verified=True, reason="valid", tagger=None)

    async def ports(self):
        return {port.branch: port for port in await self.world.house.store.read(lambda tx: hotfixes.ports(tx, "HOT-2026-1124-001"))}


@pytest.fixture
async def story(database_url):
    async with World(database_url, asking()) as world:
        yield await Both(world, ("api",)).cut()


async def test_a_hotfix_rides_alone_while_its_service_rides_a_train(story):
    await story.mended()
    await story.world.approve("rita")
    assert [order.version for order in story.world.ci.started] == ["v1.7.4"]


async def test_one_that_ships_with_a_train_waits_for_its_go(story):
    await story.mended(ships="train")
    assert "not-decided" in await story.world.codes()


async def test_the_release_branch_of_a_train_has_to_have_the_fix_too(story):
    await story.ships()
    assert set(await story.ports()) == {"main", RELEASE}


async def test_a_pick_from_the_hotfix_belongs_on_the_release_branch(story):
    """Its source is on no main yet: production has it, which is as good."""
    await story.ships()
    said = f"(cherry picked from commit {FIX})"
    brought = replace(pull(41, PICK, into=RELEASE, body="v1.7.4"), labels=frozenset({"backport", "backport:1.8", "risk:low"}))
    story.names(RELEASE, PICK, commit(PICK, (41,), message=said), pulls=(brought,))
    vcs = story.world.vcs
    vcs.spans["acme/api", HEAD, PICK] = Span("acme/api", HEAD, PICK, (commit(PICK, (41,), message=said),), (brought,))
    vcs.patches |= {("acme/api", FIX): "same", ("acme/api", PICK): "same"}
    vcs.checked["acme/api", PICK] = vcs.checked["acme/api", HEAD]
    await story.world.wait(minutes=15)
    await story.world.wait(minutes=1)
    (fix,) = await story.fixes()
    assert (fix.source, fix.flaws) == (FIX, ())
    assert (await story.ports())[RELEASE].how is How.PICKED
    assert (await story.ports())["main"].done is None


async def test_a_pick_from_anywhere_else_is_still_flagged(story):
    await story.ships()
    said = f"(cherry picked from commit {'99' * 20})"
    brought = replace(pull(41, PICK, into=RELEASE, body="v1.7.4"), labels=frozenset({"backport", "backport:1.8", "risk:low"}))
    vcs = story.world.vcs
    story.names(RELEASE, PICK, commit(PICK, (41,), message=said), pulls=(brought,))
    vcs.spans["acme/api", HEAD, PICK] = Span("acme/api", HEAD, PICK, (commit(PICK, (41,), message=said),), (brought,))
    vcs.checked["acme/api", PICK] = vcs.checked["acme/api", HEAD]
    await story.world.wait(minutes=15)
    (fix,) = await story.fixes()
    assert [flaw.flaw for flaw in fix.flaws] == [Flaw.NO_SOURCE]


async def test_a_branch_that_is_cut_while_main_lacks_the_fix_is_owed_it_too(story):
    """Cut after the hotfix shipped: found at the next look."""
    await story.ships()
    (cut,) = await story.cuts()
    await story.world.house.store.write(lambda tx: cuts.change(tx, cut, branch="release/1.9"))
    await story.world.wait(minutes=15)
    assert set(await story.ports()) == {"main", RELEASE, "release/1.9"}


async def test_the_go_no_go_of_the_next_train_shows_what_lacks(story):
    world = story.world
    await story.ships()
    for place in ("dev", "staging"):
        await world.runs_in(place, "v1.8.0", digest="sha256:" + "c3" * 32, commit=HEAD)
    world.artifacts.add(Artifact("api", "v1.8.0", "sha256:" + "c3" * 32, HEAD, frozenset({"dev"}), frozenset()))
    world.vcs.spans["acme/api", FIX, HEAD] = Span("acme/api", FIX, HEAD, (commit(HEAD, (7,)),), (pull(7, HEAD, into="main"),), 1)
    await world.wait(minutes=1)
    await world.say("carla", f"/release train readiness {RUN}")
    assert "A fix that production has is not everywhere yet" in world.told("carla")
