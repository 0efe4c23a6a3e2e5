"""The demo's forge over a real repository, filled like the small GitHub of `github_vcs`, so that both are held to the same cases."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from bot.demo.clock import StoryClock
from bot.demo.forge_store import FORGE, Account, CheckRun, Protection, PullRequest, Review
from bot.demo.servers import forge
from tests.world.github_vcs import MERGED, TOKEN, WEB

_AT = datetime.fromisoformat(MERGED)
_RAVI = {"name": "Release CI", "email": "41898282+release-ci@users.noreply.github.com", "user": None}
_NOBODY = {"name": "Eve", "email": "eve@elsewhere.example", "user": None}


class FilledForge:
    """Serves `acme/api`; make it with `create`. What is not described here is as in `FakeGitHubVcs`.

    Attributes:
        seen: (method, path) of every request.
        unchanged: how many were answered with 304.
    """

    name = "acme/api"

    def __init__(self, root: Path) -> None:
        self.folder, self.history, self.app = root / "api", [], web.Application(middlewares=[self._count])
        self.seen: list[tuple[str, str]] = []
        self.unchanged = 0
        self._root, self._branch, self._made = root, "", 0
        self.at = _AT

    @classmethod
    async def create(cls, root: Path) -> "FilledForge":
        made = cls(root)
        made.folder.mkdir()
        made._git("init", "--quiet", "--initial-branch=main")
        made.store = (await forge(made.app, root / "forge", {made.name: made.folder}, TOKEN, StoryClock()))[made.name]
        for name, who in (("ravi", _RAVI), ("eve", _NOBODY)):
            made._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(root / name))
            made.store.memory.accounts.append(Account(login=name, email=who["email"], key=(root / f"{name}.pub").read_text().strip()))
        made.store.keep()
        return made

    @web.middleware
    async def _count(self, request, handler):
        self.seen.append((request.method, request.path))
        answer = await handler(request)
        self.unchanged += answer.status == 304
        return answer

    # ---- commits and pull requests

    def commit(self, title, author, *others, committer=None, signed=True, on=True, body="", change=None) -> str:
        """A commit that adds a file of its own, or the one that is given; signed only by the forge itself."""
        for who in (author, *others, committer or author):
            if who.get("user") and not self.store.memory.login(who["email"]):
                self.store.memory.accounts.append(Account(login=who["user"]["login"], email=who["email"]))
        parent = (self.history or [""])[-1] if on or not self._branch else self._branch
        if isinstance(on, str):
            parent = self._git("rev-parse", f"refs/heads/{on}")
        self._made += 1
        tree = self._tree(parent, *(change or (f"file-{self._made}", f"{self._made}\n")))
        message = "\n\n".join(
            [title, *[body] * bool(body), *["\n".join(f"Co-authored-by: {o['name']} <{o['email']}>" for o in others)] * bool(others)]
        )
        by_forge = committer is WEB
        words = ("commit-tree", tree, *(("-p", parent) if parent else ()), *(("-S",) if by_forge else ()), "-m", message)
        oid = self._git(*words, who=author, committer=committer, key="forge/acme/api/key")
        if isinstance(on, str):
            self.branch(on, oid)
        elif on:
            self.history.append(oid)
            self._branch = ""
            self._git("update-ref", "refs/heads/main", oid)
        else:
            self._branch = oid
        return oid

    def branch(self, name, commit) -> None:
        """Lets a branch name a commit, at `at`."""
        self._git("update-ref", f"refs/heads/{name}", commit)

    def forget(self, branch, moves) -> None:
        """Takes the newest of what git's log tells of a branch away."""
        log = self.folder / ".git" / "logs" / "refs" / "heads" / branch
        log.write_text("".join(log.read_text().splitlines(keepends=True)[:-moves]))

    def waits(self, number, author, *, into="main", **other) -> None:
        """An open pull request."""
        person = {"name": author.title(), "email": f"{author}@example.com", "user": {"login": author}}
        own = self.commit(f"work on {number}", person, on=False)
        made = self.pull(number, author, [own], None, **other)
        made.merged = made.merged_by = None
        made.into = into

    def _tree(self, parent: str, path: str, text: str) -> str:
        """The parent's tree with one more file."""
        self._git("read-tree", parent or "--empty")
        blob = self._git("hash-object", "-w", "--stdin", typed=text)
        self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
        return self._git("write-tree")

    def pull(self, number, author, own, merge, *, brought=None, reviews=None, labels=None, title=None, body="") -> PullRequest:
        base = self._git("rev-parse", f"{own[0]}^")
        made = PullRequest(
            number=number, title=title or f"Change {number}", body=body, labels=labels or [], author=author, branch=f"branch-{number}", base=base,
            head=own[-1], merged=_AT, merged_by="merger", merge_commit=merge,
        )  # fmt: skip
        for review in sorted(reviews or [], key=lambda review: review["submittedAt"]):
            at = datetime.fromisoformat(review["submittedAt"])
            made.reviews.append(Review(by=review["author"]["login"], state=review["state"], commit=review["commit"]["oid"], at=at))
        self.store.memory.pulls.append(made)
        return made

    def squashed(self, number, author, **other) -> str:
        person = {"name": author.title(), "email": f"{author}@example.com", "user": {"login": author}}
        own = self.commit(f"work on {number}", person, on=False)
        merge = self.commit(f"Change {number} (#{number})", person, committer=WEB)
        self.pull(number, author, [own], merge, **other)
        return merge

    # ---- tags

    def tag(self, name, commit, *, verified=True, reason="valid") -> str:
        """An annotated tag that truly is what is asked for; one of the same name is moved."""
        tagger = _NOBODY if reason == "bad_email" else _RAVI
        if reason == "unknown_key":
            self.store.memory.accounts = [a for a in self.store.memory.accounts if a.login != "ravi"]
            self.store.keep()
        how = "--annotate" if reason == "unsigned" else "--sign"
        self._git("tag", "--force", how, "-m", name, name, commit, who=tagger, key="ravi")
        oid = self._git("rev-parse", f"refs/tags/{name}")
        if reason == "invalid":
            text = self._git("cat-file", "tag", oid).replace(f"\n\n{name}\n", "\n\nsomething else\n", 1)
            oid = self._git("hash-object", "-t", "tag", "-w", "--stdin", typed=text + "\n")
            self.point(name, "tag", oid)
        return oid

    def point(self, name, kind, oid) -> None:
        if kind == "tree":
            oid = self._git("rev-parse", f"{oid}^{{tree}}")
        self._git("update-ref", f"refs/tags/{name}", oid)

    # ---- checks, protection, files

    def ran(self, commit, name, conclusion="success") -> None:
        runs = self.store.memory.runs
        runs.append(CheckRun(id=100 + len(runs), commit=commit, name=name, conclusion=conclusion, at=datetime.now(UTC)))

    def protect(self, branch, classic, rules) -> None:
        self.store.memory.protection[branch] = Protection(classic=classic, rules=rules)

    def add_file(self, path, text) -> str:
        """A commit of one file; its id."""
        tree = self._tree("main", path, text)
        oid = self._git("commit-tree", tree, "-p", "main", "-m", path)
        self._git("update-ref", "refs/heads/main", oid)
        self.history.append(oid)
        return oid

    # ---- git

    def _git(self, *words, typed="", who=None, committer=None, key="ravi") -> str:
        people = {"AUTHOR": who or _RAVI, "COMMITTER": committer or who or _RAVI}
        names = {f"GIT_{role}_{part.upper()}": who[part] for role, who in people.items() for part in ("name", "email")}
        dates = {f"GIT_{role}_DATE": self.at.isoformat() for role in people}
        command = ("git", "-c", "gpg.format=ssh", "-c", f"user.signingKey={self._root / key}", *words)
        return self._run(*command, typed=typed, environment={**names, **dates, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(self._root)})

    def _run(self, *command, typed="", environment=None) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            input=typed,
            env={"PATH": os.environ["PATH"], **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")


assert WEB["email"] == FORGE
