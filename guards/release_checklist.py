"""The release checklist in its four parts: before the release, approval, deployment, afterwards (REC-12, REC-13).

Invariant: what the bot can judge is judged by the guards of a promotion, as they answered when the change was handed to CI, else as they
answer now; everything else stands with the name of whoever said it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from guards.approvals import approved
from guards.artifact import same_artifact
from guards.change import Approval, Change, Verdict
from guards.checklist import Item
from guards.classify import assessed
from guards.decision import Allow, Refuse
from guards.evidence import NOT_REQUIRED
from guards.facts import Facts, Request
from guards.go import GoDecision, Outcome
from guards.judge import Guard
from guards.lifecycle import State
from guards.notes import noted
from guards.obligation import Obligation, Owed
from guards.order import in_order
from guards.policy import Policy
from guards.post_release_rules import Task
from guards.proof import listed, proven, revertible, signed
from guards.readiness import BOT, Mark
from guards.release_record import recorded
from guards.review import owned, pulled, reviewed
from guards.source import checked, tagged
from guards.specialists import specialised
from guards.unread import Unread
from guards.verified import Verification
from guards.window import in_window


class Stage(StrEnum):
    """The four parts, in the order in which they are shown."""

    BEFORE = "pre-release"
    APPROVAL = "approval"
    DEPLOYMENT = "deployment"
    AFTER = "post-release"


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record of one version on its way into one environment.

    Args:
        change: the newest that asked for it; None while there is none.
        judged: guard → what it answered when that change was handed to CI, as the ledger has it; empty while it was not.
        approvals: the decisions about it.
        verification: of it, where one is asked for.
        owed: what was or is owed for it.
        go: the newest decision of a go/no-go about the version.
    """

    change: Change | None = None
    judged: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    verification: Verification | None = None
    owed: tuple[Obligation, ...] = ()
    go: GoDecision | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One item as it stands.

    Args:
        stage: the part that it belongs to.
        name: of the item.
        mark: how it stands.
        why: what was seen, or what is missing.
        by: who judged it: the bot, or the person who said it; "" while nobody did.
    """

    stage: Stage
    name: str
    mark: Mark
    why: str
    by: str = BOT


def release_checklist(request: Request, facts: Facts, past: Past) -> tuple[Checked, ...]:
    """Every item, in its order.

    Args:
        request: names a service of the policy file, a version, and the environment that it is bound for.
        facts: of this moment.
        past: what is on record of it.
    """
    found = [
        *(_judged(stage, name, guards, request, facts, past) for stage, name, guards in _JUDGED),
        *(tell(request, facts, past) for tell in _TOLD),
        *_afterwards(request, facts.policy, past),
    ]
    return tuple(sorted(found, key=lambda one: tuple(Stage).index(one.stage)))


_JUDGED: Sequence[tuple[Stage, str, tuple[Guard, ...]]] = (
    (Stage.BEFORE, "tests and scans", (checked,)),
    (Stage.BEFORE, "what was built is proven", (tagged, listed, proven, signed)),
    (Stage.BEFORE, "reviews", (pulled, reviewed, owned, specialised)),
    (Stage.BEFORE, "release record", (recorded,)),
    (Stage.BEFORE, "release notes", (noted,)),
    (Stage.BEFORE, "way back", (revertible,)),
    (Stage.APPROVAL, "risk", (assessed,)),
    (Stage.DEPLOYMENT, "the very artifact that the environment before ran", (in_order, same_artifact)),
    (Stage.DEPLOYMENT, "change window", (in_window,)),
)


def _judged(stage: Stage, name: str, guards: tuple[Guard, ...], request: Request, facts: Facts, past: Past) -> Checked:
    """The worst answer of an item's guards; one that was never asked at dispatch is asked now."""
    answers = [_answer(guard, request, facts, past) for guard in guards]
    for mark in (Mark.FAILED, Mark.UNREAD, Mark.EXCEPTED, Mark.PASSED):
        if said := [why for each, why in answers if each is mark]:
            return Checked(stage, name, mark, "; ".join(said))
    return Checked(stage, name, Mark.NOT_REQUIRED, NOT_REQUIRED)


def _answer(guard: Guard, request: Request, facts: Facts, past: Past) -> tuple[Mark, str]:
    if kept := past.judged.get(guard.__name__):
        return _kept(kept)
    match guard(request, facts):
        case Allow(why=why, exception=exception):
            return _allowed(why, by_exception=exception is not None)
        case Refuse(why=why):
            return Mark.FAILED, why
        case unsure:
            return Mark.UNREAD, unsure.missing + (f" ({unsure.why})" if unsure.why else "")


def _kept(kept: Mapping[str, str]) -> tuple[Mark, str]:
    """The same from the ledger."""
    if kept["answer"] == "allow":
        return _allowed(kept["why"], by_exception="exception" in kept)
    return (Mark.FAILED, kept["why"]) if kept["answer"] == "refuse" else (Mark.UNREAD, kept["missing"])


def _allowed(why: str, *, by_exception: bool) -> tuple[Mark, str]:
    if by_exception:
        return Mark.EXCEPTED, why
    return (Mark.NOT_REQUIRED, why) if why.endswith(NOT_REQUIRED) else (Mark.PASSED, why)


# ---------------------------------------------------------------- what people said, and what CI did


def _migrations(request: Request, facts: Facts, past: Past) -> Checked:
    migration = past.change.content.migration if past.change else request.migration
    name = "migrations"
    if migration is None:
        return Checked(Stage.BEFORE, name, Mark.OPEN, "nobody said what it does to its database", "")
    return Checked(Stage.BEFORE, name, Mark.CONFIRMED, migration.value, past.change.requester_name if past.change else BOT)


def _runbooks(request: Request, facts: Facts, past: Past) -> Checked:
    """Confirmed at the go/no-go; nobody is asked for it elsewhere (GNG-11)."""
    name = "runbooks and alerts"
    kept = next((item for item in (past.go.items if past.go else ()) if item.get("item") == Item.RUNBOOKS), None)
    if kept is None:
        return Checked(Stage.BEFORE, name, Mark.NOT_REQUIRED, "asked for at the go/no-go of a train; there was none", "")
    mark = Mark(kept["outcome"])
    return Checked(Stage.BEFORE, name, mark, kept["why"], kept.get("evaluated_by", ""))


def _approved(request: Request, facts: Facts, past: Past) -> Checked:
    name, given = "approvals", [a for a in past.approvals if a.verdict is Verdict.APPROVED and a.withdrawn is None]
    who = " and ".join(a.name for a in given)
    if kept := past.judged.get(approved.__name__):
        return Checked(Stage.APPROVAL, name, _kept(kept)[0], kept.get("why", ""), who or BOT)
    if past.change is None:
        return Checked(Stage.APPROVAL, name, Mark.OPEN, "nobody asked for it yet", "")
    return Checked(Stage.APPROVAL, name, Mark.OPEN, f"{past.change.id} is {past.change.state}", who)


def _decided(request: Request, facts: Facts, past: Past) -> Checked:
    name = "go/no-go"
    if past.go is not None:
        mark = Mark.CONFIRMED if past.go.outcome is Outcome.GO else Mark.FAILED
        return Checked(Stage.APPROVAL, name, mark, f"{past.go.outcome} in {past.go.id}", past.go.name)
    if isinstance(facts.rides, Unread):
        return Checked(Stage.APPROVAL, name, Mark.UNREAD, facts.rides.what)
    if facts.rides:
        return Checked(Stage.APPROVAL, name, Mark.OPEN, f"nobody decided; it rides {', '.join(r.train for r in facts.rides)}", "")
    return Checked(Stage.APPROVAL, name, Mark.NOT_REQUIRED, "it rides no train; its approval is the decision")


def _deployed(request: Request, facts: Facts, past: Past) -> Checked:
    name, change = "deployed by CI", past.change
    if change is None or change.dispatched is None:
        return Checked(Stage.DEPLOYMENT, name, Mark.OPEN, "not handed to CI yet", "")
    by = change.implementer or "ci"
    if change.state is State.SUCCEEDED:
        return Checked(Stage.DEPLOYMENT, name, Mark.PASSED, f"{change.id}, run {change.run}", by)
    over = change.state in {State.FAILED, State.CANCELLED}
    return Checked(Stage.DEPLOYMENT, name, Mark.FAILED if over else Mark.OPEN, f"{change.id} is {change.state}", by)


_TOLD: Sequence[Callable[[Request, Facts, Past], Checked]] = (_migrations, _runbooks, _approved, _decided, _deployed)


# ---------------------------------------------------------------- afterwards

_TASKS = {
    Owed.VERIFICATION: "verified in production",
    Owed.RELEASE_NOTES: "release notes published",
    Owed.NOTIFICATION: "team told",
    Owed.DOCUMENTATION: "documentation",
    Owed.CLEANUP: "clean-up scheduled",
}

KIND_OF = {
    Task.NOTES: Owed.RELEASE_NOTES,
    Task.NOTIFY: Owed.NOTIFICATION,
    Task.DOCS: Owed.DOCUMENTATION,
    Task.CLEANUP: Owed.CLEANUP,
}
"""What is owed for each task."""


def _afterwards(request: Request, policy: Policy, past: Past) -> Sequence[Checked]:
    environment = request.environment or ""
    asked = {KIND_OF[task] for task in policy.tasks(environment)} | (
        {Owed.VERIFICATION} if policy.verifies(request.service or "", environment) else set()
    )
    return [_after(kind, asked, policy, past) for kind in _TASKS]


def _after(kind: Owed, asked: set[Owed], policy: Policy, past: Past) -> Checked:
    name, seen = _TASKS[kind], past.verification
    one = next((each for each in past.owed if each.kind is kind), None)
    if one is None:
        over = past.change is not None and past.change.state is State.SUCCEEDED
        if kind in asked and not over:
            return Checked(Stage.AFTER, name, Mark.OPEN, "due once it is in production", "")
        return Checked(Stage.AFTER, name, Mark.NOT_REQUIRED, "nobody asked for it when it was deployed" if over else NOT_REQUIRED)
    if one.done is None:
        return Checked(Stage.AFTER, name, Mark.OPEN, f"{one.owner_name} owes it ({one.id})", "")
    if kind is Owed.VERIFICATION and seen and seen.name:
        return Checked(Stage.AFTER, name, Mark.CONFIRMED, seen.looked_at, seen.name)
    known = policy.by_id.get(one.done_by or "")
    by = known.name if known else one.done_by or ""
    return Checked(Stage.AFTER, name, Mark.PASSED if by == BOT else Mark.CONFIRMED, one.evidence, by)
