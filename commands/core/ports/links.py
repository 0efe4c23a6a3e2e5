"""What the machinery needs to know of a link: `bot/adapters/links.py` implements it."""

from dataclasses import dataclass
from typing import Protocol

from guards.unread import Unread


@dataclass(frozen=True, slots=True)
class Leads:
    """Something is there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Its server says that nothing is there.

    Args:
        why: a clause whose subject is "it".
    """

    why: str


class Links(Protocol):
    """Looks whether links lead somewhere. It never raises for what a link or its server does, and has a time limit of its own (REC-19)."""

    async def look(self, url: str) -> Leads | Broken | Unread:
        """What is behind a link.

        Args:
            url: as people wrote it; what is no address on the public web is `Unread`, and nothing is asked.
        """
        ...


class NobodyLooks:
    """For a bot that reaches nobody: the demo, the benchmark."""

    async def look(self, url: str) -> Leads | Broken | Unread:
        """Nothing is asked."""
        return Unread(f"the link {url}", "nobody looks at links here")
