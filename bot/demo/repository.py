"""A scratch git repository with real commits and signed tags, for the demo and the tests.

Invariant: whatever is in it was made by git; its tags are signed with the tagger's own key.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.demo.files import write
from bot.demo.git import Author, CommandError, Git, make_key, signing_with


class Repository:
    """One repository; make it with `create`.

    Attributes:
        folder: the working tree.
        key: the public half of the key that signs tags, one line.
    """

    def __init__(self, git: Git, tagger: Author, key: str) -> None:
        self.folder, self.key = git.folder, key
        self._git, self._tagger = git, tagger

    @classmethod
    async def create(cls, folder: Path, *, tagger: Author) -> "Repository":
        """An empty repository on branch main.

        Args:
            folder: must not exist, or be empty; the tagger's key is kept beside it.
            tagger: who signs releases.

        Raises:
            CommandError: when git or ssh-keygen fails or is missing.
        """
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        key = folder.with_name(f"{folder.name}-release-key")
        signers = key.with_suffix(".signers")
        git = Git(folder, signing_with(key) | {"gpg.ssh.allowedSignersFile": str(signers)})
        await git("init", "--quiet", "--initial-branch=main")
        public = await make_key(key, tagger.email)
        await asyncio.to_thread(signers.write_text, f'{tagger.email} namespaces="git" {public}\n')
        return cls(git, tagger, public)

    async def begin(self, branch: str, at: str = "main") -> None:
        """Check out a new branch that starts at another one."""
        await self._git("switch", "--quiet", "--create", branch, at)

    async def pick(self, commit: str, *, author: Author, at: datetime) -> str:
        """Pick a commit onto the branch that is checked out, which then says where it is from; the new commit.

        Args:
            commit: 40 hex digits.
            author: who picks it.
            at: aware.
        """
        await self._git("cherry-pick", "-x", commit, who=author, at=at)
        return await self._git("rev-parse", "HEAD")

    async def revert(self, commit: str, *, author: Author, at: datetime) -> str:
        """Take a commit back on the branch that is checked out; the new commit."""
        await self._git("revert", "--no-edit", commit, who=author, at=at)
        return await self._git("rev-parse", "HEAD")

    async def delete(self, branch: str) -> None:
        """Remove a branch that is not checked out."""
        await self._git("update-ref", "-d", f"refs/heads/{branch}")

    async def commit(self, files: Mapping[str, str], message: str, *, author: Author, at: datetime) -> str:
        """Write files and commit them on the branch that is checked out; the commit's 40 hex digits.

        Args:
            files: path in the repository to content.
            message: the commit message.
            author: also the committer.
            at: aware.
        """
        for name, content in files.items():
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()):
                raise ValueError(f"{name} is outside the repository")
            await asyncio.to_thread(write, path, content.encode())
        await self._git("add", "--all")
        await self._git("commit", "--quiet", "--no-verify", "--allow-empty", f"--message={message}", who=author, at=at)
        return await self._git("rev-parse", "HEAD")

    async def tag(self, version: str, *, at: datetime, of: str = "main") -> None:
        """An annotated tag, signed by the tagger.

        Args:
            version: `v1.4.0`.
            at: aware.
            of: the branch that it stands on.
        """
        await self._git("tag", "--sign", f"--message=Release {version}", version, of, who=self._tagger, at=at)

    async def move_tag(self, version: str, *, by: Author, at: datetime) -> None:
        """Have a tag name what main is now, unsigned, as somebody who may push with force can.

        Args:
            version: a tag.
            by: who does it.
            at: aware.
        """
        await self._git("tag", "--force", "--annotate", f"--message=Release {version}", version, "main", who=by, at=at)

    async def verified(self, version: str) -> bool:
        """Whether the tag carries a good signature of the tagger."""
        good, _ = await self._git.verify_tag(version)
        return good

    async def commit_of(self, name: str) -> str:
        """The 40 hex digits of the commit that a tag or a branch names now."""
        return await self._git("rev-parse", "--verify", f"{name}^{{commit}}")

    async def tree_of(self, name: str) -> str:
        """What names all files at a tag or a branch; the same files have the same name."""
        return await self._git("rev-parse", "--verify", f"{name}^{{tree}}")

    async def has(self, branch: str) -> bool:
        """Whether there is a branch of this name."""
        return await self._git.tells("rev-parse", "--verify", f"refs/heads/{branch}") is not None

    async def archive(self, name: str) -> bytes:
        """The tree at a tag or a branch, as a tar file."""
        return await self._git.raw("archive", "--format=tar", name)

    async def authors(self, version: str) -> frozenset[str]:
        """Everyone whose work came in since the version before: authors and co-authors, by e-mail."""
        try:
            before = await self._git("describe", "--tags", "--abbrev=0", f"{version}^")
            commits = f"{before}..{version}"
        except CommandError:  # the first version
            commits = version
        log = await self._git("log", "--format=<%ae>%n%(trailers:key=Co-authored-by,valueonly)", commits)
        return frozenset(re.findall(r"<([^<>\s]+)>", log))
