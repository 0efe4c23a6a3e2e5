"""What stands beside the workspace on its page: words to complete, and whatever the demo shows and does around it.

Invariant: the workspace and its page know nothing of what it is; they pass it on.
"""

from typing import Any, Protocol

from typing_extensions import override

from bot.workspace.nouns import Person
from bot.workspace.text import Json


class Beside(Protocol):
    """The seam."""

    def words(self) -> list[Json]:
        """The commands that the message box completes; each with `name`, `summary`, `example` and `arguments`."""
        ...

    async def look(self, person: Person) -> Json | None:
        """What is shown beside the workspace now; None for nothing."""
        ...

    async def act(self, person: Person, wanted: dict[str, Any]) -> str | None:
        """Do what somebody asks for there; a sentence for them, or None.

        Raises:
            LookupError, ValueError: it cannot be done, with a sentence for the person.
        """
        ...


class NothingBeside(Beside):
    """For a page that shows its workspace alone."""

    @override
    def words(self) -> list[Json]:
        return []

    @override
    async def look(self, person: Person) -> Json | None:
        return None

    @override
    async def act(self, person: Person, wanted: dict[str, Any]) -> str | None:
        raise LookupError("there is nothing beside this workspace")
