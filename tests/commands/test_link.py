"""Linking a GitHub account: GitHub says whose it is, the person says yes in Slack, and whose work it is follows (RBAC-01, SOD-12)."""

import asyncio

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.version import Artifact
from storage import links
from tests.world.company import COMMIT, DIGEST, policy_data
from tests.world.world import World

BEGIN = "/release link github"


def unlisted():
    """The policy that names the GitHub login of nobody but Rob, and lets nobody unknown have written a change."""
    data = policy_data(approvals={"production": {"count": 1, "authors_known": True}})
    for person in data["people"]:
        if person["id"] != "rob@acme.example":
            del person["github"]
    return data


@pytest.fixture
async def world(database_url):
    async with World(database_url, unlisted(), github=True) as made:
        made.github.accounts = {"dev-hub": 1001, "olga-hub": 1002, "rob": 1003, "rita-hub": 1004}
        made.artifacts.add(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dev-hub"}), frozenset()))
        yield made


async def code_for(world, who: str) -> str:
    """Begin, and read the code that GitHub gave."""
    await world.say(who, BEGIN)
    await world.wait(seconds=0)
    return world.github.newest()


async def named(world, who: str, login: str) -> None:
    """Begin, and type the code at GitHub."""
    world.github.types(await code_for(world, who), login)
    await world.wait(seconds=5)


async def link(world, who: str, login: str) -> None:
    await named(world, who, login)
    await world.say(who, f"/release link confirm {login}")
    await world.news()


def answer(world, who: str):
    """The newest private message of somebody, to press its buttons."""
    return world.slack.private(world.people[who])[-1]


async def test_an_account_is_linked_when_both_sides_say_so(world, golden):
    """RBAC-01: by a code at GitHub, and a button in Slack."""
    await world.say("dev", BEGIN)
    assert await world.news() == ["link-github:accepted", "link:started"]
    assert world.told("dev") == "🔗 GitHub is asked for a code\nIt comes in a direct message."

    await world.wait(seconds=1)
    assert world.told("dev") == snapshot("""\
🔗 Tell GitHub that it is you
Open https://github.example/login/device and type WDJB-0001
The code counts until today 11:15 (Tue 11:15 Europe/Berlin). Type it only if you asked for it yourself.
[Stop]\
""")
    world.github.types(world.github.newest(), "dev-hub")
    await world.wait(seconds=5)
    assert world.told("dev") == snapshot("""\
🔗 Link dev-hub to you?
GitHub says that you are dev-hub. Is this account yours, dev@acme.example?
From then on, work and reviews by it count as yours. Answer until today 11:15 (Tue 11:15 Europe/Berlin).
[Yes, link it] [No]
or type /release link confirm dev-hub\
""")
    golden("link-confirm", world.drawn("chat.postMessage"))
    assert await world.news() == []

    await world.press("dev", "Yes, link it", answer(world, "dev"))
    assert await world.news() == ["link-confirm:accepted", "link:confirmed"]
    body = await world.body("link:confirmed")
    assert (body["login"], body["number"]) == ("dev-hub", 1001)
    assert world.told("dev") == "🔗 dev-hub is linked to you\nWork and reviews by it count as yours."
    await world.say("dev", "/release link")
    assert world.told("dev") == snapshot("""\
🔗 Your GitHub accounts
dev-hub: linked by you, today 11:00 (Tue 11:00 Europe/Berlin)
To link an account: /release link github. To take it back: /release link remove github\
""")
    await world.say("dev", "/release whoami")
    assert "GitHub: dev-hub," in world.told("dev")


async def test_an_author_is_known_by_their_link(world):
    """SOD-12: before, the approver cannot be told from an author."""
    change = await world.asked()
    await world.say("rita", f"/release approve {change} diff read")
    assert await world.news() == ["approve:unsure"]
    assert world.told("rita") == snapshot("""\
⚠️ Cannot verify: approve api v1.4.0 production
Could not read the authors of this version: nobody here is dev-hub; whose login it is types `/release link github`, or the policy file lists it in `people` (`github`, `emails`).
→ Nothing was started. Try again in a minute; if it stays, ask whoever runs it.
Nothing was started. id <id>\
""")

    await link(world, "dev", "dev-hub")
    await world.say("rita", f"/release approve {change} diff read")
    assert (await world.change()).state is State.RUNNING


async def test_a_linked_account_is_its_owners_work(world):
    """SOD-02."""
    await link(world, "rita", "dev-hub")
    await world.asked()
    await world.press("rita", "Approve")
    assert await world.codes() == ["own-work", "no-rationale"]
    await world.approve("olga")
    assert (await world.change()).state is State.RUNNING


async def test_a_renamed_login_keeps_its_link_and_its_old_name_is_nobodys(world):
    """SOD-12: accounts are told apart by GitHub's own number."""
    await link(world, "rita", "rita-hub")
    world.github.accounts = {"dev-hub": 1004, "rita-hub": 6666}  # Rita's account is called dev-hub now
    await world.restart()
    await world.asked()
    await world.press("rita", "Approve")
    assert await world.codes() == ["own-work", "no-rationale"]

    world.artifacts.add(Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"rita-hub"}), frozenset()))
    await world.say("olga", f"/release approve {(await world.change()).id} diff read")
    assert "nobody here is rita-hub" in world.told("olga")


async def test_a_github_that_cannot_say_whose_a_login_is_stops_the_approval(world):
    await link(world, "dev", "dev-hub")
    change = await world.asked()
    await world.restart()
    world.github.instead["/users/dev-hub"] = (503, {})
    await world.say("rita", f"/release approve {change} diff read")
    assert await world.news() == ["approve:unsure"]
    assert "could not read the GitHub account dev-hub" in world.told("rita")


async def test_while_nobody_has_linked_anything_no_login_is_looked_up(world):
    await world.asked()
    assert world.github.asked == []


# ---------------------------------------------------------------- one account, one person


async def test_an_account_of_somebody_else_by_the_policy_file_is_refused(world):
    """RBAC-01: and it is on record who tried."""
    await named(world, "dev", "rob")
    assert await world.news() == ["link-github:accepted", "link:started", "link:refused"]
    assert (await world.body("link:refused"))["code"] == "login-taken"
    assert (await world.ledger())[-1].actor == "dev@acme.example"
    assert world.told("dev") == snapshot("""\
⛔ Refused: link github
By the policy file, the GitHub account rob belongs to rob@acme.example; one account belongs to one person.
→ If that is wrong, have people[].github in the policy file say whose it is; nothing else can change it.
reason: login-taken\
""")
    await world.say("dev", "/release link confirm rob")
    assert await world.codes() == ["no-such-link"]


async def test_an_account_that_somebody_linked_is_theirs_even_after_they_took_it_back(world):
    await link(world, "dev", "dev-hub")
    await named(world, "olga", "dev-hub")
    assert (await world.body("link:refused"))["code"] == "login-taken"

    await world.say("dev", "/release link remove github")
    assert (await world.news())[-2:] == ["link-remove:accepted", "link:removed"]
    await named(world, "olga", "dev-hub")
    assert (await world.body("link:refused"))["code"] == "login-taken"
    await link(world, "dev", "dev-hub")
    assert "dev-hub" in world.told("dev")


async def test_the_policy_file_may_change_between_the_two_yeses(world):
    """The guard looks again when the person confirms."""
    await named(world, "dev", "dev-hub")
    data = unlisted()
    data["people"][0]["github"] = "dev-hub"  # Carla
    await world.restart(type(world.policy).model_validate(data))
    await world.news()
    await world.say("dev", "/release link confirm dev-hub")
    assert (await world.news(), await world.codes()) == (["link-confirm:refused"], ["login-taken"])


async def test_the_policy_file_goes_before_a_link(world):
    await link(world, "rita", "dev-hub")
    data = unlisted()
    data["people"][0]["github"] = "dev-hub"  # Carla
    await world.restart(type(world.policy).model_validate(data))
    await world.asked()
    await world.approve("rita")
    assert (await world.change()).state is State.RUNNING


async def test_a_new_link_takes_the_place_of_the_old_one(world):
    await link(world, "olga", "olga-hub")
    await named(world, "olga", "rita-hub")
    await world.say("olga", "/release link confirm RITA-hub")
    assert (await world.news())[-3:] == ["link-confirm:accepted", "link:removed", "link:confirmed"]
    mine = await world.house.store.read(lambda tx: links.of(tx, "olga@acme.example"))
    assert (mine.login, mine.number) == ("rita-hub", 1004)


async def test_what_was_taken_back_is_nobodys_again(world):
    await link(world, "dev", "dev-hub")
    await world.say("dev", "/release link remove github")
    assert "dev-hub is not linked to you any more" in world.told("dev")
    change = await world.asked()
    await world.say("rita", f"/release approve {change} diff read")
    assert "nobody here is dev-hub" in world.told("rita")
    await world.say("dev", "/release link remove github")
    assert await world.codes() == ["no-such-link"]


# ---------------------------------------------------------------- no


async def test_the_person_says_no(world):
    await named(world, "dev", "olga-hub")
    await world.press("dev", "No", answer(world, "dev"))
    assert (await world.news())[-2:] == ["link-cancel:accepted", "link:refused"]
    await world.say("dev", "/release link confirm olga-hub")
    assert await world.codes() == ["no-such-link"]
    await world.say("dev", "/release link cancel")
    assert await world.codes() == ["no-such-link"]


async def test_github_is_told_no(world):
    await named(world, "dev", "access_denied")
    assert await world.body("link:refused") == {"why": "It was declined on GitHub's page.", "code": None, "login": None, "number": None}
    assert world.told("dev") == "⚪ No account was linked\nIt was declined on GitHub's page.\n→ To begin anew: /release link github"


async def test_another_account_than_github_named_is_not_confirmed(world):
    await named(world, "dev", "dev-hub")
    await world.say("dev", "/release link confirm olga-hub")
    assert await world.codes() == ["no-such-link"]
    assert "GitHub named the account dev-hub, not olga-hub." in world.told("dev")
    await world.say("olga", "/release link confirm dev-hub")
    assert await world.codes() == ["no-such-link"]


async def test_who_does_not_answer_in_time_begins_anew(world):
    await named(world, "dev", "dev-hub")
    await world.wait(minutes=15)
    assert "You did not confirm it in time." in world.told("dev")
    await world.press("dev", "Yes, link it", world.slack.private(world.people["dev"])[-2])
    assert await world.codes() == ["no-such-link"]


async def test_without_a_client_id_nobody_links(database_url):
    async with World(database_url) as closed:
        await closed.say("dev", BEGIN)
        await closed.wait(seconds=0)
        assert await closed.news() == ["link-github:accepted", "link:started", "link:refused"]
        assert closed.told("dev") == snapshot("""\
⚠️ Cannot link an account now
Could not read GitHub's sign-in page: GITHUB_CLIENT_ID is not set.
→ Ask whoever runs the bot, or try again later.\
""")


async def test_a_stranger_links_nothing(world):
    await world.say("guest", BEGIN)
    assert await world.news() == ["stranger:refused"]
    await world.wait(seconds=0)
    assert world.github.asked == []


async def test_words_that_are_no_login_are_refused(world):
    await world.say("dev", "/release link confirm <b>")
    assert await world.news() == ["words:refused"]
    await world.say("dev", "/release link remove gitlab")
    assert await world.news() == ["words:refused"]


# ---------------------------------------------------------------- asking GitHub


async def test_github_is_asked_as_often_as_it_wants_and_no_oftener(world):
    """`slow_down` adds five seconds (RFC 8628, 3.5)."""
    code = await code_for(world, "dev")
    await world.wait(seconds=4)
    assert len(world.github.polls) == 0
    await world.wait(seconds=1)
    assert len(world.github.polls) == 1
    world.github.types(code, "slow_down")
    await world.wait(seconds=5)
    assert len(world.github.polls) == 2
    await world.wait(seconds=9)
    assert len(world.github.polls) == 2
    await world.wait(seconds=1)
    assert len(world.github.polls) == 3
    world.github.types(code, "dev-hub")
    await world.wait(seconds=15)
    assert "Is this account yours" in world.told("dev")


async def test_a_github_that_is_away_is_asked_again_until_the_code_runs_out(world):
    code = await code_for(world, "dev")
    world.github.instead["/login/oauth/access_token"] = (503, {})
    await world.wait(seconds=5)
    world.github.types(code, "dev-hub")
    del world.github.instead["/login/oauth/access_token"]
    await world.wait(seconds=5)
    assert "Is this account yours" in world.told("dev")

    await code_for(world, "olga")
    world.github.instead["/login/oauth/access_token"] = (503, {})
    await world.wait(minutes=14)
    await world.wait(minutes=1)
    assert "The code ran out before it was used." in world.told("olga")


async def test_what_was_begun_goes_on_after_a_restart(world):
    code = await code_for(world, "dev")
    await world.die()
    world.github.types(code, "dev-hub")
    await world.open()
    await world.wait(seconds=5)
    await world.die()
    await world.open()
    await world.say("dev", "/release link confirm dev-hub")
    assert (await world.news())[-1] == "link:confirmed"


async def test_the_second_begin_counts_and_the_first_code_is_forgotten(world):
    first = await code_for(world, "rita")
    second = await code_for(world, "rita-phone")
    world.github.types(first, "dev-hub")
    await world.wait(seconds=5)
    assert "Is this account yours" not in world.told("rita") + world.told("rita-phone")
    world.github.types(second, "rita-hub")
    await world.wait(seconds=5)
    assert "Link rita-hub to you?" in world.told("rita-phone")


@pytest.mark.parametrize(("word", "said"), [("cancel", "No account was linked"), ("github", "GitHub is asked for a code")])
async def test_what_was_given_up_or_begun_anew_while_github_was_asked_takes_no_answer(world, word, said):
    world.github.types(await code_for(world, "dev"), "dev-hub")
    world.github.held = asyncio.Event()
    asking = asyncio.create_task(world.wait(seconds=5))
    await world.github.reached.wait()
    await world.slack.say(world.people["dev"], world.channels["releases"], f"/release link {word}")
    await world.slack.until(lambda: said in world.told("dev"))
    world.github.held.set()
    await asking
    assert "Link dev-hub to you?" not in world.slack.transcript()
    await world.say("dev", "/release link confirm dev-hub")
    assert await world.codes() == ["no-such-link"]


async def test_no_token_is_kept_anywhere(world):
    await link(world, "dev", "dev-hub")
    [token] = world.github.seen
    rows = repr(await world.ledger())
    assert token not in rows + world.slack.transcript()
    assert world.github.polls[0] not in rows + world.slack.transcript()
