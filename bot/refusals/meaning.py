"""One refusal in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One refusal in words.

    Args:
        guards: names of the guards that give it.
        means: what was found.
        next: what to do.
    """

    guards: tuple[str, ...]
    means: str
    next: str
