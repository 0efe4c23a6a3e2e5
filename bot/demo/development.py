"""How the demo's company makes a version: a pull request that is reviewed and merged, a signed tag, a build with its proofs.

Invariant: people work at the forge, and CI alone tags and builds what goes out.
"""

import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.generic_wire import ArtifactBody
from bot.demo import policy
from bot.demo.builds import Builds
from bot.demo.ci_process import CIProcess
from bot.demo.clock import StoryClock
from bot.demo.forge_client import ForgeClient
from bot.demo.people import BY_NAME, MEMBERS, RELEASE_CI
from bot.demo.repository import Repository

SERVICE = "api"
"""What the stories of one service are about."""

_NO_SLUG = re.compile("[^a-z0-9]+")


def repository_of(service: str) -> str:
    """`owner/name` of a service's repository."""
    return f"acme/{service}"


class Development:
    """The work on one service.

    Args:
        service: its name in the policy file.
        repository: empty.
        ci: where it is checked and built; its forge serves the repository.
        clock: the story's.
        key: that CI signs its builds with.

    Attributes:
        repository, forge, builds: its parts.
    """

    def __init__(self, service: str, repository: Repository, ci: CIProcess, clock: StoryClock, key: Ed25519PrivateKey) -> None:
        name = repository_of(service)
        self.service, self.repository, self.forge, self._clock = service, repository, ForgeClient(ci.ask, name), clock
        self.builds = Builds(repository, ci.root, name, f"https://github.com/{name}", clock.now, key)

    async def begin(self, files: Mapping[str, str]) -> None:
        """Everyone gets an account at the forge, CI's with the key that signs releases; main gets its first commit and is protected.

        Args:
            files: path → content, beside a README and the code owners.
        """
        await self.forge.register("release-ci", RELEASE_CI.email, self.repository.key)
        for member in MEMBERS:
            await self.forge.register(member.handle, member.author.email)
        first = {"README.md": f"# {self.service}\n", ".github/CODEOWNERS": "* @rob\n", **files}
        await self.repository.commit(first, "Begin", author=BY_NAME["captain"].author, at=self._clock.now())
        for branch in ("main", "release/*"):
            await self.forge.protect(branch, policy.PROTECTION)

    async def change(
        self, title: str, files: dict[str, str], *, author: str, reviewer: str, red: str = "", into: str = "main",
        labels: tuple[str, ...] = (),
    ) -> str:  # fmt: skip
        """Somebody works on a branch and opens a pull request, CI checks it, somebody else approves and merges it.

        Args:
            title: of the pull request, and of its one commit; begins with its ticket.
            files: path → content.
            author, reviewer: handles.
            red: a check that fails once it is merged.
            into: the branch that it is for.
            labels: of the pull request.

        Returns:
            What the branch is at now.
        """
        await self.repository.begin(_branch(title, into), into)
        await self._check(await self.repository.commit(files, title, author=BY_NAME[author].author, at=self._clock.now()))
        pull = await self.forge.open_pull(_branch(title, into), title, author=author, into=into, labels=labels)
        return await self.merge(pull, reviewer, red)

    async def pick(self, commit: str, title: str, *, author: str, reviewer: str, into: str, labels: tuple[str, ...]) -> str:
        """Somebody picks a commit of main onto a release branch, by a pull request of its own; see `change`."""
        await self.repository.begin(_branch(title, into), into)
        await self._check(await self.repository.pick(commit, author=BY_NAME[author].author, at=self._clock.now()))
        return await self.merge(await self.forge.open_pull(_branch(title, into), title, author=author, into=into, labels=labels), reviewer)

    async def revert(self, commit: str, title: str, *, author: str, reviewer: str, into: str) -> str:
        """Somebody takes a commit back on a release branch, by a pull request of its own; see `change`."""
        await self.repository.begin(_branch(title, into), into)
        await self._check(await self.repository.revert(commit, author=BY_NAME[author].author, at=self._clock.now()))
        return await self.merge(await self.forge.open_pull(_branch(title, into), title, author=author, into=into), reviewer)

    async def propose(self, title: str, files: dict[str, str], *, author: str, into: str) -> int:
        """Somebody opens a pull request, and CI checks it; its number."""
        await self.repository.begin(_branch(title, into), into)
        await self._check(await self.repository.commit(files, title, author=BY_NAME[author].author, at=self._clock.now()))
        return await self.forge.open_pull(_branch(title, into), title, author=author, into=into)

    async def merge(self, pull: int, reviewer: str, red: str = "") -> str:
        """Somebody approves and merges a pull request, and CI checks what comes of it; what the branch is at now."""
        await self.forge.review(pull, reviewer)
        merged = await self.forge.merge(pull, reviewer)
        await self._check(merged, red)
        return merged

    async def _check(self, commit: str, red: str = "") -> None:
        for check in policy.CHECKS:
            await self.forge.check(commit, check, "failure" if check == red else "success")

    async def release(self, version: str, *, sbom_of: str | None = None, of: str = "main") -> ArtifactBody:
        """CI tags a branch, signs the tag, and builds it; see `Builds.build`."""
        await self.repository.tag(version, at=self._clock.now(), of=of)
        return await self.builds.build(self.service, version, sbom_of=sbom_of)

    async def move_tag(self, version: str, by: str) -> None:
        """Somebody has a tag name what main is now."""
        await self.repository.move_tag(version, by=BY_NAME[by].author, at=self._clock.now())


def _branch(title: str, into: str) -> str:
    """`feature/API-7-greet-everybody`; one that is for another branch than main says so."""
    ticket, _, words = title.partition(": ")
    for_ = "" if into == "main" else f"-for-{_NO_SLUG.sub('-', into)}"
    return f"feature/{ticket}-{_NO_SLUG.sub('-', words.lower())}{for_}"
