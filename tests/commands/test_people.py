"""One person behind their Slack accounts, addresses and GitHub logins (RBAC-01, RBAC-09, SOD-06, SOD-12, SOD-14)."""

import copy

import pytest
from inline_snapshot import snapshot

from guards.lifecycle import State
from guards.version import Artifact
from tests.world.company import COMMIT, DIGEST, policy_data, slack_id
from tests.world.world import World


def at_home(**changed):
    """The policy that knows people by their addresses at acme.example, and lists some of them without an account."""
    data = copy.deepcopy(policy_data(**changed))
    data["slack"]["domains"] = ["acme.example"]
    people = {p["id"]: p for p in data["people"]}
    people["rob@acme.example"]["slack"] = []
    people["olga@acme.example"] |= {"slack": [], "emails": ["olga.owner@acme.example"]}
    return data


@pytest.fixture
async def home(database_url):
    async with World(database_url, at_home()) as made:
        yield made


def joins(world, handle, email, **flags) -> None:
    """Somebody new in the workspace and its release channel."""
    world.people[handle] = world.slack.add_person(handle, name=handle.capitalize(), email=email, **flags)
    world.channels["releases"].members.add(world.people[handle].id)


async def test_who_has_an_address_of_ours_is_known_by_it(home):
    """RBAC-01."""
    await home.say("nobody", "/release whoami")
    assert home.told("nobody").splitlines()[:2] == snapshot(
        ["👤 nobody", "Identity: nobody@acme.example, GitHub: not linked (/release link github), Slack: UU3X3FH2B"]
    )


async def test_the_same_person_is_nobody_where_the_policy_names_no_domain(world):
    await world.say("nobody", "/release whoami")
    assert (await world.news(), await world.codes()) == (["stranger:refused"], ["stranger"])


async def test_by_an_address_alone_there_is_no_role_but_by_a_group(home):
    """RBAC-11: roles come from the file or from Slack's groups."""
    await home.on_staging()
    await home.news()
    await home.say("nobody", "/release promote api v1.4.0 production")
    assert (await home.news(), await home.codes()) == (["promote:refused"], ["not-permitted"])
    assert "Ask Carla Captain or Dev Author." in home.told("nobody")

    home.slack.add_group("release-managers", members=[home.people["nobody"]])
    await home.restart()  # a group's members are used again for a while
    await home.say("carla", "/release promote api v1.4.0 production")
    await home.approve("nobody")
    assert (await home.change()).state is State.RUNNING
    [row] = [row for row in await home.ledger() if row.tag == "change:approval"]
    assert (row.actor, row.actor_name) == ("nobody@acme.example", "nobody")


async def test_the_card_says_that_groups_hold_more_people_than_the_file_lists(home):
    await home.asked()
    assert [line for line in home.shown().splitlines() if line.startswith("Still may")] == snapshot(
        ["Still may: Rita Manager, Olga Owner, a member of the Slack groups of release_manager"]
    )


async def test_somebody_whom_the_file_lists_without_an_account_is_found_by_their_address(home):
    await home.asked()
    await home.approve("rob")  # by the group release-managers, found by the account that his address names
    assert (await home.change()).why.startswith("Rob Second already approved the code")
    await home.approve("olga")
    assert (await home.change()).state is State.RUNNING


async def test_a_second_address_is_the_same_person(home):
    """SOD-06."""
    joins(home, "olga-2", "Olga.Owner@acme.example")
    change = await home.asked()
    await home.say("olga", f"/release approve {change} read at the desk")
    assert (await home.change()).state is State.RUNNING
    await home.say("olga-2", "/release whoami")
    assert home.told("olga-2").splitlines()[:2] == snapshot(
        ["👤 Olga Owner", "Identity: olga@acme.example, GitHub: olga, Slack: UHRKMIUD7"]
    )


async def test_an_account_that_the_file_does_not_list_for_its_owner_is_refused(home):
    """Rita's accounts are listed, so another one with her address is not hers."""
    joins(home, "rita-3", "rita@acme.example")
    await home.say("rita-3", "/release whoami")
    assert await home.codes() == ["stranger"]
    assert "The policy file lists the Slack accounts of rita@acme.example" in home.told("rita-3")


async def test_an_account_between_two_people_is_refused(database_url):
    """The file gives the account to Rita, its address to Rob."""
    data = at_home()
    next(p for p in data["people"] if p["id"] == "rita@acme.example")["slack"].append(slack_id("clash"))
    async with World(database_url, data) as world:
        joins(world, "clash", "rob@acme.example")
        await world.say("clash", "/release whoami")
        assert await world.codes() == ["stranger"]
        assert world.told("clash") == snapshot("""\
⛔ Refused: your request
The policy file gives your Slack account UZQLCEK2W to rita@acme.example, its address to rob@acme.example; one of them is wrong.
→ Ask the owner of the policy file to add you, then try again.
reason: stranger
Nothing was started. id <id>\
""")


@pytest.mark.parametrize("flag", ["guest", "bot", "external", "deleted"])
async def test_an_address_lets_no_guest_bot_or_stranger_in(home, flag):
    """RBAC-01, SOD-14."""
    joins(home, "x", "x@acme.example", **{flag: True})
    await home.say("x", "/release whoami")
    assert await home.news() == ["stranger:refused"]


async def test_an_approver_known_by_address_who_left_does_not_count_any_more(home):
    """RBAC-09."""
    await home.wait(hours=7)  # outside the window
    await home.asked()
    await home.approve("olga")
    assert (await home.change()).state is State.WAITING
    home.people["olga"].deleted = True
    await home.restart()
    await home.wait(hours=16)
    assert (await home.change()).state is State.AWAITING
    assert len(home.ci.asked) == 1


async def test_a_slack_that_cannot_say_whose_an_address_is_stops_the_change(home):
    """RBAC-09: unread is not gone."""
    await home.wait(hours=7)
    await home.asked()
    await home.approve("olga")
    await home.restart()
    for _ in range(50):
        home.slack.faults.status("users.lookupByEmail", 503)
    await home.wait(hours=16)
    change = await home.change()
    assert (change.state, len(home.ci.asked)) == (State.WAITING, 1)
    assert "could not read" in change.why


def wrote(*authors: str) -> Artifact:
    return Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset(authors), frozenset({"rob"}))


def authors_known(**changed):
    return at_home(approvals={"production": {"count": 1, "authors_known": True}}, **changed)


@pytest.mark.parametrize(
    ("author", "ends"),
    [
        ("nobody@acme.example", State.RUNNING),
        ("Nobody@Acme.Example", State.RUNNING),
        ("1234+dev@users.noreply.github.com", State.RUNNING),
        ("ghost@acme.example", State.AWAITING),
        ("nobody@elsewhere.example", State.AWAITING),
        ("ghost", State.AWAITING),
    ],
)
async def test_an_author_is_somebody_whom_slack_knows_by_that_address(database_url, author, ends):
    """SOD-12: anybody can write any address into a commit."""
    async with World(database_url, authors_known()) as world:
        world.artifacts.add(wrote(author))
        await world.asked()
        await world.say("rita", f"/release approve {(await world.change()).id} diff read")
        assert (await world.change()).state is ends
        assert (author.lower() in world.told("rita") and "/release link github" in world.told("rita")) is (ends is State.AWAITING)


@pytest.mark.parametrize("author", ["olga.owner@acme.example", "olga@users.noreply.github.com", "OLGA@acme.example"])
async def test_no_other_address_hides_an_author(database_url, author):
    """SOD-02; with Rita it goes."""
    async with World(database_url, authors_known()) as world:
        world.artifacts.add(wrote(author))
        await world.asked()
        await world.news()
        await world.press("olga", "Approve")
        assert await world.codes() == ["own-work", "no-rationale"]
        await world.approve("rita")
        assert (await world.change()).state is State.RUNNING


@pytest.mark.parametrize("author", ["r.manager@acme.example", "R.Manager@Acme.Example"])
async def test_an_address_that_only_slack_knows_hides_no_author(database_url, author):
    """SOD-02: the file lists Rita's accounts and not the address that Slack has of one; with Olga it goes."""
    async with World(database_url, authors_known()) as world:
        world.people["rita"].email = "r.manager@acme.example"
        world.artifacts.add(wrote(author))
        await world.asked()
        assert "May not: Rita Manager wrote a part of api v1.4.0" in world.shown()
        await world.press("rita", "Approve")
        assert await world.codes() == ["own-work", "no-rationale"]
        await world.approve("olga")
        assert (await world.change()).state is State.RUNNING


async def test_an_address_of_an_account_that_may_not_be_here_is_nobodys(database_url):
    """SOD-12: what Slack knows as a guest's is no author whose identity is certain."""
    async with World(database_url, authors_known()) as world:
        joins(world, "temp", "temp@acme.example", guest=True)
        world.artifacts.add(wrote("temp@acme.example"))
        await world.asked()
        await world.press("rita", "Approve")
        assert "temp@acme.example" in world.told("rita")
        assert (await world.change()).state is State.AWAITING
