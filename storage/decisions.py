"""Roll calls and go/no-go decisions (GNG-01, GNG-07, GNG-13).

Invariant: answers and decisions are only added; what counts is the newest.
"""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from guards.checklist import Item
from guards.go import Answer, Candidate, GoDecision, Pinned, RollCall
from guards.identity import OnBehalf
from guards.vocabulary import Role
from storage.counters import dated_id
from storage.database import Tx
from storage.tables.base import table
from storage.tables.decisions import AnswerRow, DecisionEntryRow, DecisionRow, RollCallRow

_CALL, _ANSWER, _T, _ENTRY = table(RollCallRow), table(AnswerRow), table(DecisionRow), table(DecisionEntryRow)
_OF_ANSWER = tuple(f.name for f in fields(Answer))
_OF_DECISION = tuple(f.name for f in fields(GoDecision) if f.name != "candidate")
_ABOUT = select(_CALL).where(_CALL.c.run == bindparam("of"), _CALL.c.candidate == bindparam("hash"))
_ANSWERS = select(_ANSWER).where(_ANSWER.c.roll_call == bindparam("of")).order_by(_ANSWER.c.id)
_OF_RUN = select(_T).where(_T.c.run == bindparam("of")).order_by(_T.c.number)
_OF_VERSION = (
    select(_T)
    .join_from(_ENTRY, _T, _T.c.id == _ENTRY.c.decision)
    .where(_ENTRY.c.service == bindparam("service"), _ENTRY.c.version == bindparam("version"))
    .order_by(_T.c.number)
)
_ENTRIES = (
    select(_ENTRY)
    .where(_ENTRY.c.decision.in_(bindparam("ids", expanding=True)))
    .order_by(_ENTRY.c.decision, _ENTRY.c.place)
)  # fmt: skip


def open_call(tx: Tx, run: str, candidate: Candidate, at: datetime, deadline: datetime, by_name: str) -> RollCall:
    """Remember that everybody was asked about a candidate.

    Args:
        run: the run's id.
        at, deadline: UTC.
        by_name: who asked.

    Raises:
        Conflict: they were asked about it already.
    """
    call = RollCall(dated_id(tx, "GNC", at.date()), run, candidate, at, deadline, by_name)
    row = {"id": call.id, "run": run, "candidate": candidate.hash, "opened": at, "deadline": deadline, "by_name": by_name}
    tx.run(_CALL.insert(), {**row, "entries": [asdict(entry) for entry in candidate.entries]})
    return call


def call_about(tx: Tx, run: str, candidate: str) -> RollCall | None:
    """The roll call about one candidate of a run, with all answers.

    Args:
        run: the run's id.
        candidate: its hash.
    """
    row = tx.run(_ABOUT, {"of": run, "hash": candidate}).one_or_none()
    if row is None:
        return None
    answers = [
        Answer(**{**{name: getattr(one, name) for name in _OF_ANSWER}, "confirmed": tuple(map(Item, one.confirmed))})
        for one in tx.run(_ANSWERS, {"of": row.id})
    ]
    entries = tuple(Pinned(**entry) for entry in row.entries)
    return RollCall(row.id, row.run, Candidate(entries, row.candidate), row.opened, row.deadline, row.by_name, tuple(answers))


def answer(tx: Tx, call: str, given: Answer) -> None:
    """Remember what somebody answered; it takes the place of what the area said before.

    Args:
        call: the roll call's id.
    """
    row = {name: getattr(given, name) for name in _OF_ANSWER}
    tx.run(_ANSWER.insert(), {**row, "roll_call": call, "confirmed": list(given.confirmed)})


def next_id(tx: Tx, day: date) -> str:
    """A new id like `GNG-2026-1124-001`."""
    return dated_id(tx, "GNG", day)


def add(tx: Tx, decision: GoDecision) -> None:
    """Remember a decision.

    Raises:
        Conflict: the id is taken, or a go comes without a word on the risk that is left.
    """
    row = {name: getattr(decision, name) for name in _OF_DECISION}
    under = decision.on_behalf
    row |= {
        "candidate": decision.candidate.hash, "roles": sorted(decision.roles), "risks": list(decision.risks),
        "on_behalf": {**asdict(under), "until": under.until.isoformat()} if under else None,
        "items": list(map(dict, decision.items)), "attendees": list(map(dict, decision.attendees)),
    }  # fmt: skip
    tx.run(_T.insert(), row)
    entries = enumerate(decision.candidate.entries)
    tx.run(_ENTRY.insert(), [{**asdict(entry), "place": place, "decision": decision.id} for place, entry in entries])


def of_run(tx: Tx, run: str) -> tuple[GoDecision, ...]:
    """All decisions about a run, oldest first."""
    return _read(tx, tx.run(_OF_RUN, {"of": run}))


def of_version(tx: Tx, service: str, version: str) -> tuple[GoDecision, ...]:
    """The newest decision of each run about a candidate that holds a version, in the order of the decisions."""
    newest = {decision.run: decision for decision in _read(tx, tx.run(_OF_VERSION, {"service": service, "version": version}))}
    return tuple(newest.values())


def _read(tx: Tx, found: Iterable[Any]) -> tuple[GoDecision, ...]:
    rows = list(found)
    if not rows:
        return ()
    entries: dict[str, list[Pinned]] = {}
    for one in tx.run(_ENTRIES, {"ids": [row.id for row in rows]}):
        entries.setdefault(one.decision, []).append(Pinned(one.service, one.version, one.commit, one.digest, one.tag))
    return tuple(_decision(row, tuple(entries.get(row.id, ()))) for row in rows)


def _decision(row: Any, entries: tuple[Pinned, ...]) -> GoDecision:
    values = {name: getattr(row, name) for name in _OF_DECISION}
    if under := row.on_behalf:
        values["on_behalf"] = OnBehalf(
            under["delegation"], under["by"], under["by_name"], Role(under["role"]), datetime.fromisoformat(under["until"])
        )
    return GoDecision(**{
        **values, "candidate": Candidate(entries, row.candidate), "roles": frozenset(map(Role, row.roles)),
        "risks": tuple(row.risks), "items": tuple(row.items), "attendees": tuple(row.attendees),
    })  # fmt: skip
