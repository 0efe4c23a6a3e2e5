"""The work that a version brings: of its own repository, and of each other one that the policy names for the service (SOD-13).

Invariant: all of it or none: while one repository is not known, nobody is told that the work is known.
"""

from dataclasses import dataclass

from guards.codeowners import CodeOwners
from guards.facts import Facts
from guards.unread import Absent, Unread
from guards.vcs import Protection, Pull, Span
from guards.version import Beside, Evidence


@dataclass(frozen=True, slots=True)
class Work:
    """What one repository brings.

    Args:
        repository: None for the service's own.
        span: everything since the running version.
        owners, owners_before, protection: as in `Evidence`.
    """

    repository: str | None
    span: Span
    owners: CodeOwners | Absent | Unread | None
    owners_before: CodeOwners | Absent | Unread | None = None
    protection: Protection | Absent | Unread | None = None

    def name(self, pull: Pull) -> str:
        """A pull request as people write it: `#12`, `acme/config#12`."""
        return f"{self.repository or ''}#{pull.number}"


def work_of(service: str, facts: Facts) -> tuple[Work, ...] | Unread:
    """The work in a service's version, its own repository first; `Unread` for whatever is not known of it."""
    return facts.memo.once((work_of, service), lambda: _work_of(service, facts))


def _work_of(service: str, facts: Facts) -> tuple[Work, ...] | Unread:
    evidence, known = facts.evidence, facts.policy.services[service]
    found: dict[str | None, Evidence | Beside] = {None: evidence} | {b.repository: b for b in evidence.beside}
    works: list[Work] = []
    for repository in (None, *known.repositories):
        part = found.get(repository) or Evidence()
        if not isinstance(part.work, Span):
            return _unread(f"the work in {service}" + (f" that is in {repository}" if repository else ""), part.work)
        works.append(Work(repository, part.work, part.owners, part.owners_before, part.protection))
    return tuple(works)


def works_read(evidence: Evidence) -> tuple[Work, ...]:
    """The work of each repository that was read, the service's own first, for whoever shows what there is and judges nothing."""
    return evidence.memo.once(works_read, lambda: _works_read(evidence))


def _works_read(evidence: Evidence) -> tuple[Work, ...]:
    parts: tuple[tuple[str | None, Evidence | Beside], ...] = ((None, evidence), *((b.repository, b) for b in evidence.beside))
    return tuple(Work(repository, part.work, None) for repository, part in parts if isinstance(part.work, Span))


def _unread(noun: str, span: Absent | Unread | None) -> Unread:
    if isinstance(span, Absent):
        return Unread(noun, f"there is no {span.what}")
    return Unread(noun, "nobody asked for it") if span is None else span
