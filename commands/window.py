"""/release window [service] [environment] | list: when production may change, and when the asker's own changes may go (CMD-14, WIN-16)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from commands.core.cards import note
from commands.core.change_card import STATES
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.inside import inside
from commands.core.requests import at_dispatch
from commands.core.text import Bold, Card, Code, Line, Moment, Part
from commands.core.when import allowed_next
from commands.core.words import Arguments, EnvironmentName, NoArguments, ServiceName
from guards.authorization import authorized
from guards.change import Change
from guards.facts import Facts, Request
from guards.freezing import holds
from guards.opening import Rule, gated, holiday_on, openings, rules_of
from guards.slot import first_slot, next_slot
from guards.unread import Unread
from guards.vocabulary import Action, Weekday
from storage import changes

DAYS = 7
"""Today, and the days after it that are shown."""

_SERVICES = 20
_MINE = 10
"""Services, and changes of the asker, that one answer shows; the rest is counted."""


class Places(Arguments):
    """A place; left out: every service in production."""

    service: ServiceName | None = None
    environment: EnvironmentName | None = None


def ask(args: Arguments, asker: Asker) -> Ask:
    """Windows are read; nothing moves."""
    return Ask()


def windows(work: Work[NoArguments]) -> Reply:
    """Each window as the policy writes it."""
    policy = work.policy
    lines: list[Line] = []
    for name, w in policy.windows.items():
        zone = w.zone or policy.zone
        where = f"{', '.join(w.services or ['all services'])} in {', '.join(w.environments or sorted(policy.production))}"
        holidays = f", not on holidays of {', '.join(w.holidays)}" if w.holidays else ""
        support = f"; support: {w.support}" if w.support else ""
        lines.append((Bold(name), f": {w.recurrence} {w.start:%H:%M} to {w.end:%H:%M} {zone}{holidays}, {where}{support}"))
    holidays = f" and on public holidays of {', '.join(policy.holidays)}" if policy.holidays else ""
    lines.append((f"Closed on {', '.join(policy.closed_weekdays) or 'no weekday'}{holidays}.",))
    return Reply(note("🗓️ Change windows", *lines))


def now_and_next(work: Work[Places]) -> Reply:
    """Today and the days ahead for each place, those that are alike together, and when the asker's own changes may go."""
    policy, args = work.policy, work.args
    alike: dict[tuple[Line, ...], list[str]] = {}
    for environment in [args.environment] if args.environment else sorted(policy.production):
        for service in [args.service] if args.service else list(policy.services)[:_SERVICES]:
            request = Request(Action.READ, work.asker.person, service, environment)
            alike.setdefault(tuple(_place(request, work.facts)), []).append(f"{service} in {environment}")
    parts = [Part(lines, heading=", ".join(places)) for lines, places in alike.items()]
    mine = [c for c in changes.undecided(work.tx, args.service, limit=200) if c.requester == work.asker.person.id]
    if mine:
        parts.append(Part(tuple(_mine(work, change) for change in mine[:_MINE]), heading="Your changes"))
    left = () if args.service else list(policy.services)[_SERVICES:]
    parts += [Part(((f"{len(left)} more services are left out. ", Code("/release window <service>"), " shows each."),))] if left else []
    if len(mine) > _MINE:
        parts.append(Part(((f"{len(mine) - _MINE} more of your changes are left out; ", Code("/release changes"), " has them."),)))
    return Reply(Card("🗓️ When may it go?", parts=tuple(parts)))


def _place(request: Request, facts: Facts) -> Iterator[Line]:
    """The next allowed time, each day with its openings, and the freezes that fall into these days."""
    zone = facts.policy.zone_of(request.service)
    slot = first_slot(request, facts, facts.at)
    yield (Bold("Now"), ": open") if slot == facts.at else (Bold("Now"), ": closed; ", *allowed_next(slot, zone))
    if not gated(facts.policy, request.service, request.environment or ""):
        yield ("It has no windows: it is open at all times.",)
        return
    rules = rules_of(request.service, request.environment or "", facts)
    if isinstance(rules, Unread):
        return
    today = facts.at.astimezone(ZoneInfo(zone)).date()
    for n in range(DAYS):
        day = today + timedelta(days=n)
        yield (Bold("Today" if n == 0 else f"{day:%a %-d %b}"), ": ", *_day(rules, day, zone, facts))
    last = facts.at + timedelta(days=DAYS)
    for freeze in () if isinstance(facts.freezes, Unread) else facts.freezes:
        if holds(freeze, request) and freeze.start < last:
            yield ("🧊 ", Code(freeze.id), f" ({freeze.kind}) ", Moment(freeze.start, zone), " to ", Moment(freeze.until, zone))


def _day(rules: Iterable[Rule], day: date, zone: str, facts: Facts) -> Line:
    """What opens on a day of the service's zone, or why nothing does."""
    begin, end = (datetime.combine(at, time(0), ZoneInfo(zone)).astimezone(UTC) for at in (day, day + timedelta(days=1)))
    said: list[str | Moment] = []
    for opening in openings(rules, begin, end):
        if opening.start >= begin:
            said += ["; " if said else "", f"{opening.window} ", Moment(opening.start, zone), " to ", Moment(opening.end, zone)]
    if said:
        return tuple(said)
    if Weekday.of(day) in facts.policy.closed_weekdays:
        return ("closed, as every " + day.strftime("%A"),)
    holiday = holiday_on(rules, begin + (end - begin) / 2)
    return (f"closed: {holiday}",) if holiday else ("closed",)


def _mine(work: Work[Places], change: Change) -> Line:
    """When one of the asker's changes may go, by its risk as it was judged last, and what it waits for besides time."""
    facts = inside(work.tx, Ask(change=change.id), work.facts, only_reading=True)
    content = change.content
    slot = next_slot(at_dispatch(change, replace(facts, change=change)), facts, change.assessed)
    zone = work.policy.zone_of(content.service)
    when: Line = ("it may go now",) if slot == work.at else allowed_next(slot, zone)
    emoji, words = STATES[change.state]
    return (f"{emoji} ", Code(change.id), f" {content.service} {content.version} → {content.environment}: {words}; ", *when)


window_list = Command(
    name="window list",
    summary="The change windows, as the policy writes them.",
    examples=("window list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=ask,
    run=windows,
)

command = Command(
    name="window",
    summary="When services may change: today, this week, and your own changes.",
    examples=("window", "window api", "window api production"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Places,
    ask=ask,
    run=now_and_next,
)
