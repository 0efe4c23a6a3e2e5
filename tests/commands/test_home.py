"""The App Home: what each sees there, that it is never stale, and who sees nothing (CMD-14, TRN-25, WIN-16, FRZ-08)."""

from datetime import timedelta

from inline_snapshot import snapshot

from commands.core.home import LOOKS, PACE
from guards.cut import Blocker
from guards.policy import Policy
from storage import cuts, homes, timers
from tests.commands.test_exception import lenient, wish
from tests.commands.test_follow_up import ADD, paged
from tests.commands.test_train import draft, published
from tests.world.company import policy_data
from tests.world.trains import RUN, all_say_go, rides
from tests.world.world import World


async def opens(world, who, tab="home"):
    """Somebody opens the App Home; what it shows them then."""
    await world.slack.open_home(world.people[who], tab)
    await world.quiet()
    return home(world, who)


def home(world, who):
    view = world.slack.home(world.people[who])
    return view.as_text("Europe/Berlin") if view else ""


async def presses(world, who, label):
    await world.slack.press(world.people[who], world.slack.home(world.people[who]), label)
    await world.quiet()


def published_to(world, who):
    """How often a Home was published to somebody."""
    return sum(c.method == "views.publish" and c.arguments["user_id"] == world.people[who].id for c in world.slack.calls)


async def test_the_home_tells_what_waits_what_runs_where_and_when(world):
    await world.asked()
    await world.freeze()
    assert await opens(world, "rita") == snapshot("""\
🚦 Releases
Waits for you
🕐 CR-2026-1124-002 api v1.4.0 → production, asked by Carla Captain
What runs where
api: dev v1.4.0 · staging v1.4.0 · production nothing yet
web: dev nothing yet · staging nothing yet · production nothing yet
⚠️ Nobody has said how these are released: api, web. /release train why <service>
Next allowed in production
api in production, web in production: next allowed tomorrow 10:00 (Wed 10:00 Europe/Berlin)
Freezes
🧊 FRZ-2026-1124-001 production: holidays, until tomorrow 10:00 (Wed 10:00 Europe/Berlin)
[Approve api v1.4.0 → production]
as of today 11:00 (Tue 11:00 Europe/Berlin)\
""")
    assert (await world.news())[-1] == "home:accepted"


async def test_typed_it_says_the_same(world):
    await world.asked()
    shown = await opens(world, "rita")
    await world.say("rita", "/release home")
    assert world.told("rita") == shown


async def test_who_may_approve_sees_it_until_it_is_done_and_nobody_else(world):
    change = await world.asked()
    for who, waits in {"rita": True, "rob": True, "olga": True, "carla": False, "audrey": False}.items():
        assert ("Approve api v1.4.0 → production" in await opens(world, who)) is waits, who
    assert change in home(world, "carla")  # her own, as an open change
    assert "Cancel api v1.4.0 → production" in home(world, "carla")
    assert "Your open changes" not in home(world, "rita")

    await presses(world, "rita", "Approve api v1.4.0 → production")
    await world.fill("rita", rationale="tests and diff read")
    assert "change:approval" in await world.tags() or "approve:accepted" in await world.tags()
    await world.wait(seconds=PACE.total_seconds())
    for who in ("rita", "rob", "olga"):
        assert "Nothing waits for you." in home(world, who)


async def test_a_run_waits_for_whoever_decides_about_it_once_all_have_answered_or_their_time_is_over(world):
    await world.on_staging()
    await rides(world)
    await world.say("carla", f"/release go call {RUN}")
    assert "Nothing waits for you." in await opens(world, "rita")
    await all_say_go(world, but="quality")
    await world.wait(hours=1)
    waiting = await opens(world, "rita")
    assert f"🚦 {RUN} waits for your decision: silent: quality" in waiting
    assert f"[Go for {RUN}]" not in waiting
    await world.say("olga", f"/release go answer {RUN} quality go")
    waiting = await opens(world, "rita")
    assert f"🚦 {RUN} waits for your decision: every area answered" in waiting
    for who in ("carla", "olga", "audrey"):  # the captain, an owner, an auditor: none of them decides
        assert "waits for your decision" not in await opens(world, who)
    await presses(world, "rita", f"Go for {RUN}")
    await world.fill("rita", residual="small: one endpoint, watched")
    assert "decision:go" in await world.tags()
    assert "waits for your decision" not in await opens(world, "rita")


async def test_a_roll_call_waits_for_each_area_that_is_silent(world):
    await world.on_staging()
    await rides(world)
    assert "Nothing waits for you." in await opens(world, "olga")
    blocker = Blocker("BLK-2026-1124-001", RUN, "PAY-1", "refunds are paid twice", "olga@acme.example", "Olga Owner", world.clock.now())
    await world.house.store.write(lambda tx: cuts.add_blocker(tx, blocker))
    led = await opens(world, "carla")
    assert f"{RUN} lacks open blockers: BLK-2026-1124-001 (PAY-1)" in led
    assert f"{RUN} lacks its roll call: no area was asked about what it would bring" in led
    assert "lacks" not in await opens(world, "olga")
    await world.house.store.write(lambda tx: cuts.resolve(tx, blocker, "mended", "olga@acme.example", world.clock.now()))
    await world.say("carla", f"/release go call {RUN}")
    assert f"{RUN} lacks an answer from artifact, quality, governance, operations" in await opens(world, "carla")
    assert f"Answer for quality of {RUN}" in await opens(world, "olga")
    assert f"Answer for operations of {RUN}" in await opens(world, "audrey")
    assert "Answer for" not in await opens(world, "rob")
    await world.say("olga", f"/release go answer {RUN} quality go")
    await world.wait(seconds=PACE.total_seconds())
    assert "Nothing waits for you." in home(world, "olga")
    assert f"Answer for operations of {RUN}" in home(world, "audrey")


async def test_a_follow_up_waits_for_whoever_owes_it(world):
    await paged(world)
    await world.say("carla", "/release " + ADD.replace("dev@", "rita@"))
    assert "an alert on the queue" in await opens(world, "rita")
    assert "an alert on the queue" not in await opens(world, "rob")
    await presses(world, "rita", "OBL-2026-1124-001 is done")
    await world.fill("rita", shown="dashboard 7")
    await world.wait(seconds=PACE.total_seconds())
    assert "Nothing waits for you." in home(world, "rita")


async def test_an_exception_waits_for_those_who_may_approve_it(database_url):
    async with World(database_url, lenient()) as world:
        await wish(world)
        assert "Approve EXC-2026-1124-001" in await opens(world, "rita")
        assert "Approve EXC-2026-1124-001" not in await opens(world, "carla")  # she asked for it
        assert "Approve EXC-2026-1124-001" not in await opens(world, "audrey")


async def test_a_captain_sees_the_trains_and_what_each_lacks(world):
    await draft(world)
    assert "weekly" in await opens(world, "carla")
    assert home(world, "carla").split("Your trains")[1].split("What runs where")[0] == snapshot("""\

weekly (draft): api, led by carla@acme.example
    ⚠️ The train weekly does not say yet: who attends the go/no-go, who answers for the manifest, what is expected of a rollback, how hotfixes and late changes are handled, why these services ride a train, what that does to lead time and failures.
""")
    assert "Your trains" not in await opens(world, "rob")


async def test_the_runs_of_a_published_train_are_the_captains(world):
    await published(world)
    shown = await opens(world, "carla")
    assert "weekly-2026-12-01" in shown
    assert "cutoff" in shown


# ---------------------------------------------------------------- never stale


async def test_it_is_drawn_again_when_something_changed_and_only_then(world):
    await opens(world, "rita")
    await opens(world, "audrey")
    once = published_to(world, "rita"), published_to(world, "audrey")
    await world.wait(seconds=PACE.total_seconds())
    await world.wait(seconds=PACE.total_seconds())
    assert (published_to(world, "rita"), published_to(world, "audrey")) == once  # nothing happened

    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "Approve" not in home(world, "rita")
    await world.wait(seconds=PACE.total_seconds())
    assert "Approve api v1.4.0 → production" in home(world, "rita")
    assert "staging v1.4.0" in home(world, "audrey").replace("`", "")
    assert (published_to(world, "rita"), published_to(world, "audrey")) == (once[0] + 1, once[1] + 1)  # many changes, one drawing


async def test_a_window_that_closes_by_itself_is_told_too(world):
    assert "open now (weekdays)" in await opens(world, "audrey")
    await world.wait(hours=6)
    await world.wait(seconds=PACE.total_seconds())
    assert "next allowed" in home(world, "audrey")


async def test_who_has_not_looked_for_days_is_left_alone_until_they_look(world):
    await opens(world, "rita")
    await world.wait(seconds=LOOKS.total_seconds())
    assert await world.house.store.read(lambda tx: homes.recent(tx, world.clock.at - 9 * LOOKS, 9)) == []
    at_rest = published_to(world, "rita")
    await world.asked()
    await world.wait(minutes=30)
    assert published_to(world, "rita") == at_rest
    assert await world.house.store.read(timers.next_due) is None or "Approve" not in home(world, "rita")
    assert "Approve api v1.4.0 → production" in await opens(world, "rita")


async def test_a_home_that_slack_did_not_take_is_shown_when_it_does(world):
    world.slack.faults.status("views.publish", 429, retry_after=30)
    assert await opens(world, "rita") == ""
    await world.wait(seconds=31)
    assert "Releases" in home(world, "rita")


async def test_an_event_that_comes_twice_is_one_opening(world):
    exchange = await world.slack.open_home(world.people["rita"])
    await world.quiet()
    await world.slack.redeliver(exchange)
    await world.quiet()
    assert (await world.tags()).count("home:accepted") == 1


async def test_other_tabs_are_nobodys_business(world):
    assert await opens(world, "rita", "messages") == ""
    assert await world.tags() == []


# ---------------------------------------------------------------- who may


async def test_a_stranger_sees_why_they_are_one_and_nothing_else(world):
    await world.asked()
    for who in ("nobody", "guest"):
        shown = await opens(world, who)
        assert "Refused" in shown
        assert "v1.4.0" not in shown
    assert (await world.news())[-1] == "stranger:refused"
    assert world.told("nobody") == ""  # no message beside it


async def test_who_is_nobody_here_any_more_loses_what_was_shown(world):
    await world.asked()
    assert "v1.4.0" in await opens(world, "audrey")
    left = policy_data()
    left["people"] = [person for person in left["people"] if person["id"] != "audrey@acme.example"]
    left["roles"] = {**left["roles"], "audit": [{"people": ["rita@acme.example"]}]}
    await world.restart(Policy.model_validate(left))
    await world.wait(seconds=PACE.total_seconds() + 600)
    assert "v1.4.0" not in home(world, "audrey")
    assert "Refused" in home(world, "audrey")


async def test_what_cannot_be_read_is_no_answer_and_changes_nothing(world):
    await world.asked()
    shown = await opens(world, "rita")
    world.slack.faults.fail("users.info", "internal_error")
    await world.wait(until=world.clock.at + timedelta(minutes=11))
    assert home(world, "rita") == shown
