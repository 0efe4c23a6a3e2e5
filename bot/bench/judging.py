"""Judging a production promotion: our guards beside Cedar with the same rules over the same facts.

Invariant: both answer yes to the same request and no to the same changed facts, or the comparison is refused.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import process_time
from typing import Any

from bot.bench.company import SERVICES, account, built, email, policy
from bot.bench.figures import Figure
from commands.core.dispatch import GUARDS, HEALS
from commands.core.requests import at_dispatch
from guards.change import Approval, Change, Claim, Verdict
from guards.content import Content
from guards.facts import Facts
from guards.freeze_record import Freeze
from guards.hotfix import HotfixFacts
from guards.judge import judge
from guards.lifecycle import State
from guards.version import Artifact, Deployment
from guards.vocabulary import Blocked, ChangeType, Fate, Migration, Role

AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Berlin."""
DAY = timedelta(days=1)
GROUP = "Judging a production promotion, all guards"

CEDAR = """
@id("authorized, pinned, in_order, same_artifact, asked_once, in_window, approved")
permit (principal, action == Action::"promote", resource) when {
  principal in Role::"release_captain" && resource.production &&
  context.version like "v*.*.*" && !(context.version like "*-*") && !(context.version like "* *") &&
  context has before && context.before.version == context.version && context.before.environment == "staging" &&
  context.artifact.digest == context.registered.digest && context.artifact.commit == context.registered.commit &&
  context.artifact.digest == context.before.digest &&
  !(context has running && context.running.version == context.version) &&
  ((context.weekdays.contains(context.weekday) && context.minute >= 600 && context.minute < 960) ||
    context.alldays.contains(context.weekday)) &&
  context.approval.by in Role::"release_manager" &&
  context.approval.by != context.requester && !context.artifact.authors.contains(context.approval.by) &&
  !(context.artifact.reviewers.contains(context.approval.by)) &&
  context.approval.content == context.content && context.approval.policy == context.policy &&
  context.approval.at <= context.at && context.at < context.approval.expires
};
@id("asked_once")
forbid (principal, action == Action::"promote", resource) when { context has duplicate && context.duplicate != context.change };
@id("alone")
forbid (principal, action == Action::"promote", resource) when { context has in_flight && context.in_flight != context.change };
@id("rejected")
forbid (principal, action == Action::"promote", resource) when { context.rejected };
@id("not_frozen: now")
forbid (principal, action == Action::"promote", resource) when {
  context.freeze1.environments.contains(resource) && context.freeze1.start <= context.at && context.at < context.freeze1.until
};
@id("not_frozen: next week")
forbid (principal, action == Action::"promote", resource) when {
  context.freeze2.environments.contains(resource) && context.freeze2.start <= context.at && context.at < context.freeze2.until
};
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One change with its facts.

    Args:
        change, facts: what is judged.
    """

    change: Change
    facts: Facts


def case() -> Case:
    """A change of svc-00 to production that may go: approved, inside a window, two freezes elsewhere in time."""
    service, version = SERVICES[0], "v1.4.0"
    known, what = policy(), built(version)
    content = Content(service, "production", version, what.digest, what.commit, ChangeType.NORMAL, Migration.NONE, known.hash)
    change = Change("CR-2026-1124-001", content, State.APPROVED, email(0), "Person 0", AT - DAY / 24)
    artifact = Artifact(service, version, what.digest, what.commit, frozenset({"person-20"}), frozenset({"person-21"}))
    approval = Approval(
        email(32), "Person 32", frozenset({Role.RELEASE_MANAGER}), Verdict.APPROVED, "diff read, alerts are quiet", content.hash,
        AT - DAY / 48, AT + DAY,
    )  # fmt: skip

    def freeze(number: int, start: datetime, end: datetime) -> Freeze:
        return Freeze(
            f"FRZ-2026-1124-{number:03}", "holiday", (Blocked.DEPLOYMENTS,), (ChangeType.EMERGENCY,), None, ("production",), start, end,
            "quarter end", "the books are closed", "promote what waits", email(32), "Person 32", email(33), Fate.HOLD,
            in_force=AT - 7 * DAY,
        )  # fmt: skip

    facts = Facts(
        at=AT, policy=known, groups={"S0MANAGERS": frozenset({account(33)})},
        people={p.id: p for p in known.people if p.id in (email(0), email(32))}, artifact=artifact, registered=artifact,
        before=Deployment(service, "staging", version, what.digest, what.commit, AT - DAY),
        running=Deployment(service, "production", "v1.3.0", built("v1.3.0").digest, built("v1.3.0").commit, AT - 7 * DAY),
        change=change, approvals=(approval,), in_flight=None, duplicate=change.id,
        freezes=(freeze(1, AT + DAY, AT + 3 * DAY), freeze(2, AT + 7 * DAY, AT + 9 * DAY)),
        record=None, notes=None, promotions=(), rides=(), hotfixes=HotfixFacts(), incidents=(),
    )  # fmt: skip
    return Case(change, facts)


def guards_say(given: Case) -> bool:
    """Whether the guards of a dispatch let it go."""
    request = at_dispatch(given.change, given.facts)
    return judge(GUARDS, request, given.facts, HEALS).outcome == "allowed"


def stopped(given: Case) -> list[Case]:
    """The same with one fact changed, so that it must not go: frozen, in flight, another digest, the approval's content moved."""
    facts, change = given.facts, given.change
    assert isinstance(facts.artifact, Artifact)
    assert isinstance(facts.freezes, tuple)
    assert isinstance(facts.approvals, tuple)
    return [
        replace(given, facts=replace(facts, freezes=(replace(facts.freezes[0], start=AT - DAY), facts.freezes[1]))),
        replace(given, facts=replace(facts, in_flight=Claim("CR-2026-1124-002.1", "CR-2026-1124-002", AT))),
        replace(given, facts=replace(facts, artifact=replace(facts.artifact, digest=built("v9.9.9").digest))),
        replace(given, facts=replace(facts, approvals=(replace(facts.approvals[0], content="0" * 64),))),
        replace(given, facts=replace(facts, approvals=(replace(facts.approvals[0], by=change.requester),))),
    ]


def cedar() -> Callable[[Case], bool]:
    """Cedar's answer to a case: policies and entities are parsed once, the request and its facts for each question.

    Raises:
        ImportError: cedarpy is not installed.
    """
    from cedarpy import Entities, PolicySet, is_authorized

    known = policy()
    held: dict[str, list[str]] = {p.id: [] for p in known.people}
    for role, grants in known.roles.items():
        for person in (person for grant in grants for person in grant.people):
            held[person].append(role.value)
    roles = sorted({role for each in held.values() for role in each})
    entities: list[dict[str, Any]] = [{"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": []} for role in roles]
    entities += [
        {"uid": {"type": "Person", "id": person}, "attrs": {}, "parents": [{"type": "Role", "id": role} for role in mine]}
        for person, mine in held.items()
    ]
    entities += [
        {"uid": {"type": "Environment", "id": e.name}, "attrs": {"production": e.production}, "parents": []} for e in known.environments
    ]
    rules, graph = PolicySet.from_str(CEDAR), Entities.from_json_str(json.dumps(entities))

    def say(given: Case) -> bool:
        answer = is_authorized(
            {
                "principal": {"type": "Person", "id": given.change.requester},
                "action": {"type": "Action", "id": "promote"},
                "resource": {"type": "Environment", "id": given.change.content.environment},
                "context": _context(given),
            },
            rules,
            graph,
        )
        if answer.diagnostics.errors:  # Cedar skips a rule that fails: a forbid would be lost
            raise RuntimeError("; ".join(answer.diagnostics.errors))
        return bool(answer.allowed)

    return say


def _context(given: Case) -> dict[str, Any]:
    facts, change = given.facts, given.change
    assert isinstance(facts.artifact, Artifact)
    assert isinstance(facts.registered, Artifact)
    assert isinstance(facts.before, Deployment)
    assert isinstance(facts.running, Deployment)
    assert isinstance(facts.freezes, tuple)
    assert isinstance(facts.approvals, tuple)
    approval = facts.approvals[0]

    def person(handle: str) -> dict[str, Any]:
        return {"__entity": {"type": "Person", "id": handle if "@" in handle else f"{handle}@bench.example"}}

    def seconds(moment: datetime) -> int:
        return int(moment.timestamp())

    def freeze(one: Freeze) -> dict[str, Any]:
        places = [{"__entity": {"type": "Environment", "id": name}} for name in one.environments]
        return {"environments": places, "start": seconds(one.start), "until": seconds(one.until)}

    context: dict[str, Any] = {
        "at": seconds(facts.at), "weekday": "Tue", "minute": 720, "weekdays": ["Mon", "Tue", "Wed", "Thu"],
        "alldays": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "version": change.content.version, "change": change.id,
        "content": change.content.hash, "policy": change.content.policy, "requester": person(change.requester),
        "artifact": {
            "digest": facts.artifact.digest, "commit": facts.artifact.commit,
            "authors": [person(h) for h in facts.artifact.authors or ()], "reviewers": [person(h) for h in facts.artifact.reviewers or ()],
        },
        "registered": {"digest": facts.registered.digest, "commit": facts.registered.commit},
        "before": {"version": facts.before.version, "environment": facts.before.environment, "digest": facts.before.digest},
        "running": {"version": facts.running.version}, "rejected": any(a.verdict is Verdict.REJECTED for a in facts.approvals),
        "approval": {
            "by": person(approval.by), "content": approval.content, "policy": facts.policy.hash, "at": seconds(approval.at),
            "expires": seconds(approval.expires),
        },
        "freeze1": freeze(facts.freezes[0]), "freeze2": freeze(facts.freezes[1]),
    }  # fmt: skip
    if facts.duplicate:
        context["duplicate"] = facts.duplicate
    if isinstance(facts.in_flight, Claim):
        context["in_flight"] = facts.in_flight.change
    return context


def measure(rounds: int, repeats: int) -> tuple[list[Figure], list[str]]:
    """Both in turn.

    Args:
        rounds: of each, in turn.
        repeats: judgements in a round.

    Returns:
        Figures, and what was not measured.
    """
    given = case()
    sayers: dict[str, Callable[[Case], bool]] = {"guards": guards_say}
    skipped = []
    try:
        sayers["cedar"] = cedar()
    except ImportError:
        skipped.append("Cedar: cedarpy is not installed")
    for name, say in sayers.items():
        if not say(given) or any(say(changed) for changed in stopped(given)):
            raise RuntimeError(f"{name} does not judge as the other: the figures would compare different things")
    spent: dict[str, list[float]] = {name: [] for name in sayers}
    for _ in range(rounds):
        for name, say in sayers.items():
            begun = process_time()
            for _ in range(repeats):
                say(given)
            spent[name].append((process_time() - begun) / repeats * 1e6)
    mine = median(spent["guards"])
    figures = [Figure(GROUP, "our guards, CPU", mine, "µs", below=100, note=f"{len(GUARDS)} guards over frozen facts, all answers kept.")]
    if "cedar" in spent:
        ratio = median(ours / theirs for ours, theirs in zip(spent["guards"], spent["cedar"], strict=True))
        note = "the same rules; policies and entities parsed once, facts as context. Cedar answers yes or no, our guards say why."
        figures += [
            Figure(GROUP, "cedarpy, CPU", median(spent["cedar"]), "µs", note=note),
            Figure(GROUP, "our guards to cedarpy", ratio, "×", below=1),
        ]
    return figures, skipped
