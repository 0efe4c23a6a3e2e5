"""The links that stand in a record, and how each was found when it was looked at last (REC-19).

Invariant: a link is broken when its server said that nothing is there; what could not be read is unread, and stays what it was.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

MOST = 50
"""Links of one record that are looked at, the first ones."""

LONGEST = 500
"""Characters of a link; a longer one is left alone."""

_LINK = re.compile(r"https?://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)
_BEHIND = ".,;:!?*_"
_PAIRS = {")": "(", "]": "["}


@dataclass(frozen=True, slots=True)
class RecordLink:
    """One link of the record of one version.

    Args:
        service, version: whose record.
        url: as it stands there.
        due: when it is looked at next, UTC.
        looked: when its server last answered, UTC; None while it never did.
        broken: since when nothing is there, UTC; None while it leads somewhere, as far as is known.
        why: what was found when it was not read, or nothing was there; "" where it leads somewhere.
    """

    service: str
    version: str
    url: str
    due: datetime
    looked: datetime | None = None
    broken: datetime | None = None
    why: str = ""


def links_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The links that stand in some texts, each once, in order; punctuation behind one is no part of it."""
    found = (_bare(match) for text in texts for match in _LINK.findall(text))
    return tuple(dict.fromkeys(url for url in found if url.partition("://")[2] and len(url) <= LONGEST))[:MOST]


def _bare(url: str) -> str:
    """A link without what the sentence around it put behind it."""
    while url and (url[-1] in _BEHIND or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]]))):
        url = url[:-1]
    return url
