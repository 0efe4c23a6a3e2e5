"""Merge freezes shown in version control: failing statuses while one holds, taken back when it ends (FRZ-13)."""

from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.invocation import Reported
from commands.core.ports.chat import Unposted
from commands.core.ports.ci import Proposed
from guards.policy import Policy
from storage.inbox import Delivery
from tests.world.company import policy_data

API, WEB = ("acme/api", "main"), ("acme/web", "main")
ONE, TWO = "a1" * 20, "b2" * 20
ID = "FRZ-2026-1124-001"


@pytest.fixture
async def mirrored(world):
    """The main branch of api is mirrored, that of web is not; one pull request is open in each."""
    data = policy_data()
    data["services"]["api"] |= {"history": "github", "freeze_status": ["main", "release/1.4"]}
    data["evidence"] = {"profile": "starter"}
    world.statuses.heads = {API: [ONE], WEB: [TWO]}
    await world.restart(Policy.model_validate(data))
    await world.quiet()
    return world


async def test_a_freeze_of_merges_is_shown_while_it_holds(mirrored):
    world = mirrored
    assert world.statuses.said == {("acme/api", ONE): None}
    await world.freeze(kind="train", until="2026-11-24T13:00")
    assert world.statuses.said["acme/api", ONE] == snapshot("FRZ-2026-1124-001 until Tue 24 Nov 13:00 Europe/Berlin: holidays")
    assert "freeze:mirrored" in await world.tags()

    await world.wait(until=datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert world.statuses.said == {("acme/api", ONE): None}


async def test_it_is_taken_back_when_the_freeze_is_lifted(mirrored):
    world = mirrored
    await world.freeze(kind="train")
    await world.say("rita", f"/release freeze lift {ID} the train left")
    assert world.statuses.said["acme/api", ONE] is None


async def test_of_two_that_overlap_the_last_one_lets_go(mirrored):
    world = mirrored
    await world.freeze(kind="train")
    await world.freeze(kind="train", until="2026-11-26T10:00", reason="the next one")
    await world.say("rita", f"/release freeze lift {ID} the train left")
    assert "the next one" in world.statuses.said["acme/api", ONE]


async def test_what_holds_no_merges_there_is_not_shown(mirrored):
    world = mirrored
    await world.freeze()
    await world.freeze(kind="train", service="web")
    await world.freeze(kind="train", branches="release/*")
    await world.freeze(kind="train", who="carla")
    assert world.statuses.said == {("acme/api", ONE): None}


async def test_a_branch_by_its_pattern(mirrored):
    world = mirrored
    world.statuses.heads["acme/api", "release/1.4"] = [TWO]
    await world.freeze(kind="train", branches="release/*")
    assert (world.statuses.said["acme/api", ONE], world.statuses.said["acme/api", TWO] is None) == (None, False)


async def test_it_begins_when_the_freeze_does_and_what_is_opened_later_carries_it_too(mirrored):
    world = mirrored
    await world.freeze(kind="train", since="2026-11-24T11:30", until="2026-11-24T14:00")
    assert world.statuses.said["acme/api", ONE] is None
    await world.wait(until=datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    assert world.statuses.said["acme/api", ONE]
    world.statuses.heads[API].append(TWO)
    await world.wait(minutes=5)
    assert world.statuses.said["acme/api", TWO]


async def test_a_pull_request_that_the_vcs_tells_of_says_at_once_that_it_is_held(mirrored):
    world = mirrored
    await world.freeze(kind="train")
    for number, (repository, into, said) in enumerate(
        (("acme/web", "main", False), ("acme/api", "next", False), ("Acme/API", "main", True))
    ):
        world.statuses.heads[API] = [ONE, TWO]
        proposed = Reported(ci="fake", reports=(Proposed(repository, into, 12),)).model_dump(mode="json")
        await world.house.inbox.put(Delivery(f"pull {number}", "reported", proposed, "pull"))
        await world.quiet()
        assert (("acme/api", TWO) in world.statuses.said) is said


async def test_what_cannot_be_shown_is_told_once_a_day_and_tried_again(mirrored):
    world = mirrored
    world.statuses.away = Unposted("GitHub refused with status 403: Resource not accessible by integration", final=True)
    await world.freeze(kind="train")
    for _ in range(3):
        await world.wait(minutes=5)
    assert (await world.tags()).count("freeze:not-mirrored") == 1
    assert world.shown(world.cards("alerts")[-1]) == snapshot("""\
⚠️ Merge freezes of api are not shown in version control
GitHub refused with status 403: Resource not accessible by integration.\
""")
    world.statuses.away = None
    await world.wait(minutes=5)
    assert world.statuses.said["acme/api", ONE]


async def test_a_passing_failure_is_tried_again_and_nobody_is_told(mirrored):
    world = mirrored
    world.statuses.away = Unposted("no answer within 20 s", maybe=True)
    await world.freeze(kind="train")
    world.statuses.away = None
    await world.wait(seconds=5)
    assert world.statuses.said["acme/api", ONE]
    assert "freeze:not-mirrored" not in await world.tags()


async def test_a_policy_that_mirrors_nothing_any_more_is_obeyed(mirrored):
    world = mirrored
    await world.restart(Policy.model_validate(policy_data()))
    await world.wait(minutes=5)
    await world.freeze(kind="train")
    assert world.statuses.said == {("acme/api", ONE): None}
    await world.wait(until=world.clock.now() + timedelta(hours=1))
