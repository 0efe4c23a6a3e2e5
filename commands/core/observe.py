"""Records what CI deployed outside any order of ours, and tells where that must not happen (PRM-17, PRM-22).

Invariant: a CI speaks only for the services that the policy gives it; what differs from the first sight of a version is no proof of it.
"""

from dataclasses import replace
from typing import Any

from commands.core import record
from commands.core.hotfixes import owing
from commands.core.ports.ci import Deployed
from commands.core.record import Actor
from commands.core.tell import alert
from commands.core.text import Bold, Card, Code, Part
from guards.artifact import short
from guards.facts import Facts, Request
from guards.unread import Unread
from guards.version import Artifact, Deployment
from guards.vocabulary import Action, Blocked
from storage import artifacts, deployments, freezes
from storage.database import Tx


def served_by(by: Actor, facts: Facts) -> frozenset[str]:
    """The services that a CI deploys: run ids of two CIs are not to be confused."""
    return frozenset(name for name, service in facts.policy.services.items() if f"ci:{service.ci}" == by.id)


def observed(tx: Tx, seen: Deployed, by: Actor, facts: Facts, correlation: str) -> None:
    """CI deployed something without an order of ours: recorded, and reported where it must not happen (PRM-17, PRM-22)."""
    policy = facts.policy
    environment = policy.environment_names.get(seen.environment)
    if seen.service not in served_by(by, facts) or environment is None:
        record.write(tx, "deployment:unplaced", by, facts, correlation, service=seen.service[:60], environment=seen.environment[:60])
        return
    place = {"service": seen.service, "environment": environment}
    artifact = Artifact(seen.service, seen.version, seen.digest, seen.commit)
    first = artifacts.first_seen(tx, artifact, facts.at)
    drift = [f"{environment} is reached by approved changes only"] if environment in policy.production else []
    at, holding = min(seen.at, facts.at), [f for f in freezes.current(tx, facts.at) if Blocked.DEPLOYMENTS in f.blocks]
    drift += [f"{f.id} lets nobody deploy there" for f in holding if f.active(at) and f.reaches(seen.service, environment)]
    if (first.digest, first.commit) != (seen.digest, seen.commit):
        drift.append(f"{seen.version} was {short(first.digest)} when it was first seen, now it is {short(seen.digest)}")
    else:
        runs = Deployment(seen.service, environment, seen.version, seen.digest, seen.commit, min(seen.at, facts.at))
        deployments.add(tx, runs)
        owing.ran(tx, runs, facts, correlation)
    record.write(
        tx,
        "deployment:observed",
        by,
        facts,
        correlation,
        **place,
        version=seen.version,
        digest=seen.digest,
        commit=seen.commit,
        run=seen.run,
        drift=drift,
        **_window(seen, environment, replace(facts, at=at)),
    )
    if drift:
        what = (Bold(f"{seen.service} {seen.version}"), " in ", Bold(environment), " by ", by.name, ", digest ", Code(seen.digest))
        card = Card("🚨 Deployed past the road", parts=(Part((what, *((d + ".",) for d in drift))),))
        alert(tx, facts, card, correlation)


def _window(seen: Deployed, environment: str, facts: Facts) -> dict[str, Any]:
    """In which window it was deployed, as far as that can be told without a calendar of holidays; for where people ask for it (WIN-17)."""
    if environment not in facts.policy.production:
        return {}
    request = Request(Action.READ, Unread("who deployed it"), seen.service, environment, seen.version)
    return {"window": record.window_body(request, facts)}
