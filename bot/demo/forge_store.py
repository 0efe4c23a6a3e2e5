"""What the demo's forge remembers beside git: accounts, pull requests, reviews, checks and protection, in one file.

Invariant: it is on disk before anybody hears of it; commits, tags and files are git's and are never copied here.
"""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, JsonValue

from bot.demo.files import write

FORGE = "noreply@github.com"
"""The address under which the forge commits what is done on its own pages, as GitHub does."""


class Account(BaseModel):
    """Somebody with an account.

    Args:
        login: of the account.
        email: the address that git knows.
        key: the public key that they sign with, one line; None when they gave none.
    """

    login: str
    email: str
    key: str | None = None


class Review(BaseModel):
    """A submitted review, on the commit that was the head then."""

    by: str
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]
    commit: str
    at: AwareDatetime


class PullRequest(BaseModel):
    """A pull request from one branch into another.

    Args:
        number, title, body, labels: as people see them.
        author: login.
        branch: where its commits are.
        into: the branch that it is for.
        base: the commit of that branch that its own began at.
        head: the branch's last commit; what is pushed before the merge moves it.
        reviews: oldest first.
        merged, merged_by, merge_commit: once it is merged.
    """

    number: int
    title: str
    body: str
    labels: list[str]
    author: str
    branch: str
    into: str = "main"
    base: str
    head: str
    reviews: list[Review] = []
    merged: AwareDatetime | None = None
    merged_by: str | None = None
    merge_commit: str | None = None


class CheckRun(BaseModel):
    """One attempt of one check of a commit; `conclusion` is None while it runs."""

    id: int
    commit: str
    name: str
    conclusion: str | None
    at: AwareDatetime


class Protection(BaseModel):
    """What protects a branch, in the words of GitHub's own answers.

    Args:
        classic: the branch's protection, or None.
        rules: of the rulesets in force.
    """

    classic: dict[str, JsonValue] | None = None
    rules: list[JsonValue] = []


class Memory(BaseModel):
    """Everything."""

    accounts: list[Account] = []
    pulls: list[PullRequest] = []
    runs: list[CheckRun] = []
    protection: dict[str, Protection] = {}

    def login(self, email: str) -> str | None:
        """Whose address this is."""
        return next((account.login for account in self.accounts if account.email == email), None)

    def protects(self, branch: str) -> Protection | None:
        """What protects a branch: under its own name, or under a pattern like `release/*`."""
        return self.protection.get(branch) or next((each for name, each in self.protection.items() if fnmatchcase(branch, name)), None)

    def pull(self, number: int) -> PullRequest | None:
        """The pull request of this number."""
        return next((pull for pull in self.pulls if pull.number == number), None)


class ForgeStore:
    """The forge's folder. Every method blocks.

    Args:
        root: holds `memory.json`, `signers` and the forge's own key.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        path = root / "memory.json"
        self.memory = Memory.model_validate_json(path.read_bytes()) if path.exists() else Memory()

    @property
    def key(self) -> Path:
        """The forge's own key, for what it commits itself."""
        return self.root / "key"

    @property
    def signers(self) -> Path:
        """Whose signatures git believes."""
        return self.root / "signers"

    def keep(self) -> None:
        """Write what changed, and let git believe the keys of all accounts and the forge's own."""
        write(self.root / "memory.json", self.memory.model_dump_json(indent=1).encode())
        keys = [(account.email, account.key) for account in self.memory.accounts if account.key]
        keys += [(FORGE, self.key.with_suffix(".pub").read_text().strip())]
        write(self.signers, "".join(f'{email} namespaces="git" {key}\n' for email, key in keys).encode())
