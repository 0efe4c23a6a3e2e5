"""What each version named when it was first seen (PRM-04).

Invariant: what is written never changes, and a tag that was not read at first is added once; a version that names something else later
is found out by comparing.
"""

from datetime import datetime

from sqlalchemy import bindparam, select

from guards.version import Artifact, Pin
from storage.database import Tx, insert
from storage.tables.base import table
from storage.tables.versions import ArtifactRow, PinnedTagRow

_T, _TAG = table(ArtifactRow), table(PinnedTagRow)
_GET = (
    select(_T, _TAG.c.repository, _TAG.c.commit.label("at"), _TAG.c.object)
    .outerjoin(_TAG, (_TAG.c.service == _T.c.service) & (_TAG.c.version == _T.c.version))
    .where(_T.c.service == bindparam("service"), _T.c.version == bindparam("version"))
    .order_by(_TAG.c.repository)
)
_FIRST = insert(_T, lambda new: new.on_conflict_do_nothing(index_elements=["service", "version"]))
_FIRST_TAG = insert(_TAG, lambda new: new.on_conflict_do_nothing(index_elements=["service", "version", "repository"]))
_PIN = (
    _T.update()
    .where(_T.c.service == bindparam("in_service"), _T.c.version == bindparam("in_version"), _T.c.tag.is_(None))
    .values(tag=bindparam("tag"))
)


_TWIN = (
    select(_T.c.version)
    .where(_T.c.service == bindparam("service"), _T.c.digest == bindparam("digest"), _T.c.version != bindparam("version"))
    .order_by(_T.c.seen, _T.c.version)
    .limit(1)
)


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
        "tag": artifact.tag,
        "seen": at,
    }
    tx.run(_FIRST, values)
    if artifact.tag is not None:
        tx.run(_PIN, {"in_service": artifact.service, "in_version": artifact.version, "tag": artifact.tag})
    for pin in artifact.pins:
        tx.run(
            _FIRST_TAG,
            {
                "service": artifact.service, "version": artifact.version, "repository": pin.repository, "commit": pin.commit,
                "object": pin.object, "seen": at,
            },
        )  # fmt: skip
    first = registered(tx, artifact.service, artifact.version)
    assert first is not None
    return first


def registered(tx: Tx, service: str, version: str) -> Artifact | None:
    """What a version named when it was first seen, None when it is new."""
    rows = tx.run(_GET, {"service": service, "version": version}).all()
    if not rows:
        return None
    row = rows[0]
    return Artifact(
        row.service,
        row.version,
        row.digest,
        row.commit,
        None if row.authors is None else frozenset(row.authors),
        None if row.reviewers is None else frozenset(row.reviewers),
        tag=row.tag,
        pins=tuple(Pin(each.repository, each.at, each.object) for each in rows if each.repository is not None),
    )


def twin(tx: Tx, artifact: Artifact) -> str | None:
    """Another version of the service that was first seen with the same digest, the oldest of them (HOT-03)."""
    return tx.run(_TWIN, {"service": artifact.service, "version": artifact.version, "digest": artifact.digest}).scalar_one_or_none()
