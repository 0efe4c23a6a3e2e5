"""A VCS that shows merge freezes on open pull requests, in memory; it passes the same contract tests as the real adapter."""

from commands.core.ports.chat import Unposted
from commands.core.ports.vcs import Shown


class FakeStatuses:
    """Implements the `MergeStatuses` port.

    Attributes:
        heads: (repository, branch) → the last commits of the open pull requests.
        said: (repository, commit) → why it is held, None where it is not; a commit that is not here carries nothing.
        away: what is answered while it is set.
    """

    def __init__(self) -> None:
        self.heads: dict[tuple[str, str], list[str]] = {}
        self.said: dict[tuple[str, str], str | None] = {}
        self.away: Unposted | None = None

    async def show(self, repository: str, branch: str, held: str | None) -> Shown | Unposted:
        if self.away:
            return self.away
        wrong = [(repository, sha) for sha in self.heads.get((repository, branch), [])]
        wrong = [one for one in wrong if one not in self.said or self.said[one] != held]
        self.said.update(dict.fromkeys(wrong, held))
        return Shown(len(wrong))
