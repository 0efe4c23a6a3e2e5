"""What the machinery needs to tell people; `bot/slack/chat.py` implements it."""

from dataclasses import dataclass
from typing import Protocol

from commands.core.text import Card, Form
from guards.unread import Absent, Unread


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in a channel.

    Args:
        channel: `C…` or `D…`.
        ts: Slack's name of the message there.
    """

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Unposted:
    """A message that certainly or possibly was not posted.

    Args:
        why: for the log.
        maybe: True when it may stand there all the same; it is looked for before it is posted again.
        retry_after: seconds to wait (rate limit), else None.
        final: True when trying again cannot help (channel gone, bot not in it).
        away: True while the neighbour answers nobody: it is kept, however often it was tried, and goes out when the neighbour is back.
    """

    why: str
    maybe: bool = False
    retry_after: float | None = None
    final: bool = False
    away: bool = False


class Chat(Protocol):
    """How people are told."""

    async def post(self, channel: str, card: Card, *, subject: str, thread: str | None = None) -> Posted | Unposted:
        """Post a card; `subject` is stored beside the message, so that `find` can tell it again."""
        ...

    async def find(self, channel: str, *, subject: str, thread: str | None = None) -> Posted | Absent | Unposted:
        """Look for a card that was posted for this subject, among the newest of the channel or thread; where that fails it may be there."""
        ...

    async def update(self, place: Posted, card: Card) -> Posted | Unposted:
        """Draw a card anew, in place."""
        ...

    async def pin(self, place: Posted, *, stays: bool) -> Unposted | None:
        """Pin a message in its channel, or take the pin away; None when it is as it shall be, also when it was before.

        Args:
            place: the message.
            stays: whether it shall be pinned.
        """
        ...

    async def tell(self, user: str, card: Card, *, channel: str | None = None, answer_to: str | None = None) -> Posted | Unposted:
        """Tell one person privately.

        Args:
            user: Slack user id.
            card: what to tell.
            channel: where the person is looking, if known; else it goes into their direct messages.
            answer_to: the response URL of a command or click that is answered; used first while it is young.
        """
        ...

    async def upload(self, channel: str, name: str, content: bytes, *, title: str) -> Unposted | None:
        """Put a file into a conversation; None when it stands there.

        Args:
            channel: `C…` or `D…`.
            name: of the file.
            content: its bytes, at least one.
            title: shown above it.
        """
        ...

    async def ask(self, trigger: str, form: Form, *, channel: str | None = None) -> Unposted | None:
        """Open a form for whoever holds the trigger (3 s); None when it stands.

        Args:
            trigger: Slack's trigger id.
            form: what to ask.
            channel: where the person looks; its answer is told there.
        """
        ...

    async def home(self, user: str, card: Card) -> Unposted | None:
        """Show a card on a person's App Home, in place of what stands there; None when it stands.

        Args:
            user: Slack user id.
            card: all that the Home tab shows.
        """
        ...

    async def alive(self) -> Unread | None:
        """None when Slack answers, for /health/ready."""
        ...
