"""No look-up reads a whole table that grows: each has its index (SQLite says so; PostgreSQL has the same indexes)."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from guards.identity import Linking
from guards.version import Deployment
from storage import (
    approvals,
    artifacts,
    attestations,
    audit,
    cards,
    changes,
    checkpoints,
    claims,
    decisions,
    delegations,
    deployments,
    exceptions,
    freezes,
    inbox,
    incidents,
    links,
    moments,
    obligations,
    outbox,
    releases,
    retention,
    run_logs,
    timers,
    trains,
    verifications,
)
from storage.database import Store
from storage.retention import Place
from tests.storage.cases import AT

LEASE = timedelta(seconds=30)
SMALL = {"target", "claim", "counter", "ledger_head"}  # a row for each place, or one row
BY_NUMBER = {
    "audit.show": {"ledger"},  # from the end, as far as the limit
    "audit.about": {"ledger"},  # rare, and an index would cost every entry
    "retention.old_logs": {"run_log"},  # once a day
    "retention.unsent": {"outbox"},  # once a day, and the table holds a week
    "checkpoints.newest": {"ledger_checkpoint"},  # from the end, one row
}
SORTS = {
    "verifications.given",  # of one version in one place
    "decisions.of_version",  # the few decisions about one version
    "changes.undecided",
    "changes.undecided of",
    "changes.claimed",
    "changes.open_like",
    "changes.by_run",
    "changes.of_version",
    "exceptions.used_by",
    "freezes.current",
    "incidents.still_open",
    "incidents.open_for",
    "incidents.by_reference",
    "incidents.bound_to",
    "incidents.of_record",
    "audit.story",
    "retention.unfinished",
    "retention.old_logs",
    "delegations.current",
}  # few rows

LOOKUPS = {
    "changes.get": lambda tx: changes.get(tx, "x"),
    "changes.open_like": lambda tx: changes.open_like(tx, "a", "b", "c"),
    "changes.undecided": lambda tx: changes.undecided(tx, None),
    "changes.undecided of": lambda tx: changes.undecided(tx, "a"),
    "changes.waiting": lambda tx: changes.waiting(tx, "a", "b"),
    "changes.claimed": changes.claimed,
    "changes.recent": lambda tx: changes.recent(tx, None),
    "changes.recent of": lambda tx: changes.recent(tx, "a"),
    "changes.of_version": lambda tx: changes.of_version(tx, "a", "b"),
    "changes.by_run": lambda tx: changes.by_run(tx, "1", frozenset({"a", "b"})),
    "approvals.of": lambda tx: approvals.of(tx, "x"),
    "approvals.withdraw": lambda tx: approvals.withdraw(tx, "x", "y", AT),
    "artifacts.registered": lambda tx: artifacts.registered(tx, "a", "b"),
    "deployments.running": lambda tx: deployments.running(tx, "a", "b"),
    "deployments.of_commit": lambda tx: deployments.of_commit(tx, "a", "b", "c"),
    "deployments.of_version": lambda tx: deployments.of_version(tx, "a", "b"),
    "deployments.proof": lambda tx: deployments.proof(tx, "a", "b", "c"),
    "deployments.replaced": lambda tx: deployments.replaced(tx, Deployment("a", "b", "c", "d", "e", AT)),
    "verifications.given": lambda tx: verifications.given(tx, Deployment("a", "b", "c", "d", "e", AT)),
    "attestations.of": lambda tx: attestations.of(tx, "a", "b", AT),
    "deployments.overview": lambda tx: deployments.overview(tx, None),
    "deployments.overview of": lambda tx: deployments.overview(tx, "a"),
    "releases.record": lambda tx: releases.record(tx, "a", "b"),
    "releases.notes": lambda tx: releases.notes(tx, "a", "b"),
    "releases.promotions": lambda tx: releases.promotions(tx, "a", "b"),
    "exceptions.get": lambda tx: exceptions.get(tx, "x"),
    "exceptions.used_by": lambda tx: exceptions.used_by(tx, "x"),
    "exceptions.current": lambda tx: exceptions.current(tx, AT),
    "exceptions.reaching": lambda tx: exceptions.reaching(tx, "a", "b", AT),
    "freezes.get": lambda tx: freezes.get(tx, "x"),
    "freezes.current": lambda tx: freezes.current(tx, AT),
    "delegations.get": lambda tx: delegations.get(tx, "x"),
    "delegations.current": lambda tx: delegations.current(tx, AT),
    "links.of": lambda tx: links.of(tx, "x"),
    "links.owners": lambda tx: links.owners(tx, [1, 2]),
    "links.attempt": lambda tx: links.keep(tx, Linking("x", "X", "U1", AT, AT, login="x", number=7, linked=AT)),
    "decisions.call_about": lambda tx: decisions.call_about(tx, "x", "h"),
    "decisions.of_run": lambda tx: decisions.of_run(tx, "x"),
    "decisions.of_version": lambda tx: decisions.of_version(tx, "a", "v1"),
    "deployments.until": lambda tx: deployments.until(tx, "a", "b", AT, 3),
    "incidents.get": lambda tx: incidents.get(tx, "x"),
    "incidents.by_reference": lambda tx: incidents.by_reference(tx, "x"),
    "incidents.from_source": lambda tx: incidents.from_source(tx, "a", "x"),
    "incidents.still_open": incidents.still_open,
    "incidents.open_for": lambda tx: incidents.open_for(tx, "a", AT),
    "incidents.recent": lambda tx: incidents.recent(tx, 5),
    "incidents.bound_to": lambda tx: incidents.bound_to(tx, "x"),
    "incidents.of_record": lambda tx: incidents.of_record(tx, "x"),
    "obligations.get": lambda tx: obligations.get(tx, "x"),
    "obligations.about": lambda tx: obligations.about(tx, "x"),
    "obligations.still_open": lambda tx: obligations.still_open(tx, 5),
    "claims.held": lambda tx: claims.held(tx, "a", "b"),
    "claims.release": lambda tx: claims.release(tx, "k"),
    "run_logs.of": lambda tx: run_logs.of(tx, "x"),
    "cards.place": lambda tx: cards.place(tx, "x"),
    "inbox.take": lambda tx: inbox.take(tx, AT, 10, LEASE, "w"),
    "inbox.answered": lambda tx: inbox.answered(tx, "k"),
    "inbox.backlog": inbox.backlog,
    "inbox.prune": lambda tx: inbox.prune(tx, AT),
    "outbox.take": lambda tx: outbox.take(tx, AT, 10, LEASE, "w"),
    "outbox.pending": outbox.pending,
    "outbox.prune": lambda tx: outbox.prune(tx, AT),
    "trains.get": lambda tx: trains.get(tx, "a"),
    "trains.run": lambda tx: trains.run(tx, "a"),
    "trains.open_runs": lambda tx: trains.open_runs(tx, "a"),
    "trains.runs": lambda tx: trains.runs(tx, "a", 5),
    "timers.cancel_all": lambda tx: timers.cancel_all(tx, ["x", "y"]),
    "moments.reached": lambda tx: moments.reached(tx, "x"),
    "timers.fire": lambda tx: timers.fire(tx, AT, 10),
    "timers.next_due": timers.next_due,
    "timers.next_due but": lambda tx: timers.next_due(tx, but=("x",)),
    "audit.rows": lambda tx: list(audit.rows(tx, 5, 10)),
    "audit.about": lambda tx: audit.about(tx, "a", "b", {"x"}),
    "audit.story": lambda tx: list(audit.story(tx, {"x"}, {"a"}, AT, AT)),
    "audit.extract": lambda tx: audit.extract(tx, [3]),
    "audit.hash_of": lambda tx: audit.hash_of(tx, 5),
    "checkpoints.newest": checkpoints.newest,
    "retention.old": lambda tx: retention.old(tx, AT, AT, Place("2020", 3), 10),
    "retention.standing": lambda tx: retention.standing(tx, [1, 2]),
    "retention.unfinished": lambda tx: retention.unfinished(tx, AT),
    "retention.unsent": lambda tx: retention.unsent(tx, AT),
    "retention.old_logs": lambda tx: retention.old_logs(tx, AT),
    "audit.show": audit.show,
    "audit.show subject": lambda tx: audit.show(tx, subject="x"),
    "audit.show actor": lambda tx: audit.show(tx, actor="x"),
    "audit.show since": lambda tx: audit.show(tx, since=AT),
}


@pytest.fixture
async def plain(sqlite_template, tmp_path):
    path = tmp_path / "plans.db"
    path.write_bytes(sqlite_template.read_bytes())
    made = Store(f"sqlite:///{path}")
    yield made
    await made.close()


@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_look_up_has_its_index(plain, name):
    asked = []

    def note(conn, cursor, statement, parameters, context, many):
        if not statement.startswith(("EXPLAIN", "INSERT")):
            asked.append((statement, parameters))

    engine = plain._engines.write
    sa.event.listen(engine, "before_cursor_execute", note)
    await plain.write(LOOKUPS[name])
    sa.event.remove(engine, "before_cursor_execute", note)
    assert asked

    for statement, parameters in asked:
        plan = await plain.write(lambda tx, s=statement, p=parameters: tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p).all())
        scans = {step.detail.split()[1] for step in plan if step.detail.startswith("SCAN") and "USING" not in step.detail}
        assert scans <= SMALL | BY_NUMBER.get(name, set()), [step.detail for step in plan]
        assert not any("TEMP B-TREE FOR ORDER" in step.detail for step in plan) or name in SORTS, [step.detail for step in plan]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("changes.open_like", "uq_change_open (service=? AND environment=? AND version=?)"),
        ("changes.undecided of", "ix_change_undecided (service=?)"),
        ("releases.promotions", "ix_deployment_version (service=? AND version=?)"),
        ("deployments.of_version", "ix_deployment_version (service=? AND version=?)"),
    ],
)
async def test_a_look_up_does_not_read_a_services_whole_history(plain, name, index):
    """The index is the one that is narrow enough: by any other, each look-up would grow with the years."""
    asked = []
    engine = plain._engines.write
    sa.event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, parameters, *_: asked.append((statement, parameters)))
    await plain.write(LOOKUPS[name])
    statement, parameters = asked[-1]
    plan = await plain.write(lambda tx: tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    assert index in plan[0].detail
