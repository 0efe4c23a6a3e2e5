"""A database of each earlier schema is migrated with its rows, and the program before works on beside the new one (OPS-10).

No version has been released yet, so each migration step stands for a schema that somebody's database may be at; the steps that did more
than add are named here, and from the first release on there is none.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from guards.version import Artifact
from storage import (
    approvals,
    artifacts,
    audit,
    chain,
    changes,
    delegations,
    deployments,
    emergencies,
    engines,
    exceptions,
    freezes,
    hotfixes,
    incidents,
    migrations,
    obligations,
    trains,
)
from storage.database import Store, Tx
from tests.storage import old_rows
from tests.storage.cases import DIGEST

STEPS = [step.revision for step in reversed(list(ScriptDirectory.from_config(migrations.config()).walk_revisions()))]

NOT_ADDITIVE = {
    "0002": "change.evidence was dropped: nothing had been written there but one word",
    "0007": "change.migration became a word: which kind of migration it is",
}
"""Steps that an older program would not have worked beside, all from before the first release. This list does not grow: a column or a table
goes in two releases, the first of which no longer uses it (docs/operate.md)."""

Shape = dict[str, dict[str, object]]


@pytest.fixture
def engine(request, tmp_path) -> Iterator[sa.Engine]:
    """An empty database."""
    if request.param == "sqlite":
        url, server = f"sqlite:///{tmp_path}/old.db", None
    else:
        server = request.getfixturevalue("postgresql")
        url = server.create(migrated=False)
    made = engines.single(url)
    yield made
    made.dispose()
    if server:
        server.drop(url)


on_both = pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)


def to(engine: sa.Engine, revision: str) -> None:
    with engine.connect() as connection, migrations._tables_may_be_made_anew(connection), connection.begin():
        command.upgrade(migrations.config(connection), revision)


def shape(inspector: sa.Inspector) -> Shape:
    """What an older program relies on: tables, columns, and what may not be stored."""
    return {
        name: {
            "columns": {c["name"]: (str(c["type"]), bool(c["nullable"] or c["default"] is not None)) for c in inspector.get_columns(name)},
            "checks": {str(c["name"]): c["sqltext"] for c in inspector.get_check_constraints(name)},
            "unique": {i["name"]: tuple(i["column_names"]) for i in inspector.get_indexes(name) if i["unique"]}
            | {u["name"]: tuple(u["column_names"]) for u in inspector.get_unique_constraints(name)},
        }
        for name in old_rows.tables(inspector)
    }


def words(text: str) -> set[str]:
    return set(re.findall(r"'([^']*)'", text))


def harm(before: Shape, after: Shape) -> Iterator[str]:
    """What a program of the schema before would stumble over."""
    for table, was in before.items():
        now = after.get(table)
        if now is None:
            yield f"{table} is gone"
            continue
        for column, (kind, _) in was["columns"].items():
            if column not in now["columns"]:
                yield f"{table}.{column} is gone"
            elif now["columns"][column][0] != kind:
                yield f"{table}.{column} is of another type"
            elif was["columns"][column][1] and not now["columns"][column][1]:
                yield f"{table}.{column} must be given now"
        for column in now["columns"].keys() - was["columns"].keys():
            if not now["columns"][column][1]:
                yield f"{table}.{column} is new and must be given"
        for name, text in now["checks"].items():
            old = was["checks"].get(name)
            if old is not None and words(old) - words(text):
                yield f"{table} takes fewer words: {name}"
            if old is None and not any(column in text for column in now["columns"].keys() - was["columns"].keys()):
                yield f"{table} has a new condition on what was there: {name}"
        for name, columns in now["unique"].items():
            if name not in was["unique"] and set(columns) <= was["columns"].keys():
                yield f"{table} must be unique by what was there: {name}"


@on_both
async def test_rows_of_each_schema_come_through_all_later_steps_and_an_older_program_still_writes(engine):
    """At each step the rows of its program are written; after the next one, once more as that program still does beside the new one."""
    written, late, entries, harmed = {}, {}, [], {}
    before: Shape = {}
    for step in STEPS:
        to(engine, step)
        with engine.begin() as connection:
            inspector = sa.inspect(connection)
            after = shape(inspector)
            harmed[step] = sorted(harm(before, after))
            if before and step not in NOT_ADDITIVE:
                known = {name: set(table["columns"]) for name, table in before.items()}
                late[f"{step}b"] = old_rows.write(connection, inspector, f"{step}b", known)
                old_rows.entry(connection, f"{step}b")
            before = after
            written[step] = old_rows.write(connection, inspector, step)
            entries.append(old_rows.entry(connection, step))
    assert {step: found for step, found in harmed.items() if found}.keys() == NOT_ADDITIVE.keys(), harmed

    with engine.connect() as connection:
        tx = Tx(connection)
        assert isinstance(chain.verify(audit.rows(tx), audit.head(tx)), chain.Sound)
        assert [row for row in audit.rows(tx) if row.correlation in STEPS] == entries
        columns = {name: {c["name"]: c["type"] for c in inspector.get_columns(name)} for name in before}
        for step in STEPS:
            for name, row in written[step].items():
                assert connection.execute(_the_row(name, columns[name], row, connection)).scalar_one() == 1, (step, name)
    store = Store(engine.url.render_as_string(hide_password=False))
    try:
        await store.read(lambda tx: [read(tx, mark, set(rows)) for mark, rows in (written | late).items()])
    finally:
        await store.close()


def _the_row(name: str, columns: dict[str, Any], row: dict[str, Any], connection: sa.Connection) -> sa.Select[tuple[int]]:
    """How many rows have all that was written, in as far as it is still called so; a yes or no that became a word is the migration's."""
    table = sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))
    same = [
        table.c[column] == old_rows.bound(value, connection)
        for column, value in row.items()
        if column in columns and not isinstance(columns[column], sa.JSON) and not isinstance(value, bool)
    ]
    return sa.select(sa.func.count()).select_from(table).where(*same)


def read(tx: Tx, mark: str, there: set[str]) -> None:
    """What the program of today makes of it."""
    change, service = changes.get(tx, f"CR-{mark}"), f"api-{mark}"
    assert change is not None
    assert (change.content.service, change.content.digest, change.state.value) == (service, DIGEST, "succeeded")
    assert [one.by for one in approvals.of(tx, change.id)] == [f"by-{mark}"]
    assert isinstance(artifacts.registered(tx, service, "v1.4.0"), Artifact)
    running = deployments.running(tx, service, "production")
    assert running is not None
    assert running.change == change.id
    freeze = freezes.get(tx, f"FRZ-{mark}")
    assert freeze is not None
    assert freeze.approver == f"approver-{mark}"
    for table, found in (
        ("delegation", lambda: delegations.get(tx, f"DLG-{mark}")),
        ("exception", lambda: exceptions.get(tx, f"EXC-{mark}")),
        ("obligation", lambda: obligations.get(tx, f"OBL-{mark}")),
        ("incident", lambda: incidents.get(tx, f"INC-{mark}")),
        ("hotfix", lambda: hotfixes.get(tx, f"HOT-{mark}")),
        ("emergency", lambda: emergencies.get(tx, f"EMG-{mark}")),
        ("train", lambda: trains.get(tx, f"TRN-{mark}")),
        ("train_run", lambda: trains.run(tx, f"TRN-{mark}.1")),
    ):
        if table in there:
            assert found() is not None, table


# ---------------------------------------------------------------- the rule itself


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DROP TABLE card", "card is gone"),
        ("ALTER TABLE card DROP COLUMN thread", "card.thread is gone"),
        ("ALTER TABLE card RENAME COLUMN thread TO ts_of_thread", "card.thread is gone"),
        ("ALTER TABLE card ADD COLUMN more VARCHAR NOT NULL DEFAULT 'x'", None),
        ("ALTER TABLE card ADD COLUMN more VARCHAR", None),
        ("CREATE UNIQUE INDEX uq_card_ts ON card (ts)", "card must be unique by what was there: uq_card_ts"),
        ("CREATE INDEX ix_card_ts ON card (ts)", None),
        ("CREATE TABLE another (id VARCHAR PRIMARY KEY)", None),
    ],
)
def test_a_step_that_does_more_than_add_is_found(sqlite_template, tmp_path, statement, said):
    path = tmp_path / "rule.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = engines.single(f"sqlite:///{path}")
    with engine.connect() as connection:
        before = shape(sa.inspect(connection))
        connection.execute(sa.text(statement))
        found = list(harm(before, shape(sa.inspect(connection))))
    engine.dispose()
    assert found == ([said] if said else []) or (said in found)


def test_fewer_words_and_a_new_condition_are_found():
    was = {"t": {"columns": {"a": ("VARCHAR", True)}, "checks": {"ck_a": "a IN ('x', 'y')"}, "unique": {}}}
    fewer = {"t": {**was["t"], "checks": {"ck_a": "a IN ('x')"}}}
    more = {"t": {**was["t"], "checks": {"ck_a": "a IN ('x', 'y', 'z')"}}}
    new = {"t": {**was["t"], "checks": {**was["t"]["checks"], "ck_b": "length(a) > 1"}}}
    must = {"t": {**was["t"], "columns": {"a": ("VARCHAR", False)}}}
    other = {"t": {**was["t"], "columns": {"a": ("INTEGER", True), "b": ("VARCHAR", False)}}}
    assert [list(harm(was, now)) for now in (was, more, fewer, new, must, other)] == [
        [],
        [],
        ["t takes fewer words: ck_a"],
        ["t has a new condition on what was there: ck_b"],
        ["t.a must be given now"],
        ["t.a is of another type", "t.b is new and must be given"],
    ]
