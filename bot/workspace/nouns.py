"""What a workspace consists of: people, channels, groups, messages and their buttons.

Invariant: a message is shown as it stands now; its text is never read but through a reader with a zone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.workspace.plain import blocks_text, mrkdwn, text_object
from bot.workspace.text import Json, Reader


@dataclass(slots=True)
class Person:
    """An account; its facts may be changed in the middle of a story (someone is deactivated)."""

    id: str
    handle: str
    name: str
    email: str | None
    tz: str
    guest: bool = False
    bot: bool = False
    deleted: bool = False
    external: bool = False


@dataclass(slots=True)
class Channel:
    """A conversation. `kind` is `channel`, `private`, `im` or `mpim`; `pins` are message timestamps, with the second of each pin."""

    id: str
    name: str
    members: set[str]
    kind: str = "channel"
    pins: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """A user group (`S…`) and the ids of its members."""

    id: str
    handle: str
    members: list[str]


@dataclass(frozen=True, slots=True)
class Button:
    """A button that a person can press.

    Args:
        text: visible label. action_id, block_id, value: as the bot set them.
        element: the whole element. confirm: the text of its confirmation dialog, or None when it has none.
    """

    text: str
    action_id: str
    block_id: str
    value: str | None
    element: Json
    confirm: str | None


@dataclass(slots=True)
class Message:
    """A message as it stands now; an edit changes it in place.

    Args:
        ts, channel, user: as in Slack. thread_ts: the parent's ts, or None.
        ephemeral_to: the only person who sees it, or None.
        files: each with id, name, title, size, and whether it is a picture.
        metadata: `{"event_type", "event_payload"}` or None. reads: makes a reader for a zone, now.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json]
    reads: Callable[[str], Reader] = field(repr=False)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    metadata: Json | None = None
    edited: bool = False
    files: list[Json] = field(default_factory=list)

    @property
    def buttons(self) -> list[Button]:
        """The buttons, from top to bottom."""
        return buttons_of(self.blocks, self.reads("UTC"))

    def as_text(self, zone: str = "UTC") -> str:
        """The message as plain readable text, for a reader in `zone` (IANA name)."""
        reader = self.reads(zone)
        said = blocks_text(self.blocks, reader) if self.blocks else mrkdwn(self.text, reader)
        return "\n".join(filter(None, (said, *(f"📎 {file['title']} ({file['name']})" for file in self.files))))


def buttons_of(blocks: list[Json], reader: Reader) -> list[Button]:
    """The buttons in these blocks, from top to bottom."""
    return [
        Button(
            text_object(element["text"], reader),
            element["action_id"],
            block["block_id"],
            element.get("value"),
            element,
            " / ".join(text_object(element["confirm"][each], reader) for each in ("title", "text", "confirm", "deny"))
            if element.get("confirm")
            else None,
        )
        for block in blocks
        for element in (block.get("accessory"), *(block.get("elements") or ()))
        if isinstance(element, dict) and element.get("type") == "button"
    ]
