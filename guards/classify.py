"""Whether a change was assessed, is as standard as it claims, and was known long enough (RSK-01, RSK-02, RSK-07, RSK-09, RSK-11).

Invariant: a type that asks for less (standard) is never taken on somebody's word.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from guards.assessment import Assessment
from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.lead import known_since, lead_time_over
from guards.matrix import StandardChange
from guards.minutes import minute
from guards.override import as_recorded
from guards.patterns import Patterns
from guards.risk import assess, history_of
from guards.slot import next_slot, no_slot
from guards.vcs import Pull
from guards.version import Artifact
from guards.vocabulary import ChangeType, Requirement
from guards.work import Work


@asks_for(Requirement.RISK_LABEL)
def labelled(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request says how risky it is (RSK-09)."""
    works, telling = history_of(artifact.service, facts), facts.policy.risk.risk_labels
    if isinstance(works, Unsure):
        return works
    if works is None:
        return Unsure(f"the pull requests of {artifact.service}", "its policy names no history")
    if without := [w.name(p) for w in works for p in w.span.pulls if p.labels.isdisjoint(telling)]:
        return Refuse(
            Refusal.NO_RISK_LABEL,
            f"No risk label is on {', '.join(without[:5])}{f' and {len(without) - 5} more' if len(without) > 5 else ''}.",
            f"Put one of {', '.join(telling)} on it; labels are read anew each time.",
        )
    pulls = sum(len(w.span.pulls) for w in works)
    return Allow(f"{pulls} pull request{'' if pulls == 1 else 's'}, each with a risk label")


@asks_for(Requirement.RISK)
def assessed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether the seven questions are answered and the impact is told, and what the risk is (RSK-02, RSK-10, RSK-11, DBM-01)."""
    declared = request.declared
    told = {
        "the answers to the risk questions": declared.answers,
        "the declaration of migrations": request.migration,
        "the effect on customers": declared.customers,
        "the planned downtime": declared.downtime,
        "the data that it touches": declared.data,
    }
    if missing := [noun for noun, said in told.items() if said is None]:
        word = f"amend {facts.change.id}" if isinstance(facts.change, Change) else "promote"
        return Refuse(Refusal.NOT_ASSESSED, f"It lacks {' and '.join(missing)}.", f"Fill in the form: `/release {word}`.")
    found = assess(request, facts)
    return found if isinstance(found, Unsure) else Allow(found.sentence)


@asks_for(Requirement.LEAD_TIME)
def announced(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether a normal change of this risk was known long enough (RSK-01, CF-34)."""
    request = as_recorded(request, facts)
    if request.change_type is not ChangeType.NORMAL:
        return Allow(f"a {request.change_type} change goes at once")
    found, rule = assess(request, facts), facts.policy.risk.lead_time
    if isinstance(found, Unsure):
        return found
    over = lead_time_over(found, facts)
    if over is None:
        return Allow(f"a change of {found.level} risk goes at once")
    if facts.at < over:
        slot = next_slot(request, facts)
        return Refuse(
            Refusal.LEAD_TIME,
            f"A normal change of {found.level} risk is known for {rule.normal.total_seconds() / 3600:g} h before it goes out.",
            f"Wait; it can be approved meanwhile.{no_slot(slot)}",
            until=slot if isinstance(slot, datetime) else None,
        )
    return Allow(f"it is known since {minute(known_since(facts))}")


def catalogued(request: Request, facts: Facts) -> Decision:
    """Whether a change that claims to be standard meets each condition of its entry in the catalogue (RSK-07)."""
    if request.change_type is not ChangeType.STANDARD:
        return Allow(f"it is a {request.change_type} change")
    catalogue = facts.policy.risk.catalogue
    entry = catalogue.get(request.entry or "")
    if entry is None:
        return Refuse(
            Refusal.NOT_STANDARD,
            f"The catalogue has no standard change {request.entry!r}; it has {', '.join(catalogue) or 'none'}.",
            "Name one that it has, or ask for a normal change.",
        )
    works, found = history_of(request.service, facts), assess(request, facts)
    if isinstance(works, Unsure):
        return works
    if isinstance(found, Unsure):
        return found
    if works is None and (entry.paths or entry.labels):
        return Unsure(f"the pull requests of {request.service}", "its policy names no history")
    if failing := list(_unmet(entry, request, works or (), found)):
        return Refuse(Refusal.NOT_STANDARD, f"It is no {request.entry}: {'; '.join(failing)}.", "Ask for a normal change.")
    return Allow(f"it is a {request.entry}: {entry.summary}")


def _unmet(entry: StandardChange, request: Request, works: Iterable[Work], found: Assessment) -> Iterator[str]:
    if entry.services is not None and request.service not in entry.services:
        yield f"that is for {', '.join(entry.services)}"
    if entry.environments is not None and request.environment not in entry.environments:
        yield f"that is for {', '.join(entry.environments)}"
    if found.level.rank > entry.max_risk.rank:
        yield f"its risk is at most {entry.max_risk}, this one's is {found.sentence}"
    patterns = Patterns(entry.paths)
    for work in works if entry.paths or entry.labels else ():
        for pull in work.span.pulls:
            yield from _unlike(entry, pull, work.name(pull), patterns)
        yield from (f"commit {commit.sha[:12]} came without a pull request" for commit in work.span.unlinked)


def _unlike(entry: StandardChange, pull: Pull, name: str, patterns: Patterns) -> Iterator[str]:
    if entry.labels and pull.labels.isdisjoint(entry.labels):
        yield f"{name} is not labelled {' or '.join(entry.labels)}"
    if entry.paths and pull.paths is None:
        yield f"the files of {name} are too many to be listed"
    elif entry.paths and (other := next((p for p in pull.paths or () if not patterns.covering(p)), None)):
        yield f"{name} changes {other}"
