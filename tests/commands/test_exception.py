"""Exceptions: asked for completely, approved by others, shown wherever they count, and over when they are over (EXC-01 … EXC-12, EVD-18 … EVD-20).

In this world production asks for a way back, and there is none: what runs there can no longer be pulled.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.policy import Policy
from guards.version import Artifact
from tests.world.company import COMMIT, DIGEST, policy_data
from tests.world.strict import DECLARED, proof, prove, strict_policy
from tests.world.world import World

ID = "EXC-2026-1124-001"
EVENING = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
OLD = "sha256:" + "0d" * 32


def lenient(**exceptions: Any) -> dict[str, Any]:
    evidence = {"profile": "starter", "environments": {"production": {"add": ["rollback-target"]}}}
    return policy_data(evidence=evidence, exceptions=exceptions)


async def without_a_way_back(world: World, *services: str) -> None:
    """Have v1.4.0 in staging, and in production what can no longer be pulled."""
    for service in services or ("api",):
        world.artifacts.add(Artifact(service, "v1.4.0", DIGEST, COMMIT, frozenset({"dev"}), frozenset()))
        await world.runs_in("production", "v1.3.2", service, OLD)
        await world.runs_in("staging", "v1.4.0", service)
    await world.news()


@pytest.fixture
async def world(database_url):
    async with World(database_url, lenient()) as made:
        yield made


WORDS = {
    "kind": "temporary", "owner": "dev@acme.example", "until": "2026-12-10T18:00", "risk": "low: one line changed",
    "controls": "two people watch the release", "containment": "roll forward", "evidence": "INC-7",
    "remediation": "Dev restores the image by Friday",
}  # fmt: skip


async def wish(world: World, who: str = "carla", *, what: str = "rollback-target api production v1.4.0", **words: str) -> None:
    """Ask for an exception, complete in one line; `words` adds or replaces."""
    named = " ".join(f'{name}="{value}"' for name, value in (WORDS | words).items() if value)
    await world.say(who, f"/release exception request {what} {named}")


async def grant(world: World, who: str = "carla", **words: str) -> None:
    """Ask for an exception, and have Rita approve it."""
    await wish(world, who, **words)
    await world.say("rita", f"/release exception approve {ID} the risk is small")
    assert (await world.tags())[-1] == "exception:approved"
    await world.news()


async def ask(world: World, what: str = "api v1.4.0 production") -> None:
    await world.say("carla", f"/release promote {what}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_one_that_leaves_main_unreleasable_is_flagged_until_a_freeze_of_merges_is_declared_with_it(database_url):
    """FRZ-14."""
    async with World(database_url, strict_policy()) as world:
        await wish(world, what="reviews api production all")
        assert "While it counts, main of api cannot be released without it, and no freeze holds its merges" in world.shown()
        await world.say("rita", f"/release exception approve {ID} two are ill")
        assert await world.news() == [
            "exception-request:accepted", "exception:requested", "exception-approve:accepted", "exception:approval", "exception:approved",
            "exception:main-not-releasable",
        ]  # fmt: skip
        assert f"{ID} leaves main unreleasable" in world.shown(world.cards("alerts")[-1])
        await world.freeze(kind="train", until="2026-11-25T10:00")
        assert "cannot be released without it" not in world.shown(world.cards()[0])
        await world.say("rita", "/release freeze lift FRZ-2026-1124-001 they are back")
        assert "cannot be released without it" in world.shown(world.cards()[0])


async def test_from_the_refusal_to_ci_by_an_exception(world):
    """EXC-01, EXC-02, EXC-03, EXC-07, EXC-08, EVD-18, EVD-19: the whole way, as people see it."""
    await without_a_way_back(world)
    await ask(world)
    assert "no-rollback-target" in await world.codes()
    assert world.told("carla") == snapshot("""\
⛔ Refused: promote api v1.4.0 production
v1.3.2 (sha256:0d0d0d0d0d0d…) runs in production and can no longer be pulled: there is no way back.
→ Restore it in the registry first. Or ask for an exception: /release exception request.
reason: no-rollback-target
Once that is mended, it would still wait:
api v1.4.0 in production has 0 of 1 approvals.
[Ask for an exception: rollback-target]
Nothing was started. id <id>\
""")

    await world.press("carla", "Ask for an exception: rollback-target", world.slack.private(world.people["carla"])[-1])
    values = world.form("carla").values
    assert [values[n] for n in ("requirement", "services", "environments", "version")] == ["rollback-target", "api", "production", "v1.4.0"]
    await world.fill("carla", **WORDS | {"until": datetime(2026, 12, 10, 17, 0, tzinfo=UTC)})
    assert (await world.news())[-2:] == ["exception-request:accepted", "exception:requested"]
    assert (await world.body("exception:requested"))["title"] == "Exception: rollback-target (RBK-14) for acme/api"
    await ask(world)
    assert "no-rollback-target" in await world.codes()  # nobody approved it yet

    await world.press("rita", "Approve")
    await world.fill("rita", rationale="the change is one line")
    assert (await world.news())[-3:] == ["exception-approve:accepted", "exception:approval", "exception:approved"]

    await ask(world)
    assert (await world.change()).state is State.AWAITING
    said = (
        f"✅ rollback-target: by exception {ID} until Thu 10 Dec 18:00 Europe/Berlin, approved by Rita Manager: "
        "v1.3.2 (sha256:0d0d0d0d0d0d…) runs in production and can no longer be pulled: there is no way back."
    )
    assert said in world.shown()
    await world.approve("olga")
    assert [order.environment for order in world.ci.started] == ["production"]
    assert f"⚠️ rollback-target: by exception {ID}, approved by Rita Manager" in world.shown()
    assert "exception:used" in await world.news()
    answers = {a["guard"]: a for a in (await world.body("dispatch:ordered"))["answers"]}
    assert answers["revertible"]["exception"] == ID
    assert "exception" not in answers["tagged"]
    assert (await world.body("exception:used"))["change"] == "CR-2026-1124-001"
    assert world.shown(world.cards()[0]) == snapshot("""\
⚠️ Exception: rollback-target (RBK-14) for acme/api: counts
State
⚠️ counts
Stands in for
rollback-target (RBK-14)
Scope
api v1.4.0 in production
Type
temporary
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Owner
Dev Author (developer)
Expires
Dec 10, 2026 18:00 (Thu 18:00 Europe/Berlin)
Review
Dec 7, 2026 18:00 (Mon 18:00 Europe/Berlin)
Approvals
1 of 1
Risk assessment
low: one line changed
Compensating controls
two people watch the release
Rollback or containment
roll forward
Remediation plan
Dev restores the image by Friday
Evidence
INC-7
Decisions
✅ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin): the change is one line
Went out by it
CR-2026-1124-001, today 11:00 (Tue 11:00 Europe/Berlin)
[Revoke]
EXC-2026-1124-001\
""")
    assert await world.verified()


async def test_what_the_list_and_the_record_show(world):
    await wish(world, once="yes")
    await wish(world, what="tickets web staging,prod all", who="dev", owner="olga@acme.example", kind="temporary")
    await world.say("audrey", "/release exception list")
    assert world.told("audrey") == snapshot("""\
⚖️ Exceptions
🕐 EXC-2026-1124-001 rollback-target for api v1.4.0 in production: waits for approval
    temporary, used up by one change, until Dec 10, 2026 18:00 (Thu 18:00 Europe/Berlin), answered for by Dev Author
🕐 EXC-2026-1124-002 tickets for web, all versions, in staging, production: waits for approval
    temporary, until Dec 10, 2026 18:00 (Thu 18:00 Europe/Berlin), answered for by Olga Owner\
""")
    await world.say("audrey", "/release exception list web")
    assert ID not in world.told("audrey")
    await world.say("audrey", f"/release exception show {ID.lower()}")
    assert "Compensating controls\ntwo people watch the release" in world.told("audrey")
    await world.say("audrey", "/release exception show EXC-2020-0101-001")
    assert await world.codes() == ["no-such-exception"]
    await world.say("rita", "/release exception approve EXC-2020-0101-001 fine")
    assert await world.codes() == ["no-such-exception"]


async def test_who_wants_owns_or_wrote_it_never_approves_it(database_url):
    """SOD-09, SOD-02: and one person counts once."""
    async with World(database_url, lenient(count=2)) as world:
        world.publish("v1.4.0", DIGEST, authors=frozenset({"rob"}))
        await wish(world, owner="olga@acme.example")
        for who, code in (("carla", "not-permitted"), ("olga", "own-request"), ("rob", "own-work")):
            await world.say(who, f"/release exception approve {ID} fine by me")
            assert await world.codes() == [code]
        await world.say("rita", f"/release exception approve {ID} fine by me")
        assert (await world.tags())[-1] == "exception:approval"
        assert "It takes more people." in world.told("rita")
        await world.say("rita-phone", f"/release exception approve {ID} from my phone")
        assert await world.codes() == ["already-decided"]


async def test_the_one_who_asks_never_approves_even_with_the_role(database_url):
    """SOD-09."""
    data = lenient()
    data["allow"]["request-exception"]["production"] += ["release_manager"]
    async with World(database_url, data) as world:
        await wish(world, "rita")
        await world.say("rita", f"/release exception approve {ID} fine by me")
        assert await world.codes() == ["own-request"]
        await world.say("olga", f"/release exception approve {ID} read and agreed")
        assert (await world.tags())[-1] == "exception:approved"


async def test_nobody_approves_their_own_exception_through_a_delegate(database_url):
    """SOD-09, RBAC-06: an exception is approved in one's own right."""
    data = lenient()
    data["delegation"] = {"roles": ["release_manager"]}
    async with World(database_url, data) as world:
        await wish(world, owner="rita@acme.example")
        await world.say("rita", '/release delegate to audrey@acme.example role=release_manager until=2026-11-26T18:00 reason="on leave"')
        await world.say("audrey", f"/release exception approve {ID} as agreed with Rita")
        assert await world.codes() == ["not-permitted"]
        assert "an exception is approved in one's own right" in world.told("audrey")
        await world.say("audrey", f"/release exception reject {ID} rather not")
        assert (await world.tags())[-1] == "exception:rejected"


async def test_a_reason_is_asked_for_and_a_rejection_ends_the_request(world):
    await wish(world)
    await world.press("rita", "Reject")
    await world.fill("rita", rationale="restore the image")
    assert (await world.news())[-1] == "exception:rejected"
    assert "⛔ Rita Manager, today 11:00 (Tue 11:00 Europe/Berlin): restore the image" in world.shown()
    await world.say("olga", f"/release exception approve {ID} but I like it")
    assert await world.codes() == ["wrong-state"]
    await world.say("olga", f"/release exception revoke {ID} anyway")
    assert await world.codes() == ["wrong-state"]


async def test_what_is_not_waivable_is_not_waived(database_url):
    """EVD-20, CF-16: a security gate takes a policy that names it, and an emergency."""
    emergency = {"kind": "emergency", "until": "2026-11-24T20:00"}
    async with World(database_url, strict_policy()) as world:
        await prove(world)
        await wish(world, what="sbom api production v1.4.0", **emergency)
        assert "not-waivable" in await world.codes()
        assert "The policy lets no exception stand in for sbom." in world.told("carla")
        await world.restart(Policy.model_validate({**strict_policy(), "exceptions": {"waivable": ["sbom"]}}))
        await world.on_staging()
        world.proofs.add("api", replace(proof(DIGEST), sboms=()))
        await ask(world, f"api v1.4.0 production {DECLARED}")
        assert "no-sbom" in await world.codes()
        await wish(world, what="sbom api production v1.4.0")
        assert await world.codes() == ["not-waivable"]
        await wish(world, what="sbom api production all", **emergency)
        assert "is for one version, not for all" in world.form("carla").as_text()
        await wish(world, what="sbom api production v1.4.0", **emergency)
        assert "names the emergency that was declared" in world.form("carla").as_text()


async def test_an_incomplete_one_is_refused_with_what_is_missing(world, subtests):
    """EXC-02, EXC-04, EXC-12."""
    for word in ("kind", "owner", "until", "risk", "controls", "containment", "evidence"):
        with subtests.test(word):
            await wish(world, **{word: ""})
            assert world.form("carla").title == "Ask for an exception"
            assert world.form("carla").values[word] is None
    for words, said in (
        ({"remediation": ""}, "The exception lacks its remediation plan."),
        ({"kind": "permanent"}, "The exception lacks its reason why it cannot end, reconsideration criteria."),
        ({"until": "2026-11-24T10:00"}, "The exception has to be reviewed after now and not after its end."),
        ({"review": "2026-12-11T10:00"}, "The exception has to be reviewed after now and not after its end."),
    ):
        with subtests.test(said):
            await wish(world, **words)
            assert said in world.form("carla").as_text()
            await world.fill("carla")
            assert await world.codes() == ["incomplete"]
    for until, kind in (("2026-12-25T10:00", "temporary"), ("2026-11-25T12:00", "emergency")):
        with subtests.test(kind):
            await wish(world, until=until, kind=kind)
            assert await world.codes() == ["too-long"]
    await world.say("carla", "/release exception list")
    assert world.told("carla") == "⚖️ No exception"


WRONG = [
    ({"what": "sbon api production v1.4.0"}, "there is no requirement 'sbon', did you mean 'sbom'?"),
    ({"what": "sbom apo production v1.4.0"}, "there is no service 'apo', did you mean 'api'?"),
    ({"what": "sbom , production v1.4.0"}, "name at least one service"),
    ({"what": "sbom api,web mars v1.4.0"}, "there is no environment 'mars'"),
    ({"owner": "santa@acme.example"}, "'santa@acme.example' is nobody in the policy file"),
    ({"until": "soon"}, "'soon' is no moment"),
    ({"kind": "forever"}, "Input should be 'temporary', 'permanent' or 'emergency'"),
]


async def test_a_word_that_cannot_be_is_refused(world, subtests):
    for words, said in WRONG:
        with subtests.test(said):
            await wish(world, **words)
            assert (await world.news())[-1] == "words:refused"
            assert said in world.told("carla")
    await world.say("audrey", "/release exception show EXC-1")
    assert "'EXC-1' is no exception; write one like EXC-2026-1121-001" in world.told("audrey")


async def test_a_permanent_one_counts_until_its_day_of_reconsideration(world):
    """EXC-04."""
    await without_a_way_back(world)
    words = {"infeasible": "the vendor keeps no images", "reconsider": "a new vendor", "remediation": ""}
    await grant(world, kind="permanent", until="2027-11-01T10:00", **words)
    assert "Why it cannot end\nthe vendor keeps no images" in world.shown()
    await ask(world)
    assert (await world.change()).state is State.AWAITING


FOR_GOOD = {"kind": "permanent", "infeasible": "the vendor keeps no images", "reconsider": "a new vendor", "remediation": ""}


async def test_a_permanent_one_is_reconsidered_and_counts_on(world):
    """EXC-04, EXC-10: those who may approve it are reminded, and decide anew."""
    await without_a_way_back(world)
    await grant(world, until="2026-12-10T10:00", **FOR_GOOD)
    await world.wait(until=datetime(2026, 12, 7, 9, 0, tzinfo=UTC))
    assert (await world.news())[-1] == "exception:reminded"
    reminder = world.card("alerts")
    assert world.shown(reminder) == snapshot("""\
⏰ EXC-2026-1124-001 is to be reconsidered
⚠️ EXC-2026-1124-001 rollback-target for api v1.4.0 in production: counts
    permanent, until Dec 10, 2026 10:00 (Thu 10:00 Europe/Berlin), answered for by Dev Author
Dev Author answers for it. From Dec 10, 2026 10:00 (Thu 10:00 Europe/Berlin) on nothing goes out by it.
What would make us reconsider: a new vendor
Whoever approves exceptions says whether it still holds: /release exception reconsider EXC-2026-1124-001
[Reconsider]\
""")
    assert "is to be reconsidered" in world.told("dev")

    await world.press("olga", "Reconsider", reminder)
    await world.fill("olga", until=datetime(2026, 12, 10, 8, 0, tzinfo=UTC), rationale="the vendor has not changed")
    assert await world.codes() == ["incomplete"]
    await world.say("olga", f"/release exception reconsider {ID} until=2027-06-30T10:00 the vendor has not changed")
    assert (await world.news())[-3:] == ["exception-reconsider:accepted", "exception:reconsideration", "exception:reconsidered"]
    assert (await world.body("exception:reconsidered"))["until"] == "2027-06-30T08:00:00+00:00"
    assert "🔁 Olga Owner, today 10:00 (Mon 10:00 Europe/Berlin), until Jun 30, 2027 10:00 (Wed 10:00 Europe/Berlin)" in world.shown(
        world.cards()[0]
    )

    await world.wait(until=datetime(2026, 12, 10, 10, 0, tzinfo=UTC))  # its day has passed
    assert "exception:expired" not in await world.news()
    await ask(world)
    assert "no-rollback-target" not in await world.codes()
    await world.wait(until=datetime(2027, 6, 30, 8, 0, tzinfo=UTC))
    assert "exception:expired" in await world.news()


async def test_one_that_nobody_reconsiders_is_over_on_its_day(world):
    """EXC-05, EXC-10."""
    await without_a_way_back(world)
    await grant(world, until="2026-12-10T10:00", **FOR_GOOD)
    for who, word, code in (
        ("carla", "until=2027-06-30T10:00 it is mine", "not-permitted"),
        ("rita", "until=2027-12-30T10:00 for ever", "too-long"),
    ):
        await world.say(who, f"/release exception reconsider {ID} {word}")
        assert await world.codes() == [code]
    await world.say("rita", f"/release exception reconsider {ID} until=2027-06-30T10:00")
    assert world.form("rita").title == "Reconsider the exception"
    await world.wait(until=datetime(2026, 12, 10, 9, 0, tzinfo=UTC))
    assert (await world.news())[-1] == "exception:expired"
    await world.fill("rita", rationale="too late")
    assert await world.codes() == ["wrong-state"]
    await ask(world)
    assert "no-rollback-target" in await world.codes()


async def test_reconsidering_takes_as_many_people_as_approving(database_url):
    """EXC-10, SOD-09: and the earliest day that they named counts."""
    async with World(database_url, lenient(count=2)) as world:
        await wish(world, until="2026-12-10T10:00", **FOR_GOOD)
        for who in ("rita", "olga"):
            await world.say(who, f"/release exception approve {ID} agreed")
        await world.say("rita", f"/release exception reconsider {ID} until=2027-06-30T10:00 still so")
        assert (await world.news())[-1] == "exception:reconsideration"
        await world.say("rita", f"/release exception reconsider {ID} until=2027-03-30T10:00 and again")
        assert await world.codes() == ["already-decided"]
        await world.say("olga", f"/release exception reconsider {ID} until=2027-03-30T10:00 still so")
        assert (await world.body("exception:reconsidered"))["until"] == "2027-03-30T08:00:00+00:00"


async def test_an_audit_that_the_policy_names_later_ends_a_permanent_one(world):
    """EXC-10."""
    await without_a_way_back(world)
    await grant(world, until="2027-11-01T10:00", **FOR_GOOD)
    await world.restart(Policy.model_validate(lenient(audits=["2026-12-01"])))
    await ask(world)
    assert (await world.change()).state is State.AWAITING
    await world.say("carla", f"/release cancel {(await world.change()).id}")
    await world.wait(until=datetime(2026, 12, 1, 9, 0, tzinfo=UTC))
    await ask(world)
    assert "no-rollback-target" in await world.codes()


async def test_why_something_is_not_asked_for_stands_on_the_card_and_in_the_record(database_url):
    """EXC-09."""
    data = policy_data(evidence={"profile": "starter", "reasons": {"sbom": "the registry is replaced in March"}})
    async with World(database_url, data) as world:
        await world.on_staging()
        await ask(world)
        assert "⚪ Not required by policy: sbom, because the registry is replaced in March" in world.shown()
        because = (await world.body("promote:accepted"))["seen"]["evidence"]["not_required_because"]
        assert because == {"sbom": "the registry is replaced in March"}


async def in_the_evening(world: World, *services: str) -> None:
    """Have changes to production approved that wait for the window of tomorrow."""
    world.clock.at = EVENING
    for service in services:
        await ask(world, f"{service} v1.4.0 production")
        change = await world.change()
        await world.say("olga", f"/release approve {change.id} tests and diff read")
        assert (await world.change()).state is State.WAITING


async def test_one_that_expires_before_the_dispatch_does_not_count(world):
    """EXC-05: also between approval and dispatch."""
    await without_a_way_back(world)
    await grant(world, until="2026-11-25T09:00", review="2026-11-24T19:00")
    await in_the_evening(world, "api")
    await world.wait(until=datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
    assert (await world.tags())[-1] == "exception:reminded"
    assert world.told("dev") == snapshot("""\
⏰ EXC-2026-1124-001 ends soon
⚠️ EXC-2026-1124-001 rollback-target for api v1.4.0 in production: counts
    temporary, until tomorrow 09:00 (Wed 09:00 Europe/Berlin), answered for by Dev Author
You answer for it. From tomorrow 09:00 (Wed 09:00 Europe/Berlin) on nothing goes out by it.
Mend what it stands in for, or ask for another one: /release exception request\
""")

    await world.wait(until=datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert (await world.news())[-2:] == ["exception:expired", "dispatch:refused"]
    assert (await world.change()).state is State.REFUSED
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    assert world.ci.started == []


async def test_where_the_owner_cannot_be_told_whoever_watches_is(database_url):
    """EXC-05."""
    async with World(database_url, lenient()) as world:
        await grant(world, review="2026-11-25T12:00")
        data = lenient()
        data["people"] = [{**person, "slack": [] if person["id"] == WORDS["owner"] else person["slack"]} for person in data["people"]]
        await world.restart(Policy.model_validate(data))
        await world.wait(until=datetime(2026, 11, 25, 11, 0, tzinfo=UTC))
        assert (await world.news())[-1] == "exception:reminded"
        assert f"⏰ {ID} ends soon" in world.shown(world.card("alerts"))


async def test_one_that_is_revoked_before_the_dispatch_does_not_count(world):
    await without_a_way_back(world)
    await grant(world)
    await in_the_evening(world, "api")
    await world.say("olga", f"/release exception revoke {ID} the image is needed after all")
    await world.wait(minutes=1)
    assert (await world.news())[-3:] == ["exception-revoke:accepted", "exception:revoked", "dispatch:refused"]
    assert (await world.change()).state is State.REFUSED
    assert world.ci.started == []


async def test_of_two_changes_that_race_for_a_single_use_one_goes(world):
    """EXC-05, EXC-06: used up in the transaction of the dispatch."""
    await without_a_way_back(world, "api", "web")
    await grant(world, what="rollback-target api,web production all", once="yes")
    await in_the_evening(world, "api", "web")
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))

    assert len(world.ci.started) == 1
    gone = world.ci.started[0].change
    assert (await world.tags()).count("exception:used") == 1
    other = next(id for id in ("CR-2026-1124-001", "CR-2026-1124-002") if id != gone)
    assert (await world.change(gone)).state is State.RUNNING
    assert (await world.change(other)).state is State.REFUSED
    assert f"used up by {gone}" in world.shown(world.cards()[0])


async def test_a_single_use_stays_with_its_change(world):
    """An order that CI never got is sent again; one that CI turned down ends its change, and the use with it."""
    await without_a_way_back(world)
    await grant(world, once="yes")
    await ask(world)
    world.ci.lose_order()
    await world.approve("olga")
    await world.wait(minutes=8)
    await world.wait(minutes=1)  # what proves it is read anew
    assert [order.key for order in world.ci.asked] == ["CR-2026-1124-001.1", "CR-2026-1124-001.2"]
    assert (await world.change()).state is State.RUNNING
    assert (await world.tags()).count("exception:used") == 1

    await world.ci_says(RunState.FAILED)
    await ask(world)
    assert "no-rollback-target" in await world.codes()


async def test_it_counts_for_nothing_but_what_it_names(world):
    """EXC-06."""
    await without_a_way_back(world, "api", "web")
    await grant(world)
    await ask(world, "web v1.4.0 production")
    assert "no-rollback-target" in await world.codes()
    world.publish("v1.4.1")
    await world.runs_in("staging", "v1.4.1", digest="sha256:" + "b2" * 32)
    await ask(world, "api v1.4.1 production")
    assert "no-rollback-target" in await world.codes()
    await ask(world)
    assert (await world.change()).state is State.AWAITING


async def test_two_who_approve_at_once_are_both_counted(database_url):
    async with World(database_url, lenient(count=2, roles=["service_owner"])) as world:
        await wish(world)
        await asyncio.gather(
            *(
                world.slack.say(world.people[who], world.channels["releases"], f"/release exception approve {ID} agreed")
                for who in ("rita", "olga")
            )
        )
        await world.quiet()
        assert (await world.tags()).count("exception:approval") == 2
        assert (await world.tags())[-1] == "exception:approved"
