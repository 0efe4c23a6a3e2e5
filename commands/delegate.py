"""/release delegate to | list | end: let somebody act in your place for a while (RBAC-05, RBAC-06).

A delegate stays who they are: what they asked for or wrote they cannot approve, nor what the person wrote in whose place they act.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import Colleague, DelegationId, MomentWord, RoleName
from commands.core.tell import card_of, reply_to
from commands.core.text import Bold, Code, Form, Input, Line, Moment
from commands.core.words import Arguments, EnvironmentName, Named, NoArguments, ServiceName
from guards.authorization import authorized
from guards.decision import Refusal
from guards.delegation import delegable, endable
from guards.facts import Facts
from guards.identity import Delegation
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action, Role
from storage import changes, delegations, timers


class To(Arguments):
    """Who acts in whose place, as what, where and how long; the form asks for what is missing."""

    person: Colleague
    role: Annotated[RoleName, Named()]
    until: Annotated[MomentWord, Named()]
    reason: Annotated[str, Named()]
    since: Annotated[MomentWord | None, Named()] = None
    service: Annotated[ServiceName | None, Named()] = None
    environment: Annotated[EnvironmentName | None, Named()] = None


class End(Arguments):
    """A delegation."""

    delegation: DelegationId


def ask_to(args: To, asker: Asker) -> Ask:
    """The delegation as it would stand; its id comes when it is recorded."""
    by = asker.person
    return Ask(
        delegated=Delegation(
            id="", role=Role(args.role), by=by.id, by_name=by.name, to=args.person, to_name=args.person, service=args.service,
            environment=args.environment, start=datetime.fromisoformat(args.since) if args.since else asker.at,
            end=datetime.fromisoformat(args.until), reason=args.reason,
        )
    )  # fmt: skip


def delegate(work: Work[To]) -> Reply:
    """Record the delegation, and tell the delegate."""
    draft = work.request.delegation
    assert draft is not None
    taker = work.facts.people[draft.to]
    assert isinstance(taker, Person)
    given = replace(
        draft, id=delegations.next_id(work.tx, work.at.date()), to_name=taker.name, start=max(draft.start, work.at)
    )  # fmt: skip
    delegations.add(work.tx, given)
    _write(work, "delegation:recorded", given)
    told = note(f"🤝 You act as {given.role} for {given.by_name}", *_lines(given, work.policy.zone))
    for account in taker.slack[:1]:
        reply_to(work.tx, account, told, work.at, work.correlation, channel=None, answer_to=None)
    _judge_again(work, given)
    end: Line = ("To end it early: ", Code(f"/release delegate end {given.id}"))
    return Reply(note(f"🤝 {given.to_name} acts as {given.role} for you", *_lines(given, work.policy.zone), end))


def end(work: Work[End]) -> Reply:
    """End a delegation early: what was approved under it, and is not with CI yet, does not count any more (RBAC-09)."""
    ended = delegations.end(work.tx, work.args.delegation, work.at, work.asker.person.id)
    _write(work, "delegation:ended", ended)
    _judge_again(work, ended)
    return Reply(note(f"⚪ {ended.id} is over", (f"{ended.to_name} does not act as {ended.role} for {ended.by_name} any more.",)))


def listed(work: Work[NoArguments]) -> Reply:
    """Those that count or will."""
    found = work.facts.delegations
    assert not isinstance(found, Unread)
    lines: list[Line] = []
    for one in found:
        now = "🤝 " if one.active(work.at) else "🔜 "
        lines.append((now, Bold(one.to_name), f" as {one.role} for {one.by_name}:"))
        lines += [("    ", *line) for line in _lines(one, work.policy.zone)]
    return Reply(note("🤝 Delegations" if found else "🤝 Nobody acts for anybody", *lines))


def _lines(one: Delegation, zone: str) -> tuple[Line, ...]:
    place = f"{one.service or 'all services'} in {one.environment or 'all environments'}"
    return ((Code(one.id), f" {place}, from ", Moment(one.start, zone), " until ", Moment(one.until, zone), f": {one.reason}"),)


def _write(work: Work[To] | Work[End], tag: str, one: Delegation) -> None:
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, tag, actor, work.facts, work.correlation, subject=one.id, service=one.service, environment=one.environment,
        **bodies.delegation_body(one),
    )  # fmt: skip


def _judge_again(work: Work[To] | Work[End], one: Delegation) -> None:
    """Cards of undecided changes in scope show who may approve now, and what was approved under it is judged again."""
    for change in changes.undecided(work.tx, one.service, limit=200):
        if one.covers(change.content.service, change.content.environment):
            card_of(work.tx, change, work.facts, work.correlation)
            timers.set(work.tx, timers.Timer(f"advance:{change.id}", "advance", work.at, {"change": change.id}))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of a delegation."""
    policy = facts.policy
    rule = policy.delegation
    others = tuple((p.id, p.name) for p in policy.people if p.id != person.id)
    return Form(
        title="Delegate a role",
        word="delegate to",
        submit="Delegate",
        inputs=(
            Input("person", "Who acts for you?", "choice", others[:100], fields.get("person", "")),
            Input("role", "As what?", "choice", tuple((r.value, r.value) for r in rule.roles) if rule else (), fields.get("role", "")),
            Input("until", "Until", "moment", initial=fields.get("until", "")),
            Input("since", "From", "moment", initial=fields.get("since", ""), hint="Left open: from now on.", optional=True),
            Input(
                "service", "Service", "choice", tuple((s, s) for s in policy.services), fields.get("service", ""),
                hint="Left open: all.", optional=True,
            ),
            Input(
                "environment", "Environment", "choice", tuple((e.name, e.name) for e in policy.environments),
                policy.environment_names.get(fields.get("environment", ""), ""), hint="Left open: all.", optional=True,
            ),
            Input("reason", "Why?", "text", initial=fields.get("reason", ""), shortest=3),
        ),
        known={},
    )  # fmt: skip


delegate_to = Command(
    name="delegate to",
    summary="Let somebody act in your place for a while.",
    examples=('delegate to rita@example.com role=release_manager until=2026-11-27T18:00 reason="on leave"',),
    action=Action.DELEGATE,
    guards=(authorized, delegable),
    arguments=To,
    ask=ask_to,
    run=delegate,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

delegate_list = Command(
    name="delegate list",
    summary="Who acts for whom.",
    examples=("delegate list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=listed,
)

delegate_end = Command(
    name="delegate end",
    summary="End a delegation early.",
    examples=("delegate end DLG-2026-1121-001",),
    action=Action.DELEGATE,
    guards=(authorized, endable),
    arguments=End,
    ask=lambda args, asker: Ask(delegation=args.delegation),
    run=end,
)
