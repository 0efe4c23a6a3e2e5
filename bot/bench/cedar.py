"""The rules of a promotion as Cedar policies.

Invariant: each guard of a dispatch has one policy of its name, which forbids what the guard would refuse in the bench's cases. Cedar's
policies cannot go through lists: they judge one pull request, two freezes, one incident, one hotfix, one approval and one set.
"""

import json
from collections.abc import Mapping
from typing import Any

from guards.policy import Policy

RULES = {
    "authorized": '!(principal in Role::"release_captain")',
    "pinned": 'resource.production && !(context.version like "v*.*.*" && !(context.version like "*-*") && !(context.version like "*+*"))',
    "in_order": '!(context has before && context.before.version == context.version && context.before.environment == "staging")',
    "same_artifact": "!(context.artifact.digest == context.registered.digest && context.artifact.commit == context.registered.commit && "
    "(!(context has before) || context.artifact.digest == context.before.digest))",
    "hotfixed": 'context has hotfix && !(["open", "shipped"].contains(context.hotfix.state) && '
    "context.hotfix.digest == context.running.digest && context.hotfix.commit == context.running.commit)",
    "manifested": "context has set && !(context.set.hash == context.set.sealed && context.set.newest == context.set.sealed && "
    "context.set.digest == context.artifact.digest && context.set.sealed == context.manifest)",
    "integrated": 'context has set && !(context.set.tested == context.set.hash && context.set.suite == "passed")',
    "catalogued": 'context.type == "standard" && !context.catalogue.contains(context.entry)',
    "tagged": "!(context.tag.annotated && context.tag.verified && context.taggers.contains(context.tag.by) && "
    "context.tag.commit == context.artifact.commit)",
    "checked": "!context.passed.containsAll(context.checks)",
    "pulled": "!context.pulls.containsAny(context.commit.pulls)",
    "itemized": "!context.passed.containsAll(context.items)",
    "ticketed": "context.pull.tickets == []",
    "reviewed": "context.pull.approvals < context.reviews",
    "owned": "!context.pull.owners.containsAny(context.pull.approvers)",
    "specialised": "!context.pull.roles.containsAll(context.pull.specialists)",
    "protected": "!(context.protection.reviews >= 1 && context.protection.checks != [])",
    "listed": "!context.boms.contains(context.artifact.digest)",
    "proven": "!context.provenances.contains({digest: context.artifact.digest, commit: context.artifact.commit, source: context.source})",
    "signed": "!context.signatures.contains(context.artifact.digest)",
    "revertible": "!context.retrievable",
    "recorded": '!(context has record && context.record.issues != "" && context.record.rollback != "")',
    "noted": "!(context has notes && context.notes.lacks == [])",
    "labelled": "!context.telling.containsAny(context.pull.labels)",
    "assessed": '!context.declared.containsAll(["answers", "migration", "customers", "downtime", "data"])',
    "announced": '!(context.type != "normal" || (context has risk && (context.risk < context.lead.risk || '
    "context.at >= context.known + context.lead.seconds)))",
    "forward_ported": "context.ports != []",
    "verified_before": "!(context has looked && context.looked)",
    "soaked": "!(context has before && context.at >= context.before.at + context.soak)",
    "asked_once": "(context has duplicate && context.duplicate != context.change) || "
    "(context has running && context.running.version == context.version)",
    "alone": "context has claim && context.claim != context.change",
    "not_frozen": " || ".join(
        f"({one}.environments.contains(resource) && {one}.start <= context.at && context.at < {one}.until)"
        for one in ("context.freeze1", "context.freeze2")
    ),
    "no_incident": "context has incident && context.incident.open && context.incident.severity <= context.holds && "
    "context.incident.services.contains(context.service)",
    "in_window": "!((context.weekdays.contains(context.weekday) && context.minute >= 600 && context.minute < 960) || "
    "context.weekend.contains(context.weekday))",
    "decided": "context.rides && !(context has go && context.go.candidate == context.go.now)",
    "in_its_slot": "context has slot && !(context.slot.opens <= context.at && context.at < context.slot.closes)",
    "in_its_set": 'context has go && context.go.set && context.manifest == ""',
    "approved": 'context.rejected || !(context.approval.by in Role::"release_manager" && context.approval.by != context.requester && '
    "!context.artifact.authors.contains(context.approval.by) && !context.artifact.reviewers.contains(context.approval.by) && "
    "context.approval.content == context.content && context.approval.policy == context.policy && "
    "context.approval.at <= context.at && context.at < context.approval.expires && context.approval.roles.containsAll(context.demands))",
    "in_turn": 'context has set && !(context.set.state == "open" && ["succeeded"].containsAll(context.set.ahead))',
}
"""Guard → when Cedar forbids."""


def text(requirements: Mapping[str, str]) -> str:
    """The policies.

    Args:
        requirements: guard of evidence → the requirement without which it asks for nothing.
    """
    promote = '(principal, action == Action::"promote", resource)'
    parts = [f'@id("promote")\npermit {promote};']
    for name, rule in RULES.items():
        asked = f'context.required.contains("{requirements[name]}") && ' if name in requirements else ""
        parts.append(f'@id("{name}")\nforbid {promote} when {{ {asked}({rule}) }};')
    return "\n".join(parts)


class Cedar:
    """Cedar with the rules over the people and places of a policy, parsed once.

    Args:
        policy: of the cases that it is asked about.
        requirements: as for `text`.

    Raises:
        ImportError: cedarpy is not installed.
    """

    def __init__(self, policy: Policy, requirements: Mapping[str, str]) -> None:
        from cedarpy import Entities, PolicySet, is_authorized

        self._ask = is_authorized
        self._rules = PolicySet.from_str(text(requirements))
        self._graph = Entities.from_json_str(json.dumps(_entities(policy)))
        self._names = ("promote", *RULES)

    def allows(self, request: dict[str, Any]) -> bool:
        """Cedar's answer to what `request_of` made.

        Raises:
            RuntimeError: Cedar skipped a rule that failed: a forbid would be lost.
        """
        return bool(self._answer(request).allowed)

    def forbidding(self, request: dict[str, Any]) -> set[str]:
        """The guards whose policies forbid it."""
        return {self._names[int(each.removeprefix("policy"))] for each in self._answer(request).diagnostics.reasons} - {"promote"}

    def _answer(self, request: dict[str, Any]) -> Any:  # Any: cedarpy's own type is not exported
        answer = self._ask(request, self._rules, self._graph)
        if answer.diagnostics.errors:
            raise RuntimeError("; ".join(map(str, answer.diagnostics.errors)))
        return answer


def _entities(policy: Policy) -> list[dict[str, Any]]:
    held: dict[str, list[str]] = {p.id: [] for p in policy.people}
    for role, grants in policy.roles.items():
        for person in (person for grant in grants for person in grant.people):
            held[person].append(role.value)
    roles = sorted({role for each in held.values() for role in each})
    found: list[dict[str, Any]] = [{"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": []} for role in roles]
    found += [
        {"uid": {"type": "Person", "id": person}, "attrs": {}, "parents": [{"type": "Role", "id": role} for role in mine]}
        for person, mine in held.items()
    ]
    return found + [
        {"uid": {"type": "Environment", "id": e.name}, "attrs": {"production": e.production}, "parents": []} for e in policy.environments
    ]
