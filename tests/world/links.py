"""The web, in memory; it passes the same contract tests as the real adapter."""

from commands.core.ports.links import Broken, Leads
from guards.unread import Unread


class FakeLinks:
    """Implements the `Links` port.

    Attributes:
        pages: link → what is there; every other one is unread.
        asked: every link that was looked at, in order.
    """

    def __init__(self, pages: dict[str, Leads | Broken | Unread] | None = None) -> None:
        self.pages = pages or {}
        self.asked: list[str] = []

    async def look(self, url: str) -> Leads | Broken | Unread:
        self.asked.append(url)
        return self.pages.get(url, Unread("the link", "its name could not be resolved"))
