"""A build index in memory that the tests fill; it passes the same contract tests as the real adapters."""

from guards.unread import Absent, Unread
from guards.version import Artifact


class FakeArtifacts:
    """Implements the `Artifacts` port. `away` set to an `Unread` makes every look-up answer it."""

    def __init__(self, *artifacts: Artifact) -> None:
        self.away: Unread | None = None
        self._known = {(a.service, a.version): a for a in artifacts}

    def add(self, artifact: Artifact) -> None:
        """Publish a version, or move it to another digest."""
        self._known[artifact.service, artifact.version] = artifact

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        return self.away or self._known.get((service, version)) or Absent(f"artifact of {service} {version}")
