"""How much can go wrong with a change, and why: the highest of what its requester declares and what its work tells (RSK-02, RSK-10).

Invariant: nothing lowers a risk that something else raises. A question that nobody answered counts as yes, and work that could not be
read leaves the risk unknown.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from guards.artifact import VERSION
from guards.as_hotfix import hotfix_of, untold
from guards.assessment import Assessment, Declared, Demand
from guards.change import Change
from guards.content import Content
from guards.decision import Unsure
from guards.facts import Facts, Request
from guards.matrix import Approvers, RiskRules, Weight
from guards.patterns import Patterns
from guards.unread import Unread
from guards.vcs import Pull
from guards.vocabulary import Migration, Question, ReleaseType, Risk
from guards.work import Work, work_of

_BREAKING_TITLE = re.compile(r"^[a-z]+(?:\([^)]*\))?!:", re.IGNORECASE)
_TICKED = re.compile(r"^\s*[-*+] \[[xX]\] (.+?)\s*$", re.MULTILINE)
_BREAKING_FOOTER = re.compile(r"^BREAKING[ -]CHANGE:", re.MULTILINE)

_FACTORS = 50
"""So many are kept, the weightiest first: a release of a thousand pull requests is not read through."""

MIGRATIONS = {
    Migration.NONE: "no migration",
    Migration.EXPAND: "an expanding migration",
    Migration.CONTRACT: "a contracting migration",
    Migration.OTHER: "another kind of migration",
}
"""In words."""


def assess(subject: Request | Change, facts: Facts) -> Assessment | Unsure:
    """The risk of a change, or of what somebody asks for.

    Args:
        subject: gives service, version and what was declared.
        facts: the work since what runs there, and what runs there.
    """
    what = subject.content if isinstance(subject, Change) else subject
    asked = (assess, what.service, what.environment, what.version, what.migration, what.declared)
    return facts.memo.once(asked, lambda: _assess(what, facts))


def _assess(what: Request | Content, facts: Facts) -> Assessment | Unsure:
    works, rules = history_of(what.service, facts), facts.policy.risk
    if isinstance(works, Unsure):
        return works
    if isinstance(facts.running, Unread):
        return Unsure(facts.running.what, facts.running.why)
    step = release_type(facts.running.version if facts.running else None, what.version or "")

    if lost := untold(what, facts):
        return lost
    hotfix = hotfix_of(what, facts)

    def weigh() -> Assessment:
        found = _declared(what.declared, what.migration, rules)
        for told in told_by_work(what.service, facts):
            found += told.findings
        found += [(f"it is a {step} release", step)] if step else []
        found += [(f"it is {hotfix.id}", ReleaseType.HOTFIX)] if hotfix else []
        return _weighed(found, rules)

    also = (what.service, facts.policy.hash, what.declared, what.migration, step, hotfix and hotfix.id)
    return facts.evidence.memo.once((assess, *also), weigh)


def found_yes(service: str | None, facts: Facts) -> dict[Question, str]:
    """The questions that the work answers with yes, each with the first reason; empty while the work is not known."""
    found: dict[Question, str] = {}
    for why, what in (finding for told in told_by_work(service, facts) for finding in told.findings):
        if isinstance(what, Question):
            found.setdefault(what, why)
    return found


def history_of(service: str | None, facts: Facts) -> tuple[Work, ...] | Unsure | None:
    """The work in a version, of each repository; None for a service whose history nobody reads."""
    known = facts.policy.services.get(service or "")
    if service is None or known is None or known.history is None:
        return None
    works = work_of(service, facts)
    return Unsure(works.what, works.why) if isinstance(works, Unread) else works


Finding = tuple[str, Question | ReleaseType | Weight]
"""Why, as a clause, and what it is a finding of."""


def _declared(declared: Declared, migration: Migration | None, rules: RiskRules) -> list[Finding]:
    found: list[Finding] = []
    if declared.level:
        found.append((f"the requester says {declared.level}", Weight(level=declared.level)))
    if declared.answers is None:
        found += [(f"nobody answered {question}", question) for question in Question]
    else:
        found += [(f"{question} is answered yes", question) for question in Question if question in declared.answers]
    return [*found, *_migrating("it carries", migration, rules)]


def _migrating(who: str, migration: Migration | None, rules: RiskRules) -> Iterator[Finding]:
    if migration not in {None, Migration.NONE}:
        why = f"{who} {MIGRATIONS[migration]}"
        yield why, Question.DB_SCHEMA
        yield why, Weight(level=rules.migrations.get(migration))


@dataclass(frozen=True, slots=True)
class Told:
    """What one pull request, or one commit, tells about the risk.

    Args:
        name: as people write it.
        pull: None for a commit.
        findings: in the order of the rules.
    """

    name: str
    pull: Pull | None
    findings: tuple[Finding, ...]


def told_by_work(service: str | None, facts: Facts) -> tuple[Told, ...]:
    """What each part of a version's work tells; nothing while the work is not known.

    It is found out once for one reading of the evidence: a release may hold a thousand pull requests, and the policy hundreds of patterns.
    """
    works, rules = history_of(service, facts), facts.policy.risk
    if not isinstance(works, tuple):
        return ()

    def tell() -> tuple[Told, ...]:
        patterns = Patterns(rules.paths)
        found: list[Told] = []
        for work in works:
            found += [Told(work.name(p), p, tuple(_told_by_pull(p, work.name(p), rules, patterns))) for p in work.span.pulls]
            breaking = (c for c in work.span.commits if _breaking(c.title))
            marked = ((f"commit {c.sha[:12]}", "is marked as breaking") for c in breaking)
            found += [Told(name, None, ((f"{name} {why}", Question.BREAKING_API),)) for name, why in marked]
        return tuple(found)

    return facts.evidence.memo.once((told_by_work, service, facts.policy.hash), tell)


def _told_by_pull(pull: Pull, name: str, rules: RiskRules, patterns: "Patterns") -> Iterator[Finding]:
    """What a pull request's labels, files, declarations, ticked boxes and marks say of its risk (RSK-10, REC-15, DBM-01)."""
    labels = rules.labels
    for known in sorted([label for label in pull.labels if label in labels]):
        label, why = labels[known], f"{name} is labelled {known}"
        yield why, label
        yield from ((why, question) for question in label.questions)
        if label.release:
            yield why, label.release
    if pull.paths is None:
        told = f"the files of {name} are too many to be listed"
        yield from ((told, question) for questions in rules.paths.values() for question in questions)
    else:
        for pattern, path in patterns.first(pull.paths).items():
            yield from ((f"{name} changes {path}", question) for question in rules.paths[pattern])
    if pull.declared.risk:
        yield f"{name} says {pull.declared.risk} risk", Weight(level=pull.declared.risk)
    yield from _migrating(f"{name} declares", pull.declared.migration, rules)
    for box in _TICKED.findall(pull.body) if "[" in pull.body else ():
        for words, questions in rules.boxes.items():
            if box.lower().startswith(words):
                yield from ((f"{name} ticks {box[:60]!r}", question) for question in questions)
    if _breaking(pull.title) or _BREAKING_FOOTER.search(pull.body):
        yield f"{name} is marked as breaking", Question.BREAKING_API


def named(pulls: Collection[Pull], rules: RiskRules) -> Risk | None:
    """The risk class that pull requests name by a label or in their text, the highest of several; None when none does (TRN-10)."""
    labels = (rules.labels[label].level for pull in pulls for label in pull.labels & rules.labels.keys())
    levels = [level for level in (*labels, *(pull.declared.risk for pull in pulls)) if level]
    return max(levels, key=lambda level: level.rank, default=None)


def _breaking(title: str) -> bool:
    """Conventional Commits: `feat(api)!: …`."""
    return "!:" in title and _BREAKING_TITLE.match(title) is not None


@lru_cache(maxsize=1024)  # the same step is asked for by each judgement of a change
def release_type(running: str | None, version: str) -> ReleaseType | None:
    """The kind of step from what runs to a version: its highest number that differs. A first release is what its own number says.

    None for a version that is no version.
    """
    parts = VERSION.fullmatch(version)
    if parts is None:
        return None
    before = VERSION.fullmatch(running or "")
    numbers, others = parts.groups()[:3], before.groups()[:3] if before else ("0", "0", "0")
    if numbers[0] != others[0]:
        return ReleaseType.MAJOR
    return ReleaseType.MINOR if numbers[1] != others[1] else ReleaseType.PATCH


def _weighed(found: list[Finding], rules: RiskRules) -> Assessment:
    weights: list[tuple[str, str, Weight]] = []  # why, who asks, what it means
    for why, what in found:
        if isinstance(what, Question):
            weights.append((why if what in why else f"{why} ({what})", what, rules.questions[what]))
        elif isinstance(what, ReleaseType):
            weights.append((why, f"a {what} release", rules.releases[what]))
        else:
            weights.append((why, why, what))
    told = dict.fromkeys((weight.level or Risk.LOW, why) for why, _, weight in weights)
    factors = sorted(told, key=lambda factor: -factor[0].rank)
    level = factors[0][0] if factors else Risk.LOW
    asking: list[tuple[str, Approvers]] = [(f"{level} risk", rules.levels[level]), *((by, weight) for _, by, weight in weights)]
    demands = [Demand(by, one.count, one.roles, one.cab) for by, one in asking if one.count or one.roles or one.cab]
    return Assessment(
        level,
        because=() if level is Risk.LOW else tuple(why for at, why in factors if at is level),
        factors=tuple(f"{at}: {why}" for at, why in factors[:_FACTORS]),
        demands=tuple(dict.fromkeys(demands)),
    )
