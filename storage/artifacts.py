"""What each version named when it was first seen (PRM-04).

Invariant: a row is written once and never changes; a version that names something else later is found out by comparing.
"""

from datetime import datetime

from sqlalchemy import bindparam, select

from guards.facts import Artifact
from storage.database import Tx, insert
from storage.tables import ArtifactRow, table

_T = table(ArtifactRow)
_GET = select(_T).where(_T.c.service == bindparam("service"), _T.c.version == bindparam("version"))
_FIRST = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["service", "version"]))


def first_seen(tx: Tx, artifact: Artifact, at: datetime) -> Artifact:
    """Register what a version names, unless it is registered.

    Args:
        artifact: as the registry shows it now.
        at: now, UTC.

    Returns:
        What was registered first; its digest or commit differ from the argument's when the version's pointer moved.
    """
    values = {
        "service": artifact.service,
        "version": artifact.version,
        "digest": artifact.digest,
        "commit": artifact.commit,
        "authors": None if artifact.authors is None else sorted(artifact.authors),
        "reviewers": None if artifact.reviewers is None else sorted(artifact.reviewers),
        "seen": at,
    }
    tx.run(_FIRST, values)
    first = registered(tx, artifact.service, artifact.version)
    assert first is not None
    return first


def registered(tx: Tx, service: str, version: str) -> Artifact | None:
    """What a version named when it was first seen, None when it is new."""
    row = tx.run(_GET, {"service": service, "version": version}).one_or_none()
    if row is None:
        return None
    return Artifact(
        row.service,
        row.version,
        row.digest,
        row.commit,
        None if row.authors is None else frozenset(row.authors),
        None if row.reviewers is None else frozenset(row.reviewers),
    )
