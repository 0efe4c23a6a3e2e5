"""Reads how the go/no-go of a run stands, and what the trains say about a version (GNG-02, GNG-08).

Invariant: read inside the transaction that acts on it. Whoever acts holds the run's row, so that no decision is taken or withdrawn
between the judgement and its deed.
"""

from collections.abc import Callable
from dataclasses import replace

from commands.core.command import Ask
from guards.cut import Stabilization
from guards.facts import Facts, GoFacts
from guards.go import Candidate, Pinned, Ride, content_hash
from guards.manifest import Entry
from guards.policy import Policy
from guards.train import Train, TrainRun
from storage import artifacts, cuts, decisions, manifests, trains
from storage.database import Tx


def candidate_of(tx: Tx, run: TrainRun, train: Train) -> Candidate | None:
    """What a run would bring now: its newest manifest, by that manifest's hash (MAN-01, GNG-08).

    A train with one service needs none: that one is pinned as it was first seen under the version that the run makes; None while it was
    not seen yet. Several services are pinned by a manifest only, which says what was tested together, and in which order they go (MAN-02).
    """
    if manifest := manifests.manifest_of_run(tx, run.id):
        return Candidate(tuple(_pinned(tx, entry) for entry in manifest.entries), manifest.hash)
    if not run.version or len(train.services) != 1:
        return None
    service = train.services[0]
    artifact = artifacts.registered(tx, service, run.version)
    if artifact is None:
        return None
    found = (Pinned(service, run.version, artifact.commit, artifact.digest, artifact.tag),)
    return Candidate(found, content_hash(found))


def _hash_of(tx: Tx, run: TrainRun, train: Train) -> str | None:
    """The hash of what a run would bring now; a manifest carries its own."""
    if manifest := manifests.manifest_of_run(tx, run.id):
        return manifest.hash
    now = candidate_of(tx, run, train)
    return now.hash if now else None


def _pinned(tx: Tx, entry: Entry) -> Pinned:
    first = artifacts.registered(tx, entry.service, entry.version)
    return Pinned(entry.service, entry.version, entry.commit, entry.digest, first.tag if first else None)


def asks_of(tx: Tx, run: str, policy: Policy) -> tuple[Ask, ...]:
    """What is asked about each version that a run would bring: the promotion into production."""
    found = trains.run(tx, run)
    train = trains.get(tx, found.train) if found else None
    candidate = candidate_of(tx, found, train) if found and train else None
    entries = [entry for entry in candidate.entries if entry.service in policy.services] if candidate else []
    return tuple(Ask(entry.service, policy.bound_for(entry.service), entry.version) for entry in entries)


def of_run(tx: Tx, id: str, facts: Facts, complete: Callable[[Tx, Ask, Facts], Facts], *, lock: bool) -> Facts:  # noqa: A002
    """The facts with the run, its train, and what its go/no-go is judged on.

    Args:
        tx: open.
        id: the run's.
        facts: as gathered; `go` holds what was read outside about each version.
        complete: adds what the database knows to the facts about one version.
        lock: hold the run until the transaction ends, for whoever acts on it.
    """
    run = trains.lock_run(tx, id) if lock else trains.run(tx, id)
    train = trains.get(tx, run.train) if run else None
    if run is None or train is None:
        return facts  # it says so already
    candidate = candidate_of(tx, run, train)
    read = facts.go.entries if facts.go else {}
    own = {
        (service, version): complete(tx, Ask(service, seen.policy.bound_for(service), version), replace(seen, at=facts.at))
        for (service, version), seen in read.items()
    }
    call = decisions.call_about(tx, id, candidate.hash) if candidate else None
    stabilized = Stabilization(cuts.of_run(tx, id), cuts.fixes(tx, id), cuts.blockers(tx, id))
    heads = facts.go.heads if facts.go else {}
    return replace(facts, run=run, train=train, go=GoFacts(candidate, call, decisions.of_run(tx, id), own, stabilized, heads))


def rides_of(tx: Tx, service: str, version: str, *, pin: bool) -> tuple[Ride, ...]:
    """The published trains that carry a service, and what was decided about a version of it.

    Args:
        tx: open.
        service, version: names.
        pin: hold the runs until the transaction ends, so that nothing is decided meanwhile.
    """
    carrying = trains.carrying(tx, service)
    if not carrying:
        return ()
    runs = {train.id: trains.open_runs(tx, train.id) for train in carrying}
    if pin:
        trains.pin_runs(tx, {run.id for found in runs.values() for run in found})
    decided = [(decision, trains.run(tx, decision.run)) for decision in decisions.of_version(tx, service, version)]
    rides = []
    for train in carrying:
        known = [(decision, run) for decision, run in decided if run and run.train == train.id]
        about = tuple((decision, _hash_of(tx, run, train)) for decision, run in known)
        rides.append(Ride(train.id, next(iter(runs[train.id]), None), about, {run.id: run for _, run in known}))
    return tuple(rides)
