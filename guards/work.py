"""The work that a version brings: of its own repository, and of each other one that the policy names for the service (SOD-13).

Invariant: all of it or none: while one repository is not known, nobody is told that the work is known.
"""

from dataclasses import dataclass

from guards.codeowners import CodeOwners
from guards.facts import Facts
from guards.unread import Absent, Unread
from guards.vcs import Pull, Span


@dataclass(frozen=True, slots=True)
class Work:
    """What one repository brings.

    Args:
        repository: None for the service's own.
        span: everything since the running version.
        owners, owners_before: as in `Evidence`.
    """

    repository: str | None
    span: Span
    owners: CodeOwners | Absent | Unread | None
    owners_before: CodeOwners | Absent | Unread | None = None

    def name(self, pull: Pull) -> str:
        """A pull request as people write it: `#12`, `acme/config#12`."""
        return f"{self.repository or ''}#{pull.number}"


def work_of(service: str, facts: Facts) -> tuple[Work, ...] | Unread:
    """The work in a service's version, its own repository first; `Unread` for whatever is not known of it."""
    evidence, known = facts.evidence, facts.policy.services[service]
    own = (evidence.work, evidence.owners, evidence.owners_before)
    found = {None: own} | {b.repository: (b.work, b.owners, b.owners_before) for b in evidence.beside}
    works: list[Work] = []
    for repository in (None, *known.repositories):
        span, *owners = found.get(repository, (None, None, None))
        if not isinstance(span, Span):
            return _unread(f"the work in {service}" + (f" that is in {repository}" if repository else ""), span)
        works.append(Work(repository, span, *owners))
    return tuple(works)


def _unread(noun: str, span: Absent | Unread | None) -> Unread:
    if isinstance(span, Absent):
        return Unread(noun, f"there is no {span.what}")
    return Unread(noun, "nobody asked for it") if span is None else span
