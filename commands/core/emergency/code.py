"""The code that went out by an emergency: its tag and its pull requests, kept with its use and shown on its card (EMG-11, EMG-20).

Invariant: it is what was read when CI got the order; what is read later may have moved.
"""

import json
from collections.abc import Iterator
from typing import Any

from commands.core.text import Code, Line, Link
from guards.facts import Facts
from guards.unread import Unread
from guards.vcs import Tag
from guards.work import work_of
from storage import audit
from storage.database import Tx

USED = "emergency:used"
"""Tag of the entry that holds it."""

_SHOWN = 10
"""Pull requests that a card names."""


def code_body(service: str, facts: Facts) -> dict[str, Any]:
    """Tag and pull requests, as the ledger keeps them; what was not read is not in it.

    Args:
        service: canonical name, known to the policy.
        facts: as they were judged when CI got the order.
    """
    tag, works = facts.evidence.tag, work_of(service, facts)
    found: dict[str, Any] = {}
    if isinstance(tag, Tag):
        found["tag"] = {"name": tag.name, "object": tag.object, "signature": tag.reason, "signed": tag.verified}
    if not isinstance(works, Unread):
        found["pulls"] = [{"name": work.name(pull), "url": pull.url} for work in works for pull in work.span.pulls]
    return found


def code_lines(tx: Tx, emergency: str) -> tuple[Line, ...]:
    """The same for its card, from the ledger.

    Args:
        emergency: its id; none of its changes went out while there is no entry.
    """
    rows = audit.show(tx, subject=emergency, tag_prefix=USED, limit=1)
    return tuple(_lines(json.loads(rows[0].body).get("code", {}))) if rows else ()


def _lines(code: dict[str, Any]) -> Iterator[Line]:
    tag, pulls = code.get("tag"), code.get("pulls")
    if tag:
        signed = "signed" if tag["signed"] else f"signature: {tag['signature']}"
        yield ("Tag ", Code(tag["name"]), ", object ", Code(tag["object"][:12]), f", {signed}")
    else:
        yield ("Tag: not read",)
    if pulls:
        links = [part for pull in pulls[:_SHOWN] for part in (", ", Link(pull["url"], pull["name"]))][1:]
        yield ("Pull requests ", *links, f" and {len(pulls) - _SHOWN} more" if len(pulls) > _SHOWN else "")
    else:
        yield ("Pull requests: none" if pulls == [] else "Pull requests: not read",)
