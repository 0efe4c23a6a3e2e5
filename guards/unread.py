"""What a read brought that did not bring the thing itself.

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
