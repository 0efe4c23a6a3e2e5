"""Somebody acts in another's place for a while: given, used, shown, ended, lapsed (RBAC-05, RBAC-06, RBAC-09)."""

import copy
from datetime import UTC, datetime

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.policy import Policy
from tests.world.company import policy_data
from tests.world.world import World

ID = "DLG-2026-1124-001"
THURSDAY = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
"""18:00 in Berlin, when the delegation of these stories ends."""


def delegating(**changed):
    return policy_data(delegation={"roles": ["release_manager", "release_captain"], "maximum": "14d"}, **changed)


@pytest.fixture
async def world(database_url):
    async with World(database_url, delegating()) as made:
        yield made


async def give(world, by="rita", to="audrey", **other) -> None:
    """Rita lets Audrey, who has no say otherwise, act as release manager until Thursday evening; `other` adds or replaces words."""
    words = {"role": "release_manager", "until": "2026-11-26T18:00", "reason": "on leave"} | other
    await world.say(by, f"/release delegate to {to}@acme.example " + " ".join(f'{name}="{value}"' for name, value in words.items()))


async def test_a_delegation_is_recorded_told_and_shown(world):
    """RBAC-06."""
    await give(world, service="api", environment="prod")
    assert await world.news() == ["delegate-to:accepted", "delegation:recorded"]
    assert await world.body("delegation:recorded") == snapshot(
        {
            "end": "2026-11-26T17:00:00+00:00",
            "ended": None,
            "from": "rita@acme.example",
            "reason": "on leave",
            "role": "release_manager",
            "start": "2026-11-24T10:00:00+00:00",
            "to": "audrey@acme.example",
        }
    )
    assert world.told("rita") == snapshot("""\
🤝 Audrey Auditor acts as release_manager for you
DLG-2026-1124-001 api in production, from today 11:00 (Tue 11:00 Europe/Berlin) until Nov 26, 2026 18:00 (Thu 18:00 Europe/Berlin): on leave
To end it early: /release delegate end DLG-2026-1124-001\
""")
    assert world.told("audrey") == snapshot("""\
🤝 You act as release_manager for Rita Manager
DLG-2026-1124-001 api in production, from today 11:00 (Tue 11:00 Europe/Berlin) until Nov 26, 2026 18:00 (Thu 18:00 Europe/Berlin): on leave\
""")

    await world.say("dev", "/release help")
    assert "delegate (to, list, end)" in world.told("dev")
    await world.say("dev", "/release delegate list")
    assert world.told("dev") == snapshot("""\
🤝 Delegations
🤝 Audrey Auditor as release_manager for Rita Manager:
    DLG-2026-1124-001 api in production, from today 11:00 (Tue 11:00 Europe/Berlin) until Nov 26, 2026 18:00 (Thu 18:00 Europe/Berlin): on leave\
""")
    await world.say("audrey", "/release whoami")
    assert world.told("audrey").splitlines()[1:5] == snapshot(
        [
            "Identity: audrey@acme.example, GitHub: audrey, Slack: UZI5FRDED",
            "DLG-2026-1124-001: release_manager for Rita Manager, api in production, today 11:00 (Tue 11:00 Europe/Berlin) until Nov 26, 2026 18:00 (Thu 18:00 Europe/Berlin)",
            "api dev: audit; may evidence",
            "api staging: audit; may evidence",
        ]
    )


async def test_a_delegation_is_given_in_a_form(world, golden):
    await world.say("rita", "/release delegate to audrey@acme.example")
    assert world.form("rita").values["person"] == "audrey@acme.example"
    golden("form-delegate", world.drawn("views.open"))

    await world.fill("rita", role="release_manager", until=THURSDAY, reason="on leave")
    assert await world.news() == ["delegate-to:accepted", "delegation:recorded"]
    assert "🤝 Audrey Auditor acts as release_manager for you" in world.told("rita")


async def test_a_delegate_approves_and_the_card_says_for_whom(world):
    """RBAC-05, RBAC-06: and without the delegation Audrey has no say."""
    change = await world.asked()
    await world.say("audrey", f"/release approve {change} diff read")
    assert (await world.news(), await world.codes()) == (["approve:refused"], ["not-permitted"])

    await give(world)
    await world.wait(seconds=1)
    assert "Still may: Rita Manager, Rob Second, Olga Owner, Audrey Auditor" in world.shown()
    await world.say("audrey", f"/release approve {change} diff read")
    assert (await world.change()).state is State.RUNNING
    assert (await world.body("change:approval"))["on_behalf"] == snapshot(
        {"delegation": "DLG-2026-1124-001", "from": "rita@acme.example", "role": "release_manager", "until": "2026-11-26T17:00:00+00:00"}
    )
    assert (await world.body("approve:accepted"))["delegations"] == snapshot(
        [{"from": "rita@acme.example", "id": "DLG-2026-1124-001", "role": "release_manager", "until": "2026-11-26T17:00:00+00:00"}]
    )
    assert [line for line in world.shown().splitlines() if "Audrey" in line] == snapshot(
        [
            "✅ Audrey Auditor, today 11:00 (Tue 11:00 Europe/Berlin) as delegate of Rita Manager until Nov 26, 2026 18:00 (Thu 18:00 Europe/Berlin): diff read"
        ]
    )
    assert "Audrey Auditor as delegate of Rita Manager until Thu 26 Nov 18:00 Europe/Berlin approved: diff read" in world.thread()[-2]


async def test_another_decision_under_a_delegation_says_so_too(world):
    """RBAC-06: a freeze by the delegate."""
    await give(world)
    await world.freeze(who="audrey")
    assert (await world.body("freeze-declare:accepted"))["delegations"][0]["id"] == ID


async def waiting(world) -> str:
    """Audrey approved for Rita at noon a change that waits for the next window; its id."""
    await give(world)
    change = await world.asked()
    await world.wait(hours=7)
    await world.say("audrey", f"/release approve {change} diff read")
    assert (await world.change()).state is State.WAITING
    await world.news()
    return change


MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


async def test_what_was_approved_under_it_goes_out_while_it_lasts(world):
    await waiting(world)
    await world.wait(until=MORNING)
    assert (await world.change()).state is State.RUNNING


@pytest.mark.parametrize("who", ["rita", "audrey", "rob"])
async def test_what_was_approved_under_it_counts_no_more_when_it_was_ended(world, who):
    """RBAC-09: by who gave it, who has it, or another release manager."""
    change = await waiting(world)
    await world.say(who, f"/release delegate end {ID}")
    assert await world.news() == ["delegate-end:accepted", "delegation:ended"]
    await world.wait(seconds=1)
    assert (await world.change()).state is State.AWAITING
    assert "Audrey Auditor (no longer counts)" in world.shown()
    await world.wait(until=MORNING)
    assert len(world.ci.asked) == 1

    await world.say("audrey", f"/release approve {change} diff read")
    assert await world.codes() == ["not-permitted"]
    await world.say("olga", f"/release approve {change} diff read")
    assert (await world.change()).state is State.RUNNING


async def test_what_was_approved_under_it_counts_no_more_when_it_lapsed(world):
    """RBAC-06, RBAC-09: it ends before the window opens."""
    await give(world, until="2026-11-25T09:00")
    change = await world.asked()
    await world.wait(hours=7)
    await world.say("audrey", f"/release approve {change} diff read")
    assert (await world.change()).state is State.WAITING
    await world.wait(until=datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    assert (await world.change()).state is State.AWAITING
    await world.wait(until=MORNING)
    assert len(world.ci.asked) == 1


async def test_it_counts_no_more_when_who_gave_it_is_no_release_manager_any_more(world):
    """RBAC-09: the role is that of who gave it."""
    await waiting(world)
    world.people["rita"].deleted = world.people["rita-phone"].deleted = True
    await world.restart()
    await world.wait(until=MORNING)
    assert ((await world.change()).state, len(world.ci.asked)) == (State.AWAITING, 1)


async def test_who_approved_for_somebody_may_approve_anew_when_that_is_over(world):
    change = await waiting(world)
    await world.say("rita", f"/release delegate end {ID}")
    await give(world, by="rob")
    await world.news()
    await world.say("audrey", f"/release approve {change} diff read again")
    assert (await world.news())[:2] == ["approve:accepted", "change:approval"]
    assert (await world.body("change:approval"))["on_behalf"]["from"] == "rob@acme.example"


# ---------------------------------------------------------------- separation of duties


async def test_nobody_approves_their_own_request_through_a_delegate(world):
    """SOD-01; a delegate of somebody else may."""
    data = delegating()
    data["allow"]["promote"]["production"] = ["release_manager"]
    await world.on_staging()
    await world.restart(Policy.model_validate(data))
    await give(world)
    await world.say("rita", "/release promote api v1.4.0 production")
    await world.news()
    await world.press("audrey", "Approve")
    assert await world.codes() == ["own-request", "no-rationale"]
    assert "A delegate cannot decide in Rita Manager's place: Rita Manager asked for" in world.told("audrey")

    await give(world, by="rob")
    await world.approve("audrey")
    assert (await world.body("change:approval"))["on_behalf"]["from"] == "rob@acme.example"
    assert (await world.change()).state is State.RUNNING


async def test_nobody_approves_their_own_work_through_a_delegate(world):
    """SOD-02."""
    world.publish("v1.5.0", authors=frozenset({"rita"}))
    await give(world)
    await world.on_staging("v1.5.0", "sha256:" + "b2" * 32)
    await world.say("carla", "/release promote api v1.5.0 production")
    await world.press("audrey", "Approve")
    assert await world.codes() == ["own-work", "no-rationale"]


async def test_a_delegate_stays_who_they_are(world):
    """SOD-01: Carla acts for Rita, and asked for it herself."""
    await give(world, to="carla")
    await world.asked()
    await world.press("carla", "Approve")
    assert await world.codes() == ["own-request", "no-rationale"]


# ---------------------------------------------------------------- who may, what, and how long


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"by": "dev"}, "not-permitted"),
        ({"role": "cab"}, "no-policy"),
        ({"until": "2026-12-25T18:00"}, "too-long"),
        ({"until": "2026-11-24T10:00"}, "incomplete"),
        ({"since": "2026-11-26T18:00"}, "incomplete"),
    ],
)
async def test_what_cannot_be_delegated_is_refused(world, words, code):
    await give(world, **words)
    if code == "incomplete":  # the form shows what is wrong; sent as it is, it is refused
        await world.fill(words.get("by", "rita"))
    assert (await world.news(), await world.codes()) == (["delegate-to:refused"], [code])
    await world.say("rita", "/release delegate list")
    assert world.told("rita").startswith("🤝 Nobody acts for anybody")


async def test_a_delegate_passes_nothing_on(world):
    """RBAC-06: no chains."""
    await give(world)
    await give(world, by="audrey", to="dev")
    assert await world.codes() == ["not-permitted"]
    assert "a role that was delegated is not passed on" in world.told("audrey")


async def test_where_the_policy_says_nothing_nobody_delegates(database_url):
    async with World(database_url) as closed:
        await give(closed)
        assert (await closed.news(), await closed.codes()) == (["delegate-to:refused"], ["no-policy"])
        await closed.say("rita", "/release help")
        assert "delegate list" in closed.told("rita")
        assert "delegate (" not in closed.told("rita")
        await give(closed)
        assert closed.told("rita") == snapshot("""\
⛔ Refused: delegate to
The policy lets nobody delegate release_manager.
→ It can be opened by a reviewed change of the policy file only (delegation).
reason: no-policy
Nothing was started. id <id>\
""")


async def test_what_was_delegated_is_worth_nothing_once_the_policy_does_not_open_it(world):
    await give(world)
    await world.restart(Policy.model_validate(policy_data()))
    change = await world.asked()
    await world.say("audrey", f"/release approve {change} diff read")
    assert await world.codes() == ["not-permitted"]


async def test_a_release_manager_delegates_what_another_holds(world):
    await give(world, role="release_captain", to="audrey")
    await world.on_staging()
    await world.say("audrey", "/release promote api v1.4.0 production")
    assert (await world.change()).requester == "audrey@acme.example"


async def test_a_delegation_begins_at_its_start(world):
    change = await world.asked()
    await give(world, since="2026-11-24T15:00")
    await world.say("audrey", f"/release approve {change} diff read")
    assert await world.codes() == ["not-permitted"]
    await world.say("audrey", "/release delegate list")
    assert "🔜 Audrey Auditor as release_manager for Rita Manager:" in world.told("audrey")
    await world.wait(hours=4)
    await world.say("audrey", f"/release approve {change} diff read")
    assert (await world.change()).state is State.RUNNING


async def test_a_delegation_for_one_service_is_none_for_another(world):
    change = await world.asked()
    await give(world, service="web")
    await world.say("audrey", f"/release approve {change} diff read")
    assert await world.codes() == ["not-permitted"]


async def test_ending_takes_a_part_in_it(world):
    await give(world)
    await world.say("dev", f"/release delegate end {ID}")
    assert await world.codes() == ["not-permitted"]
    await world.say("audrey", f"/release delegate end {ID.lower()}")
    await world.say("rita", f"/release delegate end {ID}")
    assert await world.codes() == ["no-such-delegation"]
    await world.say("rita", "/release delegate end DLG-2026-1124-099")
    assert await world.codes() == ["no-such-delegation"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"to": "santa"}, "'santa@acme.example' is nobody in the policy file"),
        ({"role": "release_manger"}, "there is no role 'release_manger', did you mean 'release_manager'?"),
        ({"until": "soon"}, "'soon' is no moment"),
        ({"service": "apo"}, "there is no service 'apo'"),
    ],
)
async def test_a_word_that_cannot_be_is_refused(world, words, said):
    await give(world, **words)
    assert await world.news() == ["words:refused"]
    assert said in world.told("rita")


async def test_a_delegate_whom_only_their_address_names(database_url):
    """RBAC-01; somebody who has no account is refused."""
    data = copy.deepcopy(delegating())
    data["slack"]["domains"] = ["acme.example"]
    async with World(database_url, data) as world:
        await give(world, to="ghost")
        assert (await world.news(), await world.codes()) == (["delegate-to:refused"], ["no-such-person"])
        await give(world, to="nobody")
        change = await world.asked()
        await world.say("nobody", f"/release approve {change} diff read")
        assert (await world.change()).state is State.RUNNING
