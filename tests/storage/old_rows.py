"""Rows as programs of earlier schemas wrote them: one of each table, under ids and a service of their own for each set.

A set holds every column that any schema had; what is written into a database is those columns that it has. What no constraint asks for is
filled in by its kind, so that a new table needs a line here only where its constraints want one.
"""

import re
from typing import Any

import sqlalchemy as sa

from storage.chain import Row, digest
from storage.columns import iso
from tests.storage.cases import AT, COMMIT, DIGEST, HOUR

APART = {"ledger", "ledger_head", "ledger_checkpoint", "alembic_version"}
"""Written by `entry`, or by alembic."""

RULE = {
    "cadence": "every two weeks on Tuesday", "dates": [], "cutoff": "12:00", "zone": "Europe/Berlin", "stabilization": 2, "decision": "09:00",
    "window": "weekdays", "retrospective": 2, "closing": 5,
}  # fmt: skip

FIRST = ("target", "artifact", "change", "train", "train_run", "emergency", "exception", "obligation", "hotfix", "incident", "manifest")
FIRST_THEN = ("roll_call", "go_decision", "set_promotion")
"""What others name, before them."""


def given(mark: str) -> dict[str, dict[str, Any]]:
    """Table → what its row says, where the kind of the column does not tell."""
    change, run, service = f"CR-{mark}", f"TRN-{mark}.1", f"api-{mark}"
    thing = {"service": service, "version": "v1.4.0", "digest": DIGEST, "commit": COMMIT}
    person = {"by": "rita@acme.example", "name": "Rita", "by_name": "Rita", "requester": "carla@acme.example", "requester_name": "Carla"}
    return {
        "access_grant": {"emergency": f"EMG-{mark}", "state": "requested", "minutes": 30, "approver": None},
        "approval": {"change": change, "roles": ["release_manager"], "verdict": "approved", "expires": AT + HOUR},
        "artifact": {**thing, "authors": ["dev@acme.example"], "reviewers": None},
        "attestation": {**thing, "word": "holds", "why": "seen"},
        "change": {
            **thing, **person, "change_type": "normal", "state": "succeeded", "environment": "production", "evidence": "e" * 64,
            "has_migration": False, "migration": True, "attempt": 1, "run": f"run-{mark}", "policy": "p" * 64,
        },
        "claim": {"change": change, "key": f"{change}.1"},
        "delegation": {"by": "rita@acme.example", "to": "rob@acme.example", "role": "release_manager", "end": AT + HOUR, "start": AT},
        "deployment": {**thing, "environment": "production", "change": change},
        "emergency": {
            **thing, "state": "@", "criterion": "@", "classification": "@", "severity": 1, "until": AT + HOUR,
            "kind": "deployment", "action": "", "declarer": "dev@acme.example",
        },
        "emergency_approval": {"emergency": f"EMG-{mark}", "roles": ["ops"]},
        "emergency_spoken": {"emergency": f"EMG-{mark}", "by": "rob@acme.example", "heard_by": "rita@acme.example"},
        "emergency_use": {"emergency": f"EMG-{mark}", "change": change},
        "exception": {
            **person, "kind": "temporary", "state": "@", "requirement": "tickets", "services": [service], "environments": ["production"],
            "owner_roles": ["service_owner"], "requested": AT, "review": AT + HOUR, "until": AT + 2 * HOUR, "risk": "low",
        },
        "exception_decision": {"exception": f"EXC-{mark}", "ruling": "approved", "roles": ["release_manager"]},
        "exception_reconsideration": {"exception": f"EXC-{mark}", "was": AT + HOUR, "until": AT + 2 * HOUR},
        "exception_use": {"exception": f"EXC-{mark}", "change": change, "once": True},
        "feed": {"hash": f"{mark:0>64}"[:64].lower(), "id": f"CAL-{mark}"},
        "freeze": {
            "kind": "holiday", "blocks": ["deployments"], "passes": ["emergency"], "environments": ["production"], "start": AT, "end": AT + HOUR,
            "in_force": AT, "approved": AT, "approved_by": "vera@acme.example", "by": "rita@acme.example", "by_name": "Rita", "fate": "hold",
        },
        "go_decision": {"run": run, "outcome": "go", "residual": "low", "candidate": "c" * 64, "number": None},
        "go_decision_entry": {**thing, "decision": f"GNG-{mark}"},
        "hotfix": {
            **thing, "state": "open", "base_commit": COMMIT, "base_digest": DIGEST, "version": "v1.4.1", "scope": {"ticket": "PAY-1", "criteria": "customers wait", "ships": ""}, "change": None,
            "environment": "production",
        },
        "hotfix_port": {"hotfix": f"HOT-{mark}", "obligation": f"OBL-{mark}", "how": None},
        "inbox": {"state": "done", "payload": "{}", "key": f"slack:{mark}", "id": None},
        "incident": {"reference": f"INC-{mark}", "severity": 1, "services": [service], "source": "signalbox", "known_as": "", "opened_at": AT},
        "incident_record": {"incident": f"INC-{mark}", "record": change},
        "integration": {"manifest": f"m-{mark}", "state": "passed"},
        "late_change": {"run": run},
        "link": {"number": int(mark, 16) + 1, "unlinked": None, "person": f"{mark}@acme.example"},
        "linking": {"login": None, "number": None, "linked": None, "person": f"{mark}@acme.example"},
        "manifest": {"sealed": f"m-{mark}", "run": run, "train": f"TRN-{mark}", "number": 1, "entries": []},
        "obligation": {"kind": "forward-port", "about": change, "due": AT + HOUR, "created": AT, "service": service},
        "outbox": {"state": "done", "key": None, "id": None, "payload": {}},
        "pinned_tag": thing,
        "record_link": {"service": service, "version": "v1.4.0", "why": ""},
        "release_fix": {"run": run},
        "release_notes": {"kind": "draft", "url": None, "service": service, "version": "v1.4.0"},
        "release_record": {"service": service, "version": "v1.4.0"},
        "roll_call": {"run": run, "deadline": AT + HOUR, "opened": AT},
        "roll_call_answer": {"roll_call": f"GNC-{mark}", "area": "quality", "say": "go"},
        "run_log": {"change": change, "packed": b"x", "why": "", "key": f"{change}.1"},
        "set_entry": {"promotion": f"SET-{mark}", "change": change},
        "set_promotion": {"manifest": f"m-{mark}", "run": run, "train": f"TRN-{mark}", "state": "succeeded"},
        "target": {"service": service, "environment": "production"},
        "timer": {"key": f"look:{mark}"},
        "train": {"id": f"TRN-{mark}", "state": "draft", "revision": 1, "services": [service], "rule": RULE, "attendees": {}},
        "train_blocker": {"run": run},
        "train_cut": {"run": run, "state": "failed", "commit": COMMIT, "branch": "release/1.4", "unbranched": "", "gates": "passed"},
        "train_checklist": {"run": run},
        "train_prospect": {"run": run},
        "train_moment": {"run": run, "milestone": "cutoff"},
        "train_run": {
            "id": run, "train": f"TRN-{mark}", "revision": 1, "stage": "planned", "cutoff": AT, "decision": AT, "opens": AT,
            "closes": AT + HOUR,
        },
        "verification": {"change": change, "obligation": f"OBL-{mark}", "asked": AT, "due": AT + HOUR, "looked_at": ""},
    }  # fmt: skip


IDS = {
    "access_grant": "BGL", "attestation": "ATT", "change": "CR", "delegation": "DLG", "emergency": "EMG", "exception": "EXC", "freeze": "FRZ",
    "go_decision": "GNG", "hotfix": "HOT", "integration": "INT", "obligation": "OBL", "roll_call": "GNC", "set_promotion": "SET",
}  # fmt: skip


def write(
    connection: sa.Connection, inspector: sa.Inspector, mark: str, columns: dict[str, set[str]] | None = None
) -> dict[str, dict[str, Any]]:
    """Write a set into a database, as the program of its schema does.

    Args:
        connection: in a transaction.
        inspector: of the schema as it is.
        mark: stands in all ids.
        columns: table → its columns, where an older program writes into a newer schema; left out: all that there are.

    Returns:
        Table → the row, as it was written.
    """
    said, written = given(mark), dict[str, dict[str, Any]]()
    for name in sorted(tables(inspector) if columns is None else columns, key=_turn):
        there = [c for c in inspector.get_columns(name) if columns is None or c["name"] in columns[name]]
        words = _words(inspector, name)
        own = {"id": f"{IDS[name]}-{mark}"} if name in IDS else {}
        row = {}
        for column in there:
            value = (own | said.get(name, {})).get(column["name"], ...)
            row[column["name"]] = _filled(column, mark, words) if value is ... or value == "@" else _kept(value, column)
        row = {key: value for key, value in row.items() if value is not None}  # what is left out is NULL, in a column of JSON too
        table = sa.table(name, *(sa.column(c["name"], c["type"]) for c in there))
        connection.execute(table.insert(), {key: bound(value, connection) for key, value in row.items()})
        written[name] = row
    return written


def _turn(name: str) -> int:
    order = (*FIRST, *FIRST_THEN)
    return order.index(name) if name in order else len(order)


def _words(inspector: sa.Inspector, name: str) -> dict[str, str]:
    """Column → the first of the words that its CHECK lists."""
    found = {}
    for check in inspector.get_check_constraints(name):
        if match := re.match(r"^\(*\"?(\w+)\"?\)*(?:::text)? (?:IN|= ANY) \(+(?:ARRAY\[)?\(?'([^']+)'", check["sqltext"]):
            found[match[1]] = match[2]
    return found


def _filled(column: Any, mark: str, words: dict[str, str]) -> Any:
    """What a column that nothing is said of holds, by its kind."""
    kind, name = column["type"], column["name"]
    if name in words:
        return words[name]
    if column["nullable"] or (name == "id" and isinstance(kind, sa.Integer)):
        return None
    if isinstance(kind, sa.JSON):
        return []
    if isinstance(kind, sa.DateTime) or (isinstance(kind, sa.String) and kind.length == 27):
        return AT
    if isinstance(kind, sa.Boolean):
        return False
    return 1 if isinstance(kind, sa.Numeric | sa.Float | sa.Integer) else f"{name}-{mark}"


def _kept(value: Any, column: Any) -> Any:
    """A word for a column that was a yes or no before."""
    return "no" if isinstance(value, bool) and isinstance(column["type"], sa.String) else value


def bound(value: Any, connection: sa.Connection) -> Any:
    """As the driver takes it, without the column types of today's program."""
    return iso(value) if hasattr(value, "tzinfo") and connection.dialect.name == "sqlite" else value


def entry(connection: sa.Connection, mark: str) -> Row:
    """Append an entry to the ledger as every program since the first schema did."""
    seq, prev = connection.execute(sa.text("SELECT seq, hash FROM ledger_head")).one()
    row = Row(
        seq + 1, iso(AT), "promote:accepted", "carla@acme.example", "Carla", "developer", f"CR-{mark}", f"api-{mark}", "production", mark,
        "p" * 64, '{"seen":[1,null,true],"why":"\\u201cja\\u201d"}', prev, "",
    )  # fmt: skip
    row = row._replace(hash=digest(row))
    values = ", ".join(f":{name}" for name in Row._fields)
    connection.execute(sa.text(f"INSERT INTO ledger ({', '.join(Row._fields)}) VALUES ({values})"), row._asdict())
    connection.execute(sa.text("UPDATE ledger_head SET seq = :seq, hash = :hash"), {"seq": row.seq, "hash": row.hash})
    return row


def tables(inspector: sa.Inspector) -> list[str]:
    """The tables that a set has rows of."""
    return [name for name in inspector.get_table_names() if name not in APART]
