"""The eight items of a hotfix's record, from what the bot knows: nobody has to collect them (HOT-12, HOT-11).

Invariant: what is lacking is said, and never shown as there; what was seen at dispatch is told from the ledger, as it was then.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from guards.change import Approval, Change, Verdict
from guards.emergency import EmergencyApproval
from guards.hotfix import Hotfix, Port
from guards.hotfix_evidence import Evidenced, Piece, Proof
from guards.obligation import SEEN_BY_THE_BOT, Obligation
from guards.policy import Policy
from guards.vcs import CheckState
from guards.version import Deployment
from storage import approvals, audit, changes, deployments, emergencies, hotfixes, obligations
from storage.database import Tx

_GATES = ("checked", "listed", "proven", "signed", "specialised")
_REVIEWS = ("reviewed", "owned", "hotfixed")
"""Guards whose answers at dispatch say in which state the gates of CI, and the reviews of the pull requests, were."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is on record around a hotfix: `runs` is how it got to production first, `back` that production went back since."""

    hotfix: Hotfix
    policy: Policy
    ports: tuple[Port, ...]
    owed: tuple[Obligation, ...]
    change: Change | None
    approvals: tuple[Approval | EmergencyApproval, ...]
    dispatched: dict[str, Any]
    runs: Deployment | None
    back: Deployment | None


def pieces_of(tx: Tx, hotfix: Hotfix, policy: Policy) -> tuple[Piece, ...]:
    """The eight items as they stand.

    Args:
        hotfix: in any state.
        policy: names severities and where artifacts lie.
    """
    change = changes.get(tx, hotfix.change) if hotfix.change else None
    ordered = audit.show(tx, subject=change.id, tag_prefix="dispatch:ordered") if change else ()
    known = _Known(
        hotfix, policy, hotfixes.ports(tx, hotfix.id), obligations.about(tx, hotfix.id), change,
        _approvals(tx, change) if change else (), json.loads(ordered[-1].body) if ordered else {},
        *_ran(tx, hotfix),
    )  # fmt: skip
    return tuple(Piece(item, *told(known)) for item, told in _ITEMS.items())


def _ran(tx: Tx, hotfix: Hotfix) -> tuple[Deployment | None, Deployment | None]:
    """How the hotfix got to production first, and how what it mended got there again afterwards."""
    there = (ran for ran in deployments.of_version(tx, hotfix.service, hotfix.version) if ran.environment == hotfix.environment)
    runs, base = next(there, None), deployments.proof(tx, hotfix.service, hotfix.environment, hotfix.base)
    return runs, base if runs and base and base.at > runs.at else None


def _approvals(tx: Tx, change: Change) -> tuple[Approval | EmergencyApproval, ...]:
    """Those that count: of an emergency they stand in the place of the change's own."""
    urgent = emergencies.get(tx, change.content.emergency) if change.content.emergency else None
    if urgent:
        return urgent.approvals
    return tuple(one for one in approvals.of(tx, change.id) if one.verdict is Verdict.APPROVED and one.withdrawn is None)


_Told = tuple[tuple[Proof, ...], str] | tuple[tuple[Proof, ...], str, str]
"""What shows an item, what is lacking of it, and what else is owed."""


def _incident(known: _Known) -> _Told:
    said = known.hotfix.scope
    severity = next((one for one in known.policy.incidents.severities if one.name == said.severity), None)
    meaning = f": {severity.meaning}" if severity else ""
    incident = f"incident {said.incident}" if said.incident else "no incident"
    return (Proof(f"{said.ticket}, {incident}, {said.severity}{meaning}"),), ""


def _pulls(known: _Known) -> _Told:
    one = known.hotfix
    own = known.dispatched.get("seen", {}).get("evidence", {}).get("work", {}).get("pulls", ())
    found = [Proof(f"{_numbers(one.repository, own)} into {one.branch}")] if own else []
    found += [Proof(f"{_numbers(one.repository, port.pulls)} into {port.branch}") for port in known.ports if port.pulls]
    found += _answers(known, _REVIEWS)
    found += [Proof(f"{port.branch} by exception {port.why}") for port in known.ports if port.done and port.commit is None]
    found += [Proof(f"commits {', '.join(sha[:12] for sha in one.commits)}")] if one.commits else []
    lacking = [] if own else ["the pull requests of the fix"]
    lacking += [] if one.commits else ["its commits"]
    owed = [f"the forward-port to {port.branch}" for port in known.ports if port.done is None]
    return tuple(found), ", ".join(lacking), ", ".join(owed)


def _ci(known: _Known) -> _Told:
    change, seen = known.change, known.dispatched.get("seen", {}).get("evidence", {})
    if change is None or change.run is None:
        return (), "the run that deployed it, and the gates before it"
    checks = seen.get("checks", ())
    good = sum(check["state"] == CheckState.PASSED for check in checks)
    built = [p["run"] for p in seen.get("provenance", ()) if p.get("run")]
    found = [Proof(f"deployed by {change.run_url or f'run {change.run}'}"), *(Proof(f"built by {run}") for run in built)]
    found += [Proof(f"{good} of {len(checks)} checks passed")] if checks else []
    return (*found, *_answers(known, _GATES)), ""


def _answers(known: _Known, guards: Collection[str]) -> list[Proof]:
    """What these guards said when CI got the order; what the policy does not ask for is said too."""
    return [Proof(each["why"]) for each in known.dispatched.get("answers", ()) if each["guard"] in guards and each["answer"] == "allow"]


def _tag(known: _Known) -> _Told:
    one, runs = known.hotfix, known.runs
    base = Proof(f"from {one.base} at {one.base_commit[:12]}, {one.base_digest}, confirmed by {one.by_name}", one.at)
    return ((Proof(f"{one.version} at {runs.commit}"), base), "") if runs else ((base,), "the tag that went to production")


def _artifact(known: _Known) -> _Told:
    runs, service = known.runs, known.policy.services.get(known.hotfix.service)
    where = (service.coordinates or service.artifacts) if service else "the registry"
    return ((Proof(f"{runs.digest} in {where}"),), "") if runs else ((), "the digest that went to production")


def _given(known: _Known) -> _Told:
    found = tuple(Proof(f"{one.name} ({', '.join(sorted(one.roles)) or 'no role'})", one.at) for one in known.approvals)
    return found, "" if found else "who let it go to production"


def _rollback(known: _Known) -> _Told:
    back, planned = known.back, Proof(known.hotfix.scope.rollback)
    if known.runs is None:
        return (planned,), ""
    return (planned, Proof(f"production went back to {back.version}", back.at) if back else Proof("it was not needed")), ""


def _findings(known: _Known) -> _Told:
    said = known.hotfix.afterwards
    if said is None:
        return (), "cause, timeline, regression test and preventive work"
    left = [one.id for one in known.owed if one.kind not in SEEN_BY_THE_BOT and one.done is None]
    return (Proof(f"{said.cause}, by {said.by_name}", said.at), Proof(f"follow-ups: {said.prevention}")), "", ", ".join(left)


def _numbers(repository: str, pulls: Iterable[int]) -> str:
    return ", ".join(f"{repository}#{number}" for number in pulls)


_ITEMS = {
    Evidenced.INCIDENT: _incident, Evidenced.PULLS: _pulls, Evidenced.CI: _ci, Evidenced.TAG: _tag,
    Evidenced.ARTIFACT: _artifact, Evidenced.APPROVALS: _given, Evidenced.ROLLBACK: _rollback, Evidenced.FINDINGS: _findings,
}  # fmt: skip
