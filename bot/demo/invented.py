"""Neighbours of a policy that is only being tried: every fact that it asks for is invented, and fits.

Invariant: nothing outside this process is asked or told; what is invented depends on the policy and the version alone, so it is the
same each time it is read.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from typing import Any

from typing_extensions import override

from bot.demo.ci_faults import Fault, Faults
from bot.demo.invented_ci import InventedCI
from bot.demo.invented_others import (
    InventedFreezeCalendars,
    InventedIncidents,
    InventedLinks,
    InventedReleases,
    InventedStatuses,
)
from bot.demo.playground import Controls
from bot.neighbours import Neighbours
from commands.core.ports.ci import CI, Deployed
from commands.core.ports.clock import Clock
from guards.codeowners import CodeOwners
from guards.cut import OpenPull
from guards.neighbours import GitHubCI
from guards.policy import Policy
from guards.provenance import PinnedKey, Proof, Provenance, Sbom, SbomFormat, Signature
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Review, ReviewState, Span, Tag
from guards.version import Artifact

FIRST = "v1.0.0"
"""What stands everywhere at the beginning."""

_KEY = PinnedKey("sha256:" + "0" * 64)


def digest_of(service: str, version: str) -> str:
    """The digest that a version has here."""
    return "sha256:" + sha256(f"{service} {version}".encode()).hexdigest()


def commit_of(repository: str, version: str) -> str:
    """The commit that a version's tag names here."""
    return sha1(f"{repository} {version}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Cast:
    """Who did what in every version.

    Args:
        author: wrote it. reviewer: approved its pull request.
    """

    author: Person
    reviewer: Person

    @classmethod
    def of(cls, policy: Policy) -> "Cast":
        """The two who hold the fewest roles: so that the others are free to ask and approve."""
        held = {p.id: sum(p.id in grant.people for grants in policy.roles.values() for grant in grants) for p in policy.people}
        owners = {each for service in policy.services.values() for each in service.owners}
        ranked = sorted(policy.people, key=lambda p: (p.id in owners, held[p.id] == 0, held[p.id], p.id))
        return cls(ranked[0], ranked[min(1, len(ranked) - 1)])


def login_of(person: Person) -> str:
    """The GitHub login of the policy file, else the address, which finds the person too."""
    return person.github or person.id


class InventedSource:
    """Implements `Artifacts` and `Proofs`: whatever version is asked for was built, and everything is attached to it."""

    def __init__(self, policy: Policy, cast: Cast, faults: Faults, clock: Clock) -> None:
        self._policy, self._cast, self._faults, self._clock = policy, cast, faults, clock

    def _away(self) -> Unread | None:
        return Unread("the registry", "it answers 503") if self._faults.registry_down() else None

    async def artifact(self, service: str, version: str) -> Artifact | Absent | Unread:
        """The version, by name."""
        repository = self._policy.services[service].repository
        people = frozenset({self._cast.author.id}), frozenset({self._cast.reviewer.id})
        return self._away() or Artifact(service, version, digest_of(service, version), commit_of(repository, version), *people)

    async def proof(self, service: str, version: str, digest: str) -> Proof | Absent | Unread:
        """Everything that can be attached to a digest."""
        if away := self._away():
            return away
        if digest != digest_of(service, version):
            return Absent(f"artifact of {service} {version} with the digest {digest}")
        mine, at = self._policy.services[service], self._clock.now() - timedelta(days=1)
        commit = commit_of(mine.repository, version)
        url = f"https://invented.example/{service}/{version}"
        provenance = Provenance(
            "https://slsa.dev/provenance/v1", digest, commit, mine.address, f"refs/tags/{version}", "https://invented.example/builder", "1",
            at, at, 3, _KEY, _hash(digest, "provenance"), url,
        )  # fmt: skip
        sbom = Sbom(SbomFormat.CYCLONEDX, "1.6", digest, True, 12, _hash(digest, "sbom"), url, _KEY)
        return Proof(digest, (sbom,), (provenance,), (Signature(digest, _KEY, _hash(digest, "signature"), url),))

    async def document(self, service: str, hash: str) -> bytes | Absent | Unread:  # noqa: A002
        """There is no document behind an invented proof."""
        return self._away() or Absent(f"document {hash} of {service}")

    async def retrievable(self, service: str, digest: str) -> bool | Unread:  # noqa: ARG002 - the port's
        """Whatever was built can be pulled."""
        return self._away() or True


class _Artifacts:
    def __init__(self, source: InventedSource) -> None:
        self.find = source.artifact


class _Proofs:
    def __init__(self, source: InventedSource) -> None:
        self.find, self.document, self.retrievable = source.proof, source.document, source.retrievable


def _hash(digest: str, what: str) -> str:
    return "sha256:" + sha256(f"{digest} {what}".encode()).hexdigest()


class InventedVcs:
    """Implements `Vcs`: each version is one pull request, written by one, approved by another, with every check passed."""

    def __init__(self, policy: Policy, cast: Cast, clock: Clock, ci: Iterable[InventedCI]) -> None:
        self._policy, self._cast, self._clock, self._ci = policy, cast, clock, tuple(ci)

    async def tag(self, repository: str, version: str) -> Tag | Absent | Unread:
        """A tag that CI's release identity signed."""
        commit, who = commit_of(repository, version), next(iter(self._policy.evidence.taggers), "release-bot@invented.example")
        tagger = Contributor(None, who) if "@" in who else Contributor(who)
        return Tag(repository, version, commit[::-1], commit, True, True, "valid", tagger, self._clock.now() - timedelta(days=2))

    async def span(self, repository: str, base: str | None, head: str) -> Span | Absent | Unread:
        """One commit, by one pull request."""
        at, branch = self._clock.now() - timedelta(days=3), head[::-1]
        author, reviewer = (Contributor(login_of(each), each.id, each.name) for each in (self._cast.author, self._cast.reviewer))
        number = int(head[:4], 16) + 1
        url = f"https://invented.example/{repository}/pull/{number}"
        review = Review(reviewer.login, ReviewState.APPROVED, branch, at)
        pull = Pull(
            number, "Invented: nobody wrote this", url, "main", head, at, branch, author, (author,), (review,), frozenset({"risk:low"}), "",
            reviewer, (f"DEMO-{number}",), ("invented.txt",),
        )  # fmt: skip
        commit = Commit(head, "Invented: nobody wrote this", url, author, author, (), True, (number,))
        return Span(repository, base, head, (commit,), (pull,)) if base != head else Span(repository, base, head, (), ())

    async def checks(self, repository: str, commit: str) -> tuple[Check, ...] | Absent | Unread:  # noqa: ARG002 - the port's
        """Every check that the policy names, passed."""
        by = next(iter(self._policy.evidence.check_sources), None)
        return tuple(Check(name, CheckState.PASSED, None, self._clock.now() - timedelta(days=1), 1, by, 1) for name in self._checks())

    async def protection(self, repository: str, branch: str) -> Protection | Absent | Unread:  # noqa: ARG002 - the port's
        """As strict as can be."""
        return Protection(branch, frozenset(self._checks()), 9, True, True, True)

    async def codeowners(self, repository: str, commit: str) -> CodeOwners | Absent | Unread:  # noqa: ARG002 - the port's
        """The reviewer owns everything."""
        owner = login_of(self._cast.reviewer)
        return CodeOwners.read("CODEOWNERS", f"* {owner if '@' in owner else f'@{owner}'}\n")

    async def head(self, repository: str, branch: str, at: datetime | None = None) -> str | Absent | Unread:  # noqa: ARG002 - the port's
        """Main stands still; another branch is there once the invented CI made it."""
        made = next((ci.branches[repository, branch] for ci in self._ci if (repository, branch) in ci.branches), None)
        if made is None and branch not in {each.branch for each in self._policy.services.values()}:
            return Absent(f"branch {branch} in {repository}")
        return made or commit_of(repository, branch)

    async def merge_base(self, repository: str, one: str, other: str) -> str | Absent | Unread:  # noqa: ARG002 - the port's
        """The first: nothing has parted."""
        return one

    async def line(self, repository: str, head: str, most: int) -> tuple[str, ...] | Unread:  # noqa: ARG002 - the port's
        """Nothing lies before it."""
        return (head,)

    async def patch(self, repository: str, commit: str, base: str | None = None) -> str | Absent | Unread:  # noqa: ARG002 - the port's
        """Each changes something of its own."""
        return commit

    async def open_pulls(self, repository: str, base: str) -> tuple[OpenPull, ...] | Unread:  # noqa: ARG002 - the port's
        """Nobody waits."""
        return ()

    async def close(self) -> None:
        """Nothing is under way."""

    def _checks(self) -> list[str]:
        named = (self._policy.evidence.checks, *(each.checks or () for each in self._policy.services.values()))
        shown = (name.replace("*", "invented") for item in self._policy.evidence.items.values() for name in item.checks)
        return list(dict.fromkeys([*(name for names in named for name in names), *shown]))


class InventedWorld(Controls):
    """All neighbours of one policy.

    Args:
        policy: what they fit.
        clock: the story's.
    """

    def __init__(self, policy: Policy, clock: Clock) -> None:
        self.policy, self.clock, self.faults, self.bot = policy, clock, Faults(), ""
        self._calls: deque[dict[str, Any]] = deque(maxlen=200)
        self._tasks: set[asyncio.Task[None]] = set()
        cast = Cast.of(policy)
        self.cast = cast
        self._ci = {
            name: InventedCI(
                self,
                "/webhooks/github" if isinstance(each, GitHubCI) else f"/webhooks/ci/{name}",
                {service for service, one in policy.services.items() if one.ci == name},
            )
            for name, each in policy.ci.items()
        }
        self._incidents = InventedIncidents(policy, self)
        source, vcs = InventedSource(policy, cast, self.faults, clock), InventedVcs(policy, cast, clock, self._ci.values())
        ci: dict[str, CI] = dict(self._ci)
        self.neighbours = Neighbours(
            ci,
            {name: _Artifacts(source) for name in policy.artifacts},
            {"github": vcs},
            {name: _Proofs(source) for name in policy.artifacts},
            {"github": InventedReleases()},
            freeze_calendars=InventedFreezeCalendars(),
            statuses={"github": InventedStatuses()},
            links=InventedLinks(),
            incidents=self._incidents.sources,
        )

    def note(self, method: str, path: str, status: int) -> None:
        """Remember a call."""
        self._calls.append({"at": self.clock.now().isoformat(), "method": method, "path": path, "status": status})

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task that `close` ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def begin(self) -> None:
        """Every service runs its first version everywhere, no incident is open, and the bot is told."""
        await self._incidents.beat()
        self.spawn(self._incidents.go_on())
        for name, service in self.policy.services.items():
            digest, commit = digest_of(name, FIRST), commit_of(service.repository, FIRST)
            for environment in self.policy.chain(name):
                await self._ci[service.ci].report(Deployed(name, environment, FIRST, digest, commit, "invented", self.clock.now()))

    @override
    async def call_back(self, bot: str) -> None:
        self.bot = bot

    @override
    async def misbehave(self, mode: str, times: int = 1, *, seconds: float = 3.0) -> None:
        self.faults.set(Fault.model_validate({"mode": mode, "times": times, "seconds": seconds}))

    @override
    async def calls(self) -> list[dict[str, Any]]:
        return list(self._calls)

    @override
    async def set_clock(self) -> None:
        """It is the same clock; whoever tells of incidents is heard at the new time, too."""
        await self._incidents.beat()
