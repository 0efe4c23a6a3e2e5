"""The opening and closing of windows, told in the channel of their services: only where the policy asks, and never late (WIN-18)."""

from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from guards.policy import Policy
from tests.world.company import policy_data

OPENS = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


async def announcing(world, how: str, **window: str) -> None:
    """The policy with windows that are told, in the evening before one opens."""
    data = policy_data()
    data["windows"]["weekdays"] |= {"announce": how, "support": "on-call: Olga", **window}
    world.clock.at = max(world.clock.at, datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    await world.restart(Policy.model_validate(data))
    await world.wait()
    await world.news()


def told(world) -> list[str]:
    return [world.shown(card) for card in world.cards() if "🪟" in card.as_text()]


async def test_a_window_that_opens_and_closes_is_told(world):
    await announcing(world, "always")
    await world.wait(until=OPENS - timedelta(minutes=1))
    assert told(world) == []

    await world.wait(until=OPENS)
    assert told(world) == snapshot(
        [
            """\
🪟 Window weekdays is open
api, web in production, until today 16:00 (Wed 16:00 Europe/Berlin)
Support: on-call: Olga\
"""
        ]
    )
    assert await world.news() == ["window:opened"]
    await world.wait(until=CLOSES)
    assert told(world)[1:] == snapshot(
        [
            """\
🪟 Window weekdays is closed
api, web in production\
"""
        ]
    )
    assert await world.news() == ["window:closed"]

    await world.wait(until=OPENS + timedelta(days=1))
    assert len(told(world)) == 3


async def test_where_nothing_waits_nothing_is_told(world):
    await announcing(world, "waiting")
    await world.wait(until=OPENS)
    await world.wait(until=CLOSES)
    assert told(world) == []
    assert await world.news() == []

    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    await world.freeze(until="2026-11-26T12:30")
    await world.wait(until=OPENS + timedelta(days=1))
    assert told(world) == snapshot(
        [
            """\
🪟 Window weekdays is open
api, web in production, until today 16:00 (Thu 16:00 Europe/Berlin)
Support: on-call: Olga
🧊 FRZ-2026-1125-001 holds it until today 12:30 (Thu 12:30 Europe/Berlin)
🕐 CR-2026-1125-002 api v1.4.0: waits for approval\
"""
        ]
    )


async def test_the_card_of_what_waits_says_when_its_window_opens_and_closes(world):
    """Although nobody asked to be told, and nobody touched the change."""
    await world.on_staging()
    await world.wait(until=datetime(2026, 11, 24, 20, 0, tzinfo=UTC))
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "closed; next allowed tomorrow 10:00" in world.shown()
    await world.wait(until=OPENS)
    assert "weekdays, open until today 16:00" in world.shown()
    await world.wait(until=CLOSES)
    assert "closed; next allowed tomorrow 10:00" in world.shown()


@pytest.mark.parametrize("how", ["never", None])
async def test_nobody_is_told_of_what_the_policy_keeps_quiet(world, how):
    if how:
        await announcing(world, how)
    await world.wait(until=OPENS)
    await world.wait(until=CLOSES)
    assert told(world) == []


async def test_what_is_late_is_left_out(world):
    """The bot was down while it opened, or the clock jumped: what comes next is told."""
    await announcing(world, "always")
    await world.wait(until=OPENS + timedelta(minutes=11))
    assert told(world) == []
    await world.wait(until=CLOSES)
    assert len(told(world)) == 1

    world.clock.at = OPENS  # and back
    await world.wait(until=OPENS + timedelta(minutes=1))
    assert len(told(world)) == 1
    await world.wait(until=OPENS + timedelta(days=1))
    assert len(told(world)) == 2


async def test_a_new_policy_file_counts_at_once(world):
    await announcing(world, "always")
    await world.restart(Policy.model_validate(policy_data()))
    await world.wait(until=OPENS)
    assert told(world) == []
    await world.wait(until=OPENS + timedelta(minutes=30))
    await announcing(world, "always", start="11:00")
    await world.wait(until=OPENS + timedelta(hours=1))
    assert len(told(world)) == 1
