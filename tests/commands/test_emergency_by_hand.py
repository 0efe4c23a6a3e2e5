"""Settings, flags and deprecations take the same record as a deployment past its window, and people carry them out (EMG-22, EMG-24, WIN-05, WIN-06)."""

import pytest
from inline_snapshot import snapshot

from guards.incident import Incident
from guards.obligation import Owed
from storage import incidents, obligations
from tests.world.emergencies import ID, SUNDAY, declare, urgent_policy
from tests.world.world import World

FLAG = {"what": "api new-checkout production", "kind": "flag", "action": "off for all"}
LINK = "off since 23:41, https://flags.acme.example/new-checkout/12"


@pytest.fixture
async def world(database_url):
    async with World(database_url, urgent_policy(), at=SUNDAY) as made:
        yield made


async def approved(world, **words):
    await declare(world, **{**FLAG, **words})
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} looked at the dashboard")
    assert "emergency:approved" in await world.tags()
    await world.news()


async def executed(world, who="carla", shown=LINK):
    await world.say(who, f"/release emergency executed {ID} {shown}")
    return await world.news()


async def owed(world):
    return {one.kind: one.text for one in await world.house.store.read(lambda tx: obligations.about(tx, ID))}


async def test_a_flag_at_night_from_the_declaration_to_what_is_owed(world):
    await world.freeze(blocks="flags")
    await world.freeze()  # of deployments: a flag is none
    await approved(world)
    assert "[It is carried out]" in world.shown(world.cards()[-1])
    assert "emergency:used" in await executed(world)
    assert world.ci.started == []
    body = await world.body("emergency:used")
    assert {name: body[name] for name in ("kind", "version", "action", "overridden", "window", "executed")} == snapshot(
        {
            "kind": "flag",
            "version": "new-checkout",
            "action": "off for all",
            "overridden": ["the change window", "freeze FRZ-2026-1122-001"],
            "window": None,
            "executed": {
                "at": "2026-11-22T22:30:00+00:00",
                "by": "carla@acme.example",
                "by_name": "Carla Captain",
                "reference": "off since 23:41, https://flags.acme.example/new-checkout/12",
            },
        }
    )
    assert await owed(world) == snapshot(
        {
            Owed.CHANGE_RECORD: "Formal change record of the flag new-checkout of api in production: link it",
            Owed.BACKFILL: "Back to the normal flow: the flag new-checkout of api in production is as before, or reviewed",
            Owed.RECONCILIATION: "Reconcile what the flag new-checkout of api in production went past: the change window, freeze FRZ-2026-1122-001",
            Owed.REVIEW: "Review EMG-2026-1122-001 with what was changed, by whom, what followed and remediation",
            Owed.FOLLOW_UP: "alert before keys run out",
            Owed.POSTMORTEM: "Postmortem of INC-77 (SEV-2)",
        }
    )
    await world.say("audrey", f"/release emergency show {ID}")
    assert world.told("audrey").partition("Went")[0] == snapshot("""\
📌 Emergency: the flag new-checkout of api in production: used, to be followed up
State
📌 used, to be followed up
Declared by
Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)
Covers
the flag new-checkout of api in production, once
What is changed
off for all
Covers until
tomorrow 03:30 (Mon 03:30 Europe/Berlin)
Criterion
Production is down or severely degraded
Type
emergency, SEV-2
Incident
INC-77, not known here
Approvals
2 of 2
What is wrong, and what the change does
logins fail
Why it cannot wait
nobody can log in until Monday
Rollback
promote v1.3.2
Afterwards
alert before keys run out
Decisions
✅ Rita Manager, today 23:30 (Sun 23:30 Europe/Berlin): looked at the dashboard
✅ Olga Owner, today 23:30 (Sun 23:30 Europe/Berlin): looked at the dashboard
Carried out
Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin): off since 23:41, https://flags.acme.example/new-checkout/12
Owed afterwards
⬜ OBL-2026-1122-001 Formal change record of the flag new-checkout of api in production: link it (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-002 Back to the normal flow: the flag new-checkout of api in production is as before, or reviewed (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-003 Reconcile what the flag new-checkout of api in production went past: the change window, freeze FRZ-2026-1122-001 (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-004 Review EMG-2026-1122-001 with what was changed, by whom, what followed and remediation (Olga Owner, until Nov 24, 2026 00:00 (Tue 00:00 Europe/Berlin))
⬜ OBL-2026-1122-005 alert before keys run out (Carla Captain, until Nov 24, 2026 00:00 (Tue 00:00 Europe/Berlin))
⬜ OBL-2026-1122-006 Postmortem of INC-77 (SEV-2) (Olga Owner, until Nov 27, 2026 23:30 (Fri 23:30 Europe/Berlin))
EMG-2026-1122-001 · relaxes window, freeze, incidents, lead time, soak and go/no-go, nothing else\
""")

    await world.say("audrey", "/release window report")
    assert world.told("audrey") == snapshot("""\
🪟 How production kept to its windows: 0 %
Period
Oct 24, 2026 00:30 (Sat 00:30 Europe/Berlin) to today 23:30 (Sun 23:30 Europe/Berlin)
In a window
0 of 1 (0 %)
Outside
1
Not known
0
Outside a window
today 23:30 (Sun 23:30 Europe/Berlin) api flag new-checkout in production: EMG-2026-1122-001\
""")
    await world.say("audrey", "/release emergency report")
    assert "1 × flag" in world.told("audrey")


async def test_responders_are_told_which_flags_were_changed(world):
    """INC-03: those of their services, up to the moment in question."""
    at = world.clock.now()
    for number, services in ((1, ("api",)), (2, ("web",))):
        one = Incident(
            f"INC-2026-1122-00{number}",
            "orders are lost",
            2,
            services,
            at,
            "carla@acme.example",
            "Carla Captain",
            "pager",
            f"P-{number}",
            at,
        )
        await world.house.store.write(lambda tx, one=one: incidents.add(tx, one))
    await approved(world)
    await executed(world)
    said = f"{ID} the flag new-checkout of api in production: off for all; Carla Captain, today 23:30"
    await world.say("audrey", "/release incident context INC-2026-1122-001")
    assert said in world.told("audrey")
    await world.say("audrey", "/release incident context INC-2026-1122-002")
    assert said not in world.told("audrey")
    assert "Others are not known here: the bot changes none." in world.told("audrey")


async def test_it_is_used_once_by_one_who_did_not_approve_it_with_where_it_is_found(world):
    await declare(world, **FLAG)
    await world.news()
    await executed(world)
    assert await world.codes() == ["not-covered"]
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} looked at the dashboard")
    await executed(world, "rita")
    assert await world.codes() == ["not-covered"]
    await executed(world, shown="done")
    assert "Nothing says where it is found." in world.form("carla").as_text()
    await world.fill("carla", shown=LINK)
    assert (await world.tags()).count("emergency:used") == 1
    await executed(world)
    assert await world.codes() == ["wrong-state"]
    assert f"{ID} was used by Carla Captain; it covers nothing else" in world.told("carla")


async def test_a_version_never_goes_by_it(world):
    """EMG-05: also where the flag is called like a version."""
    await world.on_staging()
    await approved(world, what="api v1.4.0 production")
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert [order.environment for order in world.ci.started] == ["staging"]


async def test_a_deployment_is_carried_out_by_ci_alone(world):
    await world.on_staging()
    await declare(world)
    for who in ("rita", "olga"):
        await world.say(who, f"/release emergency approve {ID} diff read")
    await executed(world)
    assert await world.codes() == ["wrong-state"]
    assert "emergency:used" not in await world.tags()


async def test_a_shorter_deprecation_is_told_to_those_who_use_the_api_and_reviewed(world):
    """EMG-24."""
    await approved(world, what="api v1-orders production", kind="api-deprecation", action="ends on 1 December, not in May")
    await executed(world, shown="announced in CHG0031234")
    found = await owed(world)
    assert found[Owed.NOTIFICATION] == "Tell all who use v1-orders of api: ends on 1 December, not in May"
    assert {Owed.REVIEW, Owed.CHANGE_RECORD} <= found.keys()
    assert Owed.RECONCILIATION not in found


async def test_it_says_what_is_changed_and_is_no_hotfix(world):
    await declare(world, **{**FLAG, "action": ""})
    assert "The emergency lacks its account of what is changed." in world.form("carla").as_text()
    await declare(world, **FLAG, classification="hotfix")
    assert "A hotfix is a version; what is no deployment is none." in world.form("carla").as_text()
    assert "emergency:declared" not in await world.tags()
