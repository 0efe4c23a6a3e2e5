"""Every table, with its constraints and its indexes. The rows stay in this room; other rooms see the nouns.

Invariant: what must never be true cannot be stored. The schema is made by `migrations`; a test holds both equal (OPS-10).
"""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from guards.exemption import ExemptionKind, ExemptionState, Ruling
from guards.facts import Verdict
from guards.lifecycle import OPEN, UNDECIDED, State
from guards.release import NotesKind
from guards.vocabulary import ChangeType, Migration
from storage.columns import Moment, choice

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""One name for a constraint on both databases, so that a message can name it."""

metadata = sa.MetaData(naming_convention=CONVENTION)


class Base(SQLModel):
    """Our tables, apart from whatever else uses SQLModel in this process."""

    metadata: ClassVar[sa.MetaData] = metadata


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _json(nullable: bool = False) -> Any:
    return Field(default=None, sa_type=sa.JSON(none_as_null=True), nullable=nullable)


def _moment(nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Moment(), nullable=nullable)


def _among(states: frozenset[State]) -> str:
    """A partial index's condition, as text: bound values would hide the index from the planner."""
    return f"state IN ({', '.join(repr(state.value) for state in State if state in states)})"


OPEN_STATES = _among(OPEN)
"""The condition of the partial index on changes that are open."""

UNDECIDED_STATES = _among(UNDECIDED)
"""The condition of the partial index on changes that people can still decide."""


OPEN_EXCEPTIONS = "state IN ('requested', 'approved')"
"""The condition of the partial index on exceptions that wait or count, as text."""


class CounterRow(Base, table=True):
    """The last number given out, for ids like `CR-2026-1121-001` (REC-09)."""

    __tablename__ = "counter"
    name: str = Field(primary_key=True)
    value: int


class ChangeRow(Base, table=True):
    """A change: what an approver sees of it, and where it stands."""

    __tablename__ = "change"
    __table_args__ = (
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),
        sa.CheckConstraint("attempt >= 0", name="attempt"),
        # two people asking for the same at the same moment: the second one is refused
        sa.Index("uq_change_open", "service", "environment", "version", unique=True, **_where(OPEN_STATES)),
        sa.Index("ix_change_place", "service", "environment", "state", "requested"),
        sa.Index("ix_change_state", "state", "requested"),
        sa.Index("ix_change_service", "service", "requested"),
        sa.Index("ix_change_undecided", "service", "requested", **_where(UNDECIDED_STATES)),
        sa.Index("ix_change_requested", "requested"),
        sa.Index("ix_change_run", "run", **_where("run IS NOT NULL")),
    )
    id: str = Field(primary_key=True)
    service: str
    environment: str
    version: str
    digest: str
    commit: str
    change_type: ChangeType = Field(sa_type=choice(ChangeType))
    migration: Migration | None = Field(default=None, sa_type=choice(Migration))
    policy: str
    base: str | None = None
    record: str | None = None
    entry: str | None = None
    declared: dict[str, Any] | None = _json(nullable=True)
    state: State = Field(sa_type=choice(State))
    requester: str
    requester_name: str
    requested: datetime = _moment()
    attempt: int
    run: str | None = None
    run_url: str | None = None
    dispatched: datetime | None = _moment(nullable=True)
    finished: datetime | None = _moment(nullable=True)
    why: str
    amended: datetime | None = _moment(nullable=True)
    assessed: dict[str, Any] | None = _json(nullable=True)


class ApprovalRow(Base, table=True):
    """One person's decision about one change; the roles are those held then."""

    __tablename__ = "approval"
    __table_args__ = (
        sa.CheckConstraint("at < expires", name="expires"),
        sa.Index("uq_approval_live", "change", "by", unique=True, **_where("withdrawn IS NULL")),
        sa.Index("ix_approval_change", "change"),
    )
    id: int | None = Field(default=None, primary_key=True)
    change: str = Field(foreign_key="change.id")
    by: str
    name: str
    roles: list[str] = _json()
    verdict: Verdict = Field(sa_type=choice(Verdict))
    rationale: str
    content: str
    at: datetime = _moment()
    expires: datetime = _moment()
    withdrawn: datetime | None = _moment(nullable=True)
    on_behalf: dict[str, Any] | None = _json(nullable=True)


class ArtifactRow(Base, table=True):
    """What a version named when it was first seen; it never names anything else (PRM-04, PRM-05)."""

    __tablename__ = "artifact"
    __table_args__ = (sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),)
    service: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    digest: str
    commit: str
    authors: list[str] | None = _json(nullable=True)
    reviewers: list[str] | None = _json(nullable=True)
    tag: str | None = None
    seen: datetime = _moment()


class ReleaseRecordRow(Base, table=True):
    """One revision of what people wrote into a version's release record (REC-01, REC-17)."""

    __tablename__ = "release_record"
    __table_args__ = (sa.Index("ix_release_record_newest", "service", "version", "id"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True)
    service: str
    version: str
    issues: str
    rollback: str
    by: str
    name: str
    at: datetime = _moment()


class ReleaseNotesRow(Base, table=True):
    """One revision of a version's release notes, or an erratum; `url` is added once to what was published (REC-04, REC-17)."""

    __tablename__ = "release_notes"
    __table_args__ = (
        sa.CheckConstraint("url IS NULL OR kind = 'published'", name="url"),
        sa.Index("ix_release_notes_of", "service", "version", "id"),
        sa.Index("uq_release_notes_published", "service", "version", unique=True, **_where("kind = 'published'")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    service: str
    version: str
    kind: NotesKind = Field(sa_type=choice(NotesKind))
    text: str
    by: str
    name: str
    at: datetime = _moment()
    url: str | None = None


class TargetRow(Base, table=True):
    """A service in an environment in which something was ever deployed: the few rows that the overview starts from."""

    __tablename__ = "target"
    service: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)


class DeploymentRow(Base, table=True):
    """Each success that CI reported (PRM-13)."""

    __tablename__ = "deployment"
    __table_args__ = (
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),
        sa.ForeignKeyConstraint(["service", "environment"], ["target.service", "target.environment"]),
        sa.Index("uq_deployment_change", "change", unique=True, **_where("change IS NOT NULL")),
        sa.Index("ix_deployment_newest", "service", "environment", "at", "id"),
        sa.Index("ix_deployment_proof", "service", "environment", "version", "at", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    service: str
    environment: str
    version: str
    digest: str
    commit: str
    at: datetime = _moment()
    change: str | None = Field(default=None, foreign_key="change.id")


class FreezeRow(Base, table=True):
    """A freeze as it was declared (FRZ-01); lifting adds when and by whom."""

    __tablename__ = "freeze"
    __table_args__ = (
        sa.CheckConstraint('start < "end"', name="times"),
        sa.CheckConstraint("(lifted IS NULL) = (lifted_by IS NULL)", name="lifted"),
        sa.Index("ix_freeze_end", "end"),
    )
    id: str = Field(primary_key=True)
    kind: str
    blocks: list[str] = _json()
    passes: list[str] = _json()
    services: list[str] | None = _json(nullable=True)
    environments: list[str] = _json()
    start: datetime = _moment()
    end: datetime = _moment()
    reason: str
    exit_criteria: str
    plan: str
    by: str
    by_name: str
    approver: str
    lifted: datetime | None = _moment(nullable=True)
    lifted_by: str | None = None


class ExceptionRow(Base, table=True):
    """An exception as it was asked for (EXC-02); only its state ever changes."""

    __tablename__ = "exception"
    __table_args__ = (
        sa.CheckConstraint("requested < review AND review <= until", name="times"),
        sa.Index("ix_exception_open", "until", **_where(OPEN_EXCEPTIONS)),
    )
    id: str = Field(primary_key=True)
    requester: str
    requester_name: str
    requested: datetime = _moment()
    owner: str
    owner_name: str
    owner_roles: list[str] = _json()
    kind: ExemptionKind = Field(sa_type=choice(ExemptionKind))
    requirement: str
    services: list[str] = _json()
    environments: list[str] = _json()
    version: str | None = None
    risk: str
    controls: str
    containment: str
    evidence: str
    remediation: str
    infeasible: str
    reconsider: str
    until: datetime = _moment()
    review: datetime = _moment()
    once: bool
    state: ExemptionState = Field(sa_type=choice(ExemptionState))


class ExceptionDecisionRow(Base, table=True):
    """One person's decision about one exception; the roles are those held then."""

    __tablename__ = "exception_decision"
    __table_args__ = (sa.UniqueConstraint("exception", "by", "ruling"), sa.Index("ix_exception_decision_exception", "exception", "id"))
    id: int | None = Field(default=None, primary_key=True)
    exception: str = Field(foreign_key="exception.id")
    by: str
    name: str
    roles: list[str] = _json()
    ruling: Ruling = Field(sa_type=choice(Ruling))
    reason: str
    at: datetime = _moment()


class ExceptionUseRow(Base, table=True):
    """A change that went out by an exception; one that is used up by the first change has one row (EXC-07)."""

    __tablename__ = "exception_use"
    __table_args__ = (
        sa.Index("uq_exception_use_once", "exception", unique=True, **_where("once")),
        sa.Index("ix_exception_use_change", "change"),
    )
    exception: str = Field(primary_key=True, foreign_key="exception.id")
    change: str = Field(primary_key=True, foreign_key="change.id")
    at: datetime = _moment()
    once: bool


class DelegationRow(Base, table=True):
    """A role that somebody holds for another (RBAC-06); ending it early adds when and by whom."""

    __tablename__ = "delegation"
    __table_args__ = (
        sa.CheckConstraint('start < "end"', name="times"),
        sa.CheckConstraint('"by" <> "to"', name="people"),
        sa.CheckConstraint("(ended IS NULL) = (ended_by IS NULL)", name="ended"),
        sa.Index("ix_delegation_end", "end"),
    )
    id: str = Field(primary_key=True)
    role: str
    by: str
    by_name: str
    to: str
    to_name: str
    service: str | None = None
    environment: str | None = None
    start: datetime = _moment()
    end: datetime = _moment()
    reason: str
    ended: datetime | None = _moment(nullable=True)
    ended_by: str | None = None


class LinkRow(Base, table=True):
    """A GitHub account that a person linked (RBAC-01). A person has one at a time, and an account one person."""

    __tablename__ = "link"
    __table_args__ = (
        sa.CheckConstraint("number > 0", name="number"),
        sa.Index("uq_link_person", "person", unique=True, **_where("unlinked IS NULL")),
        sa.Index("uq_link_account", "number", unique=True, **_where("unlinked IS NULL")),
        sa.Index("ix_link_number", "number"),
    )
    id: int | None = Field(default=None, primary_key=True)
    person: str
    login: str
    number: int = Field(sa_type=sa.BigInteger())
    linked: datetime = _moment()
    confirmed: datetime = _moment()
    unlinked: datetime | None = _moment(nullable=True)


class LinkingRow(Base, table=True):
    """A person's attempt to link an account; gone when it came to an end."""

    __tablename__ = "linking"
    __table_args__ = (
        sa.CheckConstraint("(login IS NULL) = (number IS NULL)", name="account"),
        sa.CheckConstraint("(login IS NULL) = (linked IS NULL)", name="linked"),
    )
    person: str = Field(primary_key=True)
    name: str
    slack: str
    started: datetime = _moment()
    expires: datetime = _moment()
    device: str | None = None
    interval: float
    login: str | None = None
    number: int | None = Field(default=None, sa_type=sa.BigInteger(), nullable=True)
    linked: datetime | None = _moment(nullable=True)


class ClaimRow(Base, table=True):
    """The one place of a service and environment while CI works on it (PRM-21)."""

    __tablename__ = "claim"
    __table_args__ = (sa.UniqueConstraint("key"), sa.UniqueConstraint("change"))
    service: str = Field(primary_key=True)
    environment: str = Field(primary_key=True)
    key: str
    change: str = Field(foreign_key="change.id")
    at: datetime = _moment()


class InboxRow(Base, table=True):
    """What was acknowledged, and what came of it. `due` is also the end of a lease: one that ran out is due again."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.CheckConstraint("state IN ('open', 'done')", name="state"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name="key"),
        sa.UniqueConstraint("key"),
        sa.Index("ix_inbox_open", "id", **_where("state = 'open'")),
        sa.Index("ix_inbox_done", "received", **_where("state = 'done'")),
        {"sqlite_autoincrement": True},  # an id is never given twice, so that order is arrival
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    key: str
    kind: str
    payload: str
    correlation: str
    received: datetime = _moment()
    state: str
    due: datetime = _moment()
    attempts: int
    worker: str | None = None
    why: str | None = None
    answer: dict[str, Any] | None = _json(nullable=True)


class OutboxRow(Base, table=True):
    """What is to be told to the world. `until` is the end of a sender's lease."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.CheckConstraint("state IN ('pending', 'sending', 'done', 'dead')", name="state"),
        sa.CheckConstraint("(state = 'sending') = (until IS NOT NULL)", name="lease"),
        sa.CheckConstraint("attempts >= 0", name="attempts"),
        sa.Index("uq_outbox_key", "key", unique=True, **_where("state = 'pending'")),
        sa.Index("ix_outbox_open", "id", **_where("state IN ('pending', 'sending')")),
        sa.Index("ix_outbox_lane", "lane", "id", **_where("state IN ('pending', 'sending')")),
        sa.Index("ix_outbox_done", "added", **_where("state = 'done'")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    kind: str
    payload: dict[str, Any] = _json()
    key: str | None = None
    lane: str
    correlation: str
    added: datetime = _moment()
    due: datetime = _moment()
    state: str
    attempts: int
    until: datetime | None = _moment(nullable=True)
    worker: str | None = None
    why: str | None = None


class TimerRow(Base, table=True):
    """What is to happen at a moment (OPS-09)."""

    __tablename__ = "timer"
    __table_args__ = (
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name="key"),  # room for the rest of its delivery's key
        sa.Index("ix_timer_due", "due"),
    )
    key: str = Field(primary_key=True)
    kind: str
    due: datetime = _moment()
    payload: dict[str, Any] = _json()


class CardRow(Base, table=True):
    """Where a subject's card stands in Slack."""

    __tablename__ = "card"
    subject: str = Field(primary_key=True)
    channel: str
    ts: str
    thread: str | None = None


class LedgerRow(Base, table=True):
    """The audit ledger (AUD-01). All text, exactly as it was hashed; triggers refuse UPDATE and DELETE; no foreign keys."""

    __tablename__ = "ledger"
    __table_args__ = (
        sa.UniqueConstraint("prev"),  # an entry has one successor: the chain cannot fork
        sa.Index("ix_ledger_subject", "subject", "seq"),
        sa.Index("ix_ledger_actor", "actor", "seq"),
        sa.Index("ix_ledger_at", "at", "seq"),
    )
    seq: int = Field(primary_key=True, sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    at: str
    tag: str
    actor: str
    actor_name: str
    roles: str
    subject: str | None = None
    service: str | None = None
    environment: str | None = None
    correlation: str
    policy: str
    body: str
    prev: str
    hash: str


class LedgerHeadRow(Base, table=True):
    """The one row that says how long the ledger is, so that a cut tail shows."""

    __tablename__ = "ledger_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)
    id: int = Field(primary_key=True, sa_type=sa.Integer())
    seq: int = Field(sa_type=sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
    hash: str


def table(row: type[Base]) -> sa.Table:
    """The table behind a row class, for Core statements."""
    return metadata.tables[str(row.__tablename__)]
