"""/release window list | next [service] [environment]: when production may change (CMD-14)."""

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.text import Bold, Card, Line, Moment, Part
from commands.core.words import Arguments, EnvironmentName, ServiceName
from guards.authorization import authorized
from guards.facts import Request
from guards.vocabulary import Action
from guards.window import next_slot, open_now


class Windows(Arguments):
    """No words: all windows."""


class Next(Arguments):
    """A place; left out: every service in production."""

    service: ServiceName | None = None
    environment: EnvironmentName | None = None


def ask(args: Arguments, asker: Asker) -> Ask:
    """Windows are read; nothing moves."""
    return Ask()


def windows(work: Work[Windows]) -> Reply:
    """Each window as the policy writes it."""
    policy = work.policy
    lines: list[Line] = []
    for name, w in policy.windows.items():
        days = ", ".join([*w.days, *(f"{d}" for d in w.dates)])
        zone = w.zone or policy.zone
        where = f"{', '.join(w.services or ['all services'])} in {', '.join(w.environments or sorted(policy.production))}"
        support = f"; support: {w.support}" if w.support else ""
        lines.append((Bold(name), f": {days} {w.start:%H:%M} to {w.end:%H:%M} {zone}, {where}{support}"))
    lines.append((f"Closed on {', '.join(policy.closed_weekdays) or 'no weekday'}.",))
    return Reply(note("🗓️ Change windows", *lines))


def upcoming(work: Work[Next]) -> Reply:
    """When each place opens, with freezes taken into account."""
    policy = work.policy
    parts = []
    for service in [work.args.service] if work.args.service else list(policy.services)[:20]:
        lines: list[Line] = []
        zone = policy.zone_of(service)
        for environment in [work.args.environment] if work.args.environment else sorted(policy.production):
            now = open_now(policy, service, environment, work.at)
            slot = next_slot(Request(Action.READ, work.asker.person, service, environment), work.facts)
            where: Line = (Bold(environment), ": ")
            if now and slot == work.at:
                lines.append((*where, f"open now ({now.window}), until ", Moment(now.end, zone)))
            elif slot == work.at:
                lines.append((*where, "open at all times"))
            else:
                lines.append((*where, "next allowed ", Moment(slot, zone)) if slot else (*where, "no opening in sight"))
        parts.append(Part(tuple(lines), heading=service or ""))
    return Reply(Card("🗓️ Next allowed", parts=tuple(parts)))


window_list = Command(
    name="window list",
    summary="The change windows.",
    examples=("window list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=Windows,
    ask=ask,
    run=windows,
)

window_next = Command(
    name="window next",
    summary="When a service may change next.",
    examples=("window next", "window next api production"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Next,
    ask=ask,
    run=upcoming,
)
