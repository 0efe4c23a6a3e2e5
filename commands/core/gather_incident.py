"""The facts about an incident in question: which one is meant, what belongs to it, how it would stand.

Invariant: the row is locked by whoever will write, and not by whoever only reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from commands.core.command import Ask
from guards.facts import Facts
from guards.incident import Incident
from guards.unread import Absent
from storage import changes, emergencies, exceptions, freezes, incidents, obligations, sets, trains
from storage.database import Tx

RECORDS: Mapping[str, tuple[str, Callable[[Tx, str], object | None]]] = {
    "CR": ("a change", changes.get),
    "FRZ": ("a freeze", freezes.get),
    "EXC": ("an exception", exceptions.get),
    "SET": ("a set promotion", sets.get),
    "EMG": ("an emergency", emergencies.get),
    "OBL": ("a follow-up", obligations.get),
}
"""How the id of a record begins → what it is, and how it is found; every other id is that of a run of a train."""


def open_incidents(tx: Tx, ask: Ask, facts: Facts) -> Facts:
    """The facts with what is open, and when each source was heard; for a change only where an incident could hold it."""
    rules = facts.policy.incidents
    if (ask.change or ask.version) and not rules.blocks:
        return facts
    return replace(facts, incidents=incidents.still_open(tx), heard=incidents.heard(tx) if rules.intake else {})


def incident_facts(tx: Tx, ask: Ask, facts: Facts, *, only_reading: bool) -> Facts:
    """The facts with the incident that is meant, and with what the record is that is to belong to it."""
    found = incidents.by_reference(tx, ask.incident or "")
    if found and not only_reading:
        found = incidents.lock(tx, found.reference)
    facts = replace(facts, incident=found or Absent(f"incident {ask.incident}"))
    return replace(facts, bound=_what(tx, ask.bound)) if ask.bound else facts


def incident_of(ask: Ask, facts: Facts) -> Incident | None:
    """The incident to open, or the one that there is with what is to be otherwise."""
    if ask.incident_edit is not None and isinstance(facts.incident, Incident):
        return ask.incident_edit.over(facts.incident)
    return ask.opened


def _what(tx: Tx, id: str) -> str | Absent:  # noqa: A002
    noun, find = RECORDS.get(id.partition("-")[0], ("a run of a train", trains.run))
    return noun if find(tx, id) else Absent(f"{noun.removeprefix('a ').removeprefix('an ')} {id}")
