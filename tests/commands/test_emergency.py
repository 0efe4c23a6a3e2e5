"""Emergencies: declared, approved by two others, used once, and past nothing but the calendar (EMG-01 … EMG-07, EMG-13 … EMG-16, EVD-20).

It is Sunday night: no window is open. Carla and Rita command incidents, Rob leads on-call, Dev is on call and wrote what is new.
"""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.incident import Incident
from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from storage import incidents
from tests.world.company import COMMIT, DIGEST
from tests.world.emergencies import ID, SUNDAY, WORDS, approved, declare, declared, urgent_policy
from tests.world.strict import DECLARED, proof, prove, strict_policy
from tests.world.world import World


@pytest.fixture
async def world(database_url):
    async with World(database_url, urgent_policy(), at=SUNDAY) as made:
        yield made


def orders(world):
    return [order.environment for order in world.ci.started]


async def decide(world, who, word="approve", reason="diff read, tests green"):
    await world.say(who, f"/release emergency {word} {ID} {reason}")


async def test_on_a_sunday_night_from_the_declaration_to_ci(world, golden):
    """EMG-01 … EMG-06, EMG-14, EMG-15: the whole way, as people see it."""
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert (await world.change()).state is State.AWAITING  # it waits for Monday
    await world.say("carla", "/release cancel CR-2026-1122-002")
    await world.news()

    await world.say("carla", "/release emergency declare api v1.4.0 production")
    golden("form-emergency", world.drawn("views.open"))
    await world.fill("carla", **WORDS)
    assert await world.news() == ["emergency-declare:accepted", "emergency:declared"]
    assert await world.body("emergency:declared") == snapshot(
        {
            "action": "",
            "approvers": [],
            "change": None,
            "classification": "emergency",
            "commit": "c0ffee0000000000000000000000000000000000",
            "criterion": "production-down",
            "declarer": "carla@acme.example",
            "digest": "sha256:a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
            "ending": None,
            "executed": None,
            "follow_ups": "alert before keys run out",
            "incident": "INC-77",
            "kind": "deployment",
            "reason": "logins fail",
            "rollback": "promote v1.3.2",
            "severity": 2,
            "told": {"on_call_lead": ["UULOVBNPZ"], "release_manager": ["U4ZZV2BEW", "UULOVBNPZ"], "security": ["UZI5FRDED"]},
            "until": "2026-11-23T02:30:00+00:00",
            "version": "v1.4.0",
            "waiting": "nobody can log in until Monday",
        }
    )
    assert world.told("carla") == snapshot("""\
🚨 EMG-2026-1122-001 is declared
It covers api v1.4.0 in production once 2 others approved it.
⚠️ No incident INC-77 is known here; it stands on record as you wrote it.\
""")
    assert world.shown(world.card("alerts")) == snapshot("""\
🚨 EMG-2026-1122-001: an emergency was declared
Production is down or severely degraded (SEV-2, INC-77)
api v1.4.0 in production, declared by Carla Captain: logins fail
All of it: /release emergency show EMG-2026-1122-001\
""")
    for who in ("rob", "rita", "audrey"):  # on-call lead, release manager, security: at once
        assert world.told(who).startswith(f"🚨 {ID}: an emergency was declared")
    golden("emergency-declared", world.drawn("chat.postMessage"))
    assert orders(world) == ["staging"]

    await world.press("rita", "Approve")
    assert "Why now: nobody can log in until Monday" in world.form("rita").as_text()
    await world.fill("rita", rationale="diff read, v1.3.2 is the way back")
    await world.say("carla", f"/release emergency promote {ID}")
    assert await world.codes() == ["not-covered", "outside-window"]
    await world.news()
    await world.press("olga", "Approve")
    await world.fill("olga", rationale="tests are green")
    assert await world.news() == ["emergency-approve:accepted", "emergency:approval", "emergency:approved"]

    await world.press("carla", "Promote it now")
    assert await world.news() == snapshot(
        [
            "emergency-promote:accepted",
            "change:requested",
            "on-call:told",
            "dispatch:ordered",
            "emergency:used",
            "obligation:owed",
            "obligation:owed",
            "obligation:owed",
            "obligation:owed",
            "obligation:owed",
            "obligation:owed",
            "dispatch:started",
        ]
    )
    assert orders(world) == ["staging", "production"]
    ordered = await world.body("dispatch:ordered")
    answers = {each["guard"]: each["why"] for each in ordered["answers"]}
    assert {name: answers[name] for name in ("authorized", "in_window", "approved", "decided", "not_frozen")} == snapshot(
        {
            "authorized": "Carla Captain is incident_commander for api in production",
            "in_window": "no window is open; EMG-2026-1122-001 overrides it",
            "approved": "EMG-2026-1122-001 covers it, approved by Rita Manager and Olga Owner",
            "decided": "EMG-2026-1122-001 goes by its own approvals",
            "not_frozen": "production is not frozen",
        }
    )
    assert ordered["emergency"] == ID
    assert (await world.body("emergency:used"))["overridden"] == ["the change window"]

    await world.ci_says(RunState.SUCCEEDED)
    assert world.shown() == snapshot("""\
🟢 api v1.4.0 → production: deployed
State
🟢 deployed
Requested by
Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
Same digest as before
✅ same as staging
Type
emergency, migration not declared
Approvals
by EMG-2026-1122-001: Rita Manager and Olga Owner
CI run
run-2 (https://ci.test/runs/run-2)
Handed to CI
today 23:30 (Sun 23:30 Europe/Berlin)
Finished
today 23:30 (Sun 23:30 Europe/Berlin)
CR-2026-1122-003 · policy <hash> · details in the thread\
""")
    assert world.shown(world.cards()[2]) == snapshot("""\
📌 Emergency: api v1.4.0 → production: used, to be followed up
State
📌 used, to be followed up
Declared by
Carla Captain, today 23:30 (Sun 23:30 Europe/Berlin)
Covers
api v1.4.0 in production, once
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
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
✅ Rita Manager, today 23:30 (Sun 23:30 Europe/Berlin): diff read, v1.3.2 is the way back
✅ Olga Owner, today 23:30 (Sun 23:30 Europe/Berlin): tests are green
Went out by it
CR-2026-1122-003 succeeded, handed to CI today 23:30 (Sun 23:30 Europe/Berlin), run run-2 (https://ci.test/runs/run-2)
Commit c0ffee000000, artifact sha256:a1a1a1a1a1a1…
Tag: not read
Pull requests: not read
Owed afterwards
⬜ OBL-2026-1122-001 Formal change record of CR-2026-1122-003: link it (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-002 Back to the normal flow: the work in v1.4.0 is on main, reviewed and tested (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-003 Reconcile what CR-2026-1122-003 went past: the change window (Carla Captain, until tomorrow 23:30 (Mon 23:30 Europe/Berlin))
⬜ OBL-2026-1122-004 Review EMG-2026-1122-001 with deployment, pull requests, commits, tag and remediation (Olga Owner, until Nov 24, 2026 00:00 (Tue 00:00 Europe/Berlin))
⬜ OBL-2026-1122-005 alert before keys run out (Carla Captain, until Nov 24, 2026 00:00 (Tue 00:00 Europe/Berlin))
⬜ OBL-2026-1122-006 Postmortem of INC-77 (SEV-2) (Olga Owner, until Nov 27, 2026 23:30 (Fri 23:30 Europe/Berlin))
[Close]
EMG-2026-1122-001 · relaxes window, freeze, incidents, lead time, soak and go/no-go, nothing else\
""")
    assert await world.verified()


async def test_what_is_declared_is_not_declared_again_before_it_is_used_or_over(world):
    """Who heard no answer asks again: one emergency is to be approved and cleared up after, not two."""
    await declared(world)
    await declare(world, "rita")
    assert await world.news() == ["emergency-declare:refused"]
    assert world.told("rita") == snapshot("""\
⛔ Refused: emergency declare api v1.4.0 production
EMG-2026-1122-001 covers api v1.4.0 in production already, and was not used yet.
→ Follow that one, or take it back: /release emergency withdraw EMG-2026-1122-001.
reason: already-requested
Nothing was started. id <id>\
""")
    await declare(world, what="api new-checkout production", kind="flag", action="off")
    assert "emergency:declared" in await world.news()  # another action there
    await world.say("carla", f"/release emergency withdraw {ID} it was nothing")
    await world.news()
    await declare(world, "rita")
    assert "emergency:declared" in await world.news()
    world.clock.at += timedelta(hours=4)  # it covers nothing any more, whether anybody recorded that or not
    await declare(world, "carla")
    assert "emergency:declared" in await world.news()


async def test_two_who_declare_the_same_at_one_moment_declare_it_once(world):
    await world.on_staging()
    await asyncio.gather(*(declare(world, who) for who in ("carla", "rita", "carla", "rita")))
    told = Counter(tag for tag in await world.tags() if "declare" in tag)
    assert told == {"emergency:declared": 1, "emergency-declare:accepted": 1, "emergency-declare:refused": 3}


async def test_who_may_declare_and_who_may_not(world):
    """RBAC-07: the policy names the roles; without it nobody does."""
    await world.on_staging()
    await declare(world, "olga")
    assert await world.codes() == ["not-permitted"]
    await declare(world, "dev")
    assert (await world.tags())[-1] == "emergency:declared"
    data = urgent_policy()
    del data["allow"]["declare-emergency"]
    await world.restart(Policy.model_validate(data))
    await declare(world)
    assert await world.codes() == ["no-policy"]


async def test_its_declarer_and_its_authors_never_approve_it(world):
    """EMG-06, CF-14, SOD-01, SOD-02."""
    await declared(world)
    for who, code in (("carla", "own-request"), ("dev", "own-work"), ("audrey", "not-permitted")):
        await decide(world, who)
        assert await world.codes() == [code]
    assert orders(world) == ["staging"]
    await decide(world, "rita")
    assert (await world.tags())[-1] == "emergency:approval"


async def test_a_second_account_is_still_the_same_person(world):
    """SOD-06: Rita approves, and Rita's phone does."""
    await declared(world)
    await decide(world, "rita")
    await decide(world, "rita-phone")
    assert await world.codes() == ["already-decided"]
    await world.say("carla", f"/release emergency promote {ID}")
    assert await world.codes() == ["not-covered", "outside-window"]
    assert orders(world) == ["staging"]


async def test_both_approvals_click_at_once(world):
    """Two clicks, two approvals, one of which makes it count; the second button changes nothing."""
    await declared(world)
    await asyncio.gather(*(world.slack.say(world.people[who], world.channels["releases"], f"/release emergency approve {ID} read")
                           for who in ("rita", "olga", "rob")))  # fmt: skip
    await world.quiet()
    tags = await world.news()
    assert sorted(tags) == snapshot(
        [
            "emergency-approve:accepted",
            "emergency-approve:accepted",
            "emergency-approve:refused",
            "emergency:approval",
            "emergency:approval",
            "emergency:approved",
        ]
    )
    await asyncio.gather(*(world.slack.press(world.people["carla"], world.card(), "Promote it now") for _ in range(2)))
    await world.quiet()
    assert orders(world) == ["staging", "production"]
    assert (await world.tags()).count("emergency:used") == 1


async def test_an_executed_emergency_covers_nothing_else(world):
    """EMG-05: it is used up by its one change, also when that failed."""
    await approved(world)
    await world.say("carla", f"/release emergency promote {ID}")
    await world.ci_says(RunState.FAILED)
    await world.news()
    await world.say("rita", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert f"{ID} was used by CR-2026-1122-002; it covers nothing else" in world.told("rita")
    await decide(world, "rob")
    assert await world.codes() == ["wrong-state"]
    await decide(world, "carla", "withdraw")
    assert await world.codes() == ["wrong-state"]
    assert orders(world) == ["staging", "production"]


async def test_it_covers_exactly_one_version_in_one_place(world):
    """EMG-05: a word makes no emergency, and its record none for another version."""
    await approved(world)
    world.publish("v1.4.1")
    await world.on_staging("v1.4.1", "sha256:" + "b2" * 32)
    await world.say("carla", "/release promote api v1.4.1 production type=emergency")
    assert "an emergency is declared by its own record" in world.told("carla")
    await world.say("carla", "/release promote api v1.4.1 production")
    assert "Window" in world.shown()
    assert orders(world) == ["staging", "staging"]


async def test_one_that_expires_between_the_two_approvals_is_over(world):
    """EMG-05: it ends by itself, and a late click says so."""
    await declared(world)
    await decide(world, "rita")
    world.clock.at += timedelta(hours=4)  # nobody has recorded the end yet
    await decide(world, "olga")
    assert await world.codes() == ["wrong-state"]
    assert f"{ID} is expired since Mon 23 Nov 03:30 Europe/Berlin." in world.told("olga")
    await world.news()
    await world.wait(minutes=1)
    assert await world.news() == ["emergency:expired"]
    assert "⚪ expired, nothing went out by it" in world.shown(world.cards()[1])
    assert world.card().as_text().startswith(f"⚪ {ID} expired unused")


async def test_one_that_expires_before_it_is_used_covers_nothing(world):
    await approved(world)
    world.clock.at += timedelta(hours=4)
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert orders(world) == ["staging"]


async def test_the_clock_jumps(world):
    """Back: what was approved later does not count yet. Forward: it is over, and stays over when the clock comes back."""
    await approved(world)
    world.clock.at -= timedelta(hours=1)
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    world.clock.at += timedelta(days=1)
    await world.house.workers.tick()
    await world.quiet()
    assert "emergency:expired" in await world.tags()
    world.clock.at -= timedelta(hours=23)
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert orders(world) == ["staging"]


async def test_what_goes_out_already_does_not_go_out_by_another_emergency(world):
    """PRM-21: one version is on its way to one place once, whatever it goes by."""
    await approved(world)
    await world.say("carla", f"/release emergency promote {ID}")
    await declare(world, what="api v1.4.0 production")  # another one, while CI works
    assert (await world.tags())[-1] == "emergency:declared"
    for who in ("rita", "olga"):
        await world.say(who, "/release emergency approve EMG-2026-1122-002 read")
    await world.say("carla", "/release emergency promote EMG-2026-1122-002")
    assert "already-requested" in await world.codes()


async def test_whoever_approved_it_does_not_carry_it_out(world):
    """SOD-01: the requester never approves."""
    await approved(world)
    await world.say("rita", f"/release emergency promote {ID}")
    assert "not-covered" in await world.codes()
    assert f"{ID} has 1 of 2 approvals that count." in world.told("rita")
    await world.say("carla", f"/release emergency promote {ID}")
    assert orders(world) == ["staging", "production"]


async def test_an_approver_who_lost_the_role_counts_no_more(world):
    """RBAC-09: judged when it goes, not when it was given."""
    await approved(world)
    data = urgent_policy()
    data["services"]["api"]["owners"] = ["rita@acme.example"]
    await world.restart(Policy.model_validate(data))
    await world.say("carla", f"/release emergency promote {ID}")
    assert "not-covered" in await world.codes()
    assert orders(world) == ["staging"]


async def test_a_freeze_is_passed_and_linked(world):
    """EMG-07, EMG-21, FRZ-10: the freeze is overridden, and what it was is on record; what never held it is not."""
    await world.freeze()
    await world.freeze(blocks="merges")
    await world.freeze(kind="quarter-end")  # of migrations, and there is none in it
    await approved(world)
    await world.say("carla", f"/release emergency promote {ID} migration=no")
    assert orders(world) == ["staging", "production"]
    assert (await world.body("emergency:used"))["overridden"] == ["the change window", "freeze FRZ-2026-1122-001"]


async def test_tests_digest_signature_and_provenance_stand(database_url):
    """EMG-07: it relaxes the calendar, and nothing else; EVD-20, EMG-13: a security gate takes an exception of exactly this emergency."""
    data = strict_policy()
    urgent = urgent_policy()
    data["allow"] |= {name: urgent["allow"][name] for name in ("declare-emergency", "approve-emergency")}
    data["roles"] |= {"incident_commander": urgent["roles"]["incident_commander"]}
    data["exceptions"] = {"waivable": ["sbom"]}
    async with World(database_url, data, at=SUNDAY) as world:
        await prove(world)
        await world.on_staging()
        world.proofs.add("api", replace(proof(DIGEST), sboms=()))
        at = world.clock.now()
        known = Incident("INC-2026-1122-001", "logins fail", 2, ("api",), at, "carla@acme.example", "Carla Captain", "pager", "INC-77", at)
        await world.house.store.write(lambda tx: incidents.add(tx, known))
        await approved(world)
        promote = f"/release emergency promote {ID} {DECLARED}"
        await world.say("carla", promote)
        assert "no-sbom" in await world.codes()

        wish = (
            '/release exception request sbom api production v1.4.0 kind=emergency owner=dev@acme.example until=2026-11-23T02:00 risk="low" '
            'controls="two people watch" containment="promote v1.3.2" evidence="INC-77" remediation="Dev attaches it" emergency={}'
        )
        await world.say("carla", wish.format("EMG-2026-1122-009"))
        assert await world.codes() == ["no-such-emergency"]
        await world.say("carla", wish.format(ID))
        await world.say("rita", "/release exception approve EXC-2026-1122-001 the scanner is down")
        assert (await world.tags())[-1] == "exception:approved"
        await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")
        assert "no-sbom" in await world.codes()  # it counts for the emergency alone
        await world.say("carla", promote)
        assert orders(world) == ["staging", "production"]
        owed = [row.partition(" (")[0] for row in world.shown(world.cards()[1]).splitlines() if "left out by" in row]
        brought = [row for row in world.shown(world.cards()[1]).splitlines() if row.startswith(("Tag", "Pull"))]
        assert brought == snapshot(
            ["Tag v1.4.0, object 7a9000000000, signed", "Pull requests #12 (https://git.test/acme/api/pull/12)"]
        )  # EMG-11, EMG-20
        assert owed == snapshot(
            ["⬜ OBL-2026-1122-004 sbom was left out by EXC-2026-1122-001: run it afterwards, attach the run to the incident"]
        )
        # EMG-12: the later run is attached to the incident
        run = "OBL-2026-1122-004"
        await world.say("carla", f"/release follow-up done {run} it was scanned")
        assert f"{run} (reconciliation) is done when what shows it can be looked up." in world.form("carla").as_text()
        await world.fill("carla", shown="https://ci.acme.example/scans/7, nothing found")
        linked = await world.house.store.read(lambda tx: incidents.bound_to(tx, known.reference))
        assert run in [one.record for one in linked]
        assert f"{run} is done by Carla Captain: https://ci.acme.example/scans/7, nothing found" in world.thread("alerts")[-1]
        await world.say("carla", promote)  # once more: what proves it was read, and only what speaks against it is told
        assert {"wrong-state", "no-sbom"} <= {*await world.codes()}
        assert "Could not read" not in world.told("carla")


async def test_what_is_not_proven_is_refused_in_an_emergency_too(world):
    """PRM-01, PRM-05, EVD-31: order, digest and registry are judged like on any day."""
    await declare(world)  # never ran in staging
    for who in ("rita", "olga"):
        await decide(world, who)
    await world.say("carla", f"/release emergency promote {ID}")
    assert "environment-skipped" in await world.codes()
    world.artifacts.away = Unread("the registry", "no answer within 5 s")
    await world.say("carla", f"/release emergency promote {ID}")
    assert "Could not read" in world.told("carla")
    assert orders(world) == []


async def test_a_version_that_moved_is_not_what_was_approved(world):
    await approved(world)
    world.publish("v1.4.0")
    await world.say("carla", f"/release emergency promote {ID}")
    assert "pointer-moved" in await world.codes()
    assert orders(world) == ["staging"]


async def test_one_that_is_not_built_yet_is_approved_when_it_is(world):
    """EMG-05: the artifact is filled in once it is known, and approvals bind to it."""
    await declare(world, what="api v1.4.1 production")
    assert "The version is not built yet" in world.told("carla")
    assert "not built yet" in world.shown()
    await decide(world, "rita")
    assert set(await world.codes()) == {"no-artifact"}
    world.publish("v1.4.1", commit=COMMIT)
    await decide(world, "rita")
    assert (await world.body("emergency:approval"))["digest"] == "sha256:" + "b2" * 32
    assert "sha256:b2b2b2b2b2b2… at c0ffee000000" in world.shown()


async def test_a_word_said_aloud_counts_when_its_speaker_confirms_it(world):
    """EMG-16."""
    await declared(world)
    await world.say("carla", f"/release emergency heard {ID} olga@acme.example on the bridge at 23:31: go ahead")
    assert await world.news() == ["emergency-heard:accepted", "emergency:heard"]
    assert "🗣️ Olga Owner said so to Carla Captain" in world.shown()
    assert "0 of 2" in world.shown()
    await decide(world, "rita")
    await world.say("carla", f"/release emergency promote {ID}")
    assert "not-covered" in await world.codes()
    await world.say("rob", f"/release emergency confirm {ID}")
    assert await world.codes() == ["wrong-state"]  # nobody heard Rob

    await world.news()
    await world.press("olga", "I said so", world.slack.private(world.people["olga"])[-1])
    assert await world.news() == ["emergency-confirm:accepted", "emergency:approval", "emergency:approved"]
    assert (await world.body("emergency:approval"))["spoken"] is True
    assert "✅ Olga Owner, confirming what was said" in world.shown()


@pytest.mark.parametrize(
    ("who", "typed", "code"),
    [
        ("carla", "carla@acme.example go", "own-request"),
        ("carla", "audrey@acme.example go", "not-permitted"),
        ("carla", "olga@acme.example", "incomplete"),
    ],
)
async def test_what_cannot_be_confirmed_is_not_written_down(world, who, typed, code):
    await declared(world)
    await world.say(who, f"/release emergency heard {ID} {typed}")
    assert (await world.news(), await world.codes()) == (["emergency-heard:refused"], [code])


async def test_it_is_withdrawn_before_it_is_used(world):
    await approved(world)
    await world.press("carla", "Withdraw")
    await world.fill("carla", rationale="a restart was enough")
    assert await world.news() == ["emergency-withdraw:accepted", "emergency:withdrawn"]
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    await world.wait(hours=5)
    assert "emergency:expired" not in await world.tags()


async def test_an_approver_rejects_it_also_when_others_approved_it(world):
    """RSK-13: one no of somebody who may approve is enough."""
    await approved(world)
    await world.say("audrey", f"/release emergency reject {ID} no")
    assert await world.codes() == ["not-permitted"]
    await world.press("rob", "Reject")
    await world.fill("rob", rationale="a restart is enough")
    assert (await world.tags())[-1] == "emergency:withdrawn"
    await world.say("carla", f"/release emergency promote {ID}")
    assert "wrong-state" in await world.codes()
    assert orders(world) == ["staging"]


async def test_an_incident_that_is_known_gives_its_severity_and_binds_the_emergency(world):
    """EMG-14, INC-04."""
    at = world.clock.now()
    known = Incident("INC-2026-1122-001", "logins fail", 1, ("api",), at, "carla@acme.example", "Carla Captain", "pager", "P-77", at)
    await world.house.store.write(lambda tx: incidents.add(tx, known))
    await world.on_staging()
    await declare(world, incident="p-77", severity="")
    body = await world.body("emergency:declared")
    assert (body["incident"], body["severity"]) == ("INC-2026-1122-001", 1)
    assert "INC-2026-1122-001 logins fail" in world.shown()
    bound = await world.house.store.read(lambda tx: incidents.bound_to(tx, known.reference))
    assert [one.record for one in bound] == [ID]
    assert "not known here" not in world.told("carla")


BAD = [
    ({"criterion": "boredom"}, "Input should be 'production-down', 'security-incident', 'data-at-risk' or 'sla-breach'"),
    ({"classification": "feature"}, "Input should be 'hotfix', 'emergency' or 'both'"),
    ({"severity": "bad"}, "there is no severity 'bad'"),
    ({"incident": "<https://evil.test|INC-1>"}, "is no incident; write one like INC-2026-1121-001"),
]


@pytest.mark.parametrize(("words", "said"), BAD)
async def test_bad_words_are_told_and_recorded(world, words, said):
    await declare(world, **words)
    assert said in world.told("carla")
    assert await world.tags() == ["words:refused"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"reason": " . "}, None),
        ({"severity": ""}, "No incident INC-77 is known here, so nothing tells how grave it is."),
    ],
)
async def test_what_lacks_is_asked_for_in_the_form(world, words, said):
    await declare(world, **words)
    if said:
        assert said in world.form("carla").as_text()
        assert await world.tags() == []
    else:
        assert (await world.tags())[-1] == "emergency:declared"


async def test_what_people_write_is_text_and_nothing_else(world):
    """SEC-09, promise 6."""
    await world.on_staging()
    await declare(world, reason="<!channel> $(rm -rf /) *now*", after="`x` <https://evil.test|a link>")
    assert "<!channel> $(rm -rf /) *now*" in world.shown()
    drawn = str(world.drawn("chat.postMessage"))
    assert "'type': 'broadcast'" not in drawn
    assert "evil.test" not in str([b for b in world.drawn("chat.postMessage") if "link" in str(b.get("type"))])


async def test_an_id_that_names_none_is_told(world):
    for typed in ("approve EMG-2026-1122-009 read", "show EMG-2026-1122-009", "promote EMG-2026-1122-009", "close EMG-2026-1122-009"):
        await world.say("rita", f"/release emergency {typed}")
        assert "There is no emergency EMG-2026-1122-009." in world.told("rita")
    await world.say("rita", "/release emergency show CR-2026-1122-001")
    assert "'CR-2026-1122-001' is no emergency; write one like EMG-2026-1121-001" in world.told("rita")


async def test_they_are_listed_shown_and_counted(world):
    """EMG-23."""
    await world.say("audrey", "/release emergency list")
    assert world.told("audrey") == "🌤️ No emergency"
    await approved(world)
    await world.say("carla", f"/release emergency promote {ID}")
    await world.wait(hours=25)
    await world.say("audrey", "/release emergency list api")
    assert world.told("audrey") == snapshot("""\
🚨 Emergencies
📌 EMG-2026-1122-001 api v1.4.0 in production: used, to be followed up
    SEV-2, INC-77, declared by Carla Captain Nov 22, 2026 23:30 (Sun 23:30 Europe/Berlin)
    6 open, 🔴 5 overdue\
""")
    await world.say("audrey", f"/release emergency show {ID}")
    assert "🔴 overdue OBL-2026-1122-001" in world.told("audrey")
    await world.say("audrey", "/release emergency report")
    assert world.told("audrey") == snapshot("""\
📊 Emergencies of the last 90 days
1 declared, 1 used, 1 of these not closed
change-record: 1 of 1 late or still overdue
backfill: 1 of 1 late or still overdue
reconciliation: 1 of 1 late or still overdue
review: 1 of 1 late or still overdue
follow-up: 1 of 1 late or still overdue
postmortem: 0 of 1 late or still overdue
1 × Production is down or severely degraded
1 × api
EMG-2026-1122-001 api v1.4.0 in production: logins fail
🔴 overdue OBL-2026-1122-001 Formal change record of CR-2026-1122-002: link it (Carla Captain, until yesterday 23:30 (Mon 23:30 Europe/Berlin))
🔴 overdue OBL-2026-1122-002 Back to the normal flow: the work in v1.4.0 is on main, reviewed and tested (Carla Captain, until yesterday 23:30 (Mon 23:30 Europe/Berlin))
🔴 overdue OBL-2026-1122-003 Reconcile what CR-2026-1122-002 went past: the change window (Carla Captain, until yesterday 23:30 (Mon 23:30 Europe/Berlin))
🔴 overdue OBL-2026-1122-004 Review EMG-2026-1122-001 with deployment, pull requests, commits, tag and remediation (Olga Owner, until today 00:00 (Tue 00:00 Europe/Berlin))
🔴 overdue OBL-2026-1122-005 alert before keys run out (Carla Captain, until today 00:00 (Tue 00:00 Europe/Berlin))\
""")
    await world.say("audrey", "/release emergency report soon")
    assert "'soon' is no number of days; write one like 90" in world.told("audrey")
