"""The nouns that guards judge: people, artifacts, deployments, changes, approvals, freezes, and `Facts`, the frozen whole.

Invariant: a fact that could not be read is `Unread`, never empty and never a default.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unread:
    """A read that failed.

    Args:
        what: a noun phrase that fits "could not read …" ("the artifact registry").
        why: what happened, for people ("no answer within 5 s"); never a secret, never a stack trace.
    """

    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Absent:
    """A read that worked and found nothing.

    Args:
        what: a noun phrase that fits "there is no …".
    """

    what: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """What was built for one version: the thing itself is its digest (PRM-04, PRM-06).

    Args:
        service: name in the policy file.
        version: `vMAJOR.MINOR.PATCH`, possibly with a pre-release part.
        digest: `sha256:` and 64 hex digits.
        commit: 40 hex digits.
        authors: corporate ids, e-mails or VCS logins of everyone whose work is in it; None when the source does not tell.
        reviewers: the same for those who approved its pull requests; None when the source does not tell.
    """

    service: str
    version: str
    digest: str
    commit: str
    authors: frozenset[str] | None = None
    reviewers: frozenset[str] | None = None
