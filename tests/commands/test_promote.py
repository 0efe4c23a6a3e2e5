"""Promotion, from the words in Slack to CI and back; each refusal beside what is allowed."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from inline_snapshot import snapshot
from structlog.testing import capture_logs

from commands.core.ports.ci import RunState
from guards.lifecycle import State
from guards.policy import Policy
from guards.unread import Unread
from tests.world.company import COMMIT, DIGEST, policy_data

pytestmark = pytest.mark.both

OTHER = "sha256:" + "b2" * 32
ASK = "/release promote api v1.4.0 production"
FRIDAY = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)


async def test_a_version_goes_to_production_when_somebody_else_approves(world, golden):
    await world.on_staging()
    await world.news()

    await world.say("carla", ASK)
    assert len(world.ci.started) == 1  # staging only: one message never reaches production (CMD-11)
    assert await world.news() == ["promote:accepted", "change:requested"]
    assert world.shown() == snapshot("""\
🕐 api v1.4.0 → production: waits for approval
State
🕐 waits for approval
Requested by
Carla Captain, today 11:00 (Tue 11:00 Europe/Berlin)
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
Same digest as before
✅ same as staging
Rollback target
nothing runs there yet
Type
normal, migration not declared
Window
weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Freeze
none
Approvals
0 of 1
Evidence
⚪ Not required by policy: signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, rollback-target, release-record, release-notes, risk-label, risk-assessment, lead-time, forward-ports, verified-before, soak, evidence-items
Who may approve
Still may: Rita Manager, Rob Second, Olga Owner
[Approve] [Reject] [Cancel request]
CR-2026-1124-002 · policy <hash> · details in the thread\
""")
    golden("change-awaiting", world.drawn("chat.postMessage"))
    assert world.told("carla") == snapshot("""\
📝 Asked for api v1.4.0 → production
Its card is in the release channel: CR-2026-1124-002, awaiting-approval.\
""")

    await world.approve("rita", "diff read, alerts are quiet")
    order = world.ci.started[-1]
    assert (order.environment, order.version, order.digest, order.commit) == ("production", "v1.4.0", DIGEST, COMMIT)
    assert (order.workflow, order.repository, order.key) == ("deploy.yml", "acme/api", "CR-2026-1124-002.1")
    assert await world.news() == ["approve:accepted", "change:approval", "dispatch:ordered", "dispatch:started"]
    assert "CI is deploying" in world.card().as_text()
    golden("change-running", world.drawn("chat.update"))

    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change()).state is State.SUCCEEDED
    assert await world.news() == ["run:succeeded", "change:succeeded"]
    assert "deployed" in world.card().as_text()
    golden("change-succeeded", world.drawn("chat.update"))
    assert world.card().buttons == []
    assert any("diff read, alerts are quiet" in line for line in world.thread())
    assert await world.verified()


async def test_staging_takes_no_approval_and_goes_at_once(world):
    await world.runs_in("dev")
    await world.news()

    await world.say("dev", "/release promote api v1.4.0 staging")

    assert [o.environment for o in world.ci.started] == ["staging"]
    assert await world.news() == ["promote:accepted", "change:requested", "dispatch:ordered", "dispatch:started"]
    assert "not required by policy" in world.card().as_text()


async def test_an_environment_is_known_by_its_aliases_in_any_case(world):
    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 PRD")

    assert (await world.change()).content.environment == "production"


async def test_the_digest_that_is_named_must_be_the_one_that_was_built(world, golden):
    await world.on_staging()
    await world.news()

    await world.say("carla", f"{ASK} digest={OTHER}")
    assert await world.news() == ["promote:refused"]
    assert await world.codes() == ["digest-mismatch", "not-approved"]
    golden("refusal", world.drawn("response_url"))

    await world.say("carla", f"{ASK} digest={DIGEST}")
    assert (await world.change()).state is State.AWAITING


# ---------------------------------------------------------------- refused beside allowed


HEALED = {"not-approved", "outside-window"}
"""What people or time heal: a request in production is kept for these, so they are never why it is refused."""


async def refused(world, who: str, text: str) -> list[str]:
    """Say it, see that nothing starts and one entry is written; the reasons in it."""
    await world.news()
    asked = len(world.ci.asked)
    await world.say(who, text)
    assert len(world.ci.asked) == asked
    assert await world.news() == ["promote:refused"]
    codes = [code for code in await world.codes() if code not in HEALED]
    assert all(code in world.told(who) for code in codes)
    assert "Nothing was started." in world.told(who)
    return codes


async def allowed(world, who: str, text: str) -> None:
    await world.news()
    await world.say(who, text)
    assert (await world.news())[:2] == ["promote:accepted", "change:requested"]


async def test_only_a_role_that_the_policy_names_may_ask(world):
    await world.on_staging()

    assert await refused(world, "audrey", ASK) == ["not-permitted"]
    assert "Ask Carla Captain or Dev Author." in world.told("audrey")
    await allowed(world, "dev", ASK)


async def test_who_may_not_ask_learns_nothing_more(world):
    """The version has not run in staging, but Audrey is not told (RBAC-01)."""
    assert await refused(world, "audrey", ASK) == ["not-permitted"]
    assert await refused(world, "carla", ASK) == ["environment-skipped"]


async def test_what_the_policy_does_not_open_is_refused(world):
    """CMD-09, CMD-16."""
    await world.on_staging()
    data = policy_data()
    data["services"]["api"]["actions"] = ["read"]
    opened = world.policy

    await world.restart(Policy.model_validate(data))
    assert await refused(world, "carla", ASK) == ["no-policy"]

    await world.restart(opened)
    await allowed(world, "carla", ASK)


async def test_a_name_that_moves_is_no_version(world, subtests):
    """PRM-06."""
    await world.on_staging()

    for version in ("latest", "main", "feature/ABC-1-login", "1.4.0", "v1.4"):
        with subtests.test(version):
            assert "floating-reference" in await refused(world, "carla", f"/release promote api {version} production")
    await allowed(world, "carla", ASK)


async def test_a_pre_release_never_reaches_production_but_staging(world):
    """PRM-07, NAM-04."""
    world.publish("v1.5.0-rc.1", OTHER)
    await world.runs_in("dev", "v1.5.0-rc.1", digest=OTHER)
    await allowed(world, "dev", "/release promote api v1.5.0-rc.1 staging")
    await world.ci_says(RunState.SUCCEEDED)

    assert await refused(world, "carla", "/release promote api v1.5.0-rc.1 production") == ["pre-release"]


async def test_no_environment_is_skipped(world):
    """PRM-01."""
    await world.runs_in("dev")

    assert await refused(world, "carla", ASK) == ["environment-skipped"]
    assert "First /release promote api v1.4.0 staging." in world.told("carla")
    await allowed(world, "dev", "/release promote api v1.4.0 staging")


async def test_a_version_that_nobody_built_is_refused(world):
    assert "no-artifact" in await refused(world, "dev", "/release promote api v9.9.9 dev")
    world.publish("v9.9.9")
    await allowed(world, "dev", "/release promote api v9.9.9 dev")


async def test_a_version_that_was_moved_to_other_bits_is_refused(world):
    """PRM-04, PRM-06."""
    await world.on_staging()
    world.publish("v1.4.0", OTHER)

    assert "pointer-moved" in await refused(world, "carla", ASK)
    assert "sha256:a1a1a1a1" in world.told("carla")
    assert "sha256:b2b2b2b2" in world.told("carla")

    world.publish("v1.4.0", DIGEST)
    await allowed(world, "carla", ASK)


async def test_what_runs_there_already_is_not_asked_for_again(world):
    await world.on_staging()

    assert await refused(world, "dev", "/release promote api v1.4.0 staging") == ["already-running"]
    await allowed(world, "dev", ASK)


async def test_nobody_asks_twice_for_the_same(world):
    await world.on_staging()
    await allowed(world, "carla", ASK)

    assert await refused(world, "dev", ASK) == ["already-requested"]
    first = (await world.change()).id
    assert f"/release cancel {first}" in world.told("dev")

    await world.say("carla", f"/release cancel {first} asked by mistake")
    await allowed(world, "dev", ASK)


async def test_of_two_who_ask_for_the_same_at_one_moment_one_is_refused(world):
    """The second one is judged again, by what the first one left; it is no fault, and not tried later."""
    await world.on_staging()
    with capture_logs() as logged:
        await asyncio.gather(*(world.say(who, ASK) for who in ("carla", "rita", "carla", "rita")))
    told = Counter(tag for tag in await world.tags() if tag.startswith("promote:"))
    assert (told["promote:accepted"] - 1, told["promote:refused"]) == (1, 3)  # one brought it to staging
    assert [entry for entry in logged if entry["event"] == "delivery failed"] == []


async def test_one_change_at_a_time_works_on_a_place(world):
    """PRM-21."""
    world.publish("v1.5.0", OTHER)
    await world.on_staging("v1.5.0", OTHER)
    await world.running()

    assert await refused(world, "carla", "/release promote api v1.5.0 production") == ["in-flight"]
    await world.ci_says(RunState.SUCCEEDED)
    await allowed(world, "carla", "/release promote api v1.5.0 production")


async def test_a_frozen_place_stands_still(world):
    """FRZ-03."""
    await world.on_staging()
    await world.freeze()

    assert await refused(world, "carla", ASK) == ["frozen"]
    assert "Next allowed: tomorrow 10:00 (Wed 10:00 Europe/Berlin)" in world.told("carla")

    await world.say("rita", "/release freeze lift FRZ-2026-1124-001 all are back")
    await allowed(world, "carla", ASK)


async def test_every_reason_is_told_at_once(world):
    """CMD-13."""
    await world.freeze()

    assert await refused(world, "carla", "/release promote api latest production") == snapshot(
        ["floating-reference", "environment-skipped", "no-artifact", "frozen"]
    )
    assert world.told("carla") == snapshot("""\
⛔ Refused: promote api latest production
production is frozen until Wed 25 Nov 10:00 Europe/Berlin by Rita Manager (FRZ-2026-1124-001, holiday): holidays
→ Wait until it lifts, or ask for it to be lifted: whoever may lift it is in /release freeze list. Next allowed: tomorrow 10:00 (Wed 10:00 Europe/Berlin)
reason: frozen
'latest' is no version; branches, latest and other names that move are not promoted.
→ Name a release like v1.4.0.
reason: floating-reference
api latest has not run in staging; the way is dev → staging → production.
→ First /release promote api latest staging.
reason: environment-skipped
There is no artifact of api latest.
→ Check the version; if it is right, have CI build and publish it once.
reason: no-artifact
Once that is mended, it would still wait:
api latest in production has 0 of 1 approvals.
Nothing was started. id <id>\
""")


# ---------------------------------------------------------------- what cannot be read


async def test_a_registry_that_does_not_answer_is_never_a_yes(world):
    """EVD-31."""
    await world.on_staging()
    await world.news()
    world.artifacts.away = Unread("the build index", "no answer within 5 s")

    await world.say("carla", ASK)
    assert await world.news() == ["promote:unsure"]
    assert world.told("carla") == snapshot("""\
⚠️ Cannot verify: promote api v1.4.0 production
Could not read the build index: no answer within 5 s.
→ Nothing was started. Try again in a minute; if it stays, ask whoever runs it.
Nothing was started. id <id>\
""")

    world.artifacts.away = None
    await allowed(world, "carla", ASK)


async def test_a_group_that_slack_does_not_tell_grants_nothing_and_says_so(world):
    """Rob holds release_manager by a Slack group only."""
    data = policy_data()
    data["allow"]["promote"]["production"] = ["release_manager"]
    await world.restart(Policy.model_validate(data))
    await world.on_staging()
    await world.news()

    await world.restart()  # nothing is cached any more
    world.slack.faults.fail("usergroups.users.list", "internal_error")
    await world.say("rob", ASK)
    assert await world.news() == ["promote:unsure"]
    assert "Cannot verify" in world.told("rob")
    assert "the Slack groups that hold release_manager" in world.told("rob")

    await allowed(world, "rob", ASK)


async def test_an_account_that_slack_does_not_tell_is_nobody_yet(world):
    await world.runs_in("dev")
    await world.news()
    await world.restart()
    world.slack.faults.fail("users.info", "internal_error")

    await world.say("dev", "/release promote api v1.4.0 staging")
    assert await world.news() == ["stranger:unsure"]
    assert world.ci.asked == []
    assert "Cannot verify" in world.told("dev")

    await allowed(world, "dev", "/release promote api v1.4.0 staging")


# ---------------------------------------------------------------- strangers


@pytest.mark.parametrize(
    ("who", "facts", "why"),
    [
        ("guest", {}, "A guest cannot use releases here."),
        ("nobody", {}, "belongs to nobody in the policy file."),
        ("dev", {"deleted": True}, "A deactivated account cannot use releases here."),
        ("dev", {"bot": True}, "A bot or workflow cannot use releases here."),
        ("dev", {"external": True}, "Somebody from another workspace cannot use releases here."),
    ],
)
async def test_a_stranger_learns_only_that(world, who, facts, why):
    """RBAC-01, SOD-14."""
    await world.runs_in("dev")
    await world.news()
    for name, value in facts.items():
        setattr(world.people[who], name, value)
    await world.restart()

    await world.say(who, "/release promote api v1.4.0 staging")
    assert await world.news() == ["stranger:refused"]
    assert await world.codes() == ["stranger"]
    assert world.ci.asked == []
    assert why in world.told(who)
    assert "api" not in world.told(who)

    await world.say("carla", "/release promote api v1.4.0 staging")
    assert len(world.ci.asked) == 1


async def test_the_same_command_delivered_again_asks_once(world):
    """PRM-20, OPS-07."""
    await world.runs_in("dev")
    exchange = await world.say("dev", "/release promote api v1.4.0 staging")
    await world.news()

    assert (await world.slack.redeliver(exchange)).status == 200
    await world.quiet()
    assert (await world.news(), len(world.ci.asked), len(world.cards())) == ([], 1, 1)


# ---------------------------------------------------------------- forms


async def test_missing_words_open_the_form_with_the_others_filled_in(world, golden):
    await world.on_staging()
    await world.news()
    await world.say("carla", f"/release promote api digest={DIGEST}")

    assert world.form("carla").values == {"service": "api", "version": None, "environment": None, "migration": None}
    golden("form-promote", world.drawn("views.open"))
    assert await world.news() == []

    await world.fill("carla", version="v1.4.0", environment="production")
    assert await world.news() == ["promote:accepted", "change:requested"]
    assert (await world.change()).state is State.AWAITING
    assert world.form("carla") is None


async def test_the_bare_command_opens_the_form_and_what_it_sends_is_judged(world):
    await world.say("audrey", "/release")
    assert world.form("audrey").title == "Promote a version"

    await world.fill("audrey", service="api", version="v1.4.0", environment="staging")
    assert await world.news() == ["promote:refused"]
    assert await world.codes() == ["not-permitted"]
    assert "audrey" not in world.told("carla")
    assert "Refused" in world.told("audrey")

    await world.runs_in("dev")
    await world.say("dev", "/release")
    await world.fill("dev", service="api", version="v1.4.0", environment="staging")
    assert len(world.ci.started) == 1


# ---------------------------------------------------------------- time


async def asked_on_friday(world) -> None:
    """Approved on a Friday, when production is closed (WIN-03)."""
    await world.on_staging()
    await world.wait(until=FRIDAY)
    await world.say("carla", ASK)
    assert (await world.change()).state is State.AWAITING
    assert "closed; next allowed Nov 30, 2026 10:00 (Mon 10:00 Europe/Berlin)" in world.shown()


async def monday_morning(world) -> None:
    await world.wait(until=datetime(2026, 11, 30, 9, 0, tzinfo=UTC))


LONG = {"production": {"count": 1, "lifetime": "7d"}}


async def approved_on_friday(world) -> None:
    """The approval lasts until the window that follows has ended."""
    await world.restart(Policy.model_validate(policy_data(approvals=LONG)))
    await asked_on_friday(world)
    await world.approve("rita")
    await world.news()
    assert len(world.ci.started) == 1
    assert (await world.change()).state is State.WAITING


async def test_outside_its_window_a_change_is_kept_and_goes_when_it_opens(world, golden):
    """WIN-09: an approval that lands after the window closed waits for the next one."""
    await approved_on_friday(world)
    assert world.shown() == snapshot("""\
⏳ api v1.4.0 → production: approved, waits
State
⏳ approved, waits
Requested by
Carla Captain, today 11:00 (Fri 11:00 Europe/Berlin)
Artifact
sha256:a1a1a1a1a1a1… at c0ffee000000
Same digest as before
✅ same as staging
Rollback target
nothing runs there yet
Type
normal, migration not declared
Window
closed; next allowed Nov 30, 2026 10:00 (Mon 10:00 Europe/Berlin)
Freeze
none
Approvals
1 of 1
Why
No change window of api in production is open now (Fri 27 Nov 11:00 Europe/Berlin).
Evidence
⚪ Not required by policy: signed-tag, checks, pull-requests, tickets, reviews, code-owners, specialist-reviews, branch-protection, sbom, provenance, signature, rollback-target, release-record, release-notes, risk-label, risk-assessment, lead-time, forward-ports, verified-before, soak, evidence-items
Who may approve
Still may: Rob Second, Olga Owner
Decisions
✅ Rita Manager, today 11:00 (Fri 11:00 Europe/Berlin): tests and diff read
[Reject] [Withdraw my approval] [Cancel request]
CR-2026-1127-001 · policy <hash> · details in the thread\
""")
    golden("change-waiting", world.drawn("chat.update"))

    await world.wait(until=datetime(2026, 11, 30, 8, 59, tzinfo=UTC))
    assert len(world.ci.started) == 1
    await monday_morning(world)
    assert world.ci.started[-1].environment == "production"
    assert (await world.change()).state is State.RUNNING


async def test_a_freeze_that_was_declared_meanwhile_holds_it_until_it_is_lifted(world):
    await approved_on_friday(world)
    await world.freeze(until="2026-11-30T12:00")

    await monday_morning(world)
    assert len(world.ci.started) == 1
    change = await world.change()
    assert (change.state, "is frozen until Mon 30 Nov 12:00" in change.why) == (State.WAITING, True)
    assert "🧊 FRZ-2026-1127-001: holidays" in world.card().as_text()

    await world.say("rita", "/release freeze lift FRZ-2026-1127-001 all are back")
    await world.wait(seconds=1)
    assert world.ci.started[-1].environment == "production"


async def test_a_policy_file_that_moved_takes_people_again(world, golden):
    """POL-01, RSK-12: approvals are bound to the policy that was shown."""
    await approved_on_friday(world)
    stale = world.card()
    await world.restart(Policy.model_validate(policy_data(approvals=LONG, zone="UTC")))
    await world.wait(seconds=1)

    change = await world.change()
    assert change.state is State.AWAITING
    assert await world.news() == ["change:rebound", "change:needs-approval"]
    assert "The policy file moved, so earlier approvals are void." in world.card().as_text()
    assert world.card().ts == stale.ts
    golden("change-rebound", world.drawn("chat.update"))

    await monday_morning(world)
    assert len(world.ci.started) == 1
    await world.approve("rita", "read again under the new policy")
    assert world.ci.started[-1].environment == "production"


async def test_an_approver_who_lost_the_role_does_not_count(world):
    """RBAC-09."""
    await world.restart(Policy.model_validate(policy_data(approvals=LONG)))
    await asked_on_friday(world)
    await world.approve("olga")
    assert (await world.change()).state is State.WAITING
    world.people["olga"].deleted = True
    await world.restart()  # nobody is cached any more

    await monday_morning(world)
    assert len(world.ci.started) == 1
    assert (await world.change()).state is State.AWAITING
    assert "0 of 1" in world.card().as_text()

    await world.approve("rita")
    assert world.ci.started[-1].environment == "production"


async def test_a_requester_who_left_takes_the_change_along(world, golden):
    await approved_on_friday(world)
    world.people["carla"].deleted = True
    await world.restart()

    await monday_morning(world)
    assert len(world.ci.started) == 1
    assert (await world.change()).state is State.REFUSED
    assert (await world.news())[-1] == "dispatch:refused"
    assert await world.codes() == ["stranger"]
    assert "A deactivated account cannot use releases here." in world.card().as_text()
    golden("change-refused", world.drawn("chat.update"))


async def test_a_digest_that_moved_after_approval_never_goes_out(world):
    """RSK-12, PRM-04: the card names the reason that nothing heals."""
    await approved_on_friday(world)
    world.publish("v1.4.0", OTHER)

    await monday_morning(world)
    change = await world.change()
    assert len(world.ci.started) == 1
    assert change.state is State.REFUSED
    assert "now it is sha256:b2b2b2b2b2b2" in change.why


async def test_facts_that_cannot_be_read_at_dispatch_are_read_again(world):
    await approved_on_friday(world)
    world.artifacts.away = Unread("the build index", "no answer within 5 s")

    await monday_morning(world)
    change = await world.change()
    assert (change.state, len(world.ci.started)) == (State.WAITING, 1)
    assert "could not read the build index" in change.why

    world.artifacts.away = None
    await world.wait(seconds=30)
    assert world.ci.started[-1].environment == "production"


async def test_a_request_that_nobody_brings_to_an_end_expires(world, golden):
    await world.asked()

    await world.wait(days=7)
    assert (await world.change()).state is State.EXPIRED
    assert await world.news() == ["change:expired"]
    assert world.card().buttons == []
    golden("change-expired", world.drawn("chat.update"))

    await world.say("carla", ASK)
    assert (await world.change()).state is State.AWAITING
