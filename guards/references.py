"""What an approval refers to: pull requests, work items, incidents, change requests (PRM-10).

Invariant: what facts tell is taken over; only where they tell nothing, the approver has to name something that can be looked up.
"""

import re

from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.unread import Unread
from guards.version import Artifact

_FOUND_BY = r"https://\S+|(?<![\w/])#[0-9]+\b|\b(?:CR|INC|EMG|HOT)-[0-9]{4}-[0-9]{4}-[0-9]{3,6}\b"


def references_of(request: Request, facts: Facts) -> tuple[str, ...] | Unread:
    """What an approval of the change in question refers to, each once: what is in the version, then what the approver names."""
    artifact, change = facts.artifact, facts.change
    if isinstance(artifact, Unread):
        return artifact
    found: list[str] = []
    for pull in (artifact.merged or ()) if isinstance(artifact, Artifact) else ():
        found += [pull.url, *pull.tickets]
    own = change.id if isinstance(change, Change) else None
    named = re.findall(rf"{_FOUND_BY}|\b(?:{facts.policy.naming.ticket})\b", request.rationale)
    refers = tuple(dict.fromkeys(one for one in (*found, *named) if one != own))
    unread = next((work for work in (facts.evidence.work, *(b.work for b in facts.evidence.beside)) if isinstance(work, Unread)), None)
    return refers or unread or ()


def referring(request: Request, facts: Facts) -> Decision:
    """Whether an approval refers to something, where the policy asks for it (PRM-10)."""
    if not facts.policy.asks_for_references(request.environment or ""):
        return Allow("references: not required by policy")
    found = references_of(request, facts)
    if isinstance(found, Unread):
        return Unsure(found.what, found.why)
    if found:
        return Allow(f"it refers to {', '.join(found[:5])}{f' and {len(found) - 5} more' if len(found) > 5 else ''}")
    return Refuse(
        Refusal.NO_RATIONALE,
        "It refers to nothing: no pull request of the version is known, and the reason names none.",
        "Name the pull request, the incident or the change request in the reason: `#12`, `PAY-12`, a link.",
    )
