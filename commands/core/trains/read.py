"""Reads what a cutoff and a stabilization are judged on, from version control.

Invariant: everything of one run is asked for under one deadline, and what fails or comes too late is `Unread`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import TypeVar

from commands.core.deadline import Deadline
from commands.core.ports.vcs import Vcs
from guards.codeowners import CodeOwners
from guards.cut import Cut, OpenPull
from guards.cutoff import Source, branch_of, green, next_version
from guards.decision import Allow
from guards.facts import Facts
from guards.policy import Policy
from guards.train import Train
from guards.unread import Absent, Unread
from guards.vcs import Check, Protection, Span, Tag
from guards.version import Deployment, Evidence
from guards.vocabulary import Requirement

T = TypeVar("T")

SECONDS = 30.0
"""For everything that one look takes: below what a worker gives one delivery."""

BACK = 20
"""Commits of main among which the last green one is looked for."""


class Branches:
    """Version control as trains need it, one repository of the policy at a time, under one deadline.

    Args:
        policy: in force.
        histories: kind in a service's `history` → the version control system.
    """

    def __init__(self, policy: Policy, histories: Mapping[str, Vcs]) -> None:
        self._policy, self._histories = policy, histories

    def look(self, seconds: float = SECONDS) -> "Look":
        """Begin to read; the deadline runs from now on."""
        return Look(self._policy, self._histories, seconds)


class Look:
    """One look at the repositories of a run.

    Args: as for `Branches`, and how many seconds all of it may take.
    """

    def __init__(self, policy: Policy, histories: Mapping[str, Vcs], seconds: float = SECONDS) -> None:
        self._policy, self._histories, self._deadline = policy, histories, Deadline(seconds)

    def repositories(self, services: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The repositories of these services, each with those that live in it (TRN-28)."""
        found: dict[str, tuple[str, ...]] = {}
        for service in services:
            if known := self._policy.services.get(service):
                found[known.repository] = (*found.get(known.repository, ()), service)
        return found

    # ------------------------------------------------------------ single questions

    async def head(self, service: str, branch: str, at: datetime | None = None) -> str | Absent | Unread:
        """What a branch of a service's repository names, now or at a moment."""
        return await self._ask(service, f"the head of {branch}", lambda vcs, repository: vcs.head(repository, branch, at))

    async def heads(self, made: Iterable[Cut]) -> dict[str, str | Absent | Unread]:
        """Repository → what the branch of its cut names now; nothing for one that the policy file does not know any more (TRN-12)."""
        known = [cut for cut in made if cut.branch and cut.services[0] in self._policy.services]
        found = await asyncio.gather(*(self.head(cut.services[0], cut.branch) for cut in known))
        return {cut.repository: head for cut, head in zip(known, found, strict=True)}

    async def parts(self, service: str, one: str | Absent | Unread | None, other: str | Absent | Unread) -> str | Absent | Unread:
        """Where two commits part; what kept one of them from being read is told instead."""
        for commit in (one, other):
            if not isinstance(commit, str):
                return commit or Unread("where two commits part", "nobody asked for it")
        return await self._ask(service, "where two commits part", lambda vcs, repository: vcs.merge_base(repository, str(one), str(other)))

    async def span(self, service: str, base: str | None, head: str) -> Span | Absent | Unread:
        """The work between two commits."""
        return await self._ask(service, f"the work in {head[:12]}", lambda vcs, repository: vcs.span(repository, base, head))

    async def checks(self, service: str, commit: str) -> tuple[Check, ...] | Absent | Unread:
        """The checks of a commit."""
        return await self._ask(service, f"the checks of {commit[:12]}", lambda vcs, repository: vcs.checks(repository, commit))

    async def protection(self, service: str, branch: str) -> Protection | Absent | Unread:
        """What protects a branch."""
        return await self._ask(service, f"the protection of {branch}", lambda vcs, repository: vcs.protection(repository, branch))

    async def patch(self, service: str, commit: str, base: str | None = None) -> str | Absent | Unread:
        """An id of what a commit changes; with a base, of all that changed since that."""
        return await self._ask(service, f"the changes of {commit[:12]}", lambda vcs, repository: vcs.patch(repository, commit, base))

    async def tag(self, service: str, version: str) -> Tag | Absent | Unread:
        """What a version's tag names."""
        return await self._ask(service, f"the tag {version}", lambda vcs, repository: vcs.tag(repository, version))

    async def within(self, what: str, ask: Callable[..., Awaitable[T]], *words: str) -> T | Unread:
        """Something that no version control knows, under the same deadline."""
        return await self._deadline.read(what, ask, *words)

    async def open_pulls(self, service: str, base: str) -> tuple[OpenPull, ...] | Unread:
        """What is open into a branch."""
        return await self._ask(service, f"the open pull requests to {base}", lambda vcs, repository: vcs.open_pulls(repository, base))

    async def last_green(self, services: tuple[str, ...], head: str, facts: Facts) -> str | None:
        """The newest commit on the line before a red one whose required checks passed; None when none is found (TRN-07)."""
        line = await self._ask(services[0], f"the history of {head[:12]}", lambda vcs, repository: vcs.line(repository, head, BACK))
        for commit in line[1:] if isinstance(line, tuple) else ():
            if isinstance(green(services, commit, await self.checks(services[0], commit), facts), Allow):
                return commit
        return None

    async def _ask(self, service: str, what: str, ask: Callable[[Vcs, str], Awaitable[T]]) -> T | Unread:
        known = self._policy.services[service]
        if known.history is None:
            return Unread(f"{what} of {known.repository}", f"the policy names no history for {service}")
        return await self._deadline.read(f"{what} of {known.repository}", ask, self._histories[known.history], known.repository)

    # ------------------------------------------------------------ a repository that is to be cut

    async def source(
        self, repository: str, services: tuple[str, ...], train: Train, running: Mapping[str, Deployment | None], said: str, *,
        at: datetime | None = None, or_now: bool = False, commit: str | None = None, chosen: bool = False,
    ) -> Source:  # fmt: skip
        """All that is judged about one repository.

        Args:
            repository: `owner/name`.
            services: of the train, that live in it.
            train: tells whether a branch is cut.
            running: service → what production runs.
            said: the version that a person said, or "".
            at: the moment whose commit is cut; None for now.
            or_now: that moment is just over: where nobody can tell what was named then, what is named now is cut.
            commit: which commit instead.
            chosen: a person named it.
        """
        first, main = services[0], self._policy.services[services[0]].branch
        now = await self.head(first, main)
        wanted = commit or (now if at is None else await self.head(first, main, at))
        if or_now and isinstance(wanted, Unread):
            wanted = now
        version = next_version({name: (found.version if (found := running[name]) else None) for name in services}, said)
        branch = branch_of(version) if train.branch and isinstance(version, str) else ""
        base = await self.base(services, running)
        if not isinstance(wanted, str) or isinstance(base, Unread):
            return Source(repository, services, main, base if isinstance(base, Unread) else wanted)
        asked = {r for name in services for r in self._policy.required(name, self._policy.bound_for(name))}
        there, on_main, later, waiting, evidence = await asyncio.gather(
            self.head(first, branch) if branch else _nothing(),
            self.parts(first, wanted, now) if chosen else _nothing(),
            self.span(first, wanted, now) if isinstance(now, str) and now != wanted else _nothing(),
            self.open_pulls(first, main),
            self._evidence(first, main, base, wanted, asked),
        )
        parts = await self.parts(first, there, now) if isinstance(there, str) else None
        return Source(repository, services, main, wanted, chosen, on_main, evidence, base, version, branch, there, parts, waiting, later)

    async def base(self, services: tuple[str, ...], running: Mapping[str, Deployment | None]) -> str | Unread | None:
        """From where what is new is counted: where what production runs of these services meets, so that nothing is left out."""
        commits = list(dict.fromkeys(found.commit if (found := running[name]) else None for name in services))
        base = commits[0]
        for commit in commits[1:]:
            if base is None or commit is None:
                return None
            met = await self.parts(services[0], base, commit)
            if isinstance(met, Unread):
                return met
            base = met if isinstance(met, str) else None
        return base

    async def _evidence(self, service: str, main: str, base: str | None, commit: str, asked: set[Requirement]) -> Evidence:
        owned = Requirement.CODE_OWNERS in asked

        async def owners_at(sha: str) -> CodeOwners | Absent | Unread:
            return await self._ask(service, "the CODEOWNERS file", lambda vcs, repository: vcs.codeowners(repository, sha))

        work, checks, owners, before, protection = await asyncio.gather(
            self.span(service, base, commit),
            self.checks(service, commit),
            owners_at(commit) if owned else _nothing(),
            owners_at(base) if owned and base else _nothing(),
            self.protection(service, main) if asked & {Requirement.PROTECTION, Requirement.CODE_OWNERS} else _nothing(),
        )
        return Evidence(work=work, checks=checks, owners=owners, owners_before=before, protection=protection)


async def _nothing() -> None:
    """For what is not asked."""
