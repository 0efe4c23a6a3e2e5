"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(27), "sqlite")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GENESIS = "d73eb39188b5291d70d8837be553b5afb883517a588e548f5c58dd1f55a190c5"  # chain.GENESIS, as it was then

_OPEN = "state IN ('requested', 'awaiting-approval', 'approved', 'waiting-for-window', 'dispatching', 'running', 'unknown', 'timed-out')"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "artifact",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=True),
        sa.Column("reviewers", sa.JSON(), nullable=True),
        sa.Column("seen", MOMENT, nullable=False),
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name=op.f("ck_artifact_digest")),
        sa.PrimaryKeyConstraint("service", "version", name=op.f("pk_artifact")),
    )
    op.create_table(
        "card",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("ts", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_card")),
    )
    op.create_table(
        "change",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column(
            "change_type",
            sa.Enum("standard", "normal", "emergency", name="changetype", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("migration", sa.Boolean(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "awaiting-approval",
                "approved",
                "waiting-for-window",
                "dispatching",
                "running",
                "unknown",
                "timed-out",
                "succeeded",
                "failed",
                "cancelled",
                "rejected",
                "expired",
                "refused",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("requester", sa.String(), nullable=False),
        sa.Column("requester_name", sa.String(), nullable=False),
        sa.Column("requested", MOMENT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run", sa.String(), nullable=True),
        sa.Column("run_url", sa.String(), nullable=True),
        sa.Column("dispatched", MOMENT, nullable=True),
        sa.Column("finished", MOMENT, nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name=op.f("ck_change_digest")),
        sa.CheckConstraint("attempt >= 0", name=op.f("ck_change_attempt")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index("ix_change_place", "change", ["service", "environment", "state", "requested"])
    op.create_index("ix_change_requested", "change", ["requested"])
    op.create_index("ix_change_run", "change", ["run"], **_where("run IS NOT NULL"))
    op.create_index("ix_change_service", "change", ["service", "requested"])
    op.create_index("ix_change_state", "change", ["state", "requested"])
    op.create_index("uq_change_open", "change", ["service", "environment", "version"], unique=True, **_where(_OPEN))
    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "freeze",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("passes", sa.JSON(), nullable=False),
        sa.Column("services", sa.JSON(), nullable=True),
        sa.Column("environments", sa.JSON(), nullable=False),
        sa.Column("start", MOMENT, nullable=False),
        sa.Column("end", MOMENT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("exit_criteria", sa.String(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("lifted", MOMENT, nullable=True),
        sa.Column("lifted_by", sa.String(), nullable=True),
        sa.CheckConstraint("(lifted IS NULL) = (lifted_by IS NULL)", name=op.f("ck_freeze_lifted")),
        sa.CheckConstraint('start < "end"', name=op.f("ck_freeze_times")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freeze")),
    )
    op.create_index("ix_freeze_end", "freeze", ["end"])
    op.create_table(
        "inbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("received", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_inbox_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_inbox_attempts")),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 255", name=op.f("ck_inbox_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_done", "inbox", ["received"], **_where("state = 'done'"))
    op.create_index("ix_inbox_open", "inbox", ["id"], **_where("state = 'open'"))
    op.create_table(
        "ledger",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("environment", sa.String(), nullable=True),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("prev", name=op.f("uq_ledger_prev")),
    )
    op.create_index("ix_ledger_actor", "ledger", ["actor", "seq"])
    op.create_index("ix_ledger_at", "ledger", ["at", "seq"])
    op.create_index("ix_ledger_subject", "ledger", ["subject", "seq"])
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ledger_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("correlation", sa.String(), nullable=False),
        sa.Column("added", MOMENT, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'sending') = (until IS NOT NULL)", name=op.f("ck_outbox_lease")),
        sa.CheckConstraint("state IN ('pending', 'sending', 'done', 'dead')", name=op.f("ck_outbox_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_done", "outbox", ["added"], **_where("state = 'done'"))
    op.create_index("ix_outbox_lane", "outbox", ["lane", "id"], **_where("state IN ('pending', 'sending')"))
    op.create_index("ix_outbox_open", "outbox", ["id"], **_where("state IN ('pending', 'sending')"))
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True, **_where("state = 'pending'"))
    op.create_table(
        "target",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("service", "environment", name=op.f("pk_target")),
    )
    op.create_table(
        "timer",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name=op.f("ck_timer_key")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["due"])
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column(
            "verdict", sa.Enum("approved", "rejected", name="verdict", native_enum=False, create_constraint=True, length=24), nullable=False
        ),
        sa.Column("rationale", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("withdrawn", MOMENT, nullable=True),
        sa.CheckConstraint("at < expires", name=op.f("ck_approval_expires")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_approval_change")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_change", "approval", ["change"])
    op.create_index("uq_approval_live", "approval", ["change", "by"], unique=True, **_where("withdrawn IS NULL"))
    op.create_table(
        "claim",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_claim_change")),
        sa.PrimaryKeyConstraint("service", "environment", name=op.f("pk_claim")),
        sa.UniqueConstraint("change", name=op.f("uq_claim_change")),
        sa.UniqueConstraint("key", name=op.f("uq_claim_key")),
    )
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("change", sa.String(), nullable=True),
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name=op.f("ck_deployment_digest")),
        sa.ForeignKeyConstraint(["change"], ["change.id"], name=op.f("fk_deployment_change")),
        sa.ForeignKeyConstraint(
            ["service", "environment"], ["target.service", "target.environment"], name=op.f("fk_deployment_service_environment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_index("ix_deployment_newest", "deployment", ["service", "environment", "at", "id"])
    op.create_index("ix_deployment_proof", "deployment", ["service", "environment", "version", "at", "id"])
    op.create_index("uq_deployment_change", "deployment", ["change"], unique=True, **_where("change IS NOT NULL"))

    op.execute(sa.text("INSERT INTO ledger_head (id, seq, hash) VALUES (1, 0, :genesis)").bindparams(genesis=GENESIS))
    _protect(op.get_bind().dialect.name)


# An entry is never changed or removed, the head only ever moves on by one, and it is never removed (AUD-01). The tests try each.

_SQLITE = (
    """CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    # INSERT OR REPLACE removes the old row without asking the trigger above
    """CREATE TRIGGER ledger_no_replace BEFORE INSERT ON ledger
       WHEN EXISTS (SELECT 1 FROM ledger WHERE seq = NEW.seq OR prev = NEW.prev)
       BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head WHEN NEW.seq IS NOT OLD.seq + 1
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
    """CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
    """CREATE TRIGGER ledger_head_no_replace BEFORE INSERT ON ledger_head WHEN EXISTS (SELECT 1 FROM ledger_head)
       BEGIN SELECT RAISE(ABORT, 'the head of the ledger only moves on'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    """CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_head_stays BEFORE DELETE OR TRUNCATE ON ledger_head
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_head_forward BEFORE UPDATE ON ledger_head
       FOR EACH ROW WHEN (NEW.seq IS DISTINCT FROM OLD.seq + 1) EXECUTE FUNCTION ledger_refuse()""",
)


def _protect(dialect: str) -> None:
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRESQL:
        op.execute(statement)
