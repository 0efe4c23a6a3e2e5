"""How the demo's company makes a version: a pull request that is reviewed and merged, a signed tag, a build with its proofs.

Invariant: people work at the forge, and CI alone tags and builds what goes out.
"""

import re

from bot.adapters.generic_wire import ArtifactBody
from bot.demo import policy
from bot.demo.builds import Builds
from bot.demo.ci_process import CIProcess
from bot.demo.clock import StoryClock
from bot.demo.forge_client import ForgeClient
from bot.demo.people import BY_NAME, MEMBERS, RELEASE_CI
from bot.demo.repository import Repository
from bot.demo.servers import REPOSITORY

SERVICE = "api"
_SOURCE = f"https://github.com/{REPOSITORY}"
_FIRST_FILES = {"README.md": "# api\n", ".github/CODEOWNERS": "* @rob\n", "api.py": 'print("hello")\n'}
_NO_SLUG = re.compile("[^a-z0-9]+")


class Development:
    """The work on one service.

    Args:
        repository: empty.
        ci: where it is checked and built; its forge serves the repository.
        clock: the story's.

    Attributes:
        repository, forge, builds: its parts.
    """

    def __init__(self, repository: Repository, ci: CIProcess, clock: StoryClock) -> None:
        self.repository, self.forge, self._clock = repository, ForgeClient(ci.ask), clock
        self.builds = Builds(repository, ci.root, REPOSITORY, _SOURCE, clock.now)

    async def begin(self) -> None:
        """Everyone gets an account at the forge, CI's with the key that signs releases; main gets its first commit and is protected."""
        await self.forge.register("release-ci", RELEASE_CI.email, self.repository.key)
        for member in MEMBERS:
            await self.forge.register(member.handle, member.author.email)
        await self.repository.commit(_FIRST_FILES, "Begin", author=BY_NAME["captain"].author, at=self._clock.now())
        await self.forge.protect("main", policy.PROTECTION)

    async def change(self, title: str, files: dict[str, str], *, author: str, reviewer: str) -> None:
        """Somebody works on a branch and opens a pull request, CI checks it, somebody else approves and merges it.

        Args:
            title: of the pull request, and of its one commit; begins with its ticket.
            files: path → content.
            author, reviewer: handles.
        """
        ticket, _, words = title.partition(": ")
        branch = f"feature/{ticket}-{_NO_SLUG.sub('-', words.lower())}"
        await self.repository.begin(branch)
        await self._check(await self.repository.commit(files, title, author=BY_NAME[author].author, at=self._clock.now()))
        pull = await self.forge.open_pull(branch, title, author=author)
        await self.forge.review(pull, reviewer)
        await self._check(await self.forge.merge(pull, reviewer))

    async def _check(self, commit: str) -> None:
        for check in policy.CHECKS:
            await self.forge.check(commit, check)

    async def release(self, version: str, *, sbom_of: str | None = None) -> ArtifactBody:
        """CI tags main, signs the tag, and builds it; see `Builds.build`."""
        await self.repository.tag(version, at=self._clock.now())
        return await self.builds.build(SERVICE, version, sbom_of=sbom_of)

    async def move_tag(self, version: str, by: str) -> None:
        """Somebody has a tag name what main is now."""
        await self.repository.move_tag(version, by=BY_NAME[by].author, at=self._clock.now())
