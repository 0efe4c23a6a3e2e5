"""/release hotfix start | show | list: what production runs is mended from exactly that (HOT-01, HOT-02, HOT-14, HOT-20)."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import Colleague, HotfixId, SeverityWord, ShipsWord, TicketWord
from commands.core.hotfixes import branch
from commands.core.hotfixes.card import ground_lines, hotfix_card, line_of, told
from commands.core.hotfixes.hotfix_work import SOON, about
from commands.core.text import Bold, Code, Form, Input, Line
from commands.core.words import Arguments, DigestWord, Named, ServiceName, VersionWord
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts
from guards.hotfix import Ground, Hotfix, HotfixState, Scope, Ships
from guards.hotfixing import alone_under_way, confirmed, grounded, known_hotfix, scoped
from guards.sections import Person
from guards.version import Deployment
from guards.vocabulary import Action
from storage import hotfixes

_LONGEST = 20
"""Hotfixes that a list names."""

_SHIPS = ((Ships.NOW.value, "Now, by its own approvals"), (Ships.TRAIN.value, "With the next run of a train"))


class Start(Arguments):
    """A service, what of it runs in production, and what the hotfix is for."""

    service: ServiceName
    version: Annotated[VersionWord | None, Named()] = None
    digest: Annotated[DigestWord | None, Named()] = None
    ticket: Annotated[TicketWord | None, Named()] = None
    severity: Annotated[SeverityWord | None, Named()] = None
    incident: Annotated[str, Named()] = ""
    scope: Annotated[str, Named()] = ""
    impact: Annotated[str, Named()] = ""
    containment: Annotated[str, Named()] = ""
    ships: Annotated[ShipsWord | None, Named()] = None
    delay: Annotated[str, Named()] = ""
    mitigation: Annotated[str, Named()] = ""
    signoff: Annotated[Colleague | None, Named()] = None
    on: Annotated[str | None, Named(), StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")] = None


class Show(Arguments):
    """One hotfix."""

    hotfix: HotfixId


class List(Arguments):
    """Those of one service, or the newest of all."""

    service: ServiceName | None = None


def ask_start(args: Start, asker: Asker) -> Ask:
    """It is about what a service's production runs; version and digest are what the asker confirms."""
    scope = Scope(
        args.ticket or "", args.severity or "", args.incident, args.scope, args.impact, args.containment,
        Ships(args.ships) if args.ships else None, args.delay, args.mitigation, args.signoff or "",
    )  # fmt: skip
    return Ask(args.service, asker.policy.bound_for(args.service), args.version, args.digest, begun=scope, on=args.on or "")


def ask_show(args: Show, asker: Asker) -> Ask:
    """Showing is about one hotfix."""
    return Ask(hotfix=args.hotfix)


def start(work: Work[Start]) -> Reply:
    """Record it with what was confirmed; its branch is ordered, or was found where it belongs."""
    ground, running, person = work.facts.ground, work.facts.running, work.asker.person
    assert isinstance(ground, Ground)
    assert isinstance(running, Deployment)
    assert isinstance(ground.version, str)
    there = isinstance(ground.there, str)
    service = work.policy.services[running.service]
    hotfix = Hotfix(
        id=hotfixes.next_id(work.tx, work.at.date()), service=running.service, environment=running.environment,
        repository=service.repository,
        base=running.version, base_digest=running.digest, base_commit=running.commit, version=ground.version, branch=ground.branch,
        scope=work.request.hotfix or Scope(), state=HotfixState.OPEN if there else HotfixState.ORDERED, by=person.id, by_name=person.name,
        at=work.at,
    )  # fmt: skip
    hotfixes.add(work.tx, hotfix)
    begun = about(work, hotfix.id)
    said = hotfix.scope
    begun.record(
        "hotfix:begun", base=hotfix.base, base_digest=hotfix.base_digest, base_commit=hotfix.base_commit, branch=hotfix.branch,
        ticket=said.ticket, severity=said.severity, incident=said.incident, scope=said.scope, impact=said.impact, rollback=said.rollback,
        ships=said.ships, delay=said.delay, mitigation=said.mitigation, signed_off=said.signed_off,
    )  # fmt: skip
    begun.draw()
    if there:
        begun.look(work.policy.hotfix.look_again)
    else:
        branch.order(begun)
        begun.look(SOON)
    what = f"{hotfix.service} {hotfix.version} from {hotfix.base}"
    return Reply(note(f"🚑 Begun: {what}", ("Its card is in the release channel: ", Code(hotfix.id), ", on ", Code(hotfix.branch), ".")))


def show(work: Work[Show]) -> Reply:
    """Its card, with its evidence."""
    assert isinstance(work.facts.hotfix, Hotfix)
    return Reply(hotfix_card(told(work.tx, work.facts.hotfix), work.facts, evidence=True))


def listed(work: Work[List]) -> Reply:
    """The newest first; of one service those that something is still to be done about."""
    service = work.args.service
    found = hotfixes.live(work.tx, service) if service else hotfixes.recent(work.tx, _LONGEST)
    title = f"🚑 Hotfixes of {service} that are not over" if service else "🚑 The newest hotfixes"
    return Reply(note(title if found else "🚑 No hotfix is on record", *(line_of(one, work.facts) for one in found)))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Shows what production runs and asks for everything else; before the service is known, for that."""
    ground, policy = facts.ground, facts.policy
    if ground is None or ground.running is None:
        services = tuple((name, name) for name in policy.services)
        lines: tuple[Line, ...] = (("What it runs in production is shown next, and ", Bold("you confirm it"), "."),)
        chosen = fields.get("service", "") if fields.get("service", "") in policy.services else ""
        inputs = (Input("service", "Service", "choice", services, chosen),)
        return Form(title="Begin a hotfix", word="hotfix start", submit="Next", inputs=inputs, known={}, lines=lines)
    running = ground.running
    severities = tuple((one.name, f"{one.name}: {one.meaning}"[:75]) for one in policy.incidents.severities)
    known = {"service": running.service, "version": running.version, "digest": running.digest}
    return Form(
        title="Begin a hotfix",
        word="hotfix start",
        submit="Confirm and begin",
        inputs=(
            Input("ticket", "Ticket", initial=fields.get("ticket", ""), hint="It names the branch.", shortest=2, longest=40),
            Input("severity", "Severity", "choice", severities, fields.get("severity", "")),
            Input("incident", "Incident", initial=fields.get("incident", ""), hint="Link or id; if there is none, the ticket.", shortest=2),
            Input("scope", "What is changed, at the least?", "text", initial=fields.get("scope", ""), shortest=3, longest=1000),
            Input("impact", "Who is hurt, and how?", "text", initial=fields.get("impact", ""), shortest=3, longest=1000),
            Input("containment", "How does one go back?", "text", initial=fields.get("containment", ""), shortest=3, longest=1000),
            Input("ships", "When does it ship?", "choice", _SHIPS, fields.get("ships", "")),
            Input("delay", "What does waiting cost?", "text", initial=fields.get("delay", ""), shortest=3, longest=1000),
            Input("mitigation", "What eases it meanwhile?", "text", initial=fields.get("mitigation", ""), shortest=3, longest=1000),
            Input(
                "signoff", "Who agreed?", "choice", tuple((p.id, p.name) for p in policy.people[:100]), fields.get("signoff", ""),
                hint="With severity and impact these are the criteria by which it ships then.",
            ),
            Input("on", "Branch", initial=fields.get("on", ""), hint="Left open: from version and ticket.", optional=True, longest=100),
        ),
        known=known,
        lines=ground_lines(ground, facts),
    )  # fmt: skip


hotfix_start = Command(
    name="hotfix start",
    summary="Mend what production runs, from exactly that.",
    examples=("hotfix start api",),
    action=Action.HOTFIX,
    guards=(authorized, alone_under_way, grounded, confirmed, scoped),
    arguments=Start,
    ask=ask_start,
    run=start,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

hotfix_show = Command(
    name="hotfix show",
    summary="A hotfix with its evidence, and what is still owed for it.",
    examples=("hotfix show HOT-2026-1121-001",),
    action=Action.READ,
    guards=(authorized, known_hotfix),
    arguments=Show,
    ask=ask_show,
    run=show,
)

hotfix_list = Command(
    name="hotfix list",
    summary="The hotfixes of a service that are not over, or the newest of all.",
    examples=("hotfix list", "hotfix list api"),
    action=Action.READ,
    guards=(authorized,),
    arguments=List,
    ask=lambda args, asker: Ask(),
    run=listed,
)
