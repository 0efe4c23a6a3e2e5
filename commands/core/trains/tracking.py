"""The stabilization of a run as one record: what was cut, what held it up, what came after, who decided, by which window it went (REC-08).

Invariant: every field is read from the rows that the run left; what there was none of is said to be none.
"""

import json
from collections.abc import Iterable
from typing import Any

from commands.core.text import Bold, Code, Line, Part
from commands.core.trains.standing import candidate_of
from guards.artifact import short
from guards.cut import Blocker, Cut, Fix
from guards.go import GoDecision, Pinned
from guards.policy import Policy
from guards.train import TrainRun
from storage import audit, changes, cuts, decisions, sets, trains
from storage.database import Tx

_SHOWN = 8
"""Blockers, and commits after the cutoff, that a record shows."""


def runs_with(tx: Tx, service: str, version: str) -> tuple[TrainRun, ...]:
    """The runs that a version was decided about in, or that brought it, in the order of their ids."""
    ids = {one.run for one in decisions.of_version(tx, service, version)}
    ids |= {promotion.run for change in changes.of_version(tx, service, version) if (promotion := sets.of_change(tx, change))}
    return tuple(run for id in sorted(ids) if (run := trains.run(tx, id)))  # noqa: A001


def tracking(tx: Tx, run: TrainRun, policy: Policy) -> dict[str, Any]:
    """The tracking fields of a run, as the ledger and a bundle keep them.

    Args:
        tx: open.
        run: any; before its cutoff most fields are empty.
        policy: says what production is.
    """
    train = trains.get(tx, run.train)
    candidate = candidate_of(tx, run, train) if train else None
    return {
        "train": run.train,
        "run": run.id,
        "stage": run.stage.value,
        "targets": [_target(tx, entry, policy) for entry in (candidate.entries if candidate else ())],
        "cuts": [_cut(one) for one in cuts.of_run(tx, run.id)],
        "blockers": [_blocker(one) for one in cuts.blockers(tx, run.id)],
        "after_cutoff": [_fix(one) for one in cuts.fixes(tx, run.id)],
        "decisions": [_decision(one) for one in decisions.of_run(tx, run.id)],
    }  # fmt: skip


def _target(tx: Tx, entry: Pinned, policy: Policy) -> dict[str, Any]:
    """A version of the run: its tag and digest, and by which window or emergency it went to production."""
    asked = [c for c in changes.of_version(tx, entry.service, entry.version) if c.content.environment in policy.production]
    change = next((one for one in reversed(asked) if one.dispatched), None)
    ordered = audit.show(tx, subject=change.id, tag_prefix="dispatch:ordered", limit=1) if change else []
    return {
        "service": entry.service,
        "version": entry.version,
        "commit": entry.commit,
        "digest": entry.digest,
        "tag": entry.tag,
        "change": change.id if change else None,
        "window": json.loads(ordered[0].body)["seen"]["window"] if ordered else None,
        "emergency": change.content.emergency if change else None,
    }


def _decision(one: GoDecision) -> dict[str, Any]:
    return {
        "id": one.id, "outcome": one.outcome.value, "by": one.by, "name": one.name, "at": one.at.isoformat(),
        "candidate": one.candidate.hash,
    }  # fmt: skip


def _cut(one: Cut) -> dict[str, Any]:
    """The cutoff of one repository; its exit criteria are the required checks of the newest commit that was looked at."""
    return {
        "id": one.id, "repository": one.repository, "services": list(one.services), "version": one.version, "branch": one.branch,
        "unbranched": one.unbranched, "commit": one.commit, "taken": one.taken.isoformat(), "state": one.state.value, "head": one.head,
        "gates": one.gates.value, "gates_why": one.gates_why,
    }  # fmt: skip


def _blocker(one: Blocker) -> dict[str, Any]:
    return {
        "id": one.id, "ticket": one.ticket, "title": one.title, "by": one.by, "opened": one.opened.isoformat(),
        "resolved": one.resolved.isoformat() if one.resolved else None, "resolution": one.resolution,
    }  # fmt: skip


def _fix(one: Fix) -> dict[str, Any]:
    """A commit after the cutoff: its source on main, the pull request that brought it, and why it may be on the release branch alone."""
    accepted = one.accepted
    return {
        "repository": one.repository, "commit": one.sha, "title": one.title, "url": one.url, "pull_request": one.pull,
        "tickets": list(one.tickets), "source": one.source,
        "source_pull_request": one.origin.number if one.origin else None, "risk": one.risk, "flaws": [flaw.why for flaw in one.flaws],
        "justification": {"reason": accepted.reason, "plan": accepted.plan, "by": accepted.by} if accepted else None,
    }  # fmt: skip


def tracking_parts(tx: Tx, service: str, version: str, policy: Policy) -> Iterable[Part]:
    """The same for people, of each run that a version rode."""
    for run in runs_with(tx, service, version):
        found = tracking(tx, run, policy)
        lines: list[Line] = [
            (f"Cutoff of {one['repository']}: ", Code(one["commit"][:12]), f" on {one['branch'] or 'no branch'}, checks {one['gates']}")
            for one in found["cuts"]
        ]
        mine = [one for one in found["targets"] if (one["service"], one["version"]) == (service, version)]
        lines += [(f"Target {one['version']} ", Code(short(one["digest"])), f", {_went(one)}") for one in mine]
        open_ = sum(one["resolved"] is None for one in found["blockers"])
        lines.append((f"Blockers: {len(found['blockers'])}, {open_} open; commits after the cutoff: {len(found['after_cutoff'])}",))
        lines += [("• ", Code(one["id"]), f" {one['ticket']}: {one['title']}") for one in found["blockers"][:_SHOWN]]
        lines += [("• ", Code(one["commit"][:12]), f" {one['title']}: {_from(one)}") for one in found["after_cutoff"][:_SHOWN]]
        lines += [(Bold(one["outcome"]), f" by {one['name']}, {one['id']}") for one in found["decisions"]]
        yield Part(tuple(lines), heading=f"Stabilization of {run.id}")


def _went(target: dict[str, Any]) -> str:
    if target["emergency"]:
        return f"by {target['emergency']}"
    window = target["window"]
    name = window.get("name") if isinstance(window, dict) else None
    return f"in window {name}" if name else "in no window yet"


def _from(fix: dict[str, Any]) -> str:
    source = f"from {fix['source'][:12]}" if fix["source"] else "from nowhere on main"
    return f"{source}, accepted: {fix['justification']['reason']}" if fix["justification"] else source
