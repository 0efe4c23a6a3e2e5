"""What a success in production asks for is owed, and the checklist shows it beside what came before (REC-10, REC-12, REC-13)."""

import json
import re

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from tests.commands.test_evidence_command import files
from tests.world.company import channel_id, policy_data
from tests.world.strict import DECLARED, NOTES, REPOSITORY, prove, strict_policy
from tests.world.world import World

ID = "CR-2026-1124-002"


@pytest.fixture
async def world(database_url):
    """The strict profile, which asks for everything afterwards too; v1.4.0 is proven and ran in staging."""
    policy = strict_policy()
    policy["services"]["api"]["publish"] = "github"
    async with World(database_url, policy) as made:
        await prove(made)
        made.releases.tags.add((REPOSITORY, "v1.4.0"))
        await made.on_staging()
        await made.news()
        yield made


async def deployed(world: World) -> None:
    """Have v1.4.0 deployed to production."""
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")
    await world.approve("rita")
    await world.news()
    await world.ci_says(RunState.SUCCEEDED)


def masked(text: str) -> str:
    """Without Slack's stamps."""
    return re.sub(r" at \d+\.\d+", " at <ts>", text)


async def checklist(world: World) -> dict[str, str]:
    """The lines of the checklist, by item."""
    await world.say("audrey", "/release record api v1.4.0")
    shown = world.told("audrey")
    lines = shown[shown.index("Checklist: pre-release") :].splitlines()
    return {line[2:].partition(":")[0].strip(): line for line in lines if ": " in line}


async def test_everything_is_owed_once_and_what_the_bot_sees_ends_by_itself(world):
    await deployed(world)
    tags = await world.news()
    assert tags.count("obligation:owed") == 5
    assert tags[-1] == "obligation:done"  # the message stands in the channel
    assert [m for m in world.cards() if "🚀 api v1.4.0 is in production" in m.as_text()]
    assert world.thread()[-1] == snapshot("""\
Left to do for Carla Captain: Publish the release notes of api v1.4.0: /release notes publish api v1.4.0 (OBL-2026-1124-002); Bring the documentation of api up to v1.4.0 (OBL-2026-1124-004); Schedule what api v1.4.0 leaves to clean up (OBL-2026-1124-005)
today 10:00 (Tue 11:00 Europe/Berlin) · CR-2026-1124-002\
""")

    await world.say("rita", f"/release follow-up list {ID}")
    assert masked(world.told("rita")) == snapshot("""\
📌 Follow-ups of CR-2026-1124-002
⬜ OBL-2026-1124-001 Look at api v1.4.0 in production, and say at what: /release verify CR-2026-1124-002 (Carla Captain, until today 15:00 (Tue 15:00 Europe/Berlin))
⬜ OBL-2026-1124-002 Publish the release notes of api v1.4.0: /release notes publish api v1.4.0 (Carla Captain, until Nov 26, 2026 11:00 (Thu 11:00 Europe/Berlin))
✅ OBL-2026-1124-003 Tell the team that api v1.4.0 is in production. (Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)): told in C6EBU5NOU at <ts>
⬜ OBL-2026-1124-004 Bring the documentation of api up to v1.4.0. (Carla Captain, until Nov 26, 2026 11:00 (Thu 11:00 Europe/Berlin))
⬜ OBL-2026-1124-005 Schedule what api v1.4.0 leaves to clean up. (Carla Captain, until Nov 26, 2026 11:00 (Thu 11:00 Europe/Berlin))\
""")

    await world.say("rita", "/release notes publish api v1.4.0")
    assert (await world.news())[-2:] == ["notes:stand", "obligation:done"]
    assert (await world.body("obligation:done"))["evidence"] == f"https://git.test/{REPOSITORY}/releases/v1.4.0"

    await world.say("dev", "/release follow-up done OBL-2026-1124-004 docs are right")
    assert await world.codes() == ["not-permitted"]
    await world.say("carla", "/release follow-up done OBL-2026-1124-004 the handbook, chapter 3")
    await world.say("olga", "/release follow-up done OBL-2026-1124-005 PAY-77 removes the flag")
    await world.say("carla", f"/release verify {ID} error rate and p95 of the last hour")
    await world.say("rita", f"/release follow-up list {ID}")
    assert world.told("rita").count("✅") == 5


async def test_the_checklist_has_four_parts_each_judged_or_said(world):
    before = await checklist(world)
    assert before["deployed by CI"] == "⬜ deployed by CI: not handed to CI yet"
    assert before["approvals"] == "⬜ approvals: nobody asked for it yet"
    assert before["documentation"] == "⬜ documentation: due once it is in production"

    await deployed(world)
    await world.say("carla", f"/release verify {ID} error rate and p95 of the last hour")
    await world.say("audrey", "/release record api v1.4.0")
    shown = world.told("audrey")
    assert masked(shown[shown.index("\nChanges\n") :]) == snapshot("""\

Changes
🟢 CR-2026-1124-001 → staging: deployed; by ci:fake, run run-1 (https://ci.test/runs/run-1), from today 11:00 (Tue 11:00 Europe/Berlin) until today 11:00 (Tue 11:00 Europe/Berlin)
🟢 CR-2026-1124-002 → production: deployed and verified; by ci:fake, run run-2 (https://ci.test/runs/run-2), from today 11:00 (Tue 11:00 Europe/Berlin) until today 11:00 (Tue 11:00 Europe/Berlin); verified by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin): error rate and p95 of the last hour
Links
2 in all, 0 broken, 0 could not be read
Checklist: pre-release
✅ tests and scans: 2 checks passed on c0ffee000000
✅ what was built is proven: tag v1.4.0 at c0ffee000000 is signed by Release CI; CycloneDX 1.6 with 41 components, signed by the pinned key sha256:7a7a7a7a7a7a…; built by https://ci.test/builder from c0ffee000000, signed by the pinned key sha256:7a7a7a7a7a7a…; sha256:a1a1a1a1a1a1… is signed by the pinned key sha256:7a7a7a7a7a7…
✅ reviews: 1 commit came in by 1 pull request; 1 pull request, each with 2 approvals or more on its last commit; owners approved each change of what they own; no pull request takes a specialist
✅ release record: all 12 fields of the release record are filled
✅ release notes: release notes of 2026-11-24 10:00 UTC by Rita Manager
✅ way back: back to v1.3.2 (sha256:0d0d0d0d0d0d…), which can still be pulled
✅ migrations: no (said by Carla Captain)
⚪ runbooks and alerts: asked for at the go/no-go of a train; there was none
Checklist: approval
✅ risk: low: nothing raises it
✅ approvals: approved by Rita Manager (Rita Manager)
⚪ go/no-go: it rides no train; its approval is the decision
Checklist: deployment
✅ the very artifact that the environment before ran: v1.4.0 ran in staging; v1.4.0 is sha256:a1a1a1a1a1a1…, as in staging
✅ change window: window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin
✅ deployed by CI: CR-2026-1124-002, run run-2 (ci:fake)
Checklist: post-release
✅ verified in production: error rate and p95 of the last hour (said by Carla Captain)
⬜ release notes published: Carla Captain owes it (OBL-2026-1124-002)
✅ team told: told in C6EBU5NOU at <ts>
⬜ documentation: Carla Captain owes it (OBL-2026-1124-004)
⬜ clean-up scheduled: Carla Captain owes it (OBL-2026-1124-005)
[Complete] [Release notes]
written by Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin)\
""")


async def test_the_bundle_holds_implementation_verification_and_checklist(world):
    await deployed(world)
    await world.say("carla", f"/release verify {ID} error rate and p95 of the last hour")
    await world.say("audrey", "/release evidence api v1.4.0")
    bundle = files(world)
    change = json.loads(bundle["evidence/deployments/cr-2026-1124-002.json"])
    assert change["implementation"] == snapshot(
        {"completed": "2026-11-24T10:00:00+00:00", "implementer": "ci:fake", "run": "run-2", "started": "2026-11-24T10:00:00+00:00"}
    )
    assert (change["verification"]["name"], change["verification"]["looked_at"]) == ("Carla Captain", "error rate and p95 of the last hour")
    assert [one["kind"] for one in change["owed"]] == ["verification", "release-notes", "notification", "documentation", "cleanup"]
    items = {item["name"]: item for item in json.loads(bundle["evidence/deployments/checklist.json"])}
    assert items["verified in production"]["by"] == "Carla Captain"
    assert items["tests and scans"]["mark"] == "passed"


async def test_a_message_whose_answer_was_lost_is_found_and_told_once(world):
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")
    await world.approve("rita")
    world.slack.faults.lose_answer("chat.postMessage")
    await world.ci_says(RunState.SUCCEEDED)
    for _ in range(7):
        await world.wait(seconds=10)
    assert len([m for m in world.cards() if "🚀" in m.as_text()]) == 1
    assert "obligation:done" in await world.tags()


async def test_where_slack_takes_no_message_it_stays_owed_and_somebody_may_say_that_it_was_told(database_url):
    rule = {"tasks": ["notify"], "announce": "C0NOWHERE"}
    async with World(database_url, policy_data(post_release=rule)) as world:
        await world.running()
        await world.ci_says(RunState.SUCCEEDED)
        assert "obligation:done" not in await world.tags()
        await world.say("carla", "/release follow-up done OBL-2026-1124-001 told in the stand-up")
        assert (await world.tags())[-1] == "obligation:done"


async def test_it_is_told_where_the_policy_says(database_url):
    rule = {"tasks": ["notify", "notes"], "announce": channel_id("alerts")}
    async with World(database_url, policy_data(post_release=rule)) as world:
        await world.running()
        await world.say("rita", f'/release notes edit api v1.4.0 text="{NOTES}"')
        await world.say("rita", "/release notes publish api v1.4.0")
        await world.ci_says(RunState.SUCCEEDED)
        assert "🚀 api v1.4.0 is in production" in world.shown(world.card("alerts"))
        await world.say("rita", f"/release follow-up list {ID}")
        assert masked(world.told("rita")) == snapshot("""\
📌 Follow-ups of CR-2026-1124-002
✅ OBL-2026-1124-001 Tell the team that api v1.4.0 is in production. (Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)): told in CFCUPUPBJ at <ts>
✅ OBL-2026-1124-002 Publish the release notes of api v1.4.0: /release notes publish api v1.4.0 (Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)): published by Rita Manager\
""")


async def test_where_nothing_is_asked_for_nothing_is_owed(database_url):
    async with World(database_url) as world:
        await world.running()
        await world.ci_says(RunState.SUCCEEDED)
        assert "obligation:owed" not in await world.tags()
        assert not [m for m in world.cards() if "🚀" in m.as_text()]
        assert (await checklist(world))["documentation"] == "⚪ documentation: nobody asked for it when it was deployed"
