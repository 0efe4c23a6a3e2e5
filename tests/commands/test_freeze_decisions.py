"""Who makes a freeze count, renews it and ends it; what it holds and where (FRZ-01, FRZ-02, FRZ-06, FRZ-07, FRZ-11, FRZ-12)."""

from datetime import UTC, datetime

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.policy import Policy
from storage import freezes
from tests.world.company import channel_id, policy_data
from tests.world.world import World

ID = "FRZ-2026-1124-001"
APPROVE, EXTEND = f"/release freeze approve {ID}", f"/release freeze extend {ID}"


async def kept(world, id=ID):
    return await world.house.store.read(lambda tx: freezes.get(tx, id))


async def test_what_nobody_approved_holds_nothing_until_somebody_does(world):
    """FRZ-01, FRZ-07: Carla may declare, and may not lift; who answers for it is told."""
    await world.freeze(who="carla")
    assert world.told("carla").splitlines()[0] == f"🕐 {ID} waits for approval"
    assert "It holds nothing yet: it waits for the approval of Rita Manager, Rob Second." in world.told("carla")
    assert f"🕐 {ID} waits for approval" in world.told("rita")
    assert world.freeze_cards() == snapshot(
        [
            """\
🕐 holiday freeze of all services in production: waits for approval
State
🕐 waits for approval
Stands still
deployments
Passes
emergency
From
today 11:00 (Tue 11:00 Europe/Berlin)
Until
tomorrow 10:00 (Wed 10:00 Europe/Berlin)
Work on its way
the run ends, the rest of its set waits
Declared by
Carla Captain
Answers for it
Rita Manager
Approved by
nobody yet; it holds nothing before that
Why
holidays
Ends when
all are back
Then
trains resume
[Approve] [Extend] [Lift]
FRZ-2026-1124-001\
"""
        ]
    )
    change = await world.asked()

    await world.say("carla", APPROVE)
    assert (await world.news(), await world.codes()) == (["freeze-approve:refused"], ["not-permitted"])
    await world.say("rob", APPROVE)
    assert await world.news() == ["freeze-approve:accepted", "freeze:approved"]
    assert (await kept(world)).approved_by == "rob@acme.example"
    await world.say("rita", APPROVE)
    assert await world.codes() == ["already-decided"]
    await world.say("rita", f"/release approve {change} looks good")
    assert await world.codes() == ["frozen"]


async def test_a_freeze_because_of_an_incident_counts_before_anybody_approved_it(world):
    """And a change that was approved meanwhile does not go."""
    change = await world.asked()
    await world.freeze(who="carla", kind="incident")
    assert "It counts; it waits for the approval of Rita Manager, Rob Second." in world.told("carla")
    await world.say("rita", f"/release approve {change} looks good")
    assert await world.codes() == ["frozen"]
    assert (
        "nobody yet; it counts at once, and without an approval until tomorrow 11:00 (Wed 11:00 Europe/Berlin)" in world.freeze_cards()[0]
    )


async def test_while_nobody_approves_it_people_are_reminded_and_after_a_day_it_lapses(world):
    """FRZ-01, FRZ-07: its approver first, then whoever may lift it, at last its channel; approved later it counts again."""
    change = await world.asked()
    await world.freeze(who="carla", kind="incident", until="2026-11-27T10:00")
    assert "Without it, it lapses tomorrow 11:00" in world.told("carla")
    await world.news()
    told = []
    for _ in range(3):
        await world.wait(hours=6)
        told.append((await world.body("freeze:reminded"))["told"])
    assert told == [["rita@acme.example"], ["rita@acme.example", "rob@acme.example"], ["rita@acme.example", "rob@acme.example"]]
    assert f"⏰ {ID} counts, and nobody approved it" in world.told("rob")
    assert f"⏰ {ID} counts, and nobody approved it" in world.freeze_cards()[-1]
    await world.say("carla", f"/release explain approve {change}")
    assert "⛔ not_frozen" in world.told("carla")

    await world.wait(hours=6)
    assert (await world.news())[-1] == "freeze:lapsed"
    assert world.freeze_cards()[-1].startswith(f"⚠️ {ID} lapsed")
    assert "lapsed, because nobody approved it" in world.freeze_cards()[0]
    await world.say("carla", f"/release explain approve {change}")
    assert "✅ not_frozen" in world.told("carla")

    await world.say("rita", APPROVE)
    await world.say("carla", f"/release explain approve {change}")
    assert "⛔ not_frozen" in world.told("carla")
    await world.wait(until=datetime(2026, 11, 27, 9, 0, tzinfo=UTC))
    assert "freeze:ended" in await world.news()


async def test_one_that_is_approved_in_time_does_not_lapse_and_nobody_is_reminded(world):
    await world.freeze(who="carla", kind="incident", until="2026-11-27T10:00")
    await world.say("rita", APPROVE)
    await world.news()
    await world.wait(hours=25)
    assert await world.news() == []
    assert world.freeze_cards()[0].splitlines()[0].endswith("in force")


async def test_whoever_extends_one_that_nobody_approved_approves_it_with_that(world):
    """FRZ-06: whoever may lift it answers for it; what lasts longer must not lapse before."""
    await world.freeze(who="carla", kind="incident", until="2026-11-26T10:00")
    await world.news()
    await world.say("rita", f"{EXTEND} until=2026-11-27T10:00 two are missing")
    assert await world.news() == ["freeze-extend:accepted", "freeze:approved", "freeze:extended"]
    assert (await kept(world)).approved_by == "rita@acme.example"
    await world.wait(hours=25)
    assert await world.news() == []
    assert world.freeze_cards()[0].splitlines()[0].endswith("in force")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_kind_that_lets_small_risks_pass_holds_the_others_and_what_nobody_weighed(database_url):
    """FRZ-05."""
    data = policy_data(freeze_kinds={"event": {"passes_risk": "low"}})
    async with World(database_url, data) as world:
        await world.on_staging()
        await world.runs_in("production", "v1.3.9", digest="sha256:" + "d3" * 32, commit="d3" * 20)
        await world.freeze(kind="event")
        assert "changes of low risk" in world.freeze_cards()[0]
        none = "answers=none migration=no"
        for words, frozen in (("", True), (none, False), (f"{none} risk=high", True)):
            await world.say("carla", f"/release explain promote api v1.4.0 production {words}")
            assert ("⛔ not_frozen" in world.told("carla")) is frozen, words


async def test_who_declares_with_the_right_to_lift_approves_it_with_that(world):
    await world.freeze(who="rob")
    assert ((await kept(world)).approved_by, (await kept(world)).in_force) == ("rob@acme.example", world.clock.now())


async def test_it_is_approved_by_a_button(world):
    await world.freeze(who="carla")
    await world.news()
    await world.press("rita", "Approve", world.cards()[-1])
    assert await world.news() == ["freeze-approve:accepted", "freeze:approved"]
    assert world.freeze_cards()[0].splitlines()[0] == "🧊 holiday freeze of all services in production: in force"
    assert "[Approve]" not in world.freeze_cards()[0]


@pytest.mark.parametrize("deed", ["approve", "extend until=2026-11-26T10:00", "lift"])
@pytest.mark.parametrize("over", ["lifted", "past", "none"])
async def test_what_is_over_or_not_there_is_neither_approved_nor_extended_nor_lifted(world, deed, over):
    word, _, words = deed.partition(" ")
    if over != "none":
        await world.freeze(who="carla")
    if over == "lifted":
        await world.say("rita", f"/release freeze lift {ID} all are back")
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    await world.news()
    await world.say("rita", f"/release freeze {word} {ID} {words} because it is so")
    if word == "approve":  # takes no reason
        assert await world.news() == ["words:refused"]
        await world.say("rita", f"/release freeze {word} {ID}")
    assert (await world.news(), await world.codes()) == ([f"freeze-{word}:refused"], ["no-such-freeze"])


async def test_it_is_extended_by_who_may_lift_it_with_a_reason(world):
    """FRZ-06: a renewal, as long as its kind lasts from now on."""
    await world.freeze()
    await world.say("carla", f"{EXTEND} until=2026-11-26T10:00 two are missing")
    assert await world.codes() == ["not-permitted"]
    await world.say("rita", f"{EXTEND} until=2026-11-26T10:00")
    await world.fill("rita", reason="   ")
    assert await world.codes() == ["incomplete"]
    await world.say("rita", f"{EXTEND} until=2026-11-25T10:00 two are missing")
    assert "lasts until Wed 25 Nov 10:00 Europe/Berlin anyway" in world.form("rita").as_text()
    await world.say("rita", f"{EXTEND} until=2026-12-25T10:00 two are missing")
    assert await world.codes() == ["too-long"]
    await world.news()

    await world.say("rita", f"{EXTEND} until=2026-11-26T10:00 two are missing")
    assert await world.news() == ["freeze-extend:accepted", "freeze:extended"]
    body = await world.body("freeze:extended")
    assert (body["was"], body["end"], body["reason"]) == ("2026-11-25T09:00:00+00:00", "2026-11-26T09:00:00+00:00", "two are missing")
    await world.on_staging()
    for day, frozen in ((25, True), (26, False)):
        await world.wait(until=datetime(2026, 11, day, 9, 30, tzinfo=UTC))
        await world.say("carla", "/release explain promote api v1.4.0 production")
        assert ("⛔ not_frozen" in world.told("carla")) is frozen


def with_teams() -> Policy:
    data = policy_data()
    data["services"]["api"]["team"] = "payments"
    data["services"]["web"] |= {"team": "shop", "channel": channel_id("alerts")}
    return Policy.model_validate(data)


async def test_a_team_stands_for_its_services(world):
    """FRZ-02. Each channel of a service that it holds has its card (FRZ-09)."""
    await world.restart(with_teams())
    await world.freeze(team="payments")
    assert (await kept(world)).services == ("api",)
    assert (len(world.freeze_cards()), len(world.freeze_cards("alerts"))) == (1, 0)
    await world.freeze(team="payments,shop")
    assert (await kept(world, "FRZ-2026-1124-002")).services == ("api", "web")
    assert (len(world.freeze_cards()), len(world.freeze_cards("alerts"))) == (2, 1)
    await world.freeze(team="paymens")
    assert "there is no team 'paymens', did you mean 'payments'?" in world.told("rita")


async def test_several_places_and_what_stands_still_there(world):
    await world.say(
        "rita", "/release freeze declare staging,production kind=holiday until=2026-11-25T10:00 reason=r3s exit=e2x plan=p4n "
        "approver=rita@acme.example service=web,api blocks=merges,deployments branches=main,release/* underway=finish",
    )  # fmt: skip
    assert (await world.codes(), await world.news()) == (["no-policy"], ["freeze-declare:refused"])  # nobody may freeze staging

    await world.freeze(service="web,api", blocks="merges,deployments", branches="main,release/*", underway="finish")
    kept_ = await kept(world)
    assert (kept_.services, [*kept_.blocks], kept_.branches, kept_.fate) == (
        ("api", "web"), ["deployments", "merges"], ("main", "release/*"), "finish"
    )  # fmt: skip
    assert "api, web in production: main, release/*" in world.freeze_cards()[0]
    assert "deployments and merges into main, release/*" in world.freeze_cards()[0]


async def test_a_freeze_during_an_incident_says_exactly_which_merges_it_holds(world):
    """INC-06: and why; any other kind may hold them all."""
    await world.freeze(kind="incident", blocks="merges")
    assert "does not say which merges it holds" in world.form("rita").as_text()
    assert await world.news() == []
    await world.freeze(kind="incident", blocks="merges", branches="main", reason="checkout fails, nobody mends it twice")
    shown = world.freeze_cards()[-1]
    assert "merges into main" in shown
    assert "checkout fails, nobody mends it twice" in shown
    await world.freeze(kind="train")
    assert "merges into all protected branches" in world.freeze_cards()[-1]


WRONG = [
    ({"blocks": "lunch"}, "there is no kind of change 'lunch' (known: deployments, flags, merges, migrations)"),
    ({"blocks": ","}, "name at least one kind of change"),
    ({"branches": "main;rm -rf"}, "'main;rm -rf' is no branch"),
    ({"branches": ","}, "name at least one branch"),
    ({"underway": "explode"}, "underway"),
    ({"service": "api,wep"}, "there is no service 'wep', did you mean 'web'?"),
]


async def test_a_scope_that_cannot_be_is_refused(world, subtests):
    for words, said in WRONG:
        with subtests.test(**words):
            await world.freeze(**words)
            assert await world.news() == ["words:refused"]
            assert said in world.told("rita")
    await world.freeze(branches="main")
    assert "Branches are named, and the freeze holds deployments only." in world.form("rita").as_text()
    assert await world.news() == []


async def test_a_freeze_of_merges_lets_deployments_pass(world):
    await world.on_staging()
    await world.freeze(kind="train")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING


async def test_overlapping_freezes_combine_and_the_last_one_lets_go(world):
    """FRZ-12."""
    change = await world.asked()
    await world.freeze()
    await world.freeze(kind="incident", until="2026-11-26T10:00")
    await world.say("rita", f"/release freeze lift {ID} all are back")
    await world.say("olga", f"/release approve {change} looks good")
    assert await world.codes() == ["frozen"]
    await world.say("rita", "/release freeze lift FRZ-2026-1124-002 it works")
    await world.say("olga", f"/release approve {change} looks good")
    assert (await world.change()).state is State.RUNNING


async def test_both_lift_it_at_once_and_it_is_lifted_once(world):
    await world.freeze()
    first = await world.slack.say(world.people["rita"], world.channels["releases"], f"/release freeze lift {ID} all are back")
    second = await world.slack.say(world.people["rob"], world.channels["releases"], f"/release freeze lift {ID} all are back")
    await world.quiet()
    assert first.status == second.status == 200
    assert (await world.tags()).count("freeze:lifted") == 1
    assert (await world.tags()).count("freeze-lift:refused") == 1
