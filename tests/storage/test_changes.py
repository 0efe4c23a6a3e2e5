"""Changes: ids, the lifecycle and the look-ups (PRM-19, REC-09)."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from guards.assessment import Assessment, Declared, Demand
from guards.change import Change
from guards.lifecycle import CLAIMED, MOVES, OPEN, UNDECIDED, State
from guards.vocabulary import Migration, Question, Risk, Role
from storage import changes
from storage.errors import Conflict, IllegalMove, LostRace
from tests.storage.cases import AT, CHANGE, HOUR, MINUTE, OTHER_DIGEST, change

DECLARED = Declared(frozenset({Question.SECURITY, Question.DB_SCHEMA}), Risk.MEDIUM, "all of them", "none", "invoices")
ASSESSED = Assessment(Risk.HIGH, ("because",), ("high: because",), (Demand("high risk", 1, (Role.PRODUCT,), cab=True),))
DAY = date(2026, 11, 21)


async def put(store, *several: Change) -> None:
    await store.write(lambda tx: [changes.add(tx, one) for one in several])


async def test_ids_count_within_the_day(store):
    async def ids(day):
        return await store.write(lambda tx: changes.next_id(tx, day))

    assert [await ids(DAY), await ids(DAY), await ids(date(2026, 11, 22)), await ids(DAY)] == [
        "CR-2026-1121-001",
        "CR-2026-1121-002",
        "CR-2026-1122-001",
        "CR-2026-1121-003",
    ]


async def test_no_id_is_given_twice_to_many_who_ask_at_once(store):
    got = await asyncio.gather(*(store.write(lambda tx: changes.next_id(tx, DAY)) for _ in range(40)))
    assert sorted(got) == [f"CR-2026-1121-{n:03d}" for n in range(1, 41)]


async def test_a_change_comes_back_as_it_was(store):
    full = replace(
        CHANGE,
        content=replace(CHANGE.content, migration=Migration.CONTRACT, base="e" * 40, entry="copy-change", declared=DECLARED),
        state=State.RUNNING,
        attempt=2,
        run="77",
        run_url="https://ci.example.com/77",
        dispatched=AT + MINUTE,
        finished=AT + HOUR,
        why="“waits” for the window",
        amended=AT - MINUTE,
        assessed=ASSESSED,
    )
    await put(store, full)
    assert await store.read(lambda tx: changes.get(tx, full.id)) == full
    assert await store.write(lambda tx: changes.lock(tx, full.id)) == full
    assert await store.read(lambda tx: changes.get(tx, "CR-0")) is None
    assert await store.write(lambda tx: changes.lock(tx, "CR-0")) is None


@pytest.mark.parametrize("migration", [None, *Migration])
async def test_a_migration_flag_that_nobody_gave_is_not_a_no(store, migration):
    await put(store, replace(CHANGE, content=replace(CHANGE.content, migration=migration)))
    assert (await store.read(lambda tx: changes.get(tx, CHANGE.id))).content.migration is migration


async def test_the_same_version_is_asked_for_once_at_a_time(store):
    await put(store, CHANGE)
    twin = replace(CHANGE, id="CR-2026-1121-002")
    with pytest.raises(Conflict):
        await put(store, twin)
    elsewhere = replace(twin, id="CR-2026-1121-003", content=replace(CHANGE.content, environment="staging"))
    await put(store, elsewhere)

    await store.write(lambda tx: changes.move(tx, CHANGE, State.REJECTED))
    await put(store, twin)


@pytest.mark.parametrize("state", State)
async def test_every_open_state_and_no_other_holds_its_version(database_url, store, state):
    await put(store, replace(CHANGE, state=state))
    like = await store.read(lambda tx: changes.open_like(tx, "api", "production", "v1.4.0"))
    assert like == (CHANGE.id if state in OPEN else None)
    if state in OPEN:
        with pytest.raises(Conflict):
            await put(store, replace(CHANGE, id="CR-2026-1121-002"))
    else:
        await put(store, replace(CHANGE, id="CR-2026-1121-002"))


@pytest.mark.parametrize(
    "bad",
    [
        replace(CHANGE, content=replace(CHANGE.content, digest="sha256:short")),
        replace(CHANGE, content=replace(CHANGE.content, digest="md5:" + "a" * 67)),
        replace(CHANGE, attempt=-1),
    ],
)
async def test_what_must_not_be_true_cannot_be_stored(store, bad):
    with pytest.raises(Conflict):
        await put(store, bad)
    await put(store, CHANGE)


@pytest.mark.parametrize(("column", "value"), [("state", "gone"), ("change_type", "odd")])
async def test_a_word_that_is_no_state_cannot_be_stored(store, column, value):
    await put(store, CHANGE)
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.run(sa.text(f"UPDATE change SET {column} = '{value}'")))


async def test_the_whole_table_of_moves(store):
    """Each move that the lifecycle knows is made, each other one is refused and changes nothing."""
    pairs = [(was, to) for was in State for to in State]
    everything = {pair: replace(change(i), state=pair[0]) for i, pair in enumerate(pairs)}
    await put(store, *everything.values())

    def try_all(tx):
        made = set()
        for (was, to), one in everything.items():
            try:
                assert changes.move(tx, one, to, why="so").state == to
                made.add((was, to))
            except IllegalMove:
                assert changes.get(tx, one.id) == one
            else:
                assert changes.get(tx, one.id) == replace(one, state=to, why="so")
        return made

    assert await store.write(try_all) == {(was, to) for was, onward in MOVES.items() for to in onward}


async def test_a_move_writes_what_came_along_and_keeps_the_rest(store):
    await put(store, replace(CHANGE, state=State.APPROVED, why="old"))
    was = await store.read(lambda tx: changes.get(tx, CHANGE.id))
    gone = await store.write(lambda tx: changes.move(tx, was, State.DISPATCHING, attempt=1, dispatched=AT))
    assert (gone.attempt, gone.dispatched, gone.why, gone.requester) == (1, AT, "", CHANGE.requester)
    done = await store.write(lambda tx: changes.move(tx, gone, State.SUCCEEDED, run="9", run_url="u", finished=AT + HOUR, why="green"))
    assert await store.read(lambda tx: changes.get(tx, CHANGE.id)) == done
    assert (done.attempt, done.run, done.finished, done.why) == (1, "9", AT + HOUR, "green")


async def test_a_move_from_what_was_seen_too_long_ago_loses(store):
    await put(store, CHANGE)
    await store.write(lambda tx: changes.move(tx, CHANGE, State.APPROVED))
    with pytest.raises(LostRace):
        await store.write(lambda tx: changes.move(tx, CHANGE, State.REJECTED))
    assert (await store.read(lambda tx: changes.get(tx, CHANGE.id))).state is State.APPROVED


async def test_a_move_from_an_earlier_attempt_loses(store):
    first = replace(CHANGE, state=State.DISPATCHING, attempt=1)
    await put(store, first)

    def again(tx):
        approved = changes.move(tx, first, State.APPROVED)
        changes.move(tx, approved, State.DISPATCHING, attempt=2)

    await store.write(again)
    with pytest.raises(LostRace):
        await store.write(lambda tx: changes.move(tx, first, State.FAILED))


async def test_of_many_who_move_at_once_one_does(store):
    await put(store, CHANGE)
    outcomes = await asyncio.gather(
        *(store.write(lambda tx: changes.move(tx, CHANGE, State.APPROVED)) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(outcome, Change) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, LostRace) for outcome in outcomes) == 11


async def test_amending_keeps_the_state_and_loses_the_same_race(store):
    await put(store, CHANGE)
    content = replace(CHANGE.content, digest=OTHER_DIGEST)
    amended = await store.write(lambda tx: changes.amend(tx, CHANGE, content=content))
    assert await store.read(lambda tx: changes.get(tx, CHANGE.id)) == replace(CHANGE, content=content) == amended
    await store.write(lambda tx: changes.move(tx, amended, State.APPROVED))
    with pytest.raises(LostRace):
        await store.write(lambda tx: changes.amend(tx, amended, why="late"))


async def test_lists(store):
    several = [replace(change(i), state=state, requested=AT + i * MINUTE) for i, state in enumerate(State)]
    other = replace(change(90, service="web"), requested=AT + HOUR)
    early = replace(change(91), state=State.WAITING, requested=AT - HOUR)
    await put(store, *several, other, early)
    newest = sorted([*several, other, early], key=lambda one: one.requested, reverse=True)

    def ids(found):
        return [one.id for one in found]

    undecided = [one for one in newest if one.state in UNDECIDED]
    assert await store.read(lambda tx: changes.undecided(tx, None)) == undecided
    assert await store.read(lambda tx: ids(changes.undecided(tx, "web"))) == [other.id]
    assert await store.read(lambda tx: changes.undecided(tx, None, limit=2)) == undecided[:2]
    assert await store.read(lambda tx: changes.recent(tx, None, limit=100)) == newest
    assert await store.read(lambda tx: ids(changes.recent(tx, "web"))) == [other.id]
    assert await store.read(lambda tx: changes.recent(tx, None, limit=3)) == newest[:3]
    assert await store.read(changes.claimed) == [one for one in reversed(newest) if one.state in CLAIMED]
    assert await store.read(lambda tx: ids(changes.waiting(tx, "api", "production"))) == ids(
        one for one in reversed(newest) if one.state is State.WAITING
    )
    assert await store.read(lambda tx: changes.waiting(tx, "web", "production")) == []


async def test_a_run_belongs_to_the_ci_that_runs_it(store):
    mine = replace(change(1), run="77", attempt=1, state=State.RUNNING)
    theirs = replace(change(2, service="web"), run="77", attempt=1, state=State.RUNNING)
    await put(store, mine, theirs)
    assert await store.read(lambda tx: changes.by_run(tx, "77", frozenset({"api", "db"}))) == mine
    assert await store.read(lambda tx: changes.by_run(tx, "77", frozenset({"web"}))) == theirs
    assert await store.read(lambda tx: changes.by_run(tx, "77", frozenset())) is None
    assert await store.read(lambda tx: changes.by_run(tx, "78", frozenset({"api"}))) is None


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("CR-2026-1121-001.2", True),
        ("CR-2026-1121-001.1", False),
        ("CR-2026-1121-001.3", False),
        ("CR-2026-1121-001.02", False),
        ("CR-2026-1121-001", False),
        ("CR-2026-1121-002.1", False),
        ("", False),
        (".2", False),
        ("x'; DROP TABLE change; --", False),
    ],
)
async def test_a_key_names_the_newest_attempt_only(store, key, found):
    await put(store, replace(CHANGE, attempt=2))
    assert (await store.read(lambda tx: changes.by_key(tx, key)) is not None) is found


async def test_a_change_that_was_never_dispatched_has_no_key(store):
    await put(store, CHANGE)
    assert await store.read(lambda tx: changes.by_key(tx, f"{CHANGE.id}.0")) is None
