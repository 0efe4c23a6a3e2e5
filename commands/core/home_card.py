"""What the App Home shows somebody: what waits for them, their own requests and trains, what runs where, windows, freezes.

Invariant: it tells; whether a button may do what it says is judged when it is pressed, as everywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from commands.core import incident_home
from commands.core import obligations as owed
from commands.core.change_card import STATES
from commands.core.emergency import home as emergency
from commands.core.exempt_card import exception_lines
from commands.core.home_trains import Waiting, roll_calls, to_decide, trains_of
from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part
from commands.core.trains.cadence import in_short
from commands.core.when import allowed_next
from guards.authorization import authorized
from guards.change import Change, Verdict
from guards.decision import Allow, Refuse
from guards.duties import objection
from guards.exemption import Exemption, ExemptionState
from guards.facts import Facts, Request
from guards.independence import independent
from guards.lifecycle import UNDECIDED, State
from guards.opening import Opening, open_now
from guards.sections import Person
from guards.slot import first_slot
from guards.unread import Unread
from guards.vocabulary import Action
from storage import approvals, changes, deployments, exceptions, obligations
from storage.database import Tx

_MOST = 8
"""Things of one kind that are named; more would not be read."""

_SERVICES = 20
_LOOKED = 100
"""Rows of one kind that are looked through for somebody's own."""

Asks = Callable[[Tx, Person, Facts], Sequence[Waiting]]
"""Reads what waits for a person, in the transaction that draws their Home."""


def home_card(tx: Tx, person: Person, facts: Facts) -> Card:
    """All that concerns somebody now.

    Args:
        tx: open.
        person: who looks.
        facts: of nothing in particular: groups, freezes, delegations, the moment and the policy.
    """
    waiting = [each for asks in WAITING for each in asks(tx, person, facts)]
    own = _own(tx, person, facts)
    led, leading = trains_of(tx, person, facts)
    urgent = tuple(emergency.open_lines(tx, facts))
    incidents = incident_home.open_lines(facts)
    nothing: tuple[Line, ...] = (("Nothing waits for you.",),)
    parts = [
        Part(tuple(line for line, _ in waiting) or nothing, heading="Waits for you"),
        *([Part(incidents, heading="Open incidents")] if incidents else []),
        *([Part(tuple(line for line, _ in own), heading="Your open changes")] if own else []),
        *([Part(led, heading="Your trains")] if led else []),
        *([Part(urgent, heading="Emergencies")] if urgent else []),
        Part(tuple(_running(tx, person, facts)), heading="What runs where"),
        Part(tuple(_windows(person, facts)), heading="Next allowed in production"),
        Part(tuple(_freezes(facts)), heading="Freezes"),
    ]
    buttons = (*(button for _, those in (*waiting, *own) for button in those), *leading)
    return Card("🚦 Releases", parts=tuple(parts), buttons=buttons, footer=("as of ", Moment(facts.at, facts.policy.zone)))


# ---------------------------------------------------------------- what waits for somebody


def _to_approve(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """Changes that wait for approval, that this person may approve and has not."""
    for change in changes.undecided(tx, None, limit=_LOOKED):
        content = change.content
        here = replace(facts, change=change)
        asks = Request(Action.APPROVE, person, content.service, content.environment, content.version)
        if change.state is not State.AWAITING or not isinstance(authorized(asks, here), Allow):
            continue
        if isinstance(objection(person, change, here), Refuse) or _decided(tx, person, change, facts):
            continue
        what = f"{content.service} {content.version} → {content.environment}"
        line: Line = ("🕐 ", Code(change.id), f" {what}, asked by {change.requester_name}")
        yield line, (Button(f"Approve {what}", "approve", {"change": change.id, "seen": content.hash}, "primary"),)


def _decided(tx: Tx, person: Person, change: Change, facts: Facts) -> bool:
    """Whether they have approved what it is now."""
    mine = [a for a in approvals.of(tx, change.id) if a.by == person.id and a.verdict is Verdict.APPROVED and a.withdrawn is None]
    return any(a.expires > facts.at and a.content == change.content.hash for a in mine)


def _exceptions(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """Exceptions that wait for approval, that this person may approve."""
    for exemption in exceptions.current(tx, facts.at):
        if exemption.state is ExemptionState.REQUESTED and _may(person, exemption, facts):
            button = Button(f"Approve {exemption.id}", "exception approve", {"exception": exemption.id}, "primary")
            yield exception_lines(exemption, facts)[0], (button,)


def _may(person: Person, exemption: Exemption, facts: Facts) -> bool:
    asks, here = Request(Action.APPROVE_EXCEPTION, person), replace(facts, exception=exemption)
    return isinstance(authorized(asks, here), Allow) and not isinstance(independent(asks, here), Refuse)


def _obligations(tx: Tx, person: Person, facts: Facts) -> Iterator[Waiting]:
    """What this person owes."""
    for one in obligations.still_open(tx, 1000):
        if one.owner == person.id:
            button = owed.done_button(one)
            yield owed.line_of(one, facts), (replace(button, label=f"{one.id} is done"),) if button else ()


def _some(asks: Callable[[Tx, Person, Facts], Iterator[Waiting]]) -> Asks:
    """As many as are read; how many more there are is said."""

    def first(tx: Tx, person: Person, facts: Facts) -> Sequence[Waiting]:
        found = list(asks(tx, person, facts))
        more: list[Waiting] = [((f"and {len(found) - _MOST} more",), ())] if len(found) > _MOST else []
        return [*found[:_MOST], *more]

    return first


WAITING: list[Asks] = [
    _some(each)
    for each in (
        incident_home.led, emergency.to_approve, emergency.to_grant, roll_calls, to_decide, _to_approve, _exceptions, _obligations,
    )
]  # fmt: skip
"""What can wait for people, in this order."""


# ---------------------------------------------------------------- what is somebody's own


def _own(tx: Tx, person: Person, facts: Facts) -> list[Waiting]:
    """The open changes that this person asked for."""
    found: list[Waiting] = []
    for change in (*changes.claimed(tx), *changes.undecided(tx, None, limit=_LOOKED)):
        if change.requester != person.id or len(found) == _MOST:
            continue
        emoji, words = STATES[change.state]
        what = f"{change.content.service} {change.content.version} → {change.content.environment}"
        line: Line = (f"{emoji} ", Code(change.id), f" {what}: {words}" + (f" ({change.why})" if change.why else ""))
        cancel = Button(f"Cancel {what}", "cancel", {"change": change.id}, confirm=f"Take {change.id} back?")
        found.append((line, (cancel,) if change.state in UNDECIDED else ()))
    return found


# ---------------------------------------------------------------- what is everybody's


def _running(tx: Tx, person: Person, facts: Facts) -> Iterator[Line]:
    """What each service runs where, and how it is released; whoever may say that is told where nobody did (TRN-20)."""
    policy, now = facts.policy, {(d.service, d.environment): d for d in deployments.overview(tx, None)}
    released = in_short(tx, policy)
    for service in list(policy.services)[:_SERVICES]:
        line: list[str | Bold | Code] = [Bold(service), ": "]
        for number, environment in enumerate(policy.chain(service)):
            found = now.get((service, environment))
            line += [f"{' · ' if number else ''}{environment} ", Code(found.version) if found else "nothing yet"]
        yield (*line, f" · {released[service]}") if released[service] else tuple(line)
    if len(policy.services) > _SERVICES:
        yield (f"and {len(policy.services) - _SERVICES} more: ", Code("/release status <service>"))
    mine = (Request(Action.TRAIN, person, service, policy.bound_for(service)) for service, said in released.items() if not said)
    if unsaid := [str(asks.service) for asks in mine if isinstance(authorized(asks, facts), Allow)]:
        more = f" and {len(unsaid) - _MOST} more" if len(unsaid) > _MOST else ""
        yield (f"⚠️ Nobody has said how these are released: {', '.join(unsaid[:_MOST])}{more}. ", Code("/release train why <service>"))


def _windows(person: Person, facts: Facts) -> Iterator[Line]:
    """When each production place may change next, those with the same answer together."""
    policy = facts.policy
    alike: dict[Line, list[str]] = {}
    for service in list(policy.services)[:_SERVICES]:
        for environment in sorted(policy.production.intersection(policy.chain(service))):
            request = Request(Action.READ, person, service, environment)
            alike.setdefault(_allowed(request, facts), []).append(f"{service} in {environment}")
    for answer, places in alike.items():
        yield (f"{', '.join(places)}: ", *answer)


def _allowed(request: Request, facts: Facts) -> Line:
    """Whether a place is open now, and until when, or when it may change next; windows, holidays and freezes taken together."""
    zone = facts.policy.zone_of(request.service)
    slot = first_slot(request, facts, facts.at)
    if slot != facts.at:
        return allowed_next(slot, zone)
    now = open_now(request.service, request.environment or "", facts)
    return (f"open now ({now.window}), until ", Moment(now.end, zone)) if isinstance(now, Opening) else ("open at all times",)


def _freezes(facts: Facts) -> Iterator[Line]:
    if isinstance(facts.freezes, Unread):
        yield ("⚠️ could not be read",)
        return
    for freeze in facts.freezes[:_MOST]:
        when: Line = ("until ",) if freeze.active(facts.at) else ("from ", Moment(freeze.start, facts.policy.zone), " until ")
        waits = "" if freeze.in_force else "waits for approval, "
        what = f" {', '.join(freeze.environments)}: {freeze.reason}, {waits}"
        yield ("🧊 ", Code(freeze.id), what, *when, Moment(freeze.until, facts.policy.zone))
    if not facts.freezes:
        yield ("none",)
