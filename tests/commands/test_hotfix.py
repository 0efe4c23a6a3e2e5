"""A hotfix from the confirmed start to the last branch that has its fix (HOT-01 … HOT-14, HOT-19 … HOT-21)."""

import pytest

from commands.core.ports.ci import RunState
from guards.hotfix import HotfixState, How
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState, Span, Tag
from guards.version import Artifact
from storage import hotfixes, obligations
from tests.world.company import DIGEST, TUESDAY, policy_data
from tests.world.world import World

BASE, FIX, MAIN, PORT, LATER = "ba" * 20, "f1" * 20, "ad" * 20, "70" * 20, "1a" * 20
NEW = "sha256:" + "b2" * 32
BRANCH = "hotfix/1.4.1-PAY-12"
SAID = {
    "ticket": "PAY-12", "severity": "SEV-3", "scope": "the rounding of refunds", "impact": "two customers a day", "ships": "now",
    "containment": "v1.4.0", "rationale": "each day costs money",
}  # fmt: skip


def policy(*, workflow="branch.yml", add=("forward-ports",), **service):
    """A company that reads the history of the api, has a workflow for branches and asks for forward-ports."""
    data = policy_data(evidence={"profile": "starter", "environments": {"production": {"add": list(add)}}})
    made = {"branch_workflow": workflow} if workflow else {}
    data["services"]["api"] = {**data["services"]["api"], "history": "github", **made, **service}
    data["allow"] = {**data["allow"], "hotfix": {"production": ["developer", "release_manager"]}}
    return data


def pull(number, commit, *, into=BRANCH, by="dev", approved=("rob",), title="fix: PAY-12 refunds", body=""):
    reviews = tuple(Review(login, ReviewState.APPROVED, commit, TUESDAY) for login in approved)
    return Pull(
        number, title, f"https://x/pull/{number}", into, commit, TUESDAY, commit, Contributor(by), (), reviews, frozenset(), body,
        Contributor("rob"), ("PAY-12",) if "PAY-12" in title else (), ("refunds.py",),
    )  # fmt: skip


def commit(sha, pulls=(), *, title="fix: PAY-12 refunds", message="", parents=1):
    said = f"{title}\n\n{message}"
    return Commit(sha, title, f"https://x/{sha}", Contributor("dev"), None, (), True, tuple(pulls), said, parents)


class Story:
    """An api whose v1.4.0 runs in production, and what version control knows."""

    def __init__(self, world):
        self.world = world

    async def begin(self):
        world, vcs = self.world, self.world.vcs
        world.artifacts.add(Artifact("api", "v1.4.0", DIGEST, BASE, frozenset({"dev"}), frozenset()))
        await world.runs_in("production", commit=BASE)
        vcs.tags["acme/api", "v1.4.0"] = self.tag("v1.4.0", BASE)
        vcs.moves["acme/api", "main"] = [(TUESDAY, MAIN)]
        vcs.parents |= {MAIN: BASE}
        await world.news()
        return self

    def tag(self, name, sha):
        return Tag("acme/api", name, "0b" * 20, sha, annotated=True, verified=True, reason="valid", tagger=None)

    async def start(self, who="dev", **said):
        """Type `hotfix start`, and fill in what its form asks."""
        await self.world.say(who, "/release hotfix start api")
        if self.world.form(who):
            await self.world.fill(who, **{**SAID, **said})

    def branch_is_made(self, at=BASE):
        self.world.vcs.moves["acme/api", BRANCH] = [(self.world.clock.now(), at)]

    async def opened(self, **said):
        """A hotfix whose branch is there."""
        await self.start(**said)
        self.branch_is_made()
        await self.world.wait(seconds=30)
        assert (await self.hotfix()).state is HotfixState.OPEN
        await self.world.news()
        return self

    def fixed(self, *commits, pulls=None, digest=NEW, base=BASE, removed=0, version="v1.4.1"):
        """The fix is merged, and CI built it."""
        vcs, made = self.world.vcs, commits or (commit(FIX, (12,)),)
        head = made[-1].sha
        brought = pulls if pulls is not None else (pull(12, head),)
        vcs.spans["acme/api", base, head] = Span("acme/api", base, head, made, brought, removed)
        vcs.tags["acme/api", version] = self.tag(version, head)
        self.world.artifacts.add(Artifact("api", version, digest, head, frozenset({"dev"}), frozenset()))
        self.built = (version, digest, head)

    async def staged(self):
        version, digest, head = self.built
        for place in ("dev", "staging"):
            await self.world.runs_in(place, version, digest=digest, commit=head)
        await self.world.news()

    async def asked(self, who="carla"):
        await self.staged()
        await self.world.say(who, f"/release promote api {self.built[0]} production")

    async def shipped(self, *commits, pulls=None):
        """The fix runs in production."""
        self.fixed(*commits, pulls=pulls)
        await self.asked()
        await self.world.approve("rita")
        self.on_main()
        await self.world.ci_says(RunState.SUCCEEDED, digest=NEW)
        assert (await self.hotfix()).state is HotfixState.SHIPPED
        return self

    def on_main(self, *commits, pulls=(), branch="main"):
        """What is on a branch and not in what production ran."""
        vcs = self.world.vcs
        head = commits[-1].sha if commits else MAIN
        vcs.moves.setdefault(("acme/api", branch), []).append((self.world.clock.now(), head))
        vcs.spans["acme/api", BASE, head] = Span("acme/api", BASE, head, commits, tuple(pulls))

    async def looked(self):
        await self.world.wait(minutes=15)

    async def hotfix(self):
        return (await self.world.house.store.read(lambda tx: hotfixes.recent(tx, 1)))[0]

    async def ports(self):
        one = await self.hotfix()
        return {port.branch: port for port in await self.world.house.store.read(lambda tx: hotfixes.ports(tx, one.id))}

    async def owed(self):
        one = await self.hotfix()
        found = await self.world.house.store.read(lambda tx: obligations.about(tx, one.id))
        return {str(each.kind) for each in found if each.done is None}

    def told(self):
        """What the thread below its card says last."""
        return self.world.thread()[-1].replace("`", "")


PORTED = pull(41, PORT, into="main", title="fix: PAY-12 refunds on main", body="Forward-port of v1.4.1.")


@pytest.fixture
async def story(database_url):
    async with World(database_url, policy()) as world:
        yield await Story(world).begin()


# ---------------------------------------------------------------- beginning


async def test_what_production_runs_is_shown_and_confirmed_and_its_branch_ordered_once(story):
    world = story.world
    await world.say("dev", "/release hotfix start api")
    shown = world.form("dev").as_text("Europe/Berlin") if hasattr(world.form("dev"), "as_text") else str(world.form("dev"))
    for word in ("v1.4.0", DIGEST, BASE, "v1.4.1"):
        assert word in shown
    assert await world.news() == []
    await world.fill("dev", **SAID)
    one = await story.hotfix()
    assert (one.base, one.base_digest, one.base_commit, one.version, one.branch) == ("v1.4.0", DIGEST, BASE, "v1.4.1", BRANCH)
    assert [(order.key, order.branch, order.commit, order.workflow) for order in world.ci.branches] == [
        (one.id, BRANCH, BASE, "branch.yml")
    ]
    assert one.state is HotfixState.ORDERED
    story.branch_is_made()
    await world.wait(seconds=30)
    await world.wait(seconds=30)
    assert (await story.hotfix()).state is HotfixState.OPEN
    assert await world.news() == [
        "hotfix-start:accepted", "hotfix:begun", "hotfix:branch-ordered", "hotfix:branch-started", "hotfix:branch-verified",
    ]  # fmt: skip
    assert len(world.ci.branches) == 1
    assert "hotfix/1.4.1-PAY-12 is there" in story.told()


async def test_a_hotfix_goes_alone_and_its_fix_is_owed_until_the_bot_finds_it(story):
    world = story.world
    await (await story.opened()).shipped()
    assert await story.owed() == {"forward-port", "review", "branch-removal"}
    await world.news()
    story.on_main(commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), pulls=(PORTED,))
    await story.looked()
    port = (await story.ports())["main"]
    assert (port.commit, port.how, port.pulls) == (PORT, How.PICKED, (41,))
    assert "hotfix:ported" in await world.news()
    assert await story.owed() == {"review", "branch-removal"}
    world.vcs.moves.pop(("acme/api", BRANCH))
    await story.looked()
    assert await story.owed() == {"review"}
