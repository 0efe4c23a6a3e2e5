"""Freezes: declared complete or not at all, listed, lifted; and what they do to changes that are under way (FRZ-01 … FRZ-11)."""

from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.freeze_record import Freeze
from guards.lifecycle import State
from guards.vocabulary import Blocked, Fate
from storage import freezes
from tests.world.company import policy_data
from tests.world.world import World

ID = "FRZ-2026-1124-001"
MOMENT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


async def test_a_freeze_is_declared_in_words(world):
    await world.freeze()

    assert await world.news() == ["freeze-declare:accepted", "freeze:declared"]
    assert world.told("rita") == snapshot("""\
🧊 All services in production stand still
🧊 FRZ-2026-1124-001 all services in production: no deployments
From today 11:00 (Tue 11:00 Europe/Berlin) until tomorrow 10:00 (Wed 10:00 Europe/Berlin). Work on its way: the run ends, the rest of its set waits.
To lift it: /release freeze lift FRZ-2026-1124-001 <how the exit criteria are met>\
""")
    body = await world.body("freeze:declared")
    assert (body["reason"], body["exit_criteria"], body["plan"]) == ("holidays", "all are back", "trains resume")
    assert (body["start"], body["end"]) == ("2026-11-24T10:00:00+00:00", "2026-11-25T09:00:00+00:00")


async def test_a_freeze_is_declared_in_a_form(world, golden):
    await world.say("rita", "/release freeze declare prod kind=incident")
    assert world.form("rita").values["environment"] == "production"
    assert world.form("rita").values["kind"] == "incident"
    golden("form-freeze", world.drawn("views.open"))

    await world.fill(
        "rita", until=MOMENT, reason="database is down", exit="it is up again", plan="trains resume",
        approver="olga@acme.example", service="api",
    )  # fmt: skip
    assert await world.news() == ["freeze-declare:accepted", "freeze:declared"]
    assert "🧊 api in production stand still" in world.told("rita")
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "frozen" in await world.codes()


async def test_what_is_missing_is_asked_for_and_nothing_is_frozen_meanwhile(world, subtests):
    """FRZ-01, FRZ-06."""
    for word in ("kind", "until", "reason", "exit", "plan", "approver"):
        with subtests.test(word):
            await world.freeze(**{word: ""})
            assert world.form("rita").title == "Declare a freeze"
            assert world.form("rita").values[word] is None

    await world.say("rita", "/release freeze list")
    assert world.told("rita").startswith("🌤️ No freeze")


WRONG: list[tuple[dict[str, str], str]] = [
    ({"kind": "holidy"}, "there is no kind of freeze 'holidy', did you mean 'holiday'?"),
    ({"until": "tomorrow"}, "'tomorrow' is no moment; write 2026-12-24T18:00, it is read in Europe/Berlin."),
    ({"approver": "santa@acme.example"}, "'santa@acme.example' is nobody in the policy file"),
    ({"service": "apo"}, "there is no service 'apo', did you mean 'api'?"),
]


async def test_a_word_that_cannot_be_is_refused(world, subtests):
    for words, said in WRONG:
        with subtests.test(**words):
            await world.freeze(**words)
            assert await world.news() == ["words:refused"]
            assert said in world.told("rita")


async def test_a_freeze_longer_than_its_kind_may_be_is_refused(world):
    """FRZ-06."""
    await world.freeze(until="2027-01-24T11:00")
    assert await world.news() == ["freeze-declare:refused"]
    assert await world.codes() == ["too-long"]
    assert "The freeze lasts 61.0 days; holiday may last 30 days." in world.told("rita")

    await world.freeze(until="2026-12-24T11:00")
    assert await world.news() == ["freeze-declare:accepted", "freeze:declared"]


@pytest.mark.parametrize(
    "words", [{"until": "2026-11-23T10:00"}, {"until": "2026-11-25T10:00", "since": "2026-11-26T10:00"}, {"until": "2026-11-24T11:00"}]
)
async def test_a_freeze_that_ends_before_it_counts_is_not_declared(world, words):
    """The form shows what is wrong; sent as it is, it is refused."""
    await world.freeze(**words)
    assert "The freeze ends before it begins to count." in world.form("rita").as_text()

    await world.fill("rita")
    assert await world.news() == ["freeze-declare:refused"]
    assert await world.codes() == ["incomplete"]
    await world.say("rita", "/release freeze list")
    assert world.told("rita").startswith("🌤️ No freeze")


async def test_declaring_and_lifting_take_their_own_rights(world):
    await world.freeze(who="dev")
    assert (await world.news(), await world.codes()) == (["freeze-declare:refused"], ["not-permitted"])

    await world.freeze(who="carla")
    assert await world.news() == ["freeze-declare:accepted", "freeze:declared"]
    await world.say("carla", f"/release freeze lift {ID} all are back")
    assert (await world.news(), await world.codes()) == (["freeze-lift:refused"], ["not-permitted"])
    await world.say("rita", f"/release freeze lift {ID} all are back")
    assert await world.news() == ["freeze-lift:accepted", "freeze:lifted"]
    await world.say("rita", f"/release freeze lift {ID} again")
    assert await world.codes() == ["no-such-freeze"]


async def test_lifting_takes_a_word_that_the_exit_criteria_are_met(world):
    """FRZ-11."""
    await world.freeze()
    await world.news()
    await world.say("rita", f"/release freeze lift {ID}")
    assert "It ends when: all are back" in world.form("rita").as_text()
    await world.fill("rita", reason="   ")
    assert await world.codes() == ["incomplete"]
    assert "its exit criteria are met: all are back" in world.told("rita")

    await world.say("rita", f"/release freeze lift {ID.lower()} everybody is back")
    assert (await world.body("freeze:lifted"))["reason"] == "everybody is back"


async def test_a_freeze_that_is_not_there_cannot_be_lifted(world):
    await world.say("rita", "/release freeze lift FRZ-2020-0101-001 it is over")
    assert await world.news() == ["freeze-lift:refused"]
    assert await world.codes() == ["no-such-freeze"]


async def test_the_list_shows_what_holds_what_comes_and_who_may_lift(world):
    await world.freeze()
    await world.freeze(since="2026-12-01T08:00", until="2026-12-02T08:00", service="web", kind="major-event", reason="the fair")
    await world.say("audrey", "/release freeze list")
    assert world.told("audrey") == snapshot("""\
🧊 Freezes
🧊 FRZ-2026-1124-001 all services in production (holiday): deployments, in force, today 11:00 (Tue 11:00 Europe/Berlin) until tomorrow 10:00 (Wed 10:00 Europe/Berlin)
    holidays Ends when: all are back Then: trains resume Declared by Rita Manager, answered for by Rita Manager.
🔜 FRZ-2026-1124-002 web in production (major-event): deployments, to come, Dec 1, 2026 08:00 (Tue 08:00 Europe/Berlin) until Dec 2, 2026 08:00 (Wed 08:00 Europe/Berlin)
    the fair Ends when: all are back Then: trains resume Declared by Rita Manager, answered for by Rita Manager.
May approve, extend and lift: Rita Manager, Rob Second
How they are approved and recorded: A freeze is declared with approver, reason, scope, start, end and exit criteria, and approved by whoever may lift it. Its declaration, approval, extension and end are entries of the ledger; its card stands in the channels that it holds.\
""")

    await world.wait(until=datetime(2026, 12, 3, 9, 0, tzinfo=UTC))
    await world.say("audrey", "/release freeze list")
    assert world.told("audrey").startswith("🌤️ No freeze")


async def test_a_freeze_counts_from_its_start_to_its_end(world):
    """FRZ-03: half-open, and only where it holds."""
    await world.on_staging()
    await world.freeze(since="2026-11-24T12:00", until="2026-11-24T14:00")
    for hour, codes in ((10, []), (11, ["frozen"]), (12, ["frozen"]), (13, [])):  # UTC; Berlin is one hour ahead
        await world.wait(until=datetime(2026, 11, 24, hour, 0, tzinfo=UTC))
        await world.say("carla", "/release explain promote api v1.4.0 production")
        assert ("⛔ not_frozen" in world.told("carla")) is bool(codes)

    await world.freeze(until="2026-11-24T15:00", service="web")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING


async def test_a_freeze_between_request_and_approval_is_seen_by_the_approver(world):
    change = await world.asked()
    await world.freeze()
    await world.news()
    assert f"🧊 {ID}: holidays" in world.shown()

    await world.say("olga", f"/release approve {change} looks good")
    assert await world.news() == ["approve:refused"]
    assert await world.codes() == ["frozen"]
    await world.say("rita", f"/release freeze lift {ID} all are back")
    await world.say("olga", f"/release approve {change} looks good")
    assert (await world.change()).state is State.RUNNING


async def test_a_freeze_does_not_stop_what_ci_works_on(world):
    """FRZ-03: it holds what is not with CI yet."""
    await world.running()
    await world.freeze()
    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change()).state is State.SUCCEEDED


async def test_a_freeze_of_migrations_passes_what_says_that_it_has_none(world):
    """FRZ-05: what nobody classified counts as the worst."""
    await world.on_staging()
    await world.freeze(kind="quarter-end")

    await world.say("carla", "/release promote api v1.4.0 production")
    assert "frozen" in await world.codes()
    await world.say("carla", "/release promote api v1.4.0 production migration=expand")
    assert "frozen" in await world.codes()
    await world.say("carla", "/release promote api v1.4.0 production migration=no")
    assert (await world.change()).state is State.AWAITING


async def test_a_freeze_that_is_committed_after_the_facts_were_read_still_stops_the_dispatch(world, monkeypatch):
    """The moment that counts is that of the claiming transaction, not of the reading before it (FRZ-03, CMD-12)."""
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    read, declared = world.house.gather.outside, []

    async def and_then_a_freeze(*words):
        facts = await read(*words)
        if not declared:
            world.clock.at += timedelta(seconds=1)
            declared.append(
                Freeze(
                    "FRZ-2026-1124-009", "incident", (Blocked.DEPLOYMENTS,), (), None, ("production",), world.clock.at,
                    world.clock.at + timedelta(hours=1), "checkout is slow", "it is fast", "go on", "rita@acme.example", "Rita Manager",
                    "rita@acme.example", Fate.HOLD, in_force=world.clock.at,
                )
            )  # fmt: skip
            await world.house.store.write(lambda tx: freezes.add(tx, declared[0]))
        return facts

    await world.press("rita", "Approve")
    monkeypatch.setattr(world.house.gather, "outside", and_then_a_freeze)
    await world.fill("rita", rationale="read before the freeze")

    assert declared
    assert [order.environment for order in world.ci.started] == ["staging"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_list_says_how_freezes_are_approved_and_recorded(database_url):
    """FRZ-15: what the release-strategy record says of them, with a link to the rest."""
    said = {"freezes": "Rita approves them, by mail first.", "link": "https://wiki.acme.example/strategy"}
    async with World(database_url, policy_data(strategy=said)) as world:
        await world.say("audrey", "/release freeze list")
        assert "approved and recorded: Rita approves them, by mail first. The release strategy (https://wiki.acme" in world.told("audrey")
