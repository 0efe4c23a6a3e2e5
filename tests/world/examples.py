"""How many examples hypothesis looks at: all of them where CI looks for everybody, and half where somebody waits for the answer."""

import os

PART = 1.0 if os.environ.get("CI") else 0.5


def examples(number: int) -> int:
    """How many of so many."""
    return round(number * PART)
