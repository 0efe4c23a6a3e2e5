"""A train's manifest is built, tested together, and promoted as one set (MAN-01…-11, TRN-28, TRN-30, SOD-13)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.cut import CutState
from guards.lifecycle import State
from guards.manifest import SetState
from guards.policy import Policy
from guards.train import Stage
from guards.version import Artifact
from storage import approvals, cuts, manifests, sets, trains
from tests.world.company import COMMIT
from tests.world.sets import PINS, RUN, VERSIONS, board, digest_of, in_dev, stage_of, to_stage, train_data
from tests.world.world import World

PROMOTED = "SET-2026-1124-002"


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The company, with a weekly train of three services in its stabilization."""
    async with World(database_url, train_data()) as made:
        await board(made, Stage.STABILIZING)
        await made.news()
        yield made


async def built(world, pins: str = PINS, run: str = RUN) -> None:
    """A manifest whose integration suite passed."""
    await world.say("carla", f"/release manifest build {run} {pins}")
    await world.ci_says(RunState.SUCCEEDED)


async def went_well(world, times: int = 3) -> None:
    """CI deploys one entry after the other."""
    for _ in range(times):
        await world.ci_says(RunState.SUCCEEDED)
        await world.wait(seconds=0)


async def staged(world, pins: str = PINS, run: str = RUN) -> None:
    """A tested set that ran in staging, with its go."""
    await built(world, pins, run)
    await world.say("carla", f"/release train promote {run} staging")
    await went_well(world, len(pins.split()))
    await to_stage(world, Stage.GO, run)


async def asked(world) -> None:
    """The set is asked for in production."""
    await staged(world)
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    await world.news()


async def the_set(world, id: str = PROMOTED):
    return await world.house.store.read(lambda tx: sets.get(tx, id))


async def states(world, id: str = PROMOTED) -> dict[str, State]:
    """Service → where its change stands, in the order in which they go out."""
    parts = await world.house.store.read(lambda tx: sets.parts(tx, id))
    return {change.content.service: change.state for change in parts}


def set_cards(world, id: str = PROMOTED):
    """The cards of a set: one, however often it is redrawn."""
    return [m for m in world.cards() if (m.metadata or {}).get("event_payload", {}).get("subject") == id]


def ordered(world) -> list[tuple[str, str, str]]:
    """What CI was asked to deploy, oldest first."""
    return [(o.service, o.version, o.environment) for o in world.ci.started if o.manifest is None]


# ---------------------------------------------------------------- the manifest


async def test_a_manifest_pins_each_service_in_the_order_in_which_it_goes_out(world):
    await to_stage(world, Stage.GO)
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    assert await world.news() == snapshot(
        ["manifest-build:accepted", "manifest:built", "train:deciding", "integration:ordered", "integration:started"]
    )
    assert world.told("carla") == snapshot("""\
📦 Manifest 1 of weekly-2026-11-24
Hash
d1f2afdb0b9c24d3cae341a50f581588e9888cbcfa9568378602673519f75f17
Built by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Answers for it
Rita Manager
Integration suite
📤 handed to CI, INT-2026-1124-001
In this order
1. lib v1.2.0 sha256:6c696276312e… at c0ffee000000 of acme/lib
2. api v1.4.0 sha256:61706976312e… at c0ffee000000 of acme/api
3. web v2.0.0 sha256:77656276322e… at c0ffee000000 of acme/web\
""")
    assert await stage_of(world) is Stage.DECIDING  # a new candidate takes a new decision
    body = await world.body("manifest:built")
    assert body["entries"] == ["lib v1.2.0", "api v1.4.0", "web v2.0.0"]
    assert body["owner"] == "rita@acme.example"

    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    assert await world.codes() == ["already-requested"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("api=v1.4.0 web=v2.0.0", "It pins nothing for lib; weekly brings api, lib, web."),
        (f"{PINS} shop=v1.0.0", "shop does not ride it; weekly brings api, lib, web."),
        ("api=v1.4.0 web=v2.0.0 lib=v9.9.9", "There is no artifact of lib v9.9.9."),
        ("api=v1.4.0-rc.1 web=v2.0.0 lib=v1.2.0", "v1.4.0-rc.1 is a pre-release"),
        (f"{PINS} api=v1.4.1", "api is given twice"),
        ("api=latest web=v2.0.0 lib=v1.2.0", "'latest' is no version; write one like v1.4.0"),
        ("apo=v1.4.0", "there is no service 'apo', did you mean 'api'?"),
        ("api", "'api' is no entry; write service=version, like api=v1.4.0"),
    ],
)
async def test_what_is_no_manifest_is_said_and_nothing_is_built(world, words, said):
    await world.say("carla", f"/release manifest build {RUN} {words}")
    assert said in world.told("carla")
    assert "manifest:built" not in await world.tags()
    assert len(await world.news()) == 1
    assert world.ci.asked == []


async def test_a_manifest_of_a_run_that_there_is_not(world):
    await world.say("carla", f"/release manifest build weekly-2026-12-01 {PINS}")
    assert await world.codes() == ["no-such-train"]
    await world.say("carla", f"/release train promote {RUN} staging")
    assert "no-manifest" in await world.codes()
    await world.say("carla", "/release manifest show weekly-2026-12-01")
    assert "There is no manifest of weekly-2026-12-01." in world.told("carla")


async def test_only_who_may_builds_one_and_learns_nothing_else(world):
    await world.say("dev", f"/release manifest build {RUN} api=v9.9.9")
    assert await world.codes() == ["not-permitted"]


async def test_the_form_is_prefilled_with_the_newest_versions_that_were_seen(world):
    await world.say("carla", f"/release manifest build {RUN}")
    form = world.form("carla")
    assert form
    assert "api=v1.4.0\\nlib=v1.2.0\\nweb=v2.0.0" in str(form.blocks)
    await world.fill("carla", run=RUN, entries="api=v1.4.0\nlib=v1.2.0\nweb=v2.0.0")
    assert "manifest:built" in await world.tags()


async def test_after_the_cut_the_form_is_prefilled_with_what_is_of_the_release_branch(world):
    """The api had its fix on the branch; of the lib only an older release was seen; of the web nothing was cut."""
    await cut_otherwise(world, "lib", version="v1.3.0")
    await cut_otherwise(world, "web", version="v9.0.0", state=CutState.FAILED)
    await in_dev(world, {"api": "v1.4.1"})
    await world.say("carla", f"/release manifest build {RUN}")
    assert "api=v1.4.1\\nlib=v1.3.0\\nweb=v2.0.0" in str(world.form("carla").blocks)


async def cut_otherwise(world, service, **changed):
    """The cut of a service's repository, as it was in fact."""

    def work(tx):
        (was,) = (cut for cut in cuts.of_run(tx, RUN) if service in cut.services)
        cuts.change(tx, was, **changed)

    await world.house.store.write(work)


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        pytest.param({"commit": "0f" * 20, "head": "0f" * 20}, "not-of-the-cut", "v1.4.0 is c0ffee", id="another commit was cut"),
        pytest.param({"state": CutState.FAILED}, "not-of-the-cut", "api was not cut for weekly-2026-11-24", id="it was not cut"),
        pytest.param({"branch": "release/1.4", "unbranched": ""}, None, "release/1.4 of acme/api", id="its branch cannot be read"),
    ],
)
async def test_a_manifest_pins_what_was_cut_and_nothing_else(world, changed, code, said):
    """TRN-09, MAN-01: the go would refuse it, and so does the manifest."""
    await cut_otherwise(world, "api", **changed)
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    assert (await world.news())[-1] == f"manifest-build:{'refused' if code else 'unsure'}"
    assert await world.codes() == ([code] if code else [])
    assert said in world.told("carla")
    assert await world.house.store.read(lambda tx: manifests.manifest_of_run(tx, RUN)) is None


async def test_a_major_step_says_what_it_asks_of_its_users(world):
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    await board(world, Stage.STABILIZING, {"lib": "v2.0.0"}, "weekly-2026-12-01")
    pins = "api=v1.4.0 web=v2.0.0 lib=v2.0.0"
    await world.say("carla", f"/release manifest build weekly-2026-12-01 {pins}")
    assert await world.codes() == ["incomplete"]
    assert "lib v1.2.0 → v2.0.0 is a major step" in world.told("carla")
    await world.say("carla", f'/release manifest build weekly-2026-12-01 breaking="call /v2 by June; told in #lib" {pins}')
    assert "call /v2 by June" in world.told("carla")


# ---------------------------------------------------------------- tested together


async def test_production_takes_a_suite_that_passed_against_exactly_this_set(world):
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    order = world.ci.started[-1]
    manifest = await world.house.store.read(lambda tx: manifests.manifest_of_run(tx, RUN))
    assert manifest
    assert (order.key, order.repository, order.workflow, order.digest) == (
        "INT-2026-1124-001", "acme/web", "integration.yml", f"sha256:{manifest.hash}",
    )  # fmt: skip
    assert order.manifest is not None
    assert digest_of("lib", "v1.2.0") in order.manifest
    await world.say("carla", f"/release train promote {RUN} staging")  # staging is where it is tested
    await went_well(world)
    await to_stage(world)
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert "not-integrated" in await world.codes()

    await world.ci_says(RunState.FAILED, order.key)
    assert "CI ended it: failed" in world.told("carla")
    await world.say("carla", "/release promote web v2.0.0 production migration=no")  # the go is one for the set, in its order
    assert "of-a-set" in await world.codes()
    assert "web v2.0.0 goes to production with lib v1.2.0, api v1.4.0, as the set of weekly-2026-11-24." in world.told("carla")
    await world.say("carla", f"/release manifest integrate {RUN}")
    await world.ci_says(RunState.SUCCEEDED)
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert "waits for approval" in world.shown()


async def test_a_suite_that_tested_something_else_has_not_passed(world):
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    await world.ci_says(RunState.SUCCEEDED, digest="sha256:" + "0" * 64)
    assert (await world.news())[-1] == "integration:failed"
    assert "CI says that it tested 000000000000, not this set." in world.told("carla")


async def test_a_suite_that_nobody_knows_of_is_found_by_its_key_and_never_ordered_twice(world):
    world.ci.lose_answer()
    await world.say("carla", f"/release manifest build {RUN} {PINS}")
    await world.wait(seconds=0)
    assert [order.key for order in world.ci.asked] == ["INT-2026-1124-001"]
    assert (await world.news())[-2:] == ["integration:ordered", "integration:unknown"]
    world.ci.move("INT-2026-1124-001", RunState.SUCCEEDED)
    await world.wait(seconds=31)
    assert (await world.news())[-1] == "integration:passed"

    world.ci.lose_order()
    await world.say("carla", f"/release manifest integrate {RUN}")
    await world.wait(seconds=0)
    assert (await world.news())[-1] == "integration:failed"
    await world.say("carla", f"/release manifest integrate {RUN}")
    await world.say("carla", f"/release manifest integrate {RUN}")
    assert await world.codes() == ["in-flight"]
    await world.wait(minutes=61)
    assert "CI was not done in time" in world.told("carla")


# ---------------------------------------------------------------- the set


async def test_a_whole_set_goes_out_on_one_request_and_one_approval(world):
    await asked(world)
    assert world.shown() == snapshot("""\
🕐 weekly → production: waits for approval
State
🕐 waits for approval
Manifest
1 of weekly-2026-11-24, d1f2afdb0b9c
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Integration suite
🟢 passed, INT-2026-1124-001 (https://ci.test/runs/run-1)
Answers for the manifest
Rita Manager
In this order
1. 🕐 lib v1.2.0 sha256:6c696276312e… at c0ffee000000 waits for approval
2. 🕐 api v1.4.0 sha256:61706976312e… at c0ffee000000 waits for approval
3. 🕐 web v2.0.0 sha256:77656276322e… at c0ffee000000 waits for approval
lib v1.2.0
Window: weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Approvals: 0 of 1
⚪ Not required by policy: signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, rollback-target, release-record, release-notes, risk-label, risk-assessment, lead-time, forward-ports, verified-before, soak, evidence-items
Still may: Rita Manager, Rob Second, Olga Owner
api v1.4.0
Window: weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Approvals: 0 of 1
⚪ Not required by policy: signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, rollback-target, release-record, release-notes, risk-label, risk-assessment, lead-time, forward-ports, verified-before, soak, evidence-items
Still may: Rita Manager, Rob Second, Olga Owner
web v2.0.0
Window: weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Approvals: 0 of 1
⚪ Not required by policy: signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, rollback-target, release-record, release-notes, risk-label, risk-assessment, lead-time, forward-ports, verified-before, soak, evidence-items
Still may: Rita Manager, Rob Second, Olga Owner
[Approve] [Reject] [Cancel request]
SET-2026-1124-002 · policy <hash> · details in the thread\
""")
    await world.approve("rita")
    parts = await world.house.store.read(lambda tx: sets.parts(tx, PROMOTED))
    manifest = await world.house.store.read(lambda tx: manifests.manifest_of_run(tx, RUN))
    for part in parts:
        (given,) = await world.house.store.read(lambda tx, id=part.id: approvals.of(tx, id))
        assert (given.by, given.content) == ("rita@acme.example", part.content.hash)
        assert manifest
        assert part.content.manifest == manifest.hash
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]
    assert await stage_of(world) is Stage.DEPARTING
    await world.news()

    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(seconds=0)
    assert await states(world) == {"lib": State.SUCCEEDED, "api": State.RUNNING, "web": State.WAITING}
    await went_well(world, 2)
    assert ordered(world)[3:] == [(service, VERSIONS[service], "production") for service in ("lib", "api", "web")]
    assert (await world.news())[-4:] == ["set:succeeded", "train:departed", "train:tracked", "obligation:owed"]
    assert world.shown(set_cards(world)[0]) == snapshot("""\
🟢 weekly → production: the whole set is deployed
State
🟢 the whole set is deployed
Manifest
1 of weekly-2026-11-24, d1f2afdb0b9c
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Integration suite
🟢 passed, INT-2026-1124-001 (https://ci.test/runs/run-1)
Answers for the manifest
Rita Manager
Finished
today 11:00 (Tue 11:00 Europe/Berlin)
In this order
1. 🟢 lib v1.2.0 sha256:6c696276312e… at c0ffee000000 deployed, run-5 (https://ci.test/runs/run-5), today 11:00 (Tue 11:00 Europe/Berlin)
2. 🟢 api v1.4.0 sha256:61706976312e… at c0ffee000000 deployed, run-6 (https://ci.test/runs/run-6), today 11:00 (Tue 11:00 Europe/Berlin)
3. 🟢 web v2.0.0 sha256:77656276322e… at c0ffee000000 deployed, run-7 (https://ci.test/runs/run-7), today 11:00 (Tue 11:00 Europe/Berlin)
Decisions
✅ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin), lib, api, web: tests and diff read
SET-2026-1124-002 · policy <hash> · details in the thread\
""")
    assert world.thread()[-12:] == snapshot(
        [
            """\
web v2.0.0: Succeeded after 0 s.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-001\
""",
            """\
The whole set runs in staging.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-001\
""",
            """\
Rita Manager approved lib v1.2.0, api v1.4.0, web v2.0.0: tests and diff read
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
web v2.0.0: Waits: lib v1.2.0 goes before web. It goes by itself when its turn comes.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
api v1.4.0: Waits: lib v1.2.0 goes before api. It goes by itself when its turn comes.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
lib v1.2.0: CI took the order as run run-5.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
lib v1.2.0: Succeeded after 0 s.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
api v1.4.0: CI took the order as run run-6.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
api v1.4.0: Succeeded after 0 s.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
web v2.0.0: CI took the order as run run-7.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
web v2.0.0: Succeeded after 0 s.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
            """\
The whole set runs in production.
today 10:00 (Tue 11:00 Europe/Berlin) · SET-2026-1124-002\
""",
        ]
    )
    assert len(set_cards(world)) == 1
    assert await stage_of(world) is Stage.DEPARTED
    await world.say("carla", f"/release manifest show {RUN}")
    assert f"{PROMOTED} production: succeeded" in world.told("carla")
    assert await world.verified()


async def test_one_entry_that_fails_a_guard_stops_the_whole_request(world):
    await staged(world)
    world.artifacts.add(Artifact("api", "v1.4.0", "sha256:" + "ee" * 32, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert "pointer-moved" in await world.codes()
    assert await the_set(world) is None
    assert len(ordered(world)) == 3


async def test_the_first_one_does_not_begin_while_another_could_not_go(world):
    await asked(world)
    await world.wait(hours=8)  # the window is closed
    await world.approve("rita")
    await world.freeze(service="web", until="2026-11-25T15:00")
    await world.wait(until=datetime(2026, 11, 25, 9, 1, tzinfo=UTC))
    assert len(ordered(world)) == 3
    assert "The window of weekly-2026-11-24 was over Tue 24 Nov 15:00 Europe/Berlin." in world.shown()  # it is not that of Wednesday
    await world.say("rob", f"/release train postpone {RUN} the freeze")
    assert await world.codes() == ["not-permitted"]
    await world.say("carla", f"/release train postpone {RUN}")
    await world.fill("carla", reason="web was frozen")
    assert (await world.body("train:postponed"))["opens"] == "2026-11-25T09:01:00+00:00"
    await world.wait(seconds=1)
    assert len(ordered(world)) == 3
    assert "web is not ready to go with it: production is frozen" in world.shown(set_cards(world)[0])
    await world.say("rita", "/release freeze lift FRZ-2026-1124-001 all are back")
    await world.wait(seconds=1)
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]


@pytest.mark.parametrize(("fate", "goes_on"), [("finish", True), ("hold", False)])
async def test_a_freeze_that_begins_half_way_lets_the_set_finish_or_holds_the_rest(world, fate, goes_on):
    """FRZ-03: the fate of work on its way is chosen in the freeze; whatever did not begin yet is held by both."""
    await asked(world)
    await world.approve("rita")
    begun = len(ordered(world))
    world.clock.at += timedelta(seconds=1)
    await world.freeze(until="2026-11-25T15:00", underway=fate)
    await world.ci_says(RunState.SUCCEEDED)
    await world.quiet()
    await world.wait(seconds=1)
    assert (len(ordered(world)) > begun) is goes_on

    await world.say("rita", "/release freeze lift FRZ-2026-1124-001 all are back")
    await world.wait(seconds=1)
    assert len(ordered(world)) == begun + 1


async def test_what_was_there_already_is_not_deployed_again(world):
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    await board(world, Stage.STABILIZING, {"web": "v2.1.0"}, "weekly-2026-12-01")
    await staged(world, "api=v1.4.0 web=v2.1.0 lib=v1.2.0", "weekly-2026-12-01")
    assert ordered(world)[6:] == [("web", "v2.1.0", "staging")]
    assert "lib v1.2.0 runs there already" in world.shown()


async def test_the_same_set_is_asked_for_once(world):
    await asked(world)
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert {"in-flight", "already-requested"} <= set(await world.codes())
    await world.say("carla", f"/release train promote {RUN} staging")
    assert "already-running" in await world.codes()


# ---------------------------------------------------------------- it stops, and goes back


async def test_it_stops_at_the_first_failure_and_goes_back_to_the_last_good_set(world):
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    later = "weekly-2026-12-01"
    await board(world, Stage.STABILIZING, {"lib": "v1.3.0", "api": "v1.5.0", "web": "v2.1.0"}, later)
    await staged(world, "api=v1.5.0 web=v2.1.0 lib=v1.3.0", later)
    await world.say("carla", f"/release train promote {later} production migration=no")
    await world.approve("rita")
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(seconds=0)
    await world.ci_says(RunState.FAILED)
    await world.wait(seconds=0)
    stopped = "SET-2026-1124-004"
    assert await states(world, stopped) == {"lib": State.SUCCEEDED, "api": State.FAILED, "web": State.CANCELLED}
    assert (await world.body("set:stopped"))["results"] == {"lib": "succeeded", "api": "failed", "web": "not sent"}
    assert await stage_of(world, later) is Stage.STOPPED
    assert world.shown(set_cards(world, stopped)[0]) == snapshot("""\
🔴 weekly → production: stopped half way
State
🔴 stopped half way
Manifest
1 of weekly-2026-12-01, e2e44ee74721
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Integration suite
🟢 passed, INT-2026-1124-002 (https://ci.test/runs/run-8)
Answers for the manifest
Rita Manager
Finished
today 11:00 (Tue 11:00 Europe/Berlin)
Why
api v1.5.0 is failed: CI ended the run: failed.
In this order
1. 🟢 lib v1.3.0 sha256:6c696276312e… at c0ffee000000 deployed, run-12 (https://ci.test/runs/run-12), today 11:00 (Tue 11:00 Europe/Berlin)
2. 🔴 api v1.5.0 sha256:61706976312e… at c0ffee000000 failed: CI ended the run: failed., run-13 (https://ci.test/runs/run-13), today 11:00 (Tue 11:00 Europe/Berlin)
3. ⚪ web v2.1.0 sha256:77656276322e… at c0ffee000000 cancelled: SET-2026-1124-004 stopped: api v1.5.0 is failed: CI ended the run: failed., today 11:00 (Tue 11:00 Europe/Berlin)
Decisions
✅ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin), lib, api, web: tests and diff read
[Back to the last good set]
SET-2026-1124-004 · policy <hash> · details in the thread\
""")
    assert "stopped half way in production" in world.shown(world.card("alerts"))

    deployed = len(ordered(world))
    await world.press("carla", "Back to the last good set", set_cards(world, stopped)[0])
    assert "weekly back → production: waits for approval" in world.shown()
    await world.approve("rita")
    await went_well(world, 1)
    assert ordered(world)[deployed:] == [("lib", "v1.2.0", "production")]
    back = await the_set(world, "SET-2026-1124-005")
    assert back
    assert (back.back, back.state) == (True, SetState.SUCCEEDED)
    assert await world.verified()


async def test_on_the_way_back_what_depends_goes_first(world):
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    later = "weekly-2026-12-01"
    await board(world, Stage.STABILIZING, {"lib": "v1.3.0", "api": "v1.5.0", "web": "v2.1.0"}, later)
    await staged(world, "api=v1.5.0 web=v2.1.0 lib=v1.3.0", later)
    await world.say("carla", f"/release train promote {later} production migration=no")
    await world.approve("rita")
    await went_well(world, 2)
    await world.ci_says(RunState.FAILED)
    deployed = len(ordered(world))
    await world.say("carla", "/release train back SET-2026-1124-004 migration=no")
    await world.approve("rita")
    await went_well(world, 2)
    assert [service for service, _, _ in ordered(world)[deployed:]] == ["api", "lib"]


async def test_without_a_good_set_there_is_no_way_back_to_offer(world):
    await asked(world)
    await world.approve("rita")
    await world.ci_says(RunState.FAILED)
    await world.wait(seconds=0)
    assert await states(world) == {"lib": State.FAILED, "api": State.CANCELLED, "web": State.CANCELLED}
    assert "[Back to the last good set]" not in world.shown(set_cards(world)[0])
    await world.say("carla", f"/release train back {PROMOTED} migration=no")
    assert "no-manifest" in await world.codes()
    await world.say("carla", "/release train back SET-2026-1124-999")
    assert await world.codes() == ["no-such-set"]


# ---------------------------------------------------------------- it moved


async def test_a_new_manifest_voids_what_was_approved_of_the_one_before(world):
    await asked(world)
    await world.wait(hours=8)  # the window is closed, so it waits
    await world.approve("rita")
    assert await states(world) == dict.fromkeys(("lib", "api", "web"), State.WAITING)
    await in_dev(world, {"web": "v2.0.1"})
    await world.say("carla", f"/release manifest build {RUN} api=v1.4.0 web=v2.0.1 lib=v1.2.0")
    await world.wait(seconds=0)
    assert len(ordered(world)) == 3
    ended = await the_set(world)
    assert ended
    assert ended.state is SetState.STOPPED
    assert "is not the newest any more" in ended.why
    assert await stage_of(world) is Stage.DECIDING


async def test_a_go_is_for_exactly_one_manifest(world):
    """GNG-08: the stage alone opens nothing."""
    await staged(world)
    await in_dev(world, {"web": "v2.0.1"})
    await built(world, "api=v1.4.0 web=v2.0.1 lib=v1.2.0")
    await world.say("carla", f"/release train promote {RUN} staging")
    await went_well(world, 1)
    await world.house.store.write(lambda tx: trains.move(tx, trains.run(tx, RUN), Stage.GO))
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert {"go-void", "not-decided"} <= set(await world.codes())


async def test_a_manifest_that_somebody_edited_brings_nothing_anywhere(world):
    await asked(world)
    sqlite = world.database_url.startswith("sqlite")
    trigger = "DROP TRIGGER manifest_no_update" if sqlite else "DROP TRIGGER manifest_append_only ON manifest"
    await world.house.store.write(lambda tx: [tx.run(sa.text(trigger)), tx.run(sa.text("UPDATE manifest SET owner = 'mallory'"))])
    await world.press("rita", "Approve")
    assert "manifest-moved" in await world.codes()
    assert len(ordered(world)) == 3
    await world.say("carla", f"/release manifest show {RUN}")
    assert "It was edited after it was built" in world.told("carla")


async def test_a_card_that_is_not_the_newest_decides_nothing(world):
    await asked(world)
    old = replace(world.card())
    change = (await world.house.store.read(lambda tx: sets.parts(tx, PROMOTED)))[1]
    await world.say("carla", f"/release amend {change.id} migration=expand")
    await world.press("rita", "Approve", old)
    assert "stale-card" in await world.codes()
    await world.approve("rita")
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]


# ---------------------------------------------------------------- people


async def test_who_wrote_a_part_of_one_entry_approves_nothing_of_the_set(world):
    world.artifacts.add(Artifact("web", "v2.0.0", digest_of("web", "v2.0.0"), COMMIT, frozenset({"rita"}), frozenset({"rob"})))
    await asked(world)
    await world.press("rita", "Approve")
    assert "own-work" in await world.codes()
    assert "Rita Manager wrote a part of web v2.0.0" in world.told("rita")
    assert await world.house.store.read(lambda tx: [approvals.of(tx, part.id) for part in sets.parts(tx, PROMOTED)]) == [()] * 3
    await world.approve("olga")
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]


async def test_whoever_asked_for_a_set_approves_nothing_of_it(world):
    """SOD-02: the roles of the one who asks do not matter; somebody else's approval lets it go."""
    data = train_data()
    data["roles"] |= {"release_captain": [{"people": ["carla@acme.example", "rita@acme.example"]}]}
    await world.restart(Policy.model_validate(data))
    await staged(world)
    await world.say("rita", f"/release train promote {RUN} production migration=no")
    await world.press("rita", "Approve")
    assert "own-request" in await world.codes()
    assert "the requester never approves" in world.told("rita")
    assert await world.house.store.read(lambda tx: [approvals.of(tx, part.id) for part in sets.parts(tx, PROMOTED)]) == [()] * 3
    assert ordered(world)[3:] == []
    await world.approve("olga")
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]


async def test_a_second_click_on_approve_counts_once_and_says_so(world):
    """The form that was sent is delivered again, and the button pressed once more on the card as it was."""
    await asked(world)
    old = replace(world.card())
    await world.press("rita", "Approve")
    sent = await world.fill("rita", rationale="tests and diff read")
    entries = len(await world.tags())
    await world.slack.redeliver(sent)
    await world.quiet()
    assert len(await world.tags()) == entries
    await world.press("rita", "Approve", old)
    assert "already-decided" in await world.codes()
    given = await world.house.store.read(lambda tx: [len(approvals.of(tx, part.id)) for part in sets.parts(tx, PROMOTED)])
    assert given == [1, 1, 1]
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]


async def test_a_rejection_ends_every_entry(world):
    await asked(world)
    await world.press("rita", "Reject")
    await world.fill("rita", rationale="web was not load-tested")
    assert await states(world) == dict.fromkeys(("lib", "api", "web"), State.REJECTED)
    assert "ended before anything went out" in world.shown()
    assert await stage_of(world) is Stage.GO
    await world.say("carla", f"/release train promote {RUN} production migration=no")
    assert "waits for approval" in world.shown()


async def test_an_approval_of_a_set_is_taken_back_until_it_goes(world):
    await asked(world)
    await world.wait(hours=8)
    await world.approve("rita")
    await world.press("rita", "Withdraw my approval")
    assert await states(world) == dict.fromkeys(("lib", "api", "web"), State.AWAITING)
    await world.press("carla", "Cancel request")
    assert await states(world) == dict.fromkeys(("lib", "api", "web"), State.CANCELLED)
    await world.say("carla", f"/release cancel {PROMOTED}")
    assert "wrong-state" in await world.codes()


async def test_cancelling_one_entry_stops_the_set(world):
    await asked(world)
    await world.approve("rita")
    change = (await world.house.store.read(lambda tx: sets.parts(tx, PROMOTED)))[2]
    await world.say("carla", f"/release cancel {change.id} a bug was found")
    assert await states(world) == {"lib": State.RUNNING, "api": State.CANCELLED, "web": State.CANCELLED}
    await went_well(world, 1)
    assert len(ordered(world)) == 4


# ---------------------------------------------------------------- crashes


async def test_a_second_click_and_a_crash_double_nothing(world, monkeypatch):
    """Killed after the order of the first entry was committed, before CI was called: looked up, sent once, and the set goes on."""
    await asked(world)
    reached = asyncio.Event()

    async def held(order):
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(world.ci, "start", held)
    await world.press("rita", "Approve")
    await world.slack.submit(world.people["rita"], {"rationale": "tests read"})
    await reached.wait()
    await world.die()
    monkeypatch.undo()
    await world.open()
    await world.wait(seconds=61)
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production")]
    run = world.ci.move(world.ci.started[-1].key, RunState.SUCCEEDED)
    for _ in range(2):
        await world.callback(run, delivery="again")
    await world.callback(run)
    await world.wait(seconds=0)
    assert ordered(world)[3:] == [("lib", "v1.2.0", "production"), ("api", "v1.4.0", "production")]
    await went_well(world, 2)
    assert (await world.tags()).count("set:succeeded") == 2  # in staging and in production
    assert await world.verified()


async def test_explain_tells_every_entry_apart_and_starts_nothing(world):
    await staged(world)
    world.artifacts.add(Artifact("api", "v1.4.0", "sha256:" + "ee" * 32, COMMIT, frozenset({"dev"}), frozenset({"rob"})))
    await world.news()
    await world.say("carla", f"/release explain train promote {RUN} production migration=no")
    assert "Would be refused" in world.told("carla")
    assert "v1.4.0 was sha256:61706976312e" in world.told("carla")
    assert await world.news() == ["explain:accepted"]
