"""What came in Slack since somebody last looked, for the prompt.

Invariant: everything new is told once, to whoever looks first; what is private to others is only announced.
"""

from bot.demo.company import ZONE, Company
from bot.demo.people import BY_NAME, Member
from bot.demo.playground import subject, title
from bot.demo.stage import Stage
from bot.workspace import Message


class News:
    """Remembers what was seen.

    Args:
        company: whose Slack.
        stage: where it is shown.
    """

    def __init__(self, company: Company, stage: Stage) -> None:
        self._company, self._stage = company, stage
        self._cards: dict[str, str] = {}
        self._private: dict[str, int] = {}

    def catch_up(self) -> None:
        """Count everything that is there now as seen."""
        self._new_messages()
        self._new_private()

    def show(self, me: Member) -> None:
        """Show what is new: answers to this person in full, new cards in full, redrawn ones by their headline, logs line by line."""
        for handle, messages in self._new_private().items():
            if handle == me.handle:
                for message in messages:
                    self._stage.message(message, f"only {handle} sees this")
            else:
                self._stage.note(f"{BY_NAME[handle].name} was told something privately: inbox {handle}")
        for message, first in self._new_messages():
            if message.thread_ts not in (None, message.ts):
                self._stage.log([message])
            elif first:
                self._stage.message(message, "#releases")
            else:
                self._stage.note(f"#releases: {title(message)}  (card {subject(message)})")

    def _new_private(self) -> dict[str, list[Message]]:
        found = {}
        for handle in self._company.people:
            messages = self._company.told(handle)
            if new := messages[self._private.get(handle, 0) :]:
                found[handle] = new
            self._private[handle] = len(messages)
        return found

    def _new_messages(self) -> list[tuple[Message, bool]]:
        """Messages in the channel that are new, or look otherwise than before; and whether they are new."""
        found = []
        for message in self._company.slack.messages(self._company.releases):
            text, before = message.as_text(ZONE), self._cards.get(message.ts)
            if text != before:
                found.append((message, before is None))
            self._cards[message.ts] = text
        return found
