"""What the work on the branches of runs has in common: it asks version control first, then keeps what it saw in one transaction."""

from abc import ABC, abstractmethod
from typing import Any

from commands.core.trains.read import Branches
from guards.facts import Facts
from storage import inbox
from storage.database import Store


class OnBranches(ABC):
    """Carries out one kind of delivery about runs; each file beside this has its own.

    Args:
        store: the database.
        branches: version control.
    """

    def __init__(self, store: Store, branches: Branches) -> None:
        self._store, self._branches = store, branches

    @abstractmethod
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        """One attempt.

        Args:
            taken: the delivery; marked done in the transaction of its effects.
            payload: of the delivery.
            facts: give the moment and the policy.
            correlation: of the delivery.
        """
