"""/release freeze declare | list | lift: let a place stand still for a while, with all that such a stop needs (FRZ-01, FRZ-06)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import ListedPerson, MomentWord
from commands.core.tell import card_of
from commands.core.text import Bold, Code, Form, Input, Line, Moment
from commands.core.words import Arguments, EnvironmentName, FreezeId, Named, NoArguments, Rest, ServiceName, shown
from guards.authorization import authorized
from guards.consistency import nearest
from guards.decision import Refusal
from guards.facts import Facts, Freeze
from guards.freeze import complete_freeze, liftable
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage import changes, freezes, timers


def _kind(word: str, info: ValidationInfo) -> str:
    policy: Policy = (info.context or {})["policy"]
    if word not in policy.freeze_kinds:
        raise ValueError(f"there is no kind of freeze {shown(word)}{nearest(word, policy.freeze_kinds)}")
    return word


class Declare(Arguments):
    """All fields of a freeze; the form asks for those that are missing."""

    environment: EnvironmentName
    kind: Annotated[str, AfterValidator(_kind), Named()]
    until: Annotated[MomentWord, Named()]
    reason: Annotated[str, Named()]
    exit: Annotated[str, Named()]
    plan: Annotated[str, Named()]
    approver: Annotated[ListedPerson, Named()]
    since: Annotated[MomentWord | None, Named()] = None
    service: Annotated[ServiceName | None, Named()] = None


class Lift(Arguments):
    """A freeze, and how its exit criteria are met."""

    freeze: FreezeId
    reason: Annotated[str, Rest()] = ""


def ask_declare(args: Declare, asker: Asker) -> Ask:
    """The freeze as it would stand; its id comes when it is recorded."""
    kind = asker.policy.freeze_kinds[args.kind]
    freeze = Freeze(
        id="", kind=args.kind, blocks=kind.blocks, passes=kind.passes, services=(args.service,) if args.service else None,
        environments=(args.environment,), start=datetime.fromisoformat(args.since) if args.since else asker.at,
        end=datetime.fromisoformat(args.until), reason=args.reason, exit_criteria=args.exit, plan=args.plan,
        by=asker.person.id, by_name=asker.person.name, approver=args.approver,
    )  # fmt: skip
    return Ask(service=args.service, environment=args.environment, declared=freeze)


def ask_lift(args: Lift, asker: Asker) -> Ask:
    """Lifting is about one freeze."""
    return Ask(freeze=args.freeze, rationale=args.reason)


def declare(work: Work[Declare]) -> Reply:
    """Record the freeze; it counts from its start for everything that is not with CI yet (FRZ-03)."""
    draft = work.request.freeze
    assert draft is not None
    freeze = replace(draft, id=freezes.next_id(work.tx, work.at.date()))
    freezes.add(work.tx, freeze)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "freeze:declared", actor, work.facts, work.correlation, subject=freeze.id, service=work.args.service,
        environment=work.args.environment, **record.freeze_body(freeze),
    )  # fmt: skip
    _judge_again(work, freeze)
    zone = work.policy.zone_of(work.args.service)
    return Reply(
        note(
            f"🧊 {work.args.service or 'All services'} in {work.args.environment} stand still",
            (Code(freeze.id), " from ", Moment(freeze.start, zone), " until ", Moment(freeze.end, zone)),
            ("To lift it: ", Code(f"/release freeze lift {freeze.id} <how the exit criteria are met>")),
        )
    )


def lift(work: Work[Lift]) -> Reply:
    """End a freeze early: its exit criteria were confirmed (FRZ-11)."""
    freeze = freezes.lift(work.tx, work.args.freeze, work.at, work.asker.person.id)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "freeze:lifted", actor, work.facts, work.correlation, subject=freeze.id, reason=work.args.reason, **{
            key: value for key, value in record.freeze_body(freeze).items() if key != "reason"
        },
    )  # fmt: skip
    _judge_again(work, freeze)
    return Reply(note(f"🌤️ {freeze.id} is lifted", ("Changes that waited for it are judged again now.",)))


def _judge_again(work: Work[Declare] | Work[Lift], freeze: Freeze) -> None:
    """Cards of undecided changes in scope show the freeze, and those that waited for it try again."""
    for change in changes.undecided(work.tx, None, limit=200):
        content = change.content
        if content.environment in freeze.environments and (freeze.services is None or content.service in freeze.services):
            card_of(work.tx, change, work.facts, work.correlation)
            timers.set(work.tx, timers.Timer(f"advance:{change.id}", "advance", work.at, {"change": change.id}))


def list_freezes(work: Work[NoArguments]) -> Reply:
    """Those that hold now or will."""
    facts = work.facts
    assert not isinstance(facts.freezes, Unread)
    lines: list[Line] = []
    for f in facts.freezes:
        zone = work.policy.zone
        now = "🧊 " if f.active(work.at) else "🔜 "
        where = f" {', '.join(f.services or ['all services'])} in {', '.join(f.environments)} ({f.kind}), "
        lines.append((now, Code(f.id), where, Moment(f.start, zone), " until ", Moment(f.end, zone)))
        lines.append(
            (f"    {f.reason} Ends when: {f.exit_criteria} Then: {f.plan} Declared by {f.by_name}, answered for by {f.approver}.",)
        )
    able = [p.name for e in sorted(work.policy.production) for p in _lifters(e, facts)]
    lines.append(("May lift: ", Bold(", ".join(dict.fromkeys(able)) or "nobody")))
    return Reply(note("🧊 Freezes" if facts.freezes else "🌤️ No freeze", *lines))


def _lifters(environment: str, facts: Facts) -> tuple[Person, ...]:
    from guards.authorization import who_may

    return who_may(Action.LIFT, None, environment, facts)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of a freeze."""
    policy = facts.policy
    environments = tuple((e.name, e.name) for e in policy.environments)
    production = min(policy.production)
    return Form(
        title="Declare a freeze",
        word="freeze declare",
        submit="Freeze",
        inputs=(
            Input(
                "environment", "Environment", "choice", environments,
                policy.environment_names.get(fields.get("environment", ""), production),
            ),
            Input(
                "service", "Service", "choice", tuple((s, s) for s in policy.services), fields.get("service", ""),
                hint="Left open: all.", optional=True,
            ),
            Input("kind", "Kind", "choice", tuple((k, k) for k in policy.freeze_kinds), fields.get("kind", "")),
            Input("until", "Until", "moment", initial=fields.get("until", "")),
            Input("since", "From", "moment", initial=fields.get("since", ""), hint="Left open: from now on.", optional=True),
            Input("reason", "What is blocked, and why?", "text", initial=fields.get("reason", ""), shortest=3),
            Input("exit", "Exit criteria", "text", initial=fields.get("exit", ""), hint="What must be true to lift it early?", shortest=3),
            Input("plan", "How does work resume?", "text", initial=fields.get("plan", ""), shortest=3),
            Input(
                "approver", "Who answers for it?", "choice", tuple((p.id, p.name) for p in policy.people[:100]),
                fields.get("approver", ""),
            ),
        ),
        known={},
    )  # fmt: skip


declare_freeze = Command(
    name="freeze declare",
    summary="Let an environment stand still until a moment.",
    examples=(
        "freeze declare production kind=holiday until=2027-01-04T08:00 approver=rita@example.com "
        'reason="holidays" exit="all are back" plan="trains resume"',
    ),
    action=Action.FREEZE,
    guards=(authorized, complete_freeze),
    arguments=Declare,
    ask=ask_declare,
    run=declare,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

freeze_list = Command(
    name="freeze list",
    summary="The freezes that hold or will.",
    examples=("freeze list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=list_freezes,
)

freeze_lift = Command(
    name="freeze lift",
    summary="End a freeze early, when its exit criteria are met.",
    examples=("freeze lift FRZ-2026-1121-001 the last region is back",),
    action=Action.LIFT,
    guards=(authorized, liftable),
    arguments=Lift,
    ask=ask_lift,
    run=lift,
)
