"""The nouns of the guided tour: a story, its steps, and what tells that a step is over."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.demo.company import Company

Places = dict[str, str]
"""What the words of a story stand for: `{version}`, `{change}`."""


Until = Callable[[Company, Places, int], Awaitable[bool]]
"""Whether something has happened: in the company, with the story's places, since so many entries of the ledger."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, and what it shows.

    Args:
        tell: what is about to happen and why; a sentence or two.
        who: handle of whom to be, or "" for whoever looks.
        words: a command to send, with places in braces, or "".
        trouble: the name of a fault to switch on, or "".
        moment: the place that holds when the clock is to show, ISO 8601, or "".
        first: what others do before it.
        until: whether it has happened; None: the person goes on when they have read.
    """

    tell: str
    who: str = ""
    words: str = ""
    trouble: str = ""
    moment: str = ""
    first: Callable[[Company, Places], Awaitable[None]] | None = None
    until: Until | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A story.

    Args:
        name, title: how it is asked for, and shown.
        about: one sentence.
        prepare: makes what it needs, and says what its places stand for.
        steps: in order.
    """

    name: str
    title: str
    about: str
    prepare: Callable[[Company], Awaitable[Places]]
    steps: tuple[Step, ...]
