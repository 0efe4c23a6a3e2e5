"""/release freeze declare | list: let things stand still for a while, with all that such a stop needs (FRZ-01, FRZ-02, FRZ-06)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationInfo

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import BlockedWords, BranchWords, EnvironmentNames, ListedPerson, MomentWord, ServiceNames, TeamNames
from commands.core.freeze_card import FATES, freeze_lines, still, where, zone_of
from commands.core.freeze_telling import lifters, tell_approver
from commands.core.freezing import declared
from commands.core.text import Bold, Code, Form, Input, Line, Link, Moment
from commands.core.words import Arguments, Named, NoArguments, policy_of, shown
from guards.authorization import authorized
from guards.consistency import nearest
from guards.decision import Allow, Refusal
from guards.facts import Facts
from guards.freeze import complete_freeze
from guards.freeze_record import Freeze
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action, Blocked, Fate
from storage import freezes


def _kind(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).freeze_kinds
    if word not in known:
        raise ValueError(f"there is no kind of freeze {shown(word)}{nearest(word, known)}")
    return word


class Declare(Arguments):
    """All fields of a freeze; the form asks for those that are missing."""

    environment: EnvironmentNames
    kind: Annotated[str, AfterValidator(_kind), Named()]
    until: Annotated[MomentWord, Named()]
    reason: Annotated[str, Named()]
    exit: Annotated[str, Named()]
    plan: Annotated[str, Named()]
    approver: Annotated[ListedPerson, Named()]
    since: Annotated[MomentWord | None, Named()] = None
    service: Annotated[ServiceNames | None, Named()] = None
    team: Annotated[TeamNames | None, Named()] = None
    blocks: Annotated[BlockedWords | None, Named()] = None
    branches: Annotated[BranchWords | None, Named()] = None
    underway: Annotated[Literal["finish", "hold", "stop"] | None, Named()] = None


def ask_declare(args: Declare, asker: Asker) -> Ask:
    """The freeze as it would stand; its id comes when it is recorded. A team stands for the services that it has now."""
    kind, policy = asker.policy.freeze_kinds[args.kind], asker.policy
    named = {*(args.service or "").split(","), *(s for team in (args.team or "").split(",") for s in policy.teams.get(team, ()))}
    freeze = Freeze(
        id="", kind=args.kind, blocks=tuple(Blocked(word) for word in args.blocks.split(",")) if args.blocks else kind.blocks,
        passes=kind.passes, services=tuple(s for s in policy.services if s in named) if args.service or args.team else None,
        environments=tuple(args.environment.split(",")), start=datetime.fromisoformat(args.since) if args.since else asker.at,
        end=datetime.fromisoformat(args.until), reason=args.reason, exit_criteria=args.exit, plan=args.plan,
        by=asker.person.id, by_name=asker.person.name, approver=args.approver,
        fate=Fate(args.underway) if args.underway else kind.fate, branches=tuple(args.branches.split(",")) if args.branches else None,
        passes_risk=kind.passes_risk,
    )  # fmt: skip
    service = freeze.services[0] if freeze.services and len(freeze.services) == 1 else None
    return Ask(service=service, environment=freeze.environments[0] if len(freeze.environments) == 1 else None, declared=freeze)


def declare(work: Work[Declare]) -> Reply:
    """Record the freeze; once it is in force it counts from its start for everything that is not with CI yet (FRZ-03).

    Who may lift it approves it by declaring it; by anybody else it waits for that, unless its kind counts at once (FRZ-01, FRZ-07).
    """
    draft = work.request.freeze
    assert draft is not None
    freeze = replace(draft, id=freezes.next_id(work.tx, work.at.date()))
    if isinstance(authorized(replace(work.request, action=Action.LIFT), work.facts), Allow):
        freeze = replace(freeze, in_force=work.at, approved=work.at, approved_by=work.asker.person.id)
    elif work.policy.freeze_kinds[freeze.kind].at_once:
        within = work.policy.freeze_kinds[freeze.kind].approve_within
        freeze = replace(freeze, in_force=work.at, lapses=max(freeze.start, work.at) + within)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    declared(work.tx, freeze, actor, work.facts, work.correlation)
    if freeze.approved is None:
        tell_approver(work.tx, freeze, work.facts, work.correlation)
    zone = zone_of(freeze, work.policy)
    fate = f". Work on its way: {FATES[freeze.fate]}."
    counts: Line = ("From ", Moment(freeze.start, zone), " until ", Moment(freeze.end, zone), fate)
    lines: tuple[Line, ...] = (("🧊 ", Code(freeze.id), f" {where(freeze)}: no {still(freeze)}"), counts)
    if freeze.approved is None:
        able = ", ".join(person.name for person in lifters(freeze.environments[0], work.facts)) or "nobody"
        lapses: Line = (" Without it, it lapses ", Moment(freeze.lapses, zone), ".") if freeze.lapses else ()
        begins = "It counts; it" if freeze.in_force else "It holds nothing yet: it"
        lines += ((f"{begins} waits for the approval of ", Bold(able), ".", *lapses),)
    return Reply(
        note(
            f"🧊 {', '.join(freeze.services or ('All services',))} in {', '.join(freeze.environments)} stand still"
            if freeze.in_force
            else f"🕐 {freeze.id} waits for approval",
            *lines,
            ("To lift it: ", Code(f"/release freeze lift {freeze.id} <how the exit criteria are met>")),
        )
    )


def list_freezes(work: Work[NoArguments]) -> Reply:
    """Those that hold now or will."""
    facts = work.facts
    assert not isinstance(facts.freezes, Unread)
    lines = [line for freeze in facts.freezes for line in freeze_lines(freeze, facts)]
    able = [p.name for e in sorted(work.policy.production) for p in lifters(e, facts)]
    lines.append(("May approve, extend and lift: ", Bold(", ".join(dict.fromkeys(able)) or "nobody")))
    strategy = work.policy.strategy
    where: Line = (" ", Link(strategy.link, "The release strategy")) if strategy.link else ()
    lines.append((Bold("How they are approved and recorded: "), strategy.freezes, *where))
    return Reply(note("🧊 Freezes" if facts.freezes else "🌤️ No freeze", *lines))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of a freeze."""
    policy = facts.policy

    def line(name: str, label: str, hint: str) -> Input:
        return Input(name, label, initial=fields.get(name, ""), hint=hint, optional=True)

    def text(name: str, label: str, hint: str = "") -> Input:
        return Input(name, label, "text", initial=fields.get(name, ""), hint=hint, shortest=3)

    aliases = policy.environment_names
    environments = ",".join(aliases.get(word, word) for word in (fields.get("environment") or min(policy.production)).split(","))
    return Form(
        title="Declare a freeze",
        word="freeze declare",
        submit="Freeze",
        inputs=(
            Input("environment", "Environments", initial=environments, hint="Several with commas between them."),
            line("service", "Services", "Several with commas between them. Left open, and no team named: all."),
            *([line("team", "Teams", "For all services that the team has now.")] if policy.teams else []),
            Input("kind", "Kind", "choice", tuple((k, k) for k in policy.freeze_kinds), fields.get("kind", "")),
            Input("until", "Until", "moment", initial=fields.get("until", "")),
            Input("since", "From", "moment", initial=fields.get("since", ""), hint="Left open: from now on.", optional=True),
            text("reason", "What is blocked, and why?"),
            text("exit", "Exit criteria", "What must be true to lift it early?"),
            text("plan", "How does work resume?"),
            Input(
                "approver", "Who answers for it?", "choice", tuple((p.id, p.name) for p in policy.people[:100]),
                fields.get("approver", ""),
            ),
            line("blocks", "What stands still?", f"Left open: what its kind says. Of {', '.join(Blocked)}, with commas between them."),
            line("branches", "Branches", "Where merges stand still, like main or release/*. Left open: all."),
            Input(
                "underway", "Work on its way", "choice", tuple((fate.value, f"{fate}: {said}"[:75]) for fate, said in FATES.items()),
                fields.get("underway", ""), hint="Left open: what its kind says.", optional=True,
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
