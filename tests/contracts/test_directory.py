"""The directory against the small Slack and against neighbours that are none: who counts as what, and how long (RBAC-01, RBAC-09)."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.directory import SlackDirectory
from bot.slack.session import slack_session
from bot.workspace import Workspace
from commands.core.ports.people import Account
from guards.train import Room
from guards.unread import Absent, Unread
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, answer, raw_server


class Seconds:
    """A clock that only grows when told."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def slack():
    async with Workspace(StillClock().now) as workspace:
        yield workspace


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
async def directory(slack, seconds):
    async with directory_at(slack.url, slack.bot_token, seconds) as made:
        yield made


@asynccontextmanager
async def directory_at(url, token, clock, limit=5.0):
    async with slack_session(limit) as session:
        made = SlackDirectory(AsyncWebClient(token=token, base_url=url, session=session, retry_handlers=[]), limit, 30.0, clock)
        yield made
        await made.close()


def asked(slack, method="users.info") -> int:
    return sum(call.method == method for call in slack.calls)


# ---------------------------------------------------------------- what an account is


async def test_a_member_is_who_slack_says(slack, directory):
    carla = slack.add_person("carla", name="Carla Captain", email="carla@acme.example", tz="Europe/Lisbon")
    assert await directory.account(carla.id) == Account(carla.id, "T0SIGNAL", "carla", "carla@acme.example", "Europe/Lisbon")


@pytest.mark.parametrize("flag", ["deleted", "bot", "guest", "external"])
async def test_an_account_that_is_refused_says_why(slack, directory, flag):
    person = slack.add_person("x", **{flag: True})
    account = await directory.account(person.id)
    assert isinstance(account, Account)
    assert {name for name in ("deleted", "bot", "guest", "external") if getattr(account, name)} == {flag}


MEMBER = {
    "id": "U1",
    "team_id": "T1",
    "deleted": False,
    "is_bot": False,
    "is_restricted": False,
    "is_ultra_restricted": False,
    "profile": {},
}


async def reads(**changed):
    """What an account is when Slack describes it so; None leaves a field out."""
    user = {key: value for key, value in {**MEMBER, **changed}.items() if value is not ...}
    return await reads_bytes(json.dumps({"ok": True, "user": user}).encode())


async def reads_bytes(body: bytes):
    async with (
        raw_server(answer(200, body, "Content-Type: application/json")) as url,
        directory_at(f"{url}/", "xoxb-signalbox-x", Seconds()) as it,
    ):
        return await it.account("U1")


@pytest.mark.parametrize(
    ("changed", "flag"),
    [
        ({}, None),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_bot": True}, "bot"),
        ({"is_app_user": True}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"deleted": True}, "deleted"),
        ({"deleted": True, "is_restricted": ..., "is_ultra_restricted": ...}, "deleted"),
        ({"is_stranger": True}, "external"),
    ],
)
async def test_each_kind_of_account(changed, flag):
    account = await reads(**changed)
    assert isinstance(account, Account)
    assert [name for name in ("deleted", "bot", "guest", "external") if getattr(account, name)] == ([flag] if flag else [])


async def test_the_team_is_the_accounts_own():
    assert (await reads(team_id="T9")).team == "T9"


@pytest.mark.parametrize(
    "changed",
    [
        {"id": ...}, {"team_id": ...}, {"team_id": None}, {"deleted": ...}, {"deleted": None}, {"is_restricted": ...},
        {"is_ultra_restricted": ...}, {"is_ultra_restricted": None}, {"is_bot": "perhaps"}, {"is_restricted": {}}, {"profile": 5},
    ],
)  # fmt: skip
async def test_a_field_that_is_missing_or_strange_is_unread_never_a_member(changed):
    assert isinstance(await reads(**changed), Unread)


@pytest.mark.parametrize("body", [b'{"ok": true}', b'{"ok": true, "user": null}', b'{"ok": true, "user": []}', b"[]", b'"x"', b"5", b""])
async def test_an_answer_of_another_shape_is_unread(body):
    assert isinstance(await reads_bytes(body), Unread)


async def test_an_answer_without_end_is_not_read_to_its_end():
    """However long it goes on, and whatever length it names: it is given up after 8 MiB."""
    sent = 0

    async def endless(_, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[")
        while True:
            writer.write(b" " * 1_000_000)
            await writer.drain()
            sent += 1

    async with raw_server(endless) as url, directory_at(f"{url}/", "xoxb-signalbox-x", Seconds(), limit=30) as it:
        assert await it.account("U1") == Unread("the Slack account U1", "no answer from Slack (ClientPayloadError)")
    assert sent < 50


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_neighbour_is_unread(bad):
    async with raw_server(BAD[bad]) as url, directory_at(f"{url}/", "xoxb-signalbox-x", Seconds(), limit=0.2) as it:
        assert isinstance(await it.account("U1"), Unread)
        assert isinstance(await it.members("S1"), Unread)


async def test_nobody_of_that_id_is_absent(directory):
    assert await directory.account("U0NOBODY") == Absent("the Slack account U0NOBODY")


async def test_a_group_is_its_members_and_one_that_is_gone_is_unread(slack, directory):
    people = [slack.add_person(name) for name in ("a", "b")]
    group = slack.add_group("managers", members=people)
    assert await directory.members(group.id) == frozenset(p.id for p in people)
    assert await directory.members("S0GONE") == Unread("the Slack group S0GONE", "no_such_subteam")


async def test_a_missing_scope_is_unread_and_says_so(slack, directory):
    carla = slack.add_person("carla")
    slack.faults.fail("users.info", "missing_scope")
    assert await directory.account(carla.id) == Unread(f"the Slack account {carla.id}", "missing_scope")


# ---------------------------------------------------------------- for how long


async def test_an_account_is_used_again_for_three_seconds_and_no_longer(slack, directory, seconds):
    carla = slack.add_person("carla")
    first = await directory.account(carla.id)
    seconds.at += 2.9
    assert await directory.account(carla.id) == first
    assert asked(slack) == 1
    seconds.at += 0.1
    await directory.account(carla.id)
    assert asked(slack) == 2


async def test_a_group_is_used_again_for_thirty_seconds_and_no_longer(slack, directory, seconds):
    group = slack.add_group("managers", members=[])
    await directory.members(group.id)
    seconds.at += 29.9
    await directory.members(group.id)
    assert asked(slack, "usergroups.users.list") == 1
    seconds.at += 0.1
    await directory.members(group.id)
    assert asked(slack, "usergroups.users.list") == 2


async def test_somebody_who_was_deactivated_is_known_to_be_after_that(slack, directory, seconds):
    carla = slack.add_person("carla")
    assert (await directory.account(carla.id)).deleted is False
    carla.deleted = True
    seconds.at += 3
    assert (await directory.account(carla.id)).deleted is True


async def test_the_age_counts_from_the_question(slack, directory, seconds):
    """An answer that took two seconds may have been read two seconds ago."""
    carla = slack.add_person("carla")
    hang = slack.faults.hang("users.info")
    task = asyncio.create_task(directory.account(carla.id))
    await hang.reached.wait()
    seconds.at += 2
    hang.release()
    await task
    seconds.at += 1
    await directory.account(carla.id)
    assert asked(slack) == 2


async def test_an_old_answer_never_covers_a_failure(slack, directory, seconds):
    carla = slack.add_person("carla")
    await directory.account(carla.id)
    seconds.at += 30
    slack.faults.status("users.info", 503)
    assert isinstance(await directory.account(carla.id), Unread)


async def test_a_failure_is_not_kept(slack, directory):
    carla = slack.add_person("carla")
    slack.faults.status("users.info", 503)
    assert isinstance(await directory.account(carla.id), Unread)
    assert isinstance(await directory.account(carla.id), Account)


async def test_many_who_ask_at_once_are_one_call(slack, directory):
    carla, dev = slack.add_person("carla"), slack.add_person("dev")
    answers = await asyncio.gather(*(directory.account(p.id) for p in (carla, dev) for _ in range(20)))
    assert {a.user for a in answers} == {carla.id, dev.id}
    assert asked(slack) == 2


async def test_many_who_ask_at_once_share_a_failure(slack, directory):
    carla = slack.add_person("carla")
    slack.faults.status("users.info", 503)
    assert all(isinstance(a, Unread) for a in await asyncio.gather(*(directory.account(carla.id) for _ in range(5))))
    assert asked(slack) == 1


async def test_one_who_leaves_harms_nobody_who_waits(slack, directory):
    carla = slack.add_person("carla")
    hang = slack.faults.hang("users.info")
    leaver, waiter = (asyncio.create_task(directory.account(carla.id)) for _ in range(2))
    await hang.reached.wait()
    leaver.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaver
    hang.release()
    assert isinstance(await waiter, Account)
    assert asked(slack) == 1


async def test_when_all_leave_the_answer_is_still_there_for_the_next(slack, directory):
    carla = slack.add_person("carla")
    hang = slack.faults.hang("users.info")
    leaver = asyncio.create_task(directory.account(carla.id))
    await hang.reached.wait()
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    hang.release()
    assert isinstance(await directory.account(carla.id), Account)
    assert asked(slack) == 1


async def test_closing_ends_what_nobody_waits_for_any_more(slack, seconds):
    carla = slack.add_person("carla")
    hang = slack.faults.hang("users.info")
    async with directory_at(slack.url, slack.bot_token, seconds) as it:
        leaver = asyncio.create_task(it.account(carla.id))
        await hang.reached.wait()
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        assert [t for t in asyncio.all_tasks() if t.get_name().startswith("directory-")]
    assert [t for t in asyncio.all_tasks() if t.get_name().startswith("directory-")] == []
    hang.release()


# ---------------------------------------------------------------- by address


async def test_an_address_counts_only_when_slack_confirmed_it(slack, directory):
    """RBAC-01."""
    confirmed = {"profile": {"email": "carla@acme.example"}}
    assert (await reads(**confirmed, is_email_confirmed=True)).email == "carla@acme.example"
    assert (await reads(**confirmed, is_email_confirmed=False)).email is None
    assert (await reads(**confirmed)).email is None


async def test_the_account_with_an_address_is_found_and_used_again_for_thirty_seconds(slack, directory, seconds):
    carla = slack.add_person("carla", email="carla@acme.example")
    assert await directory.holder("carla@acme.example") == carla.id
    seconds.at += 29.9
    assert await directory.holder("carla@acme.example") == carla.id
    assert asked(slack, "users.lookupByEmail") == 1
    carla.deleted = True
    seconds.at += 0.1
    assert await directory.holder("carla@acme.example") == Absent("the Slack account of carla@acme.example")


async def test_an_address_that_could_not_be_looked_up_is_unread(slack, directory):
    slack.faults.status("users.lookupByEmail", 503)
    assert isinstance(await directory.holder("carla@acme.example"), Unread)
    async with (
        raw_server(answer(200, b'{"ok": true, "user": {}}', "Content-Type: application/json")) as url,
        directory_at(f"{url}/", "xoxb-signalbox-x", Seconds()) as it,
    ):
        assert await it.holder("x@acme.example") == Unread("the Slack account of x@acme.example", "Slack's answer lacks a field")


# ---------------------------------------------------------------- channels


async def test_a_channel_is_as_the_bot_sees_it(slack, directory):
    inside = slack.add_channel("releases")
    outside = slack.add_channel("general", bot=False)
    hidden = slack.add_channel("board", bot=False, private=True)
    assert await directory.channel(inside.id) == Room(inside.id, "releases", member=True)
    assert await directory.channel(outside.id) == Room(outside.id, "general", member=False)
    assert await directory.channel(hidden.id) == Absent(f"the channel {hidden.id}")


async def test_an_invitation_is_seen_at_once(slack, directory):
    channel = slack.add_channel("general", bot=False)
    await directory.channel(channel.id)
    slack.add_channel("general")
    assert await directory.channel(channel.id) == Room(channel.id, "general", member=True)


async def test_a_channel_that_cannot_be_read_is_unread(slack, directory):
    slack.faults.fail("conversations.info", "missing_scope")
    assert await directory.channel("C1") == Unread("the channel C1", "missing_scope")
    body = json.dumps({"ok": True, "channel": {"id": "C1"}}).encode()
    async with raw_server(answer(200, body, "Content-Type: application/json")) as url, directory_at(f"{url}/", "xoxb-x", Seconds()) as it:
        assert isinstance(await it.channel("C1"), Unread)
