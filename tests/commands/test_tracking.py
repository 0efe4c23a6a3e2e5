"""The stabilization of a run stands in its record: cutoff, blockers, what came after, decisions, tags and digests, the window (REC-08)."""

import json

import pytest
from inline_snapshot import snapshot

from guards.cut import Acceptance, Blocker, Fix, Flaw, Found
from guards.train import Stage
from storage import cuts
from tests.commands.test_evidence_command import files
from tests.commands.test_sets import asked, went_well
from tests.world.company import COMMIT, TUESDAY
from tests.world.sets import RUN, board, digest_of, stage_of, train_data
from tests.world.world import World

LATE = Fix(
    RUN, "acme/api", "f1" * 20, "fix: refunds", "https://git.test/c/f1", ("dev",), 12, ("PAY-1",), None,
    (Found(Flaw.NO_SOURCE, "it was picked from no commit on main"),), TUESDAY,
)  # fmt: skip
BLOCKER = Blocker("BLK-2026-1124-001", RUN, "PAY-1", "refunds fail", "carla@acme.example", "Carla Captain", TUESDAY)
ACCEPTED = Acceptance("main has no such code any more", "nothing to port", "rita@acme.example", "Rita Manager", TUESDAY)


@pytest.fixture
async def world(database_url):
    """A weekly train that was cut, with a blocker that was resolved and a fix that main cannot give."""
    async with World(database_url, train_data()) as made:
        await board(made, Stage.STABILIZING)

        def work(tx):
            cuts.judged(tx, LATE)
            cuts.accept(tx, LATE, ACCEPTED)
            cuts.add_blocker(tx, BLOCKER)
            cuts.resolve(tx, BLOCKER, "mended", "carla@acme.example", TUESDAY)

        await made.house.store.write(work)
        await made.news()
        yield made


async def departed(world) -> None:
    await asked(world)
    await world.approve("rita")
    await went_well(world)
    assert await stage_of(world) is Stage.DEPARTED


async def test_what_it_took_stands_in_the_ledger_once_the_run_departed(world):
    await departed(world)
    assert (await world.tags()).count("train:tracked") == 1
    told = await world.body("train:tracked")
    api = next(one for one in told["targets"] if one["service"] == "api")
    assert (api["version"], api["commit"], api["digest"]) == ("v1.4.0", COMMIT, digest_of("api", "v1.4.0"))
    assert (api["window"]["name"], api["emergency"]) == ("weekdays", None)
    assert [(one["repository"], one["branch"], one["commit"], one["gates"]) for one in told["cuts"]] == snapshot(
        [
            ("acme/api", "", "c0ffee0000000000000000000000000000000000", "passed"),
            ("acme/lib", "", "c0ffee0000000000000000000000000000000000", "passed"),
            ("acme/web", "", "c0ffee0000000000000000000000000000000000", "passed"),
        ]
    )
    assert [(one["ticket"], one["title"], one["resolution"]) for one in told["blockers"]] == [("PAY-1", "refunds fail", "mended")]
    (late,) = told["after_cutoff"]
    assert (late["pull_request"], late["source"], late["justification"]["reason"]) == (12, None, "main has no such code any more")
    (decision,) = told["decisions"]
    assert (decision["outcome"], decision["name"], decision["at"]) == ("go", "Rita Manager", "2026-11-24T10:00:00+00:00")
    assert await world.verified()


async def test_the_record_of_a_version_and_its_bundle_hold_it(world):
    await departed(world)
    await world.say("audrey", "/release record api v1.4.0")
    shown = world.told("audrey")
    assert shown[shown.index(f"Stabilization of {RUN}") : shown.index("Checklist: pre-release")] == snapshot("""\
Stabilization of weekly-2026-11-24
Cutoff of acme/api: c0ffee000000 on no branch, checks passed
Cutoff of acme/lib: c0ffee000000 on no branch, checks passed
Cutoff of acme/web: c0ffee000000 on no branch, checks passed
Target v1.4.0 sha256:61706976312e…, in window weekdays
Blockers: 1, 0 open; commits after the cutoff: 1
• BLK-2026-1124-001 PAY-1: refunds fail
• f1f1f1f1f1f1 fix: refunds: from nowhere on main, accepted: main has no such code any more
go by Rita Manager, GNG-2026-1124-001
""")

    await world.say("audrey", "/release evidence api v1.4.0")
    kept = json.loads(files(world)[f"evidence/deployments/stabilization-{RUN}.json"])
    assert {name: kept[name] for name in ("run", "stage")} == {"run": RUN, "stage": "departed"}
    assert kept["blockers"] == (await world.body("train:tracked"))["blockers"]


async def test_a_version_that_rode_no_train_has_none(world):
    await world.runs_in("dev", "v9.0.0", "shop")
    await world.say("audrey", "/release record shop v9.0.0")
    assert "Stabilization" not in world.told("audrey")
