"""Reads what proves a version: its tag, the work in it, checks, owners, protection, what is attached to it, and the way back.

Invariant: everything is asked for at the same time, and only what the policy asks for in that environment; what was not asked for
stays None, which no guard takes for an answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from commands.core.deadline import Deadline
from commands.core.ports.artifacts import Artifacts, Proofs
from commands.core.ports.vcs import Vcs
from guards.codeowners import CodeOwners
from guards.consistency import FROM_REGISTRY
from guards.policy import Policy
from guards.sections import Service
from guards.unread import Absent, Unread
from guards.vcs import Span, Tag
from guards.version import Artifact, Beside, Deployment, Evidence, Merged, Pin
from guards.vocabulary import Requirement
from guards.work import works_read

Reads = dict[str, tuple[str, Callable[[], Awaitable[Any]]]]
"""Part of the evidence → what it is called when it cannot be read, and how it is read."""


class Prove:
    """Knows where evidence is read.

    Args:
        policy: says what is asked for.
        sources, histories, proofs: as in `Gather`.
    """

    def __init__(
        self, policy: Policy, sources: Mapping[str, Artifacts], histories: Mapping[str, Vcs], proofs: Mapping[str, Proofs]
    ) -> None:
        self._policy = policy
        self._sources = sources
        self._histories = histories
        self._proofs = proofs

    async def read(self, artifact: Artifact, environment: str, running: Deployment | None, deadline: Deadline) -> tuple[Artifact, Evidence]:
        """The evidence, and the artifact with the people and pull requests of its history.

        Args:
            artifact: as its source tells it.
            environment: the target.
            running: what runs there; None when nothing does.
            deadline: for all of it together.
        """
        what = f"{artifact.service} {artifact.version}"
        reads = self._from_history(artifact, environment, running, what) | self._from_registry(artifact, environment, running, what)
        beside, *answers = await asyncio.gather(
            self.beside(artifact, environment, running, deadline), *(deadline.read(noun, ask) for noun, ask in reads.values())
        )
        evidence = Evidence(beside=beside, **dict(zip(reads, answers, strict=True)))
        return _with_evidence(artifact, evidence), evidence

    async def between(self, service: str, base: str, version: str, deadline: Deadline) -> Evidence:
        """The work between two tagged versions, in each repository of the service (REC-07, SOD-13).

        Args:
            service: name in the policy file.
            base, version: tags; what is in the second and not in the first.
            deadline: for all of it together.

        Returns:
            Its `work` is `Absent` when one of them is no tag, and None when the policy names no history for the service.
        """
        known = self._policy.services[service]
        if known.history is None:
            return Evidence()
        others = (self._in_repository(known, each, base, version, (), deadline) for each in known.repositories)
        work, beside = await asyncio.gather(self._between(known, base, version, deadline), asyncio.gather(*others))
        return Evidence(work=work, beside=tuple(beside))

    async def _between(self, known: Service, base: str, version: str, deadline: Deadline) -> Span | Absent | Unread:
        """The same for the service's own repository."""
        vcs, repository = self._histories[known.history or ""], known.repository
        tags: list[Tag | Absent | Unread] = await asyncio.gather(
            *(deadline.read(f"the tag {name}", vcs.tag, repository, name) for name in (base, version))
        )
        if lost := next((tag for tag in tags if isinstance(tag, Unread)), None) or next((t for t in tags if isinstance(t, Absent)), None):
            return lost
        first, last = (tag.commit for tag in tags if isinstance(tag, Tag))
        return await deadline.read(f"the work between {base} and {version}", vcs.span, repository, first, last)

    def _from_history(self, artifact: Artifact, environment: str, running: Deployment | None, what: str) -> Reads:
        service, asked = self._policy.services[artifact.service], self._policy.required(artifact.service, environment)
        if service.history is None:
            return {}
        vcs, repository, commit = self._histories[service.history], service.repository, artifact.commit
        reads: Reads = {"work": (f"the work in {what}", partial(vcs.span, repository, running.commit if running else None, commit))}
        if Requirement.TAG in asked:
            reads["tag"] = (f"the tag {artifact.version}", partial(vcs.tag, repository, artifact.version))
        items = self._policy.items(artifact.service, environment).values() if Requirement.ITEMS in asked else ()
        if Requirement.CHECKS in asked or any(item.checks for item in items):
            reads["checks"] = (f"the checks of {commit[:12]}", partial(vcs.checks, repository, commit))
        if Requirement.CODE_OWNERS in asked:
            reads["owners"] = (f"the CODEOWNERS file at {commit[:12]}", partial(vcs.codeowners, repository, commit))
            if running:
                before = running.commit
                reads["owners_before"] = (f"the CODEOWNERS file at {before[:12]}", partial(vcs.codeowners, repository, before))
        if not asked.isdisjoint({Requirement.PROTECTION, Requirement.CODE_OWNERS}):
            reads["protection"] = (f"the protection of branch {service.branch}", partial(vcs.protection, repository, service.branch))
        return reads

    async def beside(self, artifact: Artifact, environment: str, running: Deployment | None, deadline: Deadline) -> tuple[Beside, ...]:
        """What the other repositories of the service bring; arguments as for `read`."""
        service, asked = self._policy.services[artifact.service], self._policy.required(artifact.service, environment)
        if service.history is None:
            return ()
        before, version = running.version if running else None, artifact.version
        one = (self._in_repository(service, each, before, version, asked, deadline) for each in service.repositories)
        return tuple(await asyncio.gather(*one))

    async def _in_repository(
        self, service: Service, repository: str, before: str | None, version: str, asked: Collection[Requirement], deadline: Deadline
    ) -> Beside:
        """What one of them brings between two tags; without the first one, or where it is missing, all of its history is new."""
        vcs = self._histories[service.history or ""]
        owned, checked = Requirement.CODE_OWNERS in asked, Requirement.CHECKS in asked
        branch = service.branch_of(repository)

        async def tag(name: str) -> Tag | Absent | Unread:
            return await deadline.read(f"the tag {name} of {repository}", vcs.tag, repository, name)

        async def owners_at(commit: str) -> CodeOwners | Absent | Unread:
            return await deadline.read(f"the CODEOWNERS file of {repository}", vcs.codeowners, repository, commit)

        head, ran, protection = await asyncio.gather(
            tag(version),
            tag(before) if before else _nothing(),
            deadline.read(f"the protection of branch {branch} of {repository}", vcs.protection, repository, branch)
            if owned or Requirement.PROTECTION in asked
            else _nothing(),
        )
        if not isinstance(head, Tag):
            return Beside(repository, head, head, protection=protection)
        if isinstance(ran, Unread):
            return Beside(repository, head, ran, protection=protection)
        base = ran.commit if isinstance(ran, Tag) else None
        work, checks, owners, owners_before = await asyncio.gather(
            deadline.read(f"the work in {version} of {repository}", vcs.span, repository, base, head.commit),
            deadline.read(f"the checks of {head.commit[:12]} of {repository}", vcs.checks, repository, head.commit)
            if checked
            else _nothing(),
            owners_at(head.commit) if owned else _nothing(),
            owners_at(base) if owned and base else _nothing(),
        )
        return Beside(repository, head, work, owners, owners_before, checks, protection)

    def _from_registry(self, artifact: Artifact, environment: str, running: Deployment | None, what: str) -> Reads:
        service, asked = self._policy.services[artifact.service], self._policy.required(artifact.service, environment)
        proofs = self._proofs.get(service.artifacts)
        reads: Reads = {}
        items = self._policy.items(artifact.service, environment).values() if Requirement.ITEMS in asked else ()
        if proofs and (not asked.isdisjoint(FROM_REGISTRY) or any(item.predicates for item in items)):
            reads["proof"] = (f"what is attached to {what}", partial(proofs.find, artifact.service, artifact.version, artifact.digest))
        if Requirement.ROLLBACK in asked and running:
            there = partial(proofs.retrievable, artifact.service, running.digest) if proofs else partial(self._still_known, running)
            reads["retrievable"] = (f"whether {running.version} can still be pulled", there)
        return reads

    async def _still_known(self, running: Deployment) -> bool | Unread:
        """For an index that tells digests only: whether the version still names what runs."""
        source = self._sources[self._policy.services[running.service].artifacts]
        found = await source.find(running.service, running.version)
        return found if isinstance(found, Unread) else isinstance(found, Artifact) and found.digest == running.digest


def _with_evidence(artifact: Artifact, evidence: Evidence) -> Artifact:
    """The artifact with the tag that was seen and the people and pull requests of its history, as far as they were read."""
    if isinstance(evidence.tag, Tag):
        artifact = replace(artifact, tag=evidence.tag.object)
    seen = (Pin(b.repository, b.tag.commit, b.tag.object) for b in evidence.beside if isinstance(b.tag, Tag))
    artifact = replace(artifact, pins=tuple(sorted(seen, key=lambda pin: pin.repository)))
    for work in works_read(evidence):
        artifact = _with_history(artifact, work.span, work.repository)
    return artifact


def _with_history(artifact: Artifact, span: Span, repository: str | None) -> Artifact:
    """The artifact with everybody who wrote or ever approved a part of it since what the target runs (SOD-02, SOD-03).

    An approval that no longer counts as a review (EVD-14) is still that of somebody who once let this code pass. Apps are nobody; an
    account that was deleted stays in the list under a name that no person has, so that a policy which wants authors known refuses.
    """
    authors = {who.id or "a deleted account" for who in span.contributors if not who.bot}
    reviewers = {login for pull in span.pulls for login in pull.reviewers}
    merged = tuple(
        Merged(p.number, p.title, p.url, p.author.id if p.author else None, p.tickets, tuple(p.declared.said.items()), repository)
        for p in span.pulls
    )
    return replace(
        artifact,
        authors=frozenset(authors | (artifact.authors or set())),
        reviewers=frozenset(reviewers | (artifact.reviewers or set())),
        merged=(*(artifact.merged or ()), *merged),
        unlinked=artifact.unlinked + len(span.unlinked),
    )


async def _nothing() -> None:
    """For what is not asked."""
