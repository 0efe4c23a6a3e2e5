"""/release status [service]: what runs where, and what is pending (CMD-14)."""

from commands.core.change_card import STATES
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.text import Bold, Card, Code, Line, Moment, Part
from commands.core.words import Arguments, ServiceName
from guards.artifact import short
from guards.authorization import authorized
from guards.change import Change
from guards.unread import Unread
from guards.vocabulary import Action
from storage import changes, deployments, verifications

_LONGEST = 20
"""Changes that are named of one kind."""


class Status(Arguments):
    """One service, or all."""

    service: ServiceName | None = None


def ask(args: Status, asker: Asker) -> Ask:
    """Status reads; it is about nothing that moves."""
    return Ask()


def status(work: Work[Status]) -> Reply:
    """A part for each service: each environment's version, then the changes that are open."""
    policy, service = work.policy, work.args.service
    running = {(d.service, d.environment): d for d in deployments.overview(work.tx, service)}
    parts = []
    for name in [service] if service else list(policy.services)[:20]:
        zone = policy.zone_of(name)
        lines: list[Line] = []
        for environment in policy.chain(name):
            now = running.get((name, environment))
            where: Line = (Bold(environment), ": ")
            lines.append(
                (*where, Code(now.version), " ", Code(short(now.digest)), " since ", Moment(now.at, zone))
                if now
                else (*where, "nothing recorded yet")
            )
        parts.append(Part(tuple(lines), heading=name))
    at_work = changes.claimed(work.tx)
    pending = [c for c in (*at_work, *changes.undecided(work.tx, service)) if service in {None, c.content.service}]
    unseen = verifications.awaited(work.tx, service, _LONGEST)
    if unseen:
        parts.append(Part(tuple(_waits(c, work) for c in unseen), heading="Deployed, not verified yet"))
    if pending:
        parts.append(Part(tuple(_line(c) for c in pending[:_LONGEST]), heading="Open changes"))
    frozen = () if isinstance(work.facts.freezes, Unread) else [f for f in work.facts.freezes if f.active(work.at)]
    if frozen:
        parts.append(Part(tuple(("🧊 ", Code(f.id), f" {', '.join(f.environments)}: {f.reason}") for f in frozen), heading="Freezes"))
    return Reply(Card(f"📋 Status of {service or 'all services'}", parts=tuple(parts)))


def _waits(change: Change, work: Work[Status]) -> Line:
    """A change that nobody looked at in production (REC-10)."""
    content, seen = change.content, verifications.of(work.tx, change.id)
    due: Line = (", due ", Moment(seen.due, work.policy.zone_of(content.service))) if seen else ()
    return ("🟡 ", Code(change.id), f" {content.service} {content.version} → {content.environment}, asked by {change.requester_name}", *due)


def _line(change: Change) -> Line:
    emoji, words = STATES[change.state]
    content = change.content
    what = f" {content.service} {content.version} → {content.environment}: {words}, asked by {change.requester_name}"
    return (f"{emoji} ", Code(change.id), what + (f" ({change.why})" if change.why else ""))


command = Command(
    name="status",
    summary="What runs where, and which changes are open.",
    examples=("status", "status api"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Status,
    ask=ask,
    run=status,
)
