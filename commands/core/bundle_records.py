"""The items of a bundle that the database holds: each change with its approvals and outcome, and where the version ran (PRM-12, PRM-13).

Invariant: pure; values come out as JSON with one order, so that the same facts make the same bytes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from commands.core.bundle import EvidenceClass, Item, Trail
from guards.change import Approval, Change
from guards.exemption import Exemption
from guards.hotfix import Hotfix, Port
from guards.hotfix_evidence import Piece
from guards.incident import Incident
from guards.obligation import Obligation
from guards.release import RecordText, ReleaseNotes
from guards.release_checklist import Past
from guards.unread import Absent
from guards.vcs import Contributor
from guards.verified import Verification
from guards.version import Artifact, Deployment
from storage.audit import Extract
from storage.chain import Row

OURS = "Signalbox"
"""The system of record of what people decided here."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the database knows of one version.

    Args:
        changes: each with all decisions about it, oldest first.
        stabilized: id of a run of a train that brought it, or was decided about with it → its tracking fields.
        past: of its way into the newest environment that it was asked for.
        afterwards: id of a change → its verification, and what was or is owed for it.
        record: what people wrote into the release record; None when nobody did.
        notes: the release notes as they stand; None when nobody wrote any.
        exceptions: those by which the changes went out, with all decisions about them.
        incidents: those that the changes belong to.
        hotfixes: those that make the version, whatever became of them, each with its eight items and the branches that need the fix.
        deployments: each success, oldest first.
        registered: what the version named when it was first seen.
        into: the newest change, of those to production if there are any.
        before: what ran in the target of that change when it was asked for: the work is counted from there.
        ledger: the entries about it, with their proof.
    """

    changes: tuple[tuple[Change, tuple[Approval, ...]], ...]
    stabilized: Mapping[str, Mapping[str, Any]]
    past: Past
    afterwards: Mapping[str, tuple[Verification | None, tuple[Obligation, ...]]]
    record: RecordText | None
    notes: ReleaseNotes | None
    exceptions: tuple[Exemption, ...]
    incidents: tuple[Incident, ...]
    hotfixes: tuple[tuple[Hotfix, tuple[Piece, ...], tuple[Port, ...]], ...]
    deployments: tuple[Deployment, ...]
    registered: Artifact | None
    into: Change | None
    before: Deployment | None
    ledger: Extract

    @property
    def rows(self) -> tuple[Row, ...]:
        """The entries about the version."""
        return tuple(entry for entry in self.ledger.entries if isinstance(entry, Row))


def as_json(value: object) -> bytes:
    """A fact as readable JSON; people are told by login or address, whichever the source knows them by first (AUD-13)."""
    return (json.dumps(_plain(value), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _plain(value: object) -> Any:
    match value:
        case Contributor():
            return value.id or "a deleted account"
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case frozenset():
            return sorted(_plain(each) for each in value)
        case tuple() | list():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
        case _:
            return value


def records(recorded: Recorded, service: str, version: str, at: datetime) -> tuple[Item, ...]:
    """What is on record here, which is always there to be read.

    Args:
        recorded: as the database has it.
        service, version: what the bundle is about.
        at: when it was read, UTC.
    """
    changes = [_change(change, given, recorded, at) for change, given in recorded.changes]
    written = (
        _written("release record: what people wrote", "record", recorded.record, service, version, at),
        _written("release notes", "notes", recorded.notes, service, version, at),
    )
    beside = (*(_exception(each, at) for each in recorded.exceptions), *(_incident(each, at) for each in recorded.incidents))
    beside += tuple(_hotfix(*each, at) for each in recorded.hotfixes)
    return (*changes, *written, *beside, *_stabilized(recorded, at), _ran(recorded, service, version, at))


def _change(change: Change, approvals: Sequence[Approval], recorded: Recorded, at: datetime) -> Item:
    verification, owed = recorded.afterwards[change.id]
    mine = [row for row in recorded.rows if row.subject == change.id]
    ordered = [json.loads(row.body).get("seen", {}) for row in mine if row.tag == "dispatch:ordered"]
    record = {
        "change": change,
        "content_hash": change.content.hash,
        "approvals": approvals,
        "seen_at_dispatch": ordered[-1] if ordered else None,
        "implementation": {
            "implementer": change.implementer,
            "run": change.run,
            "started": change.dispatched,
            "completed": change.finished,
        },
        "verification": verification,
        "owed": owed,
        "ledger": [{"seq": row.seq, "at": row.at, "tag": row.tag, "actor": row.actor} for row in mine],
    }
    content = change.content
    return Item(
        EvidenceClass.DEPLOYMENT,
        f"{change.id}: {content.version} to {content.environment}, {change.state.value}",
        f"deployments/{change.id.lower()}.json",
        OURS,
        {"change": change.id, "environment": content.environment, "digest": content.digest, "commit": content.commit},
        at,
        as_json(record),
        url=change.run_url,
        trail=frozenset({Trail.PROMOTION}),
    )


def _written(title: str, name: str, text: RecordText | ReleaseNotes | None, service: str, version: str, at: datetime) -> Item:
    """What people wrote about the release (REC-01, REC-03)."""
    return Item(
        EvidenceClass.DEPLOYMENT,
        title,
        f"deployments/{name}.json",
        OURS,
        {"service": service, "version": version},
        at,
        as_json(text) if text else Absent(f"{title.partition(':')[0]} of {service} {version}"),
        url=text.url if isinstance(text, ReleaseNotes) else None,
    )


def _exception(exemption: Exemption, at: datetime) -> Item:
    """What was done without, for how long, at which risk, and who decided that (EXC-07)."""
    title = f"{exemption.id}: an exception from {exemption.requirement.value}"
    name = f"deployments/{exemption.id.lower()}.json"
    return Item(EvidenceClass.DEPLOYMENT, title, name, OURS, {"exception": exemption.id}, at, as_json(exemption))


def _stabilized(recorded: Recorded, at: datetime) -> Iterable[Item]:
    """What was cut for a train, what came after, who decided, and in which window it went (REC-08)."""
    for run, fields_ in recorded.stabilized.items():
        name = f"deployments/stabilization-{run.lower()}.json"
        yield Item(EvidenceClass.DEPLOYMENT, f"the stabilization of {run}", name, OURS, {"run": run}, at, as_json(fields_))


def _incident(incident: Incident, at: datetime) -> Item:
    """An incident that one of its changes belongs to (AUD-11)."""
    title, name = f"{incident.reference}: an incident that it belongs to", f"deployments/{incident.reference.lower()}.json"
    url = incident.link or None
    return Item(EvidenceClass.DEPLOYMENT, title, name, OURS, {"incident": incident.reference}, at, as_json(incident), url=url)


def _hotfix(hotfix: Hotfix, pieces: tuple[Piece, ...], ports: tuple[Port, ...], at: datetime) -> Item:
    """The record of a hotfix: what it is for, its eight items, and where its fix was brought (HOT-12)."""
    content = as_json({"hotfix": hotfix, "items": pieces, "forward_ports": ports})
    keys = {"hotfix": hotfix.id, "base": hotfix.base_commit, "branch": hotfix.branch}
    title, name = f"{hotfix.id}: the record of the hotfix, {hotfix.state.value}", f"deployments/{hotfix.id.lower()}.json"
    return Item(EvidenceClass.DEPLOYMENT, title, name, OURS, keys, at, content)


def _ran(recorded: Recorded, service: str, version: str, at: datetime) -> Item:
    ran = recorded.deployments
    return Item(
        EvidenceClass.DEPLOYMENT,
        "where and when it was deployed",
        "deployments/deployments.json",
        OURS,
        {"service": service, "version": version},
        at,
        as_json(ran) if ran else Absent(f"deployment of {service} {version} on record"),
        trail=frozenset({Trail.PROMOTION}),
    )
