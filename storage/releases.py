"""What is remembered about a release: its record and notes, revision by revision, and where it was promoted (REC-01, REC-17, PRM-12).

Invariant: rows are only added. The newest revision of a record counts; of notes, what was published, with its errata. The address of what
was published is added once.
"""

from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, select

from guards.change import Verdict
from guards.release import Erratum, NotesKind, Promotion, RecordText, ReleaseNotes, RevertText
from storage.database import Tx
from storage.tables.base import table
from storage.tables.changes import ApprovalRow
from storage.tables.versions import DeploymentRow, ReleaseNotesRow, ReleaseRecordRow

_R = table(ReleaseRecordRow)
_N = table(ReleaseNotesRow)
_D = table(DeploymentRow)
_A = table(ApprovalRow)
_RECORD = (
    select(_R.c.issues, _R.c.rollback, _R.c.revert, _R.c.by, _R.c.name, _R.c.at)
    .where(_R.c.service == bindparam("service"), _R.c.version == bindparam("version"))
    .order_by(_R.c.id.desc())
    .limit(1)
)
_NOTES = select(_N).where(_N.c.service == bindparam("service"), _N.c.version == bindparam("version")).order_by(_N.c.id)
_URL = (
    _N.update()
    .where(_N.c.service == bindparam("of"), _N.c.version == bindparam("at_version"), _N.c.kind == NotesKind.PUBLISHED, _N.c.url.is_(None))
    .values(url=bindparam("where"))
)
_STANDS = (_A.c.change == _D.c.change) & (_A.c.verdict == Verdict.APPROVED) & _A.c.withdrawn.is_(None)
_RAN = (
    select(_D.c.id, _D.c.environment, _D.c.digest, _D.c.commit, _D.c.at, _D.c.change, _A.c.name)
    .outerjoin(_A, _STANDS)
    .where(_D.c.service == bindparam("service"), _D.c.version == bindparam("version"))
    .order_by(_D.c.at, _D.c.id, _A.c.id)
)


def write_record(tx: Tx, service: str, version: str, text: RecordText) -> None:
    """Add a revision of what people wrote into a version's record."""
    values = {**asdict(text), "revert": asdict(text.revert) if text.revert else None}
    tx.run(_R.insert(), {"service": service, "version": version, **values})


def record(tx: Tx, service: str, version: str) -> RecordText | None:
    """The newest revision of what people wrote; None when nobody did."""
    row = tx.run(_RECORD, {"service": service, "version": version}).one_or_none()
    return None if row is None else RecordText(**{**row._mapping, "revert": RevertText(**row.revert) if row.revert else None})


def write_notes(tx: Tx, service: str, version: str, kind: NotesKind, text: str, by: str, name: str, at: datetime) -> None:
    """Add a draft, what is published, or an erratum.

    Args:
        by, name: corporate id, and the name as it is now.
        at: now, UTC.

    Raises:
        Conflict: the version's notes are published already.
    """
    values = {"service": service, "version": version, "kind": kind, "text": text, "by": by, "name": name, "at": at}
    tx.run(_N.insert(), values)


def notes(tx: Tx, service: str, version: str) -> ReleaseNotes | None:
    """The notes as they stand now; None when nobody wrote any."""
    rows: list[Any] = tx.run(_NOTES, {"service": service, "version": version}).all()  # type: ignore[assignment]
    if not rows:
        return None
    published = next((row for row in rows if row.kind is NotesKind.PUBLISHED), None)
    text = published or rows[-1]
    return ReleaseNotes(
        text=text.text, by=text.by, name=text.name, at=text.at,
        published=published.at if published else None,
        errata=tuple(Erratum(row.text, row.name, row.at) for row in rows if row.kind is NotesKind.ERRATUM),
        url=published.url if published else None,
    )  # fmt: skip


def stands_at(tx: Tx, service: str, version: str, url: str) -> None:
    """Remember where the published notes can be read, unless it is known."""
    tx.run(_URL, {"of": service, "at_version": version, "where": url})


def promotions(tx: Tx, service: str, version: str) -> tuple[Promotion, ...]:
    """Where the version ran, oldest first, with those who approved it."""
    ran = groupby(tx.run(_RAN, {"service": service, "version": version}), key=attrgetter("id"))
    return tuple(_promotion(list(rows)) for _, rows in ran)


def _promotion(rows: list[Any]) -> Promotion:
    """One deployment, with a row for each who approved it."""
    row = rows[0]
    approvers = tuple(each.name for each in rows if each.name is not None)
    return Promotion(row.environment, row.digest, row.commit, row.at, row.change, approvers)
