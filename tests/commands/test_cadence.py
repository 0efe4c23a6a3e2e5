"""How each service is released, in a train or on its own, and why: said once, seen where people look, kept with what was before (TRN-20)."""

import json

import pytest
from inline_snapshot import snapshot

from tests.commands.test_train import TEXTS, draft, words

SAID = 'frequency="several times a day" windows=weekdays approvers="its owner" rollback="the version before"'


async def entries(world, service):
    """What the ledger says of how a service is released."""
    found = [row for row in await world.ledger() if row.tag.startswith("cadence:") and row.service == service]
    return [(row.tag, body.get("option", ""), body.get("train", "")) for row in found for body in [json.loads(row.body)]]


async def test_a_service_outside_trains_says_why_and_a_train_takes_the_place_of_that(world):
    await world.say("audrey", "/release train why api")
    assert world.told("audrey") == snapshot("""\
🧭 How api is released
Nobody has said how it is released. If it rides no train: /release train continuous api
[Say that it goes out on its own]\
""")
    await world.say("carla", "/release train continuous api")
    await world.fill(
        "carla", frequency="several times a day", windows="weekdays", approvers="its owner", rollback="the version before",
        reason="nothing is tested together with it",
    )  # fmt: skip
    assert (await world.news())[-2:] == ["train-continuous:accepted", "cadence:decided"]
    await world.say("audrey", "/release train why api")
    assert world.told("audrey") == snapshot("""\
🧭 How api is released
🔁 It goes out on its own
nothing is tested together with it
How often it is released: several times a day
Which windows it goes out in: weekdays
Who approves it: its owner
How it is taken back: the version before
Said by Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
[Say that it goes out on its own]\
""")

    await draft(world)
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    await world.say("carla", "/release train publish weekly")
    await world.say("audrey", "/release train why api")
    assert world.told("audrey") == snapshot("""\
🧭 How api is released
🚆 It rides weekly
they share a database
Lead time and failures: two days more, half the failures
Cutoff: 0 12 * * TUE Europe/Berlin
Stabilization: go/no-go 2 days later at 10:00
Window: weekdays
Exceptions: hotfixes ride alone
Rollback: last good set
Since today 11:00 (Tue 11:00 Europe/Berlin), revision 3
Said before
🔁 on its own, today 11:00 (Tue 11:00 Europe/Berlin) to today 11:00 (Tue 11:00 Europe/Berlin): nothing is tested together with it\
""")
    await world.say("carla", "/release train close weekly each goes out alone")
    await world.say("audrey", "/release train list")
    assert world.told("audrey") == snapshot("""\
🚉 No trains
A release captain defines one: /release train create
How each service is released
api: ⚠️ nobody has said how
web: ⚠️ nobody has said how
Why: /release train why <service>\
""")
    assert await entries(world, "api") == [
        ("cadence:decided", "continuous", ""), ("cadence:decided", "train", "weekly"), ("cadence:ended", "", "weekly")
    ]  # fmt: skip
    assert await world.verified()


@pytest.mark.parametrize(
    ("who", "said", "code"),
    [
        pytest.param("carla", "{all}", "no-rationale", id="no reason"),
        pytest.param("carla", "frequency=daily it changes daily", "incomplete", id="one criterion alone"),
        pytest.param("carla", "{all} it changes daily", "incomplete", id="the same again"),
        pytest.param("dev", "{all} it changes daily", "not-permitted", id="not their decision"),
    ],
)
async def test_what_is_no_record_is_told_with_a_form_to_mend_it(world, who, said, code):
    await world.say("carla", f"/release train continuous api {SAID} it changes daily")
    await world.news()
    await world.say(who, f"/release train continuous api {said.format(all=SAID)}")
    if code == "not-permitted":
        assert await world.codes() == [code]
        return
    assert await world.news() == []
    if code == "incomplete" and "daily it" in said:
        await world.fill(who, windows="weekdays", approvers="its owner", rollback="the version before", reason="it changes hourly")
        assert await world.news() == ["train-continuous:accepted", "cadence:decided"]


async def test_a_service_that_rides_a_train_is_not_released_on_its_own(world):
    await draft(world)
    await world.say("carla", f"/release train describe weekly {words(TEXTS)}")
    await world.say("carla", "/release train publish weekly")
    await world.say("carla", f"/release train continuous api {SAID} it changes daily")
    assert await world.codes() == ["wrong-state"]
    assert "api rides weekly" in world.told("carla")
    await world.say("carla", "/release train amend weekly services=web")
    await world.say("carla", f"/release train continuous api {SAID} it changes daily")
    assert await entries(world, "api") == [
        ("cadence:decided", "train", "weekly"), ("cadence:ended", "", "weekly"), ("cadence:decided", "continuous", "")
    ]  # fmt: skip
