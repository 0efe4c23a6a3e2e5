"""What the demo's forge reads from git: tags and their signatures, commits, histories, files.

Invariant: it changes nothing, and a signature is good only when git's exit code says so.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.demo.git import Git

SHA = re.compile(r"[0-9a-f]{40}")
_TAGGER = re.compile(r"^tagger (.*) <(.*)> (\d+) [+-]\d{4}$", re.MULTILINE)
_WHEN = re.compile(r"@\{(\d+) ")
_CO_AUTHOR = re.compile(r"(.*?)\s*<([^<>\s]+)>")
_FIELDS = ("%H", "%s", "%an", "%ae", "%cn", "%ce", "%G?", "%GS", "%B", "%P", "%(trailers:key=Co-authored-by,valueonly,separator=%x01)")


@dataclass(frozen=True, slots=True)
class TagObject:
    """An annotated tag, as it stands in git."""

    name: str
    kind: str
    target: str
    tagger: str
    email: str
    at: int
    signed: bool


@dataclass(frozen=True, slots=True)
class GitCommit:
    """A commit, as it stands in git.

    Args:
        oid, title, message: its id, first line, and all of it.
        parents: how many.
        authors: (name, address) of the author and the co-authors.
        committer: likewise.
        signed: whether it carries a signature at all.
        signer: whose good signature it carries, by address; None when none is good.
    """

    oid: str
    title: str
    message: str
    parents: int
    authors: tuple[tuple[str, str], ...]
    committer: tuple[str, str]
    signed: bool
    signer: str | None


class ForgeGit:
    """Reads one repository. Every id that comes in must have been checked to be one.

    Args:
        folder: of the repository.
        signers: git's file of the keys that are believed.
    """

    def __init__(self, folder: Path, signers: Path) -> None:
        self._git = Git(folder, {"gpg.format": "ssh", "gpg.ssh.allowedSignersFile": str(signers)})

    async def tags(self, prefix: str) -> list[tuple[str, str, str]]:
        """(name, kind of object, its id) of all tags that begin like this."""
        listed = await self._git("for-each-ref", "--format=%(objecttype) %(objectname) %(refname:strip=2)", "refs/tags/")
        found = [line.split(" ", 2) for line in listed.splitlines()]
        return [(name, kind, oid) for kind, oid, name in found if name.startswith(prefix)]

    async def tag(self, oid: str) -> TagObject | None:
        """A tag object; None when there is none of this id."""
        text = await self._git.tells("cat-file", "tag", oid)
        if text is None:
            return None
        head = dict(line.split(" ", 1) for line in text.partition("\n\n")[0].splitlines())
        tagger = _TAGGER.search(text)
        assert tagger is not None
        return TagObject(
            name=head["tag"], kind=head["type"], target=head["object"], tagger=tagger[1], email=tagger[2].lower(), at=int(tagger[3]),
            signed="-----BEGIN SSH SIGNATURE-----" in text,
        )  # fmt: skip

    async def judge(self, oid: str, tag: TagObject) -> str:
        """GitHub's word for a tag's signature: `valid`, `unsigned`, `unknown_key`, `bad_email` or `invalid`."""
        if not tag.signed:
            return "unsigned"
        good, said = await self._git.verify_tag(oid)
        if good:
            return "valid" if f'Good "git" signature for {tag.email} with' in said else "bad_email"
        return "unknown_key" if "No principal matched" in said else "invalid"

    async def knows(self, oid: str) -> bool:
        """Whether there is a commit of this id."""
        return await self._git.tells("cat-file", "-e", f"{oid}^{{commit}}") is not None

    async def branch(self, name: str) -> str | None:
        """The commit that a branch names."""
        return await self._git.tells("rev-parse", "--verify", f"refs/heads/{name}^{{commit}}")

    async def branches(self, prefix: str) -> list[tuple[str, str]]:
        """(name, commit) of all branches that begin like this."""
        listed = await self._git("for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads/")
        found = [line.split(" ", 1) for line in listed.splitlines()]
        return [(name, oid) for oid, name in found if name.startswith(prefix)]

    async def moves(self, branch: str) -> list[tuple[str, str, datetime]]:
        """(what it named before, what after, when) of a branch, the newest first, as git's own log of the branch has it."""
        told = await self._git.tells("reflog", "show", "--date=raw", "--format=%H %gd", f"refs/heads/{branch}") or ""
        found = [(line[:40], int(_WHEN.findall(line)[-1])) for line in told.splitlines()]
        before = [oid for oid, _ in found[1:]] + ["0" * 40]
        return [(was, now, datetime.fromtimestamp(at, UTC)) for was, (now, at) in zip(before, found, strict=False)]

    async def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor; None when there is none."""
        return await self._git.tells("merge-base", one, other)

    async def parents(self, oid: str) -> list[str]:
        """The parents of a commit, the first one first."""
        return (await self._git("rev-list", "--parents", "--max-count=1", oid)).split()[1:]

    async def patch(self, oid: str, path: str, base: str | None = None) -> str:
        """What a commit, or all since another one, does to a file: a unified diff without its head; empty when no lines are told."""
        which = (oid,) if base is None else (base, oid)
        told = await self._git("diff-tree", "--root", "--no-commit-id", "-p", "--no-renames", *which, "--", path)
        return told[told.index("@@") :] if "\n@@" in told else ""

    async def touched(self, oid: str, base: str | None = None) -> list[tuple[str, str, str]]:
        """(path, letter of what was done to it, id of its content now) of each file that a commit, or all since another one, changes."""
        which = (oid,) if base is None else (base, oid)
        told = (await self._git("diff-tree", "--root", "--no-commit-id", "-r", "--no-renames", "-z", *which)).strip("\0").split("\0")
        heads = [told[n].split() for n in range(0, len(told) - 1, 2)]
        return [(path, head[4], head[3]) for head, path in zip(heads, told[1::2], strict=True)]

    async def between(self, base: str | None, head: str) -> list[str]:
        """The commits that are in `head` and not in `base`, oldest first; all of `head` when `base` is None."""
        return (await self._git("rev-list", "--reverse", "--topo-order", head if base is None else f"{base}..{head}")).split()

    async def commits(self, oids: Sequence[str]) -> list[GitCommit]:
        """Commits by their ids, in that order."""
        if not oids:
            return []
        told = await self._git("log", "--no-walk=unsorted", f"--format={'%x00'.join(_FIELDS)}%x1e", *oids)
        return [_commit(record.lstrip("\n").split("\0")) for record in told.split("\x1e") if record.strip("\n")]

    async def changed(self, base: str, head: str) -> list[str]:
        """The paths that differ."""
        return (await self._git("diff", "--name-only", "-z", base, head)).strip("\0").split("\0")

    async def text(self, commit: str, path: str) -> str | None:
        """A file's text at a commit; None when there is no such file."""
        return await self._git.tells("cat-file", "blob", f"{commit}:{path}")


def _commit(fields: Sequence[str]) -> GitCommit:
    oid, title, author, email, committer, address, verdict, signer, message, parents, others = fields
    co_authors = (found for line in others.split("\x01") if (found := _CO_AUTHOR.fullmatch(line)))
    return GitCommit(
        oid=oid,
        title=title,
        message=message.rstrip("\n"),
        parents=len(parents.split()),
        authors=((author, email.lower()), *((one[1], one[2].lower()) for one in co_authors)),
        committer=(committer, address.lower()),
        signed=verdict != "N",
        signer=signer if verdict == "G" else None,
    )
