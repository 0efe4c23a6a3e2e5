"""A hotfix from the confirmed start to the last branch that has its fix (HOT-01 … HOT-14, HOT-19 … HOT-21)."""

import json
from datetime import UTC, date, datetime, timedelta
from zipfile import ZipFile

import pytest
from inline_snapshot import snapshot

from bot.evidence.keys import public
from bot.evidence.verify import Proven, verify
from commands.core.invocation import Reported
from commands.core.ports.ci import Pushed, RunState
from guards.hotfix import HotfixState, How
from guards.hotfix_evidence import Evidenced
from guards.obligation import Owed
from guards.unread import Unread
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState, Span, Tag
from guards.version import Artifact
from storage import hotfixes, obligations
from storage.inbox import Delivery
from tests.world.company import DIGEST, TUESDAY, policy_data
from tests.world.signing import PUBLIC_KEY
from tests.world.world import World

BASE, FIX, MAIN, PORT, LATER = "ba" * 20, "f1" * 20, "ad" * 20, "70" * 20, "1a" * 20
NEW = "sha256:" + "b2" * 32
BRANCH = "hotfix/1.4.1-PAY-12"
SAID = {
    "ticket": "PAY-12", "severity": "SEV-3", "scope": "the rounding of refunds", "impact": "two customers a day", "ships": "now",
    "containment": "v1.4.0", "incident": "INC-7", "delay": "each day costs money", "mitigation": "support pays back by hand",
    "signoff": "rita@acme.example",
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

    async def record_and_port(self, one):
        """What was found out is written down, the fix is on main, and its branch is gone."""
        await self.world.say("dev", f"/release hotfix record {one.id}")
        said = {"verified": "no failures", "cause": "a rounding", "timeline": "INC-7", "regression": "test_once", "prevention": "PAY-77"}
        await self.world.fill("dev", **said)
        assert (await self.hotfix()).afterwards.cause == "a rounding"
        self.on_main(commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), pulls=(PORTED,))
        self.world.vcs.moves.pop(("acme/api", BRANCH))
        await self.looked()
        assert await self.owed() == set()

    async def hotfix(self):
        return (await self.world.house.store.read(lambda tx: hotfixes.recent(tx, 1)))[0]

    async def ports(self):
        one = await self.hotfix()
        return {port.branch: port for port in await self.world.house.store.read(lambda tx: hotfixes.ports(tx, one.id))}

    async def all_owed(self):
        one = await self.hotfix()
        return await self.world.house.store.read(lambda tx: obligations.about(tx, one.id))

    async def owed(self):
        return {str(each.kind) for each in await self.all_owed() if each.done is None}

    def told(self):
        """What the thread below its card says last."""
        return self.world.thread()[-1].replace("`", "")


PORTED = pull(41, PORT, into="main", title="fix: PAY-12 refunds on main", body="Forward-port of v1.4.1.")


@pytest.fixture
async def story(database_url):
    async with World(database_url, policy()) as world:
        yield await Story(world).begin()


# ---------------------------------------------------------------- beginning


async def test_what_production_runs_is_shown_and_confirmed_and_its_branch_ordered_once(story, golden):
    world = story.world
    await world.say("dev", "/release hotfix start api")
    assert world.form("dev").as_text("Europe/Berlin") == snapshot("""\
Begin a hotfix
Nobody confirmed what production runs.
The hotfix lacks the ticket, the severity, the incident, the scope, the impact, the way back, whether it ships now or with a train, what waiting costs, what eases it meanwhile, who agreed.
Production runs api v1.4.0 since today 11:00 (Tue 11:00 Europe/Berlin)
Digest sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
Commit babababababababababababababababababababa, as the tag says
It makes v1.4.1.
By sending this you confirm that this is what is to be mended.
Ticket: [plain_text_input]
It names the branch.
Severity: [Choose…]
Incident: [plain_text_input]
Link or id; if there is none, the ticket.
What is changed, at the least?: [plain_text_input]
Who is hurt, and how?: [plain_text_input]
How does one go back?: [plain_text_input]
When does it ship?: [Choose…]
What does waiting cost?: [plain_text_input]
What eases it meanwhile?: [plain_text_input]
Who agreed?: [Choose…]
With severity and impact these are the criteria by which it ships then.
Branch: [plain_text_input]
Left open: from version and ticket.
[Not now] [Confirm and begin]\
""")
    golden("form-hotfix", world.drawn("views.open"))
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
    golden("hotfix-open", world.drawn("chat.postMessage", "chat.update"))


async def test_before_the_service_is_known_the_form_asks_for_it(story):
    world = story.world
    await world.say("dev", "/release hotfix start")
    await world.fill("dev", service="api")
    assert await world.codes() == ["incomplete", "incomplete"]
    await world.press("dev", "Fill it in again", world.slack.private(world.people["dev"])[-1])
    assert "v1.4.0" in world.form("dev").as_text()


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
    assert world.shown(world.cards()[0]) == snapshot("""\
📌 Hotfix api v1.4.1: runs in production; something is still owed
State
📌 runs in production; something is still owed
Makes
v1.4.1 on hotfix/1.4.1-PAY-12
Production ran
v1.4.0, sha256:a1a1a1a1a1a1… at babababababa
Ticket
PAY-12 (SEV-3)
Incident
INC-7
Ships
now, by its own approvals
Begun by
Dev Author, today 11:00 (Tue 11:00 Europe/Berlin)
Scope
the rounding of refunds
Impact
two customers a day
The way back
v1.4.0
Why then
Waiting costs: each day costs money
Meanwhile: support pays back by hand
Agreed: Rita Manager
Has to have the fix
✅ main: 707070707070 (picked, #41)
Owed
✅ OBL-2026-1124-001 Bring v1.4.1 (PAY-12) to main of acme/api: git cherry-pick -x, by a pull request whose text names PAY-12 and v1.4.1 (Dev Author, today 11:15 (Tue 11:15 Europe/Berlin)): 707070707070 on main (picked) by #41
⬜ OBL-2026-1124-002 Write down what HOT-2026-1124-001 mended: /release hotfix record HOT-2026-1124-001 (Dev Author, until Dec 2, 2026 00:00 (Wed 00:00 Europe/Berlin))
⬜ OBL-2026-1124-003 Delete hotfix/1.4.1-PAY-12 of acme/api, once the fix is everywhere else (Dev Author, until tomorrow 11:00 (Wed 11:00 Europe/Berlin))
[Write it down] [Close]
HOT-2026-1124-001\
""")
    world.vcs.moves.pop(("acme/api", BRANCH))
    await story.looked()
    assert await story.owed() == {"review"}


@pytest.mark.parametrize(
    ("commits", "pulls", "how"),
    [
        pytest.param((commit(PORT, (41,)),), (PORTED,), How.SAME_CHANGE, id="squashed"),
        pytest.param(
            (commit(FIX, (12, 41)), commit(PORT, (41,), title="Merge", parents=2)), (pull(12, FIX), PORTED), How.MERGED, id="merged forward"
        ),
        pytest.param((commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"),), (PORTED,), How.PICKED, id="adapted by hand, with its source"),
    ],
)  # fmt: skip
async def test_the_ways_in_which_a_fix_gets_to_main(story, commits, pulls, how):
    await (await story.opened()).shipped()
    world = story.world
    world.vcs.patches |= {("acme/api", FIX): "same", ("acme/api", PORT): "same" if how is How.SAME_CHANGE else "adapted"}
    story.on_main(*commits, pulls=pulls)
    await story.looked()
    assert (await story.ports())["main"].how is how


@pytest.mark.parametrize(
    ("landing", "pulls", "said"),
    [
        pytest.param(commit(PORT, (41,)), (PORTED,), "neither", id="adapted by hand, without its source"),
        pytest.param(commit(PORT, (), message=f"(cherry picked from commit {FIX})"), (), "no merged pull request", id="pushed"),
        pytest.param(
            commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), (pull(41, PORT, into="main"),), "does not name both",
            id="its pull request names no version",
        ),
    ],
)  # fmt: skip
async def test_what_is_no_forward_port_stays_owed_and_says_why(story, landing, pulls, said):
    await (await story.opened()).shipped()
    story.on_main(landing, pulls=pulls)
    await story.looked()
    port = (await story.ports())["main"]
    assert port.done is None
    assert said in port.why
    await story.world.say("dev", f"/release hotfix show {port.hotfix}")
    assert said in story.world.told("dev")


async def test_what_cannot_be_read_is_not_found_and_is_read_again(story):
    await (await story.opened()).shipped()
    world = story.world
    story.on_main(commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), pulls=(PORTED,))
    world.vcs.away = Unread("GitHub", "no answer")
    await story.looked()
    port = (await story.ports())["main"]
    assert (port.done, port.why) == (None, "could not read GitHub: no answer")
    world.vcs.away = None
    await story.looked()
    assert (await story.ports())["main"].done


async def test_a_webhook_of_a_push_has_it_looked_at_at_once(story):
    world = story.world
    await (await story.opened()).shipped()
    await world.wait(seconds=5)
    story.on_main(commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), pulls=(PORTED,))
    for repository, found in (("acme/other", False), ("Acme/API", True)):
        pushed = Reported(ci="fake", reports=(Pushed(repository, "main"),)).model_dump(mode="json")
        await world.house.inbox.put(Delivery(f"push {repository}", "reported", pushed, "push"))
        await world.quiet()
        await world.wait(seconds=1)
        assert ((await story.ports())["main"].done is not None) is found


async def test_nobodys_word_ends_a_forward_port(story):
    world = story.world
    await (await story.opened()).shipped()
    port = (await story.ports())["main"]
    await world.say("dev", f"/release follow-up done {port.obligation} I merged it")
    assert await world.codes() == ["not-by-word"]
    assert (await story.ports())["main"].done is None


async def test_who_began_it_is_reminded_of_the_fix_until_it_is_there(story):
    world = story.world
    await (await story.opened()).shipped()
    await world.wait(hours=25)
    told = [message.as_text() for message in world.slack.private(world.people["dev"])]
    assert any("Overdue" in text and "Bring v1.4.1 (PAY-12) to main of acme/api" in text for text in told)
    assert "obligation:reminded" in await world.tags()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("rules", "due"),
    [
        pytest.param({}, datetime(2026, 12, 2, 23, 0, tzinfo=UTC), id="the end of Wednesday there: Thursday is a holiday"),
        pytest.param({"afterwards": "7d"}, TUESDAY + timedelta(days=7), id="by the clock"),
    ],
)
async def test_what_was_found_out_is_owed_by_the_fifth_business_day_of_the_service(database_url, rules, due):
    """HOT-13."""
    data = policy(holidays=["DE"])
    async with World(database_url, {**data, "hotfix": rules}) as world:
        world.calendars.days["DE"] = {date(2026, 11, 26): "a holiday"}
        story = await Story(world).begin()
        await (await story.opened()).shipped()
        found = {one.kind: one for one in await story.all_owed()}
        assert abs(found[Owed.REVIEW].due - due) < timedelta(minutes=5)


# ---------------------------------------------------------------- what is refused at the start


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("tag moved", "pointer-moved"),
        ("built again", "pointer-moved"),
        ("tag gone", "not-from-production"),
        ("branch of main", "not-from-production"),
        ("nothing runs", "not-from-production"),
        ("versions taken", "no-cut-version"),
    ],
)
async def test_a_hotfix_begins_at_what_runs_or_not_at_all(story, broken, code):
    world, vcs = story.world, story.world.vcs
    words = f"version=v1.4.0 digest={DIGEST} " + " ".join(f'{name}="{said}"' for name, said in SAID.items())
    if broken == "tag moved":
        vcs.tags["acme/api", "v1.4.0"] = story.tag("v1.4.0", MAIN)
    elif broken == "built again":
        world.artifacts.add(Artifact("api", "v1.4.0", NEW, BASE, frozenset(), frozenset()))
    elif broken == "tag gone":
        vcs.tags.pop(("acme/api", "v1.4.0"))
    elif broken == "branch of main":
        story.branch_is_made(at=MAIN)
    elif broken == "versions taken":
        vcs.tags |= {("acme/api", f"v1.4.{n}"): story.tag(f"v1.4.{n}", MAIN) for n in range(1, 10)}
    await world.say("dev", f"/release hotfix start {'web' if broken == 'nothing runs' else 'api'} {words}")
    assert code in (await world.codes() if broken != "nothing runs" else ["not-from-production"])
    assert await world.news() == ["hotfix-start:refused"]
    assert world.ci.branches == []


async def test_what_cannot_be_read_begins_nothing(story):
    world = story.world
    world.vcs.away = Unread("GitHub", "no answer")
    words = " ".join(f'{name}="{said}"' for name, said in SAID.items())
    await world.say("dev", f"/release hotfix start api version=v1.4.0 digest={DIGEST} {words}")
    assert await world.news() == ["hotfix-start:unsure"]
    assert "Cannot verify" in world.told("dev")
    assert world.ci.branches == []


async def test_production_that_runs_something_else_by_now_takes_a_new_look(story):
    """The form was open while somebody deployed."""
    world = story.world
    await world.say("dev", "/release hotfix start api")
    world.artifacts.add(Artifact("api", "v1.4.7", NEW, LATER, frozenset({"dev"}), frozenset()))
    world.vcs.tags["acme/api", "v1.4.7"] = story.tag("v1.4.7", LATER)
    await world.wait(seconds=5)
    await world.runs_in("production", "v1.4.7", digest=NEW, commit=LATER)
    await world.news()
    await world.fill("dev", **SAID)
    assert await world.codes() == ["not-from-production"]
    assert "production runs v1.4.7" in world.told("dev")
    assert await world.house.store.read(lambda tx: hotfixes.recent(tx, 9)) == ()


async def test_a_version_that_was_built_before_is_not_used_again(story):
    """HOT-03."""
    story.world.vcs.tags["acme/api", "v1.4.1"] = story.tag("v1.4.1", MAIN)
    await story.start()
    assert ((await story.hotfix()).version, (await story.hotfix()).branch) == ("v1.4.2", "hotfix/1.4.2-PAY-12")


async def test_of_two_that_begin_at_once_one_does(story):
    world = story.world
    for who in ("dev", "rita"):
        await world.say(who, "/release hotfix start api")
    await world.fill("dev", **SAID)
    await world.fill("rita", **{**SAID, "ticket": "PAY-13"})
    assert await world.codes() == ["hotfix-under-way"]
    assert len(await world.house.store.read(lambda tx: hotfixes.recent(tx, 9))) == 1
    one = await story.hotfix()
    await world.say("dev", f"/release hotfix close {one.id} the other one is worse")
    assert (await story.hotfix()).state is HotfixState.GIVEN_UP
    await story.start("rita", ticket="PAY-13")
    assert (await story.hotfix()).scope.ticket == "PAY-13"


@pytest.mark.parametrize(
    ("words", "news"),
    [
        ("hotfix start api severity=bad", "words:refused"),
        ("hotfix start api ships=later", "words:refused"),
        ("hotfix start api ticket=soon", "words:refused"),
        ("hotfix start nothing", "words:refused"),
        ("hotfix start api on=../../etc", "words:refused"),
        ("hotfix show HOT-1", "words:refused"),
        ("hotfix show HOT-2026-1124-009", "hotfix-show:refused"),
        ("hotfix close HOT-2026-1124-009", "hotfix-close:refused"),
        ("hotfix", "words:refused"),
    ],
)
async def test_words_that_make_no_hotfix_are_answered(story, words, news):
    await story.world.say("dev", f"/release {words}")
    assert await story.world.news() == [news]
    assert story.world.ci.branches == []


async def test_who_may_not_learns_only_that(story):
    await story.world.say("audrey", "/release hotfix start api")
    assert await story.world.codes() == ["not-permitted"]


async def test_an_own_branch_has_a_name_that_the_policy_knows(story):
    world = story.world
    words = f"version=v1.4.0 digest={DIGEST} " + " ".join(f'{name}="{said}"' for name, said in SAID.items())
    await world.say("dev", f"/release hotfix start api {words} on=fix/refunds")
    if world.form("dev"):
        await world.fill("dev", **{**SAID, "on": "fix/refunds"})
    assert await world.codes() == ["incomplete"]
    await world.say("dev", f"/release hotfix start api {words} on=hotfix/1.4.0-PAY-12")
    assert (await story.hotfix()).branch == "hotfix/1.4.0-PAY-12"


# ---------------------------------------------------------------- its branch


async def test_a_branch_that_ci_does_not_make_fails_the_hotfix(story):
    story.world.ci.turn_down("no such workflow")
    await story.start()
    one = await story.hotfix()
    assert (one.state, one.why) == (HotfixState.FAILED, "CI turned the order of hotfix/1.4.1-PAY-12 down: no such workflow")


async def test_an_order_whose_answer_is_lost_is_never_sent_again(story):
    story.world.ci.lose_answer()
    await story.start()
    assert (await story.hotfix()).state is HotfixState.ORDERED
    story.branch_is_made()
    await story.world.wait(seconds=30)
    assert (await story.hotfix()).state is HotfixState.OPEN
    assert len(story.world.ci.branches) == 1


async def test_a_hotfix_that_is_given_up_before_its_order_left_orders_nothing(story):
    """CI asked to be left alone for a while."""
    world = story.world
    world.ci.turn_down("too many", retry_after=60)
    await story.start()
    await world.say("dev", f"/release hotfix close {(await story.hotfix()).id} not needed")
    await world.wait(minutes=2)
    assert world.ci.branches == []
    assert (await story.hotfix()).state is HotfixState.GIVEN_UP


async def test_a_branch_that_ci_made_elsewhere_fails_the_hotfix(story):
    await story.start()
    story.branch_is_made(at=MAIN)
    await story.world.wait(seconds=30)
    one = await story.hotfix()
    assert one.state is HotfixState.FAILED
    assert "beyond what production runs" in one.why
    assert "It failed" in story.told()


async def test_a_branch_that_never_comes_fails_the_hotfix(story):
    await story.start()
    await story.world.wait(minutes=5)
    assert (await story.hotfix()).state is HotfixState.ORDERED
    await story.world.wait(minutes=6)
    assert (await story.hotfix()).state is HotfixState.FAILED


async def test_a_branch_that_is_there_is_verified_and_not_ordered(story):
    story.branch_is_made()
    await story.start()
    assert (await story.hotfix()).state is HotfixState.OPEN
    assert story.world.ci.branches == []


async def test_a_branch_that_lives_too_long_is_told_once(story):
    """HOT-19."""
    await story.opened()
    await story.world.wait(days=1)
    await story.world.wait(hours=1)
    assert (await story.world.tags()).count("hotfix:branch-old") == 1


async def test_a_hotfix_that_is_overtaken_says_so_and_does_not_go_out(story):
    world = story.world
    await story.opened()
    story.fixed()
    await world.wait(seconds=5)
    await world.runs_in("production", "v1.4.7", digest="sha256:" + "c3" * 32, commit=LATER)
    await story.looked()
    assert "production runs v1.4.7 by now" in (await story.hotfix()).why
    world.vcs.spans["acme/api", LATER, FIX] = Span("acme/api", LATER, FIX, (commit(FIX, (12,)),), (pull(12, FIX),), 1)
    await story.asked()
    assert "not-from-production" in await world.codes()


# ---------------------------------------------------------------- what is refused on the way to production


@pytest.mark.parametrize(
    ("built", "code"),
    [
        pytest.param({"commits": (commit(MAIN, (7,)), commit(FIX, (12,))), "pulls": (pull(7, MAIN, into="main"), pull(12, FIX))}, "not-the-fix", id="a commit of main"),
        pytest.param({"commits": (commit(FIX),), "pulls": ()}, "not-the-fix", id="pushed"),
        pytest.param({"pulls": (pull(12, FIX, approved=()),)}, "not-reviewed", id="nobody reviewed it"),
        pytest.param({"digest": DIGEST}, "reused", id="the bits that run"),
        pytest.param({"removed": 2}, "not-from-production", id="it descends from something else"),
        pytest.param({"version": "v1.4.2"}, "not-the-fix", id="a PATCH was skipped"),
    ],
)  # fmt: skip
async def test_what_is_not_the_hotfix_does_not_get_to_production(story, built, code):
    await story.opened()
    story.fixed(*built.get("commits", ()), **{name: value for name, value in built.items() if name != "commits"})
    await story.asked()
    assert code in await story.world.codes()
    assert story.world.ci.started == []


async def test_the_work_that_cannot_be_read_stops_a_hotfix(story):
    await story.opened()
    story.fixed()
    story.world.vcs.spans["acme/api", BASE, FIX] = Unread("the work", "no answer")
    await story.asked()
    assert await story.world.news() == ["promote:unsure"]


async def test_what_moved_between_approval_and_dispatch_stops_it(story):
    """Judged at request, at approval, and again when its window opens."""
    world = story.world
    await story.opened()
    story.fixed()
    await story.staged()
    world.clock.at = TUESDAY + timedelta(hours=8)
    await world.say("carla", "/release promote api v1.4.1 production queue=yes")
    await world.approve("rita")
    assert world.ci.started == []
    await world.runs_in("production", "v1.4.7", digest="sha256:" + "c3" * 32, commit=LATER)
    await world.wait(until=TUESDAY + timedelta(days=1))
    assert world.ci.started == []
    assert (await world.change()).state.value == "refused"


async def test_only_a_release_manager_lets_a_hotfix_go(story):
    """HOT-07."""
    world = story.world
    await story.opened()
    story.fixed()
    await story.asked()
    await world.approve("olga")
    assert world.ci.started == []
    await world.approve("rita")
    assert [order.version for order in world.ci.started] == ["v1.4.1"]


async def test_a_release_manager_who_wrote_a_part_of_a_hotfix_does_not_let_it_go(story):
    """SOD-07: haste changes nothing about whose work it is."""
    world = story.world
    await story.opened()
    story.fixed(pulls=(pull(12, FIX, by="rita"),))
    await story.asked()
    await world.press("rita", "Approve")
    assert "own-work" in await world.codes()
    assert world.ci.started == []


# ---------------------------------------------------------------- trains


async def test_the_next_version_does_not_depart_without_the_fix(story):
    world = story.world
    await (await story.opened()).shipped()
    world.artifacts.add(Artifact("api", "v1.5.0", "sha256:" + "c3" * 32, LATER, frozenset({"dev"}), frozenset()))
    world.vcs.spans["acme/api", FIX, LATER] = Span("acme/api", FIX, LATER, (commit(LATER, (50,)),), (pull(50, LATER, into="main"),), 1)
    for place in ("dev", "staging"):
        await world.runs_in(place, "v1.5.0", digest="sha256:" + "c3" * 32, commit=LATER)
    await world.say("carla", "/release promote api v1.5.0 production")
    assert "not-ported" in await world.codes()
    story.on_main(commit(PORT, (41,), message=f"(cherry picked from commit {FIX})"), pulls=(PORTED,))
    await story.looked()
    await world.say("carla", "/release promote api v1.5.0 production")
    assert "change:requested" in (await world.tags())[-3:]
    assert (await world.change()).content.version == "v1.5.0"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("severity", "asked"), [("SEV-3", False), ("SEV-2", True)])
async def test_a_grave_one_takes_a_security_review_whatever_it_touches(database_url, severity, asked):
    """HOT-06: nothing in it is security-sensitive; its severity alone asks for somebody who may review that."""
    roles = {"security": [{"people": ["olga@acme.example"]}]}
    data = policy(add=("forward-ports", "specialist-reviews"))
    data["services"]["web"] = {**data["services"]["web"], "history": "github"}
    async with World(database_url, {**data, "roles": {**data["roles"], **roles}}) as world:
        story = await Story(world).begin()
        await story.opened(severity=severity)
        story.fixed()
        await story.asked()
        assert ("no-specialist" in await world.codes()) is asked
        if asked:
            assert "security" in world.told("carla")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_outside_its_window_a_hotfix_waits_like_any_change(story):
    """HOT-08: without an emergency there is no way past the window."""
    world = story.world
    await story.opened()
    story.fixed()
    await world.wait(until=datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
    await story.asked()
    await world.approve("rita")
    assert "dispatch:waits" in await world.news()
    assert [order for order in world.ci.started if order.environment == "production"] == []
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert [order.version for order in world.ci.started if order.environment == "production"] == ["v1.4.1"]


async def test_a_maintained_release_branch_has_to_have_the_fix_too(database_url):
    async with World(database_url, policy(maintained=["release/1.3"])) as world:
        story = await Story(world).begin()
        await (await story.opened()).shipped()
        assert set(await story.ports()) == {"main", "release/1.3"}
        story.on_main(branch="release/1.3")
        await story.looked()
        assert (await story.ports())["release/1.3"].done is None


# ---------------------------------------------------------------- its end


async def test_a_hotfix_is_closed_when_nothing_of_it_is_owed(story, tmp_path):
    world = story.world
    await (await story.opened()).shipped()
    one = await story.hotfix()
    await world.say("dev", f"/release hotfix close {one.id}")
    assert await world.codes() == ["still-owed"]
    await story.record_and_port(one)
    await world.say("dev", f"/release hotfix show {one.id}")
    assert world.told("dev").partition("Evidence")[2] == snapshot("""\

✅ Incident and severity: PAY-12, incident INC-7, SEV-3: Production is degraded for some; there is a way around.
✅ Pull requests: acme/api#12 into hotfix/1.4.1-PAY-12; acme/api#41 into main; v1.4.0 and 1 reviewed commit of hotfix/1.4.1-PAY-12 (HOT-2026-1124-001); reviews: not required by policy; code-owners: not required by policy; commits f1f1f1f1f1f1
✅ CI run and gates: deployed by https://ci.test/runs/run-1; checks: not required by policy; specialist-reviews: not required by policy; sbom: not required by policy; provenance: not required by policy; signature: not required by policy
✅ Tag and commit: v1.4.1 at f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1; from v1.4.0 at babababababa, sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1, confirmed by Dev Author, today 11:00 (Tue 11:00 Europe/Berlin)
✅ Artifact: sha256:b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2 in index
✅ Approvals: Rita Manager (everyone, release_manager), today 11:00 (Tue 11:00 Europe/Berlin)
✅ The way back: v1.4.0; it was not needed
✅ What was found out: a rounding, by Dev Author, today 11:00 (Tue 11:00 Europe/Berlin); follow-ups: PAY-77
[Close]
HOT-2026-1124-001\
""")
    await world.say("dev", f"/release hotfix close {one.id}")
    assert (await story.hotfix()).state is HotfixState.CLOSED
    await world.say("dev", f"/release hotfix close {one.id}")
    assert await world.codes() == ["wrong-state"]
    assert await world.verified()
    await world.say("audrey", "/release evidence api v1.4.1")
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(world.slack.file([m for m in world.slack.private(world.people["audrey"]) if m.files][-1]))
    assert isinstance(verify(bundle, public(PUBLIC_KEY.encode())), Proven)
    with ZipFile(bundle) as archive:
        record = json.loads(archive.read(f"evidence/deployments/{one.id.lower()}.json"))
    assert [(each["item"], each["lacking"]) for each in record["items"]] == [(item.value, "") for item in Evidenced]
    assert [port["branch"] for port in record["forward_ports"]] == ["main"]


async def test_a_hotfix_is_given_up_with_a_reason(story):
    world = story.world
    await story.opened()
    one = await story.hotfix()
    await world.press("dev", "Give it up")
    await world.fill("dev", reason="the flag is off, it can wait")
    assert ((await story.hotfix()).state, (await story.hotfix()).why) == (HotfixState.GIVEN_UP, "the flag is off, it can wait")
    story.fixed()
    await story.asked()
    assert "wrong-state" in await world.codes()
    await world.say("dev", "/release hotfix list")
    assert one.id in world.told("dev")
    await world.say("dev", "/release hotfix list api")
    assert "No hotfix" in world.told("dev")


async def test_a_hotfix_that_ci_deployed_past_the_road_is_owed_all_the_same(story):
    world = story.world
    await story.opened()
    story.fixed()
    await world.wait(seconds=1)
    await world.runs_in("production", "v1.4.1", digest=NEW, commit=FIX)
    assert (await story.hotfix()).state is HotfixState.SHIPPED
    assert "forward-port" in await story.owed()
    one = await story.hotfix()
    await story.record_and_port(one)
    await world.say("dev", f"/release hotfix close {one.id}")
    assert "CI brought v1.4.1 to production past the bot" in world.form("dev").as_text()
    await world.fill("dev", reason="Jenkins run 77, approved in INC-7")
    assert (await story.hotfix()).state is HotfixState.CLOSED
    (closed,) = [json.loads(row.body) for row in await world.ledger() if row.tag == "hotfix:closed"]
    assert closed["lacking"] == {
        "Pull requests": "the pull requests of the fix", "CI run and gates": "the run that deployed it, and the gates before it",
        "Approvals": "who let it go to production",
    }  # fmt: skip
