"""Who people are, from Slack: accounts and user groups, cached briefly.

Invariant: what cannot be read is `Unread`; an old answer is used for at most `keep` seconds and never to cover a failure
after that (RBAC-09).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.breaker import Breaker
from bot.adapters.clock import MachineClock
from bot.slack.session import is_code, status_of
from commands.core.ports.people import Account
from guards.train import Room
from guards.unread import Absent, Unread

T = TypeVar("T")
KEEP = 30.0
"""Seconds for which the members of a group are used again; Slack allows 20 such questions a minute."""

KEEP_ACCOUNT = 3.0
"""Seconds for an account: whoever was deactivated stops counting at once (RBAC-09), and one request asks once."""

_ROOM = 10_000


class _Profile(BaseModel):
    real_name: str = ""
    display_name: str = ""
    email: str | None = None


class _Named(BaseModel):
    id: str
    profile: _Profile = Field(default_factory=_Profile)


class _Found(BaseModel):
    user: _Named


class _User(BaseModel):
    """The parts of users.info that decide (https://docs.slack.dev/reference/objects/user-object)."""

    id: str
    team_id: str
    deleted: bool
    is_bot: bool = False
    is_app_user: bool = False
    is_workflow_bot: bool = False
    is_restricted: bool | None = None
    is_ultra_restricted: bool | None = None
    is_stranger: bool = False
    is_email_confirmed: bool | None = None
    tz: str | None = None
    profile: _Profile = Field(default_factory=_Profile)

    @property
    def bot(self) -> bool:
        return self.is_bot or self.is_app_user or self.is_workflow_bot

    @property
    def complete(self) -> bool:
        """Whether it says what decides: Slack leaves the guest flags out only for accounts that are refused anyway."""
        told = self.is_restricted is not None and self.is_ultra_restricted is not None
        return told or self.deleted or self.bot or self.is_stranger


class _Users(BaseModel):
    users: list[str]


class _Channel(BaseModel):
    """The parts of conversations.info that decide (https://docs.slack.dev/reference/objects/conversation-object)."""

    id: str
    name: str = ""
    is_member: bool
    is_archived: bool = False


class _Cache(Generic[T]):
    """Answers by key for a while; concurrent questions share one call; failures are not kept."""

    def __init__(self, keep: float, clock: Callable[[], float]) -> None:
        self._keep = keep
        self._clock = clock
        self._answers: dict[str, tuple[float, T]] = {}
        self._asking: dict[str, asyncio.Task[T | Unread]] = {}

    async def get(self, key: str, read: Callable[[], Awaitable[T | Unread]]) -> T | Unread:
        found = self._answers.get(key)
        if found and self._clock() - found[0] < self._keep:
            return found[1]
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(key, read), name=f"directory-{key}")
            self._asking[key] = task
        # one asker's cancellation must not fail the others
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the calls under way; whoever still waits for one is cancelled."""
        asking = tuple(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, key: str, read: Callable[[], Awaitable[T | Unread]]) -> T | Unread:
        asked = self._clock()
        try:
            answer = await read()
            if not isinstance(answer, Unread):
                if len(self._answers) >= _ROOM:
                    self._answers.clear()
                self._answers[key] = (asked, answer)  # as old as the question: nobody knows when Slack read it
            return answer
        finally:
            del self._asking[key]


class SlackDirectory:
    """Slack as the directory.

    Args:
        client: with the scopes users:read, users:read.email, usergroups:read, channels:read and groups:read.
        limit: seconds for one call.
        keep: seconds for which the members of a group are used again; an account at most `KEEP_ACCOUNT`.
        clock: seconds that only grow, for the age of answers.
        breaker: what is known of Slack's answering, shared with the chat; only this directory's own experience when None.
    """

    def __init__(
        self, client: AsyncWebClient, limit: float = 5.0, keep: float = KEEP, clock: Callable[[], float] = monotonic,
        breaker: Breaker | None = None,
    ) -> None:  # fmt: skip
        self._client = client
        self._limit = limit
        self._breaker = breaker or Breaker("slack", MachineClock())
        self._accounts = _Cache[Account | Absent](min(keep, KEEP_ACCOUNT), clock)
        self._groups = _Cache[frozenset[str]](keep, clock)
        self._holders = _Cache[str | Absent](keep, clock)

    async def close(self) -> None:
        """End the calls under way."""
        await self._accounts.close()
        await self._groups.close()
        await self._holders.close()

    async def account(self, user: str) -> Account | Absent | Unread:
        """The account behind a Slack user id (users.info)."""
        return await self._accounts.get(user, lambda: self._account(user))

    async def members(self, group: str) -> frozenset[str] | Unread:
        """The members of a user group (usergroups.users.list)."""
        return await self._groups.get(group, lambda: self._members(group))

    async def holder(self, address: str) -> str | Absent | Unread:
        """The account with this address (users.lookupByEmail); what the account is, `account` tells anew each time."""
        return await self._holders.get(address, lambda: self._holder(address))

    async def channel(self, channel: str) -> Room | Absent | Unread:
        """A channel as the bot sees it (conversations.info); asked anew each time, as people invite the bot when they are told to."""
        noun = f"the channel {channel}"
        answer = await self._called(self._client.conversations_info(channel=channel), noun)
        if isinstance(answer, Unread):
            return Absent(noun) if answer.why == "channel_not_found" else answer
        try:
            found = _Channel.model_validate(answer.get("channel"))
        except ValidationError:
            return Unread(noun, "Slack's answer lacks a field")
        return Room(found.id, found.name or found.id, found.is_member, found.is_archived)

    async def _account(self, user: str) -> Account | Absent | Unread:
        noun = f"the Slack account {user}"
        answer = await self._called(self._client.users_info(user=user), noun)
        if isinstance(answer, Unread):
            return Absent(noun) if answer.why == "user_not_found" else answer
        try:
            found = _User.model_validate(answer.get("user"))
        except ValidationError:
            return Unread(noun, "Slack's answer lacks a field")
        if found.id != user:
            return Unread(noun, "Slack told of another account")
        if not found.complete:
            return Unread(noun, "Slack does not say whether it is a guest")
        name = found.profile.display_name or found.profile.real_name or found.id
        email = found.profile.email if found.is_email_confirmed else None
        return Account(
            user=found.id, team=found.team_id, name=name, email=email, zone=found.tz, deleted=found.deleted,
            bot=found.bot, guest=bool(found.is_restricted or found.is_ultra_restricted), external=found.is_stranger,
        )  # fmt: skip

    async def _members(self, group: str) -> frozenset[str] | Unread:
        noun = f"the Slack group {group}"
        answer = await self._called(self._client.usergroups_users_list(usergroup=group), noun)
        if isinstance(answer, Unread):
            return answer
        try:
            return frozenset(_Users.model_validate(answer).users)
        except ValidationError:
            return Unread(noun, "Slack's answer lacks a field")

    async def _holder(self, address: str) -> str | Absent | Unread:
        noun = f"the Slack account of {address}"
        answer = await self._called(self._client.users_lookupByEmail(email=address), noun)
        if isinstance(answer, Unread):
            return Absent(noun) if answer.why == "users_not_found" else answer
        try:
            found = _Found.model_validate(answer).user
        except ValidationError:
            return Unread(noun, "Slack's answer lacks a field")
        other = found.profile.email is not None and found.profile.email.lower() != address
        return Unread(noun, "Slack told of another account") if other else found.id

    async def _called(self, call: Coroutine[Any, Any, Any], noun: str) -> dict[str, Any] | Unread:
        if held := self._breaker.held():
            call.close()
            return Unread(noun, held.why)
        try:
            async with asyncio.timeout(self._limit):
                data = (await call).data
        except SlackApiError as error:
            data = getattr(error.response, "data", None)
            said = data.get("error") if isinstance(data, dict) else None
            if (status := status_of(error)) >= 500:
                self._breaker.failed(f"it failed with status {status}")
            else:
                self._breaker.answered()
            return Unread(noun, said if isinstance(said, str) and is_code(said) else "Slack refused")
        except Exception as error:  # the SDK raises whatever its reading of a strange answer runs into
            self._breaker.failed(why := f"no answer from Slack ({type(error).__name__})")
            return Unread(noun, why)
        self._breaker.answered()
        return data if isinstance(data, dict) else Unread(noun, "Slack's answer is no JSON object")


class NoDirectory:
    """Stands in where there is no token for Slack, as for `signalbox explain`: everything is unread.

    Args:
        why: a sentence.
    """

    def __init__(self, why: str) -> None:
        self._why = why

    async def close(self) -> None:
        """Nothing is under way."""

    async def account(self, user: str) -> Account | Absent | Unread:
        """Never known."""
        return Unread(f"the Slack account {user}", self._why)

    async def members(self, group: str) -> frozenset[str] | Unread:
        """Never known."""
        return Unread(f"the Slack group {group}", self._why)

    async def holder(self, address: str) -> str | Absent | Unread:
        """Never known."""
        return Unread(f"the Slack account of {address}", self._why)

    async def channel(self, channel: str) -> Room | Absent | Unread:
        """Never known."""
        return Unread(f"the channel {channel}", self._why)
