"""The facts about an incident in question: which one is meant, what belongs to it, how it would stand.

Invariant: the row is locked by whoever will write, and not by whoever only reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from commands.core.command import Ask
from guards.emergency import Emergency
from guards.facts import Facts
from guards.incident import Incident
from guards.obligation import Obligation
from guards.unread import Absent
from storage import accesses, changes, emergencies, exceptions, freezes, hotfixes, incidents, obligations, sets, trains
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

_SUBJECTS: Mapping[str, tuple[str, Callable[[Tx, str], object | None]]] = {
    **RECORDS,
    "INC": ("an incident", incidents.by_reference),
    "HOT": ("a hotfix", hotfixes.get),
    "BGL": ("break-glass access", accesses.get),
}
"""The same of all that something can be owed for."""


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
    return replace(facts, bound=_what(tx, ask.bound, RECORDS)) if ask.bound else facts


def subject_of(tx: Tx, named: str) -> str | Absent:
    """The id of the record that people mean: in any case, or an incident by the name that its source gave it.

    Args:
        named: as somebody typed it.
    """
    cited = incidents.by_reference(tx, named)
    if cited:
        return cited.reference
    found = next((id_ for id_ in (named.upper(), named.lower(), named) if isinstance(_what(tx, id_, _SUBJECTS), str)), None)
    return found or Absent(f"record {named}")


def subject_facts(tx: Tx, ask: Ask, facts: Facts) -> Facts:
    """The facts with what the record is that something is to be owed for."""
    named = subject_of(tx, ask.bound or "")
    return replace(facts, bound=named if isinstance(named, Absent) else _what(tx, named, _SUBJECTS))


def owed_for(tx: Tx, record: Emergency) -> tuple[Obligation, ...]:
    """What is or was owed for an emergency, and for its incident where that is known here: the postmortem is the incident's (EMG-17)."""
    known = incidents.by_reference(tx, record.incident)
    return (*obligations.about(tx, record.id), *(obligations.about(tx, known.reference) if known else ()))


def incident_of(ask: Ask, facts: Facts) -> Incident | None:
    """The incident to open, or the one that there is with what is to be otherwise."""
    if ask.incident_edit is not None and isinstance(facts.incident, Incident):
        return ask.incident_edit.over(facts.incident)
    return ask.opened


def _what(tx: Tx, id: str, kinds: Mapping[str, tuple[str, Callable[[Tx, str], object | None]]]) -> str | Absent:  # noqa: A002
    noun, find = kinds.get(id.partition("-")[0], ("a run of a train", trains.run))
    return noun if find(tx, id) else Absent(f"{noun.removeprefix('a ').removeprefix('an ')} {id}")
