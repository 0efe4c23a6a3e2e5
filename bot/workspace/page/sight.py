"""What one person sees of the workspace, and what of it has changed since they last looked.

Invariant: nobody is shown a conversation that they are not in, another person's private message, or another person's form.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from bot.workspace import pictures
from bot.workspace.nouns import Channel, Message, Person
from bot.workspace.page import draw
from bot.workspace.state import State
from bot.workspace.text import Json


def key_of(message: Message) -> str:
    """What names a message in the whole workspace."""
    return f"{message.channel}/{message.ts}"


def sees(person: Person, message: Message, state: State) -> bool:
    """Whether a message is there for this person."""
    return person.id in state.channels[message.channel].members and message.ephemeral_to in (None, person.id)


def content(state: State, person: Person, file: str) -> tuple[str, bytes] | None:
    """Name and bytes of a file that a message shares with this person, by the file's id; None when none does."""
    shared = any(each["id"] == file for message in state.messages if sees(person, message, state) for each in message.files)
    found = state.uploads.get(file) if shared else None
    return (found.name, found.content) if found is not None and found.content is not None else None


async def picture(state: State, person: Person, name: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a picture that the person sees, by what `draw` calls it; None when there is none."""
    if (shared := content(state, person, name)) is not None:
        found: bytes | None = shared[1]
    else:
        image = next((each for each in _images(state, person) if pictures.name_of(each) == name), None)
        if image is None:
            return None
        upload = state.uploads.get(name)
        found = upload.content if upload is not None else await pictures.fetched(image["image_url"])
    media = pictures.kind(found)
    return (media, found) if media and found else None


def _images(state: State, person: Person) -> Iterator[Json]:
    """Every image in the messages, the form and the home that the person has before them."""
    views = [*state.stacks[person.id][-1:], *filter(None, [state.homes.get(person.id)])]
    for blocks in (*(each.blocks for each in state.messages if sees(person, each, state)), *(each.blocks for each in views)):
        yield from pictures.within(blocks)


@dataclass(slots=True)
class Sight:
    """One open page.

    Args:
        state: the workspace's.
        person: who looks.
        kept: every message as it was shown, by its version: what somebody presses is what they had before them.
    """

    state: State
    person: Person
    kept: dict[str, Message]
    _shown: dict[str, str] = field(default_factory=dict)

    def news(self) -> Json:
        """Everything at the first look; later only the messages that came, changed or went (null), beside the small rest."""
        reader = self.state.reader(self.person.tz)
        there = {key_of(each): each for each in self.state.messages if sees(self.person, each, self.state)}
        drawn = {key: draw.message(each, reader) for key, each in there.items()}
        versions = {key: str(each["version"]) for key, each in drawn.items()}
        changed = {key for key, version in versions.items() if self._shown.get(key) != version}
        self.kept.update({versions[key]: copy(there[key]) for key in changed if versions[key] not in self.kept})
        gone = self._shown.keys() - versions.keys()
        self._shown = versions
        stack, home = self.state.stacks[self.person.id], self.state.homes.get(self.person.id)
        return {
            "me": self.person.id,
            "now": f"{reader.now.astimezone(ZoneInfo(reader.zone)):%A %-d %B %Y, %H:%M}",
            "people": [{"id": each.id, "handle": each.handle, "name": each.name} for each in self.state.people.values()],
            "channels": [self._channel(each) for each in self.state.channels.values() if self.person.id in each.members],
            "messages": {**dict.fromkeys(gone), **{key: drawn[key] for key in drawn if key in changed}},
            "form": draw.form(stack[-1], reader) if stack else None,
            "home": draw.home(home, reader) if home else None,
        }

    def _channel(self, channel: Channel) -> Json:
        direct = channel.kind in {"im", "mpim"}
        return {
            "id": channel.id,
            "name": "Signalbox" if direct else channel.name,
            "direct": direct,
            "tabs": channel.kind == "im" and self.state.app.home_tab,
            "pins": [ts for ts in channel.pins if self.state.find_message(channel.id, ts)],
        }
