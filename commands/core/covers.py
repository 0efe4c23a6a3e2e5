"""Confirmations of support cover: an entry of the ledger for each opening, and what the cards read of it (WIN-15)."""

import json
from datetime import datetime

from guards.cover import covered_opening
from guards.cover_record import Cover
from guards.facts import Facts
from guards.opening import Opening
from storage import audit
from storage.database import Tx

CONFIRMED = "window:covered"


def subject_of(opening: Opening, service: str, environment: str) -> str:
    """By which the entry of an opening is found again."""
    return f"{opening.window}@{opening.start.isoformat()}:{service}:{environment}"


def cover_of(tx: Tx, service: str, environment: str, facts: Facts) -> Cover | None:
    """Who confirmed the cover of the opening that is open or comes next; None while nobody did, or where no window names any support."""
    if not any(window.support for window in facts.policy.windows.values()):
        return None
    opening = covered_opening(service, environment, facts)
    if not isinstance(opening, Opening):
        return None
    for row in audit.show(tx, subject=subject_of(opening, service, environment), tag_prefix=CONFIRMED, limit=1):
        return Cover(row.actor_name, str(json.loads(row.body)["who"]), datetime.fromisoformat(row.at))
    return None
