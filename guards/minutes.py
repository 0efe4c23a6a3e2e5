"""A moment in a sentence, to the minute.

Invariant: it is UTC, and says so.
"""

from datetime import datetime


def minute(at: datetime) -> str:
    """`2026-11-24 11:00 UTC` for a moment in UTC."""
    return f"{at.isoformat(' ', 'minutes')[:16]} UTC"  # a third of what `strftime` takes
