"""Break-glass access: granted by another, opened and closed by CI's workflow, over by itself, and followed up (EMG-18, EMG-19, EMG-20)."""

import asyncio
from dataclasses import asdict
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import AccessStep
from guards.obligation import Owed
from guards.policy import Policy
from guards.unread import Unread
from storage import obligations
from tests.world.emergencies import ID, SUNDAY, declared, urgent_policy
from tests.world.world import World

GRANT = "BGL-2026-1122-001"


def policy_with_access():
    data = urgent_policy()
    data["services"]["api"] |= {"access": {"database-read": "break-glass.yml", "shell": "shell.yml"}}
    return data


@pytest.fixture
async def world(database_url):
    async with World(database_url, policy_with_access(), at=SUNDAY) as made:
        yield made


async def ask(world, who="carla", words="database-read lasts=2h look which rows are locked"):
    await world.say(who, f"/release break-glass request {ID} {words}")


async def open_access(world):
    """Carla has read access to the database for two hours."""
    await declared(world)
    await ask(world)
    await world.say("olga", f"/release break-glass grant {GRANT} read only, two of us watch")
    await world.news()


def steps(world):
    return [order.key for order in world.ci.accesses]


async def test_from_the_question_to_the_closed_access(world):
    """EMG-18, EMG-19: the whole way, as people see it."""
    await declared(world)
    await ask(world)
    assert await world.news() == ["break-glass-request:accepted", "access:requested"]
    assert world.told("olga") == snapshot("""\
🔐 Carla Captain asks for break-glass access
BGL-2026-1122-001 database-read of api in production for Carla Captain, 120 min, in EMG-2026-1122-001
For: look which rows are locked
[Grant] [Refuse]\
""")
    assert steps(world) == []  # nothing is opened by asking

    await world.press("olga", "Grant", world.slack.private(world.people["olga"])[-1])
    await world.fill("olga", rationale="read only, two of us watch")
    assert await world.news() == snapshot(
        ["break-glass-grant:accepted", "access:granted", "obligation:owed", "obligation:owed", "obligation:owed", "access:opened"]
    )
    (order,) = world.ci.accesses
    assert asdict(order) == snapshot(
        {
            "key": "BGL-2026-1122-001.open",
            "grant": "BGL-2026-1122-001",
            "step": AccessStep.OPEN,
            "service": "api",
            "environment": "production",
            "scope": "database-read",
            "person": "carla@acme.example",
            "until": "2026-11-23T00:30:00+00:00",
            "repository": "acme/api",
            "main": "main",
            "workflow": "break-glass.yml",
        }
    )
    assert "🔓 open: BGL-2026-1122-001 database-read of api in production for Carla Captain, by Olga Owner" in world.shown()
    owing = await world.house.store.read(lambda tx: obligations.about(tx, ID))
    assert [(one.kind, one.owner_name, one.due.isoformat()[:16]) for one in owing] == snapshot(
        [
            (Owed.CREDENTIAL_ROTATION, "Carla Captain", "2026-11-23T04:30"),
            (Owed.FOLLOW_UP, "Olga Owner", "2026-11-23T04:30"),
            (Owed.REVIEW, "Olga Owner", "2026-11-23T23:00"),
        ]
    )

    await world.wait(minutes=119)
    assert steps(world) == [f"{GRANT}.open"]
    await world.wait(minutes=1)
    assert [tag for tag in await world.news() if tag.startswith("access")] == ["access:ended", "access:closed"]
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]
    assert "🔒 ended: BGL-2026-1122-001" in world.shown()
    assert (await world.body("access:ended"))["ended"] == "2026-11-23T00:30:00+00:00"
    told = "".join(world.shown(message) for message in world.slack.private(world.people["carla"]))
    assert "Rotate the credentials that were used" in told  # reminded from then on
    assert await world.verified()


async def test_who_gets_it_never_grants_it(database_url):
    """SOD-01: also where the policy gives one person both roles, and by a second account."""
    data = policy_with_access()
    data["roles"]["on_call_manager"] = [{"people": ["olga@acme.example", "rita@acme.example"]}]
    async with World(database_url, data, at=SUNDAY) as world:
        await declared(world)
        await ask(world, "rita")
        for who in ("rita", "rita-phone"):
            await world.say(who, f"/release break-glass grant {GRANT} I need it")
            assert await world.codes() == ["own-request"]
        await world.say("carla", f"/release break-glass grant {GRANT} she needs it")
        assert await world.codes() == ["not-permitted"]
        assert steps(world) == []
        await world.say("olga", f"/release break-glass grant {GRANT} two of us watch")
        assert steps(world) == [f"{GRANT}.open"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("everything lasts=2h look", "no-access-workflow"),
        ("shell lasts=5h look", "too-long"),
        ("shell lasts=2h", "incomplete"),
    ],
)
async def test_what_the_policy_does_not_name_is_not_opened(world, words, code):
    await declared(world)
    await ask(world, words=words)
    assert (await world.news(), await world.codes()) == (["break-glass-request:refused"], [code])


@pytest.mark.parametrize("word", ["2 days", "0h", "-1h", "2d", "h", "²h", "99999m"])
async def test_bad_time_spans_are_told(world, word):
    await declared(world)
    await world.say("carla", f'/release break-glass request {ID} shell lasts="{word}" look')
    assert "is no time span; write one like 90m or 2h" in world.told("carla")
    assert await world.news() == ["words:refused"]


async def test_a_policy_without_it_opens_nothing(world):
    data = urgent_policy()
    del data["allow"]["request-access"]
    await world.restart(Policy.model_validate(data))
    await declared(world)
    await ask(world)
    assert await world.codes() == ["no-policy"]


async def test_there_is_none_without_an_open_emergency(world):
    await declared(world)
    await ask(world)
    await world.wait(hours=5)
    await world.news()
    await world.say("olga", f"/release break-glass grant {GRANT} late")
    assert await world.codes() == ["wrong-state"]
    await ask(world)
    assert await world.codes() == ["wrong-state"]
    assert steps(world) == []


async def test_it_ends_with_its_emergency(world):
    """EMG-19: access is revoked when the emergency ends."""
    await open_access(world)
    await world.say("carla", f"/release emergency withdraw {ID} a restart was enough")
    assert await world.news() == ["emergency-withdraw:accepted", "emergency:withdrawn", "access:ended", "access:closed"]
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]


async def test_who_has_it_or_grants_it_ends_it_before_its_time(world):
    await open_access(world)
    await world.say("audrey", f"/release break-glass end {GRANT}")
    assert await world.codes() == ["not-permitted"]
    await world.news()
    await world.say("olga", f"/release break-glass end {GRANT}")
    assert await world.news() == ["break-glass-end:accepted", "access:ended", "access:closed"]
    await world.say("carla", f"/release break-glass end {GRANT}")
    assert await world.codes() == ["wrong-state"]
    await world.wait(hours=3)
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]


async def test_two_who_grant_at_once_open_it_once(database_url):
    data = policy_with_access()
    data["roles"]["on_call_manager"] = [{"people": ["olga@acme.example", "rob@acme.example"]}]
    async with World(database_url, data, at=SUNDAY) as world:
        await declared(world)
        await ask(world)
        says = (world.slack.say(world.people[who], world.channels["releases"], f"/release break-glass grant {GRANT} we watch")
                for who in ("olga", "rob"))  # fmt: skip
        await asyncio.gather(*says)
        await world.quiet()
        assert steps(world) == [f"{GRANT}.open"]
        assert (await world.tags()).count("access:granted") == 1


async def test_refused_is_refused(world):
    await declared(world)
    await ask(world)
    await world.news()
    await world.say("olga", f"/release break-glass refuse {GRANT} the dashboard shows it")
    assert await world.news() == ["break-glass-refuse:accepted", "access:refused"]
    assert "the dashboard shows it" in world.told("carla")
    await world.say("olga", f"/release break-glass grant {GRANT} well")
    assert await world.codes() == ["wrong-state"]
    assert steps(world) == []


async def test_what_ci_turned_down_is_not_open_and_nothing_is_owed_for_it(world):
    await declared(world)
    await ask(world)
    world.ci.turn_down("no such workflow")
    await world.say("olga", f"/release break-glass grant {GRANT} we watch")
    assert "🔴 not opened: BGL-2026-1122-001" in world.shown()
    assert all(one.done for one in await world.house.store.read(lambda tx: obligations.about(tx, ID)))
    assert "is not opened: no such workflow" in world.shown(world.card("alerts"))
    await world.wait(hours=3)
    assert steps(world) == []


async def test_an_end_that_ci_does_not_take_is_asked_for_again(world):
    """EMG-18: it ends; when CI never takes it, people are told to end it."""
    await open_access(world)
    world.ci.away = Unread("CI", "no answer within 5 s")
    await world.wait(hours=2)
    assert steps(world) == [f"{GRANT}.open"]
    world.ci.away = None
    await world.wait(minutes=1)
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]
    assert "access:closed" in await world.tags()


async def test_an_end_that_ci_never_takes_is_told(world):
    await open_access(world)
    world.ci.away = Unread("CI", "no answer within 5 s")
    await world.wait(hours=2)
    for _ in range(20):
        await world.wait(seconds=30)
    assert (await world.tags())[-1] == "access:not-closed"
    assert "Revoke it by hand, and confirm that it is closed." in world.shown(world.card("alerts"))
    assert not all(one.done for one in await world.house.store.read(lambda tx: obligations.about(tx, ID)))


async def test_an_answer_that_was_lost_is_never_asked_for_again(world):
    """The access may be open: it still ends, and people know."""
    await declared(world)
    await ask(world)
    world.ci.lose_answer()
    await world.say("olga", f"/release break-glass grant {GRANT} we watch")
    assert "perhaps opened, nobody knows" in world.shown()
    await world.wait(hours=2)
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]


async def test_it_ends_although_the_bot_was_down(world):
    await open_access(world)
    await world.close()
    world.clock.at += timedelta(hours=9)
    await world.open()
    await world.wait(seconds=1)
    assert steps(world) == [f"{GRANT}.open", f"{GRANT}.close"]


async def test_an_emergency_is_not_closed_before_credentials_are_rotated(world):
    """EMG-19: reminded until it is confirmed."""
    await open_access(world)
    await world.wait(hours=2)
    await world.news()
    await world.wait(hours=4)
    assert "obligation:reminded" in await world.news()
    owing = {one.kind: one for one in await world.house.store.read(lambda tx: obligations.about(tx, ID))}
    assert owing[Owed.CREDENTIAL_ROTATION].overdue(world.clock.now())
    assert "🔴 overdue" in world.shown(world.cards()[1])


async def test_they_are_listed_and_stand_at_home(world):
    await declared(world)
    await world.say("audrey", "/release break-glass list")
    assert world.told("audrey") == "🔒 No break-glass access"
    await ask(world)
    await world.slack.open_home(world.people["olga"])
    await world.quiet()
    home = world.slack.home(world.people["olga"]).as_text("Europe/Berlin")
    assert f"Approve {ID}" in home
    assert f"Grant {GRANT}" in home
    await world.slack.open_home(world.people["carla"])
    await world.quiet()
    assert f"Grant {GRANT}" not in world.slack.home(world.people["carla"]).as_text()
    await world.say("audrey", "/release break-glass list")
    assert "🔐 waits for its approver: BGL-2026-1122-001" in world.told("audrey")
