"""What the machinery needs to know who people are; `bot/adapters/directory.py` and `github_sign_in.py` implement it."""

from dataclasses import dataclass, field
from typing import Protocol

from guards.train import Room
from guards.unread import Absent, Unread


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account as Slack describes it (users.info).

    Args:
        user: `U…` or `W…`.
        team: the workspace or organisation it belongs to.
        name: the name people see.
        email: verified by Slack, or None.
        zone: IANA name of the person's own time zone, or None.
        deleted, bot, guest, external: facts that refuse (RBAC-01); guest covers single- and multi-channel guests.
    """

    user: str
    team: str
    name: str
    email: str | None
    zone: str | None
    deleted: bool = False
    bot: bool = False
    guest: bool = False
    external: bool = False


class Directory(Protocol):
    """Who people are, from Slack; short-lived caches are the adapter's business."""

    async def account(self, user: str) -> Account | Absent | Unread:
        """The account behind a Slack user id."""
        ...

    async def members(self, group: str) -> frozenset[str] | Unread:
        """The Slack user ids in a user group (`S…`)."""
        ...

    async def holder(self, address: str) -> str | Absent | Unread:
        """The Slack user id of the working account with this e-mail address.

        Args:
            address: in lower case.
        """
        ...

    async def channel(self, channel: str) -> Room | Absent | Unread:
        """A channel as the bot sees it; a private one that it is not in does not exist for it.

        Args:
            channel: `C…`.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What GitHub hands out when somebody shall sign in elsewhere (OAuth device flow, RFC 8628).

    Args:
        device: what the bot shows GitHub to learn the outcome.
        user: what the person types at `address`.
        address: GitHub's own page.
        interval: seconds between two questions at least.
        lasts: seconds until both codes end.
    """

    device: str = field(repr=False)
    user: str
    address: str
    interval: float
    lasts: float


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """The person has not answered GitHub yet.

    Args:
        slower: it was asked too often.
        interval: seconds that it wants between two questions from now on, when it said so.
    """

    slower: bool = False
    interval: float | None = None


@dataclass(frozen=True, slots=True)
class NotGiven:
    """The sign-in came to an end without an account.

    Args:
        why: a sentence for people.
    """

    why: str


@dataclass(frozen=True, slots=True)
class VcsAccount:
    """A person's account at the version control system.

    Args:
        number: its own id, which stays when the login is renamed.
        login: as it is written now.
    """

    number: int
    login: str


class SignIn(Protocol):
    """Lets a person prove which account is theirs. No token leaves the adapter, and none is kept."""

    async def begin(self) -> DeviceCode | Unread:
        """Ask for the codes of one sign-in."""
        ...

    async def outcome(self, device: str) -> VcsAccount | StillWaiting | NotGiven | Unread:
        """What became of a sign-in; `Unread` may be asked again.

        Args:
            device: of `DeviceCode`.
        """
        ...

    async def account(self, login: str, repository: str) -> VcsAccount | Absent | Unread:
        """The account that has this login now.

        Args:
            login: in any case.
            repository: `owner/name`, whose credentials may be used to ask.
        """
        ...
