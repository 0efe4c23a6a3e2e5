"""Between cutoff and decision: what gets onto the release branch is judged, told once, and kept for the go/no-go (TRN-09 … TRN-16, TRN-26)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.core.invocation import Reported
from commands.core.ports.ci import Pushed
from guards.cut import Flaw, Gates, OpenPull, flawed
from guards.policy import Policy
from guards.train import Stage, TrainRun
from guards.unread import Unread
from guards.vcs import CheckState, Commit, Contributor, Span
from guards.vocabulary import Risk
from storage import cuts, trains
from storage.inbox import Delivery
from tests.commands.test_cutoff import DUE, HEAD, RUN, Story, checks, policy, pull
from tests.world.world import World

FIX, SOURCE, OTHER = ("f1" * 20, "50" * 20, "07" * 20)
BRANCH = "release/1.8"


class Branch(Story):
    """A run that is cut, and what happens on its release branch."""

    async def cut(self):
        await self.begin()
        await self.at_the_moment()
        await self.world.wait(until=DUE)
        self.branch_is_made()
        await self.world.wait(seconds=30)
        assert (await self.run()).stage is Stage.STABILIZING
        await self.world.news()
        self.on_branch, self.world.vcs.asked = [], []
        return self

    def lands(
        self,
        sha=FIX,
        *,
        title="fix: PAY-1 refunds",
        source=SOURCE,
        labels=("release-blocker", "risk:low"),
        backport=True,
        ticket="PAY-1",
        number=12,
        by="dev",
    ):
        """A commit gets onto the release branch by a pull request (none when `number` is None); its source is on main."""
        vcs, message = self.world.vcs, title + (f"\n\n(cherry picked from commit {source})" if source else "")
        author = Contributor(by)
        commit = Commit(
            sha, title, f"https://github.com/acme/api/commit/{sha}", author, None, (), True, (number,) if number else (), message
        )
        labels = (*labels, *(("backport", "backport:1.8") if backport else ()))
        brought = replace(pull(number or 0, sha, title, labels, BRANCH), author=author, tickets=(ticket,) if ticket else ())
        self.on_branch.append((commit, brought))
        pulls = tuple(one for c, one in self.on_branch if c.pulls)
        vcs.spans["acme/api", HEAD, sha] = Span("acme/api", HEAD, sha, tuple(c for c, _ in self.on_branch), pulls)
        vcs.moves["acme/api", BRANCH].append((self.world.clock.now(), sha))
        vcs.checked["acme/api", sha] = checks()
        if source:
            vcs.parents[source] = HEAD
            vcs.moves["acme/api", "main"].append((self.world.clock.now(), source))
            vcs.patches |= {("acme/api", source): "same", ("acme/api", sha): "same"}
            on_main = replace(commit, sha=source, pulls=(11,))
            vcs.spans["acme/api", HEAD, source] = Span("acme/api", HEAD, source, (on_main,), (pull(11, source, title),))

    async def looked(self):
        await self.world.wait(minutes=15)

    async def fixes(self):
        return await self.world.house.store.read(lambda tx: cuts.fixes(tx, RUN))


@pytest.fixture
async def story(database_url):
    async with World(database_url, policy()) as world:
        yield await Branch(world, ("api",)).cut()


async def test_a_blockers_fix_picked_from_main_is_kept_and_nobody_is_bothered(story):
    world = story.world
    story.lands()
    await story.looked()
    (fix,) = await story.fixes()
    assert (fix.sha, fix.source, fix.pull, fix.tickets, fix.flaws) == (FIX, SOURCE, 12, ("PAY-1",), ())
    assert (fix.risk, fix.origin.number) == (Risk.LOW, 11)
    assert await world.news() == ["stabilization:fix", "stabilization:gates"]
    told = await world.body("stabilization:fix")
    assert (told["risk"], told["source_pull"]) == ("low", 11)
    assert "PAY-1, low risk, from #11 (https://github.com/acme/api/pull/11) on main" in story.card()
    assert not any("does not belong" in m.as_text() for m in story.log())
    assert "the gates passed again" in story.told()


@pytest.mark.parametrize(
    ("lands", "flaws"),
    [
        ({"title": "feat: PAY-1 more"}, {Flaw.FEATURE}),
        ({"title": "fix!: PAY-1 another answer"}, {Flaw.FEATURE}),
        ({"labels": ("risk:low",)}, {Flaw.NO_REASON}),
        ({"labels": ("release-blocker",)}, {Flaw.NO_RISK}),
        ({"backport": False}, {Flaw.NO_LABEL}),
        ({"source": None}, {Flaw.NO_SOURCE}),
        ({"ticket": None}, {Flaw.NO_TICKET}),
        ({"number": None}, {Flaw.NO_PULL}),
        ({"title": "feat: smuggled", "labels": (), "source": None, "ticket": None}, {Flaw.FEATURE, Flaw.NO_REASON, Flaw.NO_SOURCE, Flaw.NO_TICKET, Flaw.NO_RISK}),
    ],
)  # fmt: skip
async def test_what_does_not_belong_there_is_flagged_once(story, lands, flaws):
    world = story.world
    story.lands(**lands)
    await story.looked()
    (fix,) = await story.fixes()
    assert {found.flaw for found in fix.flaws} == flaws
    assert "stabilization:flagged" in await world.news()
    assert sum("does not belong on the release branch" in m.as_text() for m in story.log()) == 1
    await story.looked()
    assert await world.news() == []
    assert flawed(await story.fixes()) == (fix,)


async def test_a_pick_that_makes_another_change_than_its_source_is_flagged(story):
    story.lands()
    story.world.vcs.patches["acme/api", FIX] = "something else"
    await story.looked()
    assert [found.flaw for found in (await story.fixes())[0].flaws] == [Flaw.DIFFERS]


async def test_a_source_that_is_nowhere_on_main_is_none(story):
    story.lands()
    story.world.vcs.parents.pop(SOURCE)
    story.world.vcs.moves["acme/api", "main"].pop()
    await story.looked()
    assert [found.flaw for found in (await story.fixes())[0].flaws] == [Flaw.NO_SOURCE]


async def test_the_same_change_on_main_is_found_although_nothing_names_it(story):
    """Squashing a backport loses what `cherry-pick -x` wrote."""
    world = story.world
    story.lands(title="fix: PAY-1 refunds (#12)", source=None)
    world.vcs.moves["acme/api", "main"].append((world.clock.now(), SOURCE))
    world.vcs.parents[SOURCE] = HEAD
    on_main = Commit(SOURCE, "fix: PAY-1 refunds (#11)", "https://x", Contributor("dev"), None, (), True, ())
    world.vcs.spans["acme/api", HEAD, SOURCE] = Span("acme/api", HEAD, SOURCE, (on_main,), ())
    world.vcs.patches |= {("acme/api", SOURCE): "same", ("acme/api", FIX): "same"}
    await story.looked()
    (fix,) = await story.fixes()
    assert (fix.source, fix.flaws) == (SOURCE, ())


async def test_the_ticket_of_a_tracked_blocker_is_a_reason(story):
    world = story.world
    await world.say("carla", f"/release blocker add {RUN} PAY-1 refunds are paid twice")
    assert await world.news() == ["blocker-add:accepted", "blocker:opened"]
    story.lands(labels=("risk:low",))
    await story.looked()
    assert (await story.fixes())[0].flaws == ()
    await world.say("dev", f"/release blocker list {RUN}")
    assert "🛑 BLK-2026-1124-001 PAY-1: refunds are paid twice" in world.told("dev").replace("`", "")
    await world.say("carla", "/release blocker resolve BLK-2026-1124-001 #12 is on the branch, tests passed")
    assert (await world.news())[-2:] == ["blocker-resolve:accepted", "blocker:resolved"]
    await world.say("carla", "/release blocker resolve BLK-2026-1124-001 again")
    assert await world.codes() == ["wrong-state"]


async def test_after_a_fix_the_gates_must_pass_on_the_new_head(story):
    world = story.world
    story.lands()
    world.vcs.checked["acme/api", FIX] = checks(CheckState.WAITING)
    await story.looked()
    (cut,) = await story.cuts()
    assert (cut.head, cut.gates) == (FIX, Gates.LACKING)
    assert "the gates have to pass again" in story.told()
    world.vcs.checked["acme/api", FIX] = Unread("the checks", "no answer")
    await story.looked()
    assert (await story.cuts())[0].gates is Gates.UNREAD
    world.vcs.checked["acme/api", FIX] = checks()
    await story.looked()
    assert (await story.cuts())[0].gates is Gates.PASSED
    assert "the gates passed again" in story.told()


async def test_what_cannot_be_read_is_no_judgement_and_is_read_again(story):
    world = story.world
    story.lands()
    world.vcs.away = Unread("GitHub", "no answer")
    await story.looked()
    assert await story.fixes() == ()
    assert "could not read" in (await story.cuts())[0].why
    assert "acme/api: could not read" in story.card()
    assert await world.news() == []
    world.vcs.away = None
    await story.looked()
    assert len(await story.fixes()) == 1
    assert (await story.cuts())[0].why == ""
    assert "could not read" not in story.card()


async def test_nothing_more_than_the_head_and_the_open_pull_requests_is_asked_while_nothing_moves(story):
    await story.looked()
    assert story.world.vcs.asked == ["head", "open_pulls"] * (story.world.vcs.asked.count("head"))
    assert 1 <= story.world.vcs.asked.count("head") <= 2


async def test_a_webhook_of_a_push_has_the_branch_looked_at_at_once(story):
    world = story.world
    await world.wait(seconds=5)  # the first look of all
    story.lands()
    for repository, branch in (("acme/api", "main"), ("acme/other", BRANCH)):
        pushed = Reported(ci="fake", reports=(Pushed(repository, branch),)).model_dump(mode="json")
        await world.house.inbox.put(Delivery(f"push {repository} {branch}", "reported", pushed, "push"))
        await world.wait(seconds=5)
        assert await story.fixes() == ()
    pushed = Reported(ci="fake", reports=(Pushed("Acme/API", BRANCH),)).model_dump(mode="json")
    await world.house.inbox.put(Delivery("push", "reported", pushed, "push"))
    await world.quiet()
    await world.wait(seconds=1)
    assert [fix.sha for fix in await story.fixes()] == [FIX]


async def test_a_branch_that_was_set_back_is_flagged(story):
    world = story.world
    world.vcs.moves["acme/api", BRANCH].append((world.clock.now(), OTHER))
    world.vcs.checked["acme/api", OTHER] = checks()
    world.vcs.spans["acme/api", HEAD, OTHER] = Span("acme/api", HEAD, OTHER, (), (), removed=3)
    await story.looked()
    assert [found.flaw for fix in await story.fixes() for found in fix.flaws] == [Flaw.REWRITTEN]


async def test_a_late_change_rides_the_next_train_and_a_blockers_fix_does_not(story):
    world = story.world
    run = await story.run()
    later = replace(run.schedule, **{n: getattr(run.schedule, n) + timedelta(days=7) for n in run.schedule.__slots__})
    following = TrainRun("weekly-2026-12-01", "weekly", 1, Stage.PLANNED, run.captain, run.captain_name, later)
    await world.house.store.write(lambda tx: trains.add_run(tx, following))
    world.vcs.waiting["acme/api", BRANCH] = (
        OpenPull(20, "feat: late", "https://github.com/acme/api/pull/20", "", "dev", frozenset({"security"}), ("PAY-2",)),
        OpenPull(21, "fix: small", "https://github.com/acme/api/pull/21", "", "dev", frozenset(), ("PAY-3",)),
        OpenPull(22, "fix: hole", "https://github.com/acme/api/pull/22", "", "dev", frozenset({"security"}), ("PAY-4",)),
    )
    await story.looked()
    await story.looked()
    assert await world.news() == ["stabilization:moved", "stabilization:moved"]
    late = await world.house.store.read(lambda tx: cuts.late(tx, RUN))
    assert [(one.pull, one.to) for one in late] == [(20, "weekly-2026-12-01"), (21, "weekly-2026-12-01")]
    assert "rides weekly-2026-12-01" in story.told()
    assert "fix: small (acme/api): rides weekly-2026-12-01" in story.card()

    story.lands(number=21, title="fix: small")  # it became a blocker's fix after all
    await story.looked()
    late = await world.house.store.read(lambda tx: cuts.late(tx, RUN))
    assert [one.pull for one in late] == [20]
    assert "fix: small (acme/api): rides" not in story.card()
    assert "after the cutoff: fix: small" in story.card()


async def test_a_branch_that_lives_too_long_is_told_once(story):
    world = story.world
    await world.wait(days=7)
    assert "stabilization:branch-old" in await world.news()
    await world.wait(days=1)
    assert "stabilization:branch-old" not in await world.news()


async def test_a_branch_that_is_supported_lives_until_its_last_day_and_then_its_owner_is_named(story):
    """TRN-26: long-term support has an owner, a horizon and a rule for backports; also of a run that is closed."""
    world = story.world
    kept = {"branch": BRANCH, "owner": "olga@acme.example", "until": "2026-12-10", "backports": "security only, as Olga says"}
    await world.restart(Policy.model_validate(policy(stabilization={"supported": [{**kept, "branch": "release/0.1"}, kept]})))
    await world.wait(days=8)
    assert "stabilization:branch-old" not in await world.news()
    for stage in (Stage.GO, Stage.DEPARTING, Stage.DEPARTED, Stage.CLOSED):
        was = await story.run()
        await world.house.store.write(lambda tx: trains.move(tx, was, stage))  # noqa: B023
    await world.wait(until=datetime(2026, 12, 10, 22, 40, tzinfo=UTC))
    assert "stabilization:branch-old" not in await world.news()
    await world.wait(until=datetime(2026, 12, 10, 23, 0, tzinfo=UTC))
    assert "stabilization:branch-old" in await world.news()
    assert (await world.body("stabilization:branch-old"))["owner"] == "olga@acme.example"
    assert "was supported until 2026-12-10. Olga Owner answers for it" in story.told()


# ---------------------------------------------------------------- accepting what is only there


async def test_a_fix_that_cannot_come_from_main_is_accepted_by_somebody_who_did_not_write_it(story):
    world = story.world
    story.lands(source=None, by="rita")
    await story.looked()
    await world.news()
    for who, code in (("rita", "own-work"), ("carla", "not-permitted")):
        await world.say(who, f'/release fix accept {RUN} {FIX[:12]} plan="#13 today" main has no such code any more')
        assert await world.codes() == [code]
    assert len(flawed(await story.fixes())) == 1

    await world.freeze(kind="train", branches="release/*")
    await world.say("rob", f'/release fix accept {RUN} {FIX[:12]} plan="#13 today" main has no such code any more')
    assert await world.codes() == ["frozen"]
    assert "release/1.8 of acme/api takes no merges until Wed 25 Nov 10:00" in world.told("rob")
    await world.say("rita", "/release freeze lift FRZ-2026-1124-001 the way is clear")
    await world.say("rob", f"/release fix accept {RUN} {FIX[:12]}")
    await world.fill("rob", plan="#13 brings it to main today", reason="main has no such code any more")
    (fix,) = await story.fixes()
    assert (fix.accepted.by, fix.accepted.plan) == ("rob@acme.example", "#13 brings it to main today")
    assert flawed(await story.fixes()) == ()
    assert (await world.body("stabilization:accepted"))["reason"] == "main has no such code any more"
    owed = await world.body("obligation:owed")
    assert (owed["kind"], owed["owner"]) == ("reconciliation", "carla@acme.example")
    assert owed["due"] == "2026-11-24T23:00:00+00:00"  # HOT-17: the same day, in Berlin
    await world.say("rob", f'/release fix accept {RUN} {FIX[:12]} plan="again" again')
    assert await world.codes() == ["wrong-state"]
    await world.say("rob", f'/release fix accept {RUN} 1234567 plan="x" what is not there')
    assert await world.codes() == ["no-such-fix"]


async def test_whoever_accepts_a_fix_that_names_no_risk_says_it(story):
    """TRN-10."""
    world = story.world
    story.lands(labels=("release-blocker",))
    await story.looked()
    assert "no risk class, from #11" in story.card()
    await world.say("rob", f'/release fix accept {RUN} {FIX[:12]} plan="#11 is on main" it is one line')
    assert "f1f1f1f1f1f1 names no risk class." in world.form("rob").as_text()
    await world.fill("rob", risk="high")
    assert (await story.fixes())[0].risk is Risk.HIGH
    assert (await world.body("stabilization:accepted"))["risk"] == "high"
    assert "PAY-1, high risk, from #11" in story.card()


async def test_a_fix_is_not_judged_before_it_is_known_which_pull_request_brought_its_source(story):
    """TRN-10."""
    story.lands()
    spans = story.world.vcs.spans
    read, spans["acme/api", HEAD, SOURCE] = spans["acme/api", HEAD, SOURCE], Unread("the work on main", "GitHub does not answer")
    await story.looked()
    assert await story.fixes() == ()
    assert "could not read the work on main (GitHub does not answer)" in story.card()
    spans["acme/api", HEAD, SOURCE] = read
    await story.looked()
    assert [fix.origin.number for fix in await story.fixes()] == [11]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_open_incident_of_the_run_gives_the_way_to_main_another_day(story):
    """HOT-17."""
    world = story.world
    await world.say("rita", '/release incident open sev-2 title="refunds fail" services=api')
    await world.say("rita", f"/release incident link INC-2026-1124-001 {RUN}")
    story.lands(source=None)
    await story.looked()
    await world.say("rob", f'/release fix accept {RUN} {FIX[:12]} plan="#13 tomorrow" everybody works on the incident')
    owed = await world.body("obligation:owed")
    assert "INC-2026-1124-001 is open, so it need not be the same day" in owed["text"]
    assert owed["due"] == (world.clock.now() + timedelta(hours=24)).isoformat()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"blocker add {RUN} PAY-9", "no-rationale"),
        ("blocker add weekly-2027-01-01 PAY-9 what", "no-such-train"),
        ("blocker resolve BLK-2026-1124-009 done", "no-such-blocker"),
        ("blocker list weekly-2027-01-01", "no-such-train"),
    ],
)
async def test_bad_input_changes_nothing(story, text, code):
    await story.world.say("carla", f"/release {text}")
    assert await story.world.codes() == [code]
    assert await story.world.house.store.read(lambda tx: cuts.blockers(tx, RUN)) == ()


async def test_an_unknown_word_for_a_ticket_is_answered(story):
    await story.world.say("carla", f"/release blocker add {RUN} soon what")
    assert await story.world.news() == ["words:refused"]
