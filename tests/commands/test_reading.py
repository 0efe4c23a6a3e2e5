"""What reads and moves nothing: status, explain, window, whoami, help; and words that are no command."""

from datetime import UTC, datetime

import pytest
from inline_snapshot import snapshot

from commands.core.ports.ci import RunState
from guards.authorization import held_roles
from guards.lifecycle import State
from guards.policy import Policy
from tests.world.company import policy_data
from tests.world.world import World


async def test_status_tells_what_runs_where_and_what_is_open(world):
    await world.asked()
    await world.freeze()
    await world.say("audrey", "/release status")

    assert world.told("audrey") == snapshot("""\
📋 Status of all services
api
dev: v1.4.0 sha256:a1a1a1a1a1a1… since today 11:00 (Tue 11:00 Europe/Berlin)
staging: v1.4.0 sha256:a1a1a1a1a1a1… since today 11:00 (Tue 11:00 Europe/Berlin)
production: nothing recorded yet
web
dev: nothing recorded yet
staging: nothing recorded yet
production: nothing recorded yet
Open changes
🕐 CR-2026-1124-002 api v1.4.0 → production: waits for approval, asked by Carla Captain
Freezes
🧊 FRZ-2026-1124-001 production: holidays\
""")
    assert (await world.news())[-1] == "status:accepted"


async def test_status_of_one_service_leaves_the_others_out(world):
    change = await world.running()
    await world.say("audrey", "/release status api")
    assert change in world.told("audrey")
    assert "web" not in world.told("audrey")

    await world.say("audrey", "/release status web")
    assert change not in world.told("audrey")
    assert "🚚" not in world.told("audrey")


async def test_explain_says_what_each_guard_would_answer_and_starts_nothing(world):
    await world.on_staging()
    asked, changes = len(world.ci.asked), await world.change()
    await world.say("carla", "/release explain promote api v1.4.0 production")

    assert world.told("carla") == snapshot("""\
⏳ Would be kept and wait: promote
If Carla Captain asked now
✅ authorized: Carla Captain is developer, release_captain for api in production
✅ separated: asking is open to authors
✅ pinned: v1.4.0 is a fixed version
✅ in_order: v1.4.0 ran in staging
✅ same_artifact: v1.4.0 is sha256:a1a1a1a1a1a1…, as in staging
✅ hotfixed: v1.4.0 is no hotfix
✅ catalogued: it is a normal change
✅ asked_once: v1.4.0 is asked for once
✅ alone: nothing else works on api in production
✅ not_frozen: production is not frozen
✅ no_incident: no incident holds production
✅ in_window: window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin
✅ decided: api rides no train: its approval is the decision
✅ in_its_slot: no run waits for its window with it
⛔ approved: api v1.4.0 in production has 0 of 1 approvals. → Ask Rita Manager or Rob Second or Olga Owner to approve.
✅ in_its_set: no manifest brings it
⚪ Not required by policy: tagged, checked, pulled, ticketed, reviewed, owned, specialised, protected, listed, proven, signed, revertible, recorded, noted, labelled, assessed, announced, forward_ported, verified_before, soaked, itemized
Nothing was started. promote api v1.4.0 production\
""")
    assert (len(world.ci.asked), await world.change()) == (asked, changes)


async def test_explain_of_an_approval_shows_the_change_as_it_stands(world):
    change = await world.asked()
    await world.say("carla", f"/release explain approve {change} looks good")
    assert "⛔ authorized: Carla Captain holds" in world.told("carla")
    assert (await world.change()).state is State.AWAITING

    await world.say("rita", f"/release explain approve {change} looks good")
    assert world.told("rita") == snapshot("""\
✅ Would go: approve
CR-2026-1124-002
api v1.4.0 → production, asked by Carla Captain
Artifact sha256:a1a1a1a1a1a1… at c0ffee000000; ✅ same as staging
Rollback target: nothing runs there yet
Window: weekdays, open until today 16:00 (Tue 16:00 Europe/Berlin)
Freeze: none
Approvals: 0 of 1
If Rita Manager asked now
✅ authorized: Rita Manager is release_manager for api in production
✅ undecided: CR-2026-1124-002 is awaiting-approval
✅ separated: Rita Manager neither asked for this nor wrote it
✅ as_seen: decided on what is true now
✅ undecided_by_asker: no decision of theirs stands
✅ same_artifact: v1.4.0 is sha256:a1a1a1a1a1a1…, as in staging
✅ hotfixed: v1.4.0 is no hotfix
✅ catalogued: it is a normal change
✅ in_order: v1.4.0 ran in staging
✅ manifested: it is no entry of a set
✅ integrated: it is no entry of a set
✅ alone: nothing else works on api in production
✅ not_frozen: production is not frozen
✅ no_incident: no incident holds production
✅ in_window: window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin
✅ reasoned: a reason was given
⚪ Not required by policy: tagged, checked, pulled, ticketed, reviewed, owned, specialised, protected, listed, proven, signed, revertible, recorded, noted, labelled, assessed, announced, forward_ported, verified_before, soaked, itemized, referring
If it were dispatched now
✅ authorized: Carla Captain is developer, release_captain for api in production
✅ pinned: v1.4.0 is a fixed version
✅ in_order: v1.4.0 ran in staging
✅ same_artifact: v1.4.0 is sha256:a1a1a1a1a1a1…, as in staging
✅ hotfixed: v1.4.0 is no hotfix
✅ manifested: it is no entry of a set
✅ integrated: it is no entry of a set
✅ catalogued: it is a normal change
✅ asked_once: v1.4.0 is asked for once
✅ alone: nothing else works on api in production
✅ not_frozen: production is not frozen
✅ no_incident: no incident holds production
✅ in_window: window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin
✅ decided: api rides no train: its approval is the decision
✅ in_its_slot: no run waits for its window with it
⛔ approved: CR-2026-1124-002 has 0 of 1 approvals. → Ask Rita Manager or Rob Second or Olga Owner to approve.
✅ in_its_set: no manifest brings it
✅ in_turn: it is no entry of a set
⚪ Not required by policy: tagged, checked, pulled, ticketed, reviewed, owned, specialised, protected, listed, proven, signed, revertible, recorded, noted, labelled, assessed, announced, forward_ported, verified_before, soaked, itemized
Nothing was started. approve CR-2026-1124-002 looks good\
""")
    assert (await world.change()).state is State.AWAITING


UNREADABLE = [
    ("deploy api", "There is no command 'deploy'."),
    ("promote api", "It lacks version and environment."),
    ("promote api v1 mars", "there is no environment 'mars'"),
    ("freeze", "`freeze` takes one more word"),
    ("explain explain help", "explain"),
]


async def test_explain_says_what_it_cannot_read(world, subtests):
    for words, said in UNREADABLE:
        with subtests.test(words):
            await world.say("carla", f"/release explain {words}")
            assert said in world.told("carla")


async def test_windows_are_listed_as_the_policy_has_them(world):
    await world.say("audrey", "/release window list")
    assert world.told("audrey") == snapshot("""\
🗓️ Change windows
weekdays: Mon, Tue, Wed, Thu 10:00 to 16:00 Europe/Berlin, all services in production
Closed on Fri.\
""")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_the_windows_leave_out_is_counted(database_url):
    data = policy_data()
    data["services"] |= {f"part-{n}": {**data["services"]["web"], "repository": f"acme/part-{n}"} for n in range(20)}
    async with World(database_url, data) as world:
        await world.say("audrey", "/release window")
        assert "2 more services are left out. /release window <service> shows each." in world.told("audrey")
        assert "part-17 in production" in world.told("audrey")
        await world.say("audrey", "/release window part-19")
        assert "left out" not in world.told("audrey")


async def test_the_windows_of_today_and_of_this_week(world):
    """WIN-16."""
    await world.say("audrey", "/release window api production")
    assert world.told("audrey") == snapshot("""\
🗓️ When may it go?
api in production
Now: open
Today: weekdays today 10:00 (Tue 10:00 Europe/Berlin) to today 16:00 (Tue 16:00 Europe/Berlin)
Wed 25 Nov: weekdays tomorrow 10:00 (Wed 10:00 Europe/Berlin) to tomorrow 16:00 (Wed 16:00 Europe/Berlin)
Thu 26 Nov: weekdays Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin) to Nov 26, 2026 16:00 (Thu 16:00 Europe/Berlin)
Fri 27 Nov: closed, as every Friday
Sat 28 Nov: closed
Sun 29 Nov: closed
Mon 30 Nov: weekdays Nov 30, 2026 10:00 (Mon 10:00 Europe/Berlin) to Nov 30, 2026 16:00 (Mon 16:00 Europe/Berlin)\
""")

    await world.freeze(until="2026-11-25T12:30")
    await world.say("audrey", "/release window api prod")
    assert world.told("audrey") == snapshot("""\
🗓️ When may it go?
api in production
Now: closed; next allowed tomorrow 12:30 (Wed 12:30 Europe/Berlin)
Today: weekdays today 10:00 (Tue 10:00 Europe/Berlin) to today 16:00 (Tue 16:00 Europe/Berlin)
Wed 25 Nov: weekdays tomorrow 10:00 (Wed 10:00 Europe/Berlin) to tomorrow 16:00 (Wed 16:00 Europe/Berlin)
Thu 26 Nov: weekdays Nov 26, 2026 10:00 (Thu 10:00 Europe/Berlin) to Nov 26, 2026 16:00 (Thu 16:00 Europe/Berlin)
Fri 27 Nov: closed, as every Friday
Sat 28 Nov: closed
Sun 29 Nov: closed
Mon 30 Nov: weekdays Nov 30, 2026 10:00 (Mon 10:00 Europe/Berlin) to Nov 30, 2026 16:00 (Mon 16:00 Europe/Berlin)
🧊 FRZ-2026-1124-001 (holiday) today 11:00 (Tue 11:00 Europe/Berlin) to tomorrow 12:30 (Wed 12:30 Europe/Berlin)\
""")

    await world.say("audrey", "/release window web staging")
    assert world.told("audrey") == snapshot("""\
🗓️ When may it go?
web in staging
Now: open
It has no windows: it is open at all times.\
""")


async def test_services_that_open_alike_are_told_together(world):
    data = policy_data()
    data["services"]["web"]["zone"] = "America/New_York"
    data["services"]["shop"] = data["services"]["api"]
    await world.restart(Policy.model_validate(data))
    await world.say("audrey", "/release window")
    headings = [line for line in world.told("audrey").splitlines() if " in production" in line]
    assert headings == ["api in production, shop in production", "web in production"]


async def test_when_may_i_is_told_of_ones_own_changes(world):
    change = await world.asked()
    await world.say("carla", "/release window")
    assert f"🕐 {change} api v1.4.0 → production: waits for approval; it may go now" in world.told("carla")

    await world.freeze(until="2026-11-26T12:30")
    await world.say("carla", "/release window")
    assert f"{change} api v1.4.0 → production: waits for approval; next allowed Nov 26, 2026 12:30" in world.told("carla")
    await world.say("rita", "/release window")
    assert change not in world.told("rita")


async def test_where_no_window_is_left_none_is_promised(world):
    await world.restart(Policy.model_validate(policy_data(windows={})))
    await world.say("audrey", "/release window")
    assert "Now: closed; no time in sight" in world.told("audrey")


async def test_one_sees_who_one_is_and_what_one_may(world):
    await world.say("rita", "/release whoami")
    assert world.told("rita") == snapshot("""\
👤 Rita Manager
Identity: rita@acme.example, GitHub: rita, Slack: U4ZZV2BEW, UUH6ZGSYD
api dev: release_manager; may read
api staging: release_manager; may approve, approve-exception
api production: release_manager; may approve, cancel, freeze, lift, record, approve-exception, train, call-decision, decide
web dev: release_manager; may read
web staging: release_manager; may approve, approve-exception
web production: release_manager; may approve, cancel, freeze, lift, record, approve-exception, train, call-decision, decide\
""")

    await world.say("rob", "/release whoami")
    assert "api production: release_manager; may approve, cancel, freeze, lift, record, approve-exception" in world.told("rob")
    await world.restart()
    world.slack.faults.fail("usergroups.users.list", "internal_error")
    await world.say("rob", "/release whoami")
    assert "api production: no role (could not read: release_manager); may read" in world.told("rob")


async def test_help_looks_at_each_place_once_however_many_commands_there_are(world, monkeypatch):
    """It did so for each command, in the transaction that all others wait for."""
    seen = []

    def looked(person, service, environment, facts):
        seen.append((service, environment))
        return held_roles(person, service, environment, facts)

    monkeypatch.setattr("commands.help.held_roles", looked)
    await world.say("carla", "/release help")
    policy = world.house.policy
    assert sorted(seen) == sorted((service, environment) for service in policy.services for environment in policy.chain(service))


async def test_help_shows_what_the_asker_may_run(world, golden):
    await world.say("carla", "/release help")
    golden("help", world.drawn("response_url"))
    assert "/release promote api v1.4.0 staging" in world.told("carla")
    assert "approve:" not in world.told("carla")

    await world.say("rita", "/release help")
    assert "approve: Approve a change that somebody else asked for." in world.told("rita")
    assert "promote:" not in world.told("rita")

    await world.say("audrey", "/release help")
    first = [line.partition(":")[0] for line in world.told("audrey").splitlines()[1:]]
    assert first == [
        "verify", "status", "home", "explain", "changes", "record", "notes", "window (list, cover, report)", "freeze list",
        "incident (list, context, timeline, action)", "emergency (list, show, report)", "break-glass (end, list)",
        "exception (list, show)", "train (list, show, why, readiness)",
        "blocker list", "manifest show", "go answer", "hotfix (show, list)", "calendar (add, end)", "evidence", "attest",
        "follow-up (add, list, done, pass)", "delegate list", "link (github, confirm, cancel, remove)", "whoami", "help",
    ]  # fmt: skip

    await world.say("audrey", "/release help link github")
    assert [line.partition(":")[0] for line in world.told("audrey").splitlines()] == [
        "🚦 /release link", "link", "link github", "link confirm", "link cancel", "link remove",
    ]  # fmt: skip
    await world.say("audrey", "/release help promote")
    assert "There is nothing called 'promote' that you may do" in world.told("audrey")


async def test_reading_takes_a_person_of_the_policy_file(world):
    for word in ("status", "help", "whoami", "window list", "freeze list", "explain help"):
        await world.say("guest", f"/release {word}")
        assert await world.news() == ["stranger:refused"]
    await world.say("audrey", "/release status")
    assert await world.news() == ["status:accepted"]


# ---------------------------------------------------------------- words that are no command


async def test_an_unknown_word_is_refused_with_the_nearest_command(world, golden):
    """CMD-01, CMD-02."""
    await world.say("carla", "/release promte api v1.4.0 production")

    assert await world.news() == ["words:refused"]
    assert world.told("carla") == snapshot("""\
🤔 I cannot read that
There is no command 'promte'.
Did you mean /release promote?
All commands: /release help
Nothing was started. id <id>\
""")
    golden("usage", world.drawn("response_url"))
    await world.say("carla", "/release xyzzy")
    assert "Did you mean" not in world.told("carla")


MISTAKES = [
    (
        "freeze",
        "freeze takes one more word: freeze declare or freeze list or freeze approve or freeze extend or freeze lift or freeze import.",
    ),
    ("EXCEPTION tomorrow", "exception takes one more word"),
    ("window tomorrow", "there is no service 'tomorrow'"),
    ("status api web", "'web' is one word too many."),
    ("promote api v1.4.0 staging now", "'now' is one word too many."),
    ("promote api v1.4.0 staging migration=no migration=yes", "migration= is given twice."),
    (
        "promote api v1.4.0 staging force=yes",
        "It takes no force=; it takes answers=, customers=, data=, digest=, downtime=, migration=, queue=, risk=, type=.",
    ),
    ("promote api v1.4.0 stagin", "there is no environment 'stagin', did you mean 'staging'?"),
    ("promote apo v1.4.0 staging", "there is no service 'apo', did you mean 'api'?"),
    ("promote api v1.4.0 staging digest=sha256:abc", "this one has 3 characters after the prefix"),
    ("promote api v1.4.0 staging answers=securty", "answers: 'securty' is no risk question, did you mean 'security'?"),
    ("promote api v1.4.0 staging risk=none", "risk: Input should be 'low', 'medium', 'high' or 'critical'."),
    ("promote api v1.4.0 staging type=routine", "type: 'routine' is no type of change; write normal or standard:<name>."),
    ("promote api v1.4.0 staging type=standard:copy", "type: the catalogue has no standard change 'copy' (known: none)"),
    ("promote api v1.4.0 staging type=emergency", "type: an emergency is declared by its own record, never by a word."),
    (f"promote api v1.4.0 staging data={'x' * 301}", "data: say it in at most 300 characters."),
    ("promote api v1.4.0 staging migration=perhaps", "migration: Input should be 'no', 'expand', 'contract' or 'other'."),
    ('reject CR-2026-1124-001 "not tonight', "A quotation mark is not closed."),
]


async def test_words_that_do_not_fit_are_refused_with_the_reason(world, subtests):
    for text, said in MISTAKES:
        with subtests.test(text):
            await world.say("carla", f"/release {text}")

            assert await world.news() == ["words:refused"]
            assert said in world.told("carla")
            assert world.ci.asked == []
            assert world.form("carla") is None


async def test_a_mistake_in_a_form_is_told_as_one_in_words_is(world):
    await world.say("dev", "/release promote")
    await world.fill("dev", service="api", version="v1.4.0 && reboot", environment="staging")
    assert await world.news() == ["words:refused"]
    assert "version: 'v1.4.0 && reboot' is no version; write one like v1.4.0." in world.told("dev")


async def test_the_card_of_the_past_stays_as_it_was(world):
    """A success in production shows in status from then on."""
    await world.running()
    await world.ci_says(RunState.SUCCEEDED)
    await world.wait(until=datetime(2026, 11, 25, 9, 0, tzinfo=UTC))
    await world.say("audrey", "/release status api")
    assert "production: v1.4.0 sha256:a1a1a1a1a1a1… since yesterday 11:00 (Tue 11:00 Europe/Berlin)" in world.told("audrey")
    assert "Open changes" not in world.told("audrey")
