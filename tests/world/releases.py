"""A VCS that takes release notes, in memory; it passes the same contract tests as the real adapter."""

from commands.core.ports.chat import Unposted
from commands.core.ports.vcs import Published


class FakeReleases:
    """Implements the `Releases` port.

    Attributes:
        tags: (repository, tag) of those that exist.
        pages: (repository, tag) → the notes that stand there.
        away: what is answered while it is set.
        sent: how often notes were given.
    """

    def __init__(self) -> None:
        self.tags: set[tuple[str, str]] = set()
        self.pages: dict[tuple[str, str], str] = {}
        self.away: Unposted | None = None
        self.sent = 0

    async def publish(self, repository: str, tag: str, name: str, text: str) -> Published | Unposted:
        self.sent += 1
        if self.away:
            return self.away
        if (repository, tag) not in self.tags:
            return Unposted(f"there is no tag {tag} in {repository}", final=True)
        self.pages[repository, tag] = text
        return Published(f"https://git.test/{repository}/releases/{tag}")
