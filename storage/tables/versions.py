"""The tables of versions: what they name, what is written about them, where they ran."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from guards.release import NotesKind
from storage.columns import choice
from storage.tables.base import Base, json_column, moment, where


class ArtifactRow(Base, table=True):
    """What a version named when it was first seen; it never names anything else (PRM-04, PRM-05)."""

    __tablename__ = "artifact"
    __table_args__ = (
        sa.CheckConstraint("digest LIKE 'sha256:%' AND length(digest) = 71", name="digest"),
        sa.Index("ix_artifact_digest", "service", "digest"),
    )
    service: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    digest: str
    commit: str
    authors: list[str] | None = json_column(nullable=True)
    reviewers: list[str] | None = json_column(nullable=True)
    tag: str | None = None
    seen: datetime = moment()


class PinnedTagRow(Base, table=True):
    """What a version's tag was in another repository of its service when it was first seen (PRM-05)."""

    __tablename__ = "pinned_tag"
    __table_args__ = (sa.ForeignKeyConstraint(["service", "version"], ["artifact.service", "artifact.version"]),)
    service: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    repository: str = Field(primary_key=True)
    commit: str
    object: str
    seen: datetime = moment()


class ReleaseRecordRow(Base, table=True):
    """One revision of what people wrote into a version's release record (REC-01, REC-17)."""

    __tablename__ = "release_record"
    __table_args__ = (sa.Index("ix_release_record_newest", "service", "version", "id"), {"sqlite_autoincrement": True})
    id: int | None = Field(default=None, primary_key=True)
    service: str
    version: str
    issues: str
    rollback: str
    revert: dict[str, str] | None = json_column(nullable=True)
    by: str
    name: str
    at: datetime = moment()


class ReleaseNotesRow(Base, table=True):
    """One revision of a version's release notes, or an erratum; `url` is added once to what was published (REC-04, REC-17)."""

    __tablename__ = "release_notes"
    __table_args__ = (
        sa.CheckConstraint("url IS NULL OR kind = 'published'", name="url"),
        sa.Index("ix_release_notes_of", "service", "version", "id"),
        sa.Index("uq_release_notes_published", "service", "version", unique=True, **where("kind = 'published'")),
        {"sqlite_autoincrement": True},
    )
    id: int | None = Field(default=None, primary_key=True)
    service: str
    version: str
    kind: NotesKind = Field(sa_type=choice(NotesKind))
    text: str
    by: str
    name: str
    at: datetime = moment()
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
        sa.Index("uq_deployment_change", "change", unique=True, **where("change IS NOT NULL")),
        sa.Index("ix_deployment_newest", "service", "environment", "at", "id"),
        sa.Index("ix_deployment_version", "service", "version", "at", "id"),
        sa.Index("ix_deployment_proof", "service", "environment", "version", "at", "id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    service: str
    environment: str
    version: str
    digest: str
    commit: str
    at: datetime = moment()
    change: str | None = Field(default=None, foreign_key="change.id")
