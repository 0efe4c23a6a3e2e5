"""Links a GitHub account step by step: a code from GitHub, the person's yes there, then their yes in Slack (RBAC-01, SOD-12).

Invariant: every step is a timer's delivery, so none is lost when the process dies; nothing is linked here, only asked: the person's word
in Slack links (`commands/link.py`).
"""

from dataclasses import replace
from datetime import timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.ports.clock import Clock
from commands.core.ports.people import DeviceCode, NotGiven, SignIn, StillWaiting, VcsAccount
from commands.core.record import Actor
from commands.core.tell import reply_to
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part, worded
from guards.facts import Facts
from guards.identity import Linking
from guards.links import taken
from guards.policy import Policy
from guards.unread import Unread
from storage import inbox, links, timers
from storage.database import Store, Tx

KIND = "link"
"""Of the timers."""

PATIENCE = timedelta(minutes=15)
"""How long the person has to confirm in Slack what GitHub said, and GitHub to hand out a code."""

_LEAST = 1.0
"""Seconds between two questions, whatever GitHub says."""

_SLOWER = 5.0
"""Seconds that a `slow_down` adds to the interval (RFC 8628, 3.5)."""

_Found = DeviceCode | VcsAccount | StillWaiting | NotGiven | Unread


def ask_again(tx: Tx, linking: Linking, facts: Facts) -> None:
    """Have the next step done: at once when nothing was asked yet, else after GitHub's interval, and when it ends at the latest."""
    if linking.login:
        due = linking.expires
    elif linking.device:
        due = min(facts.at + timedelta(seconds=max(linking.interval, _LEAST)), linking.expires)
    else:
        due = facts.at
    timers.set(tx, timers.Timer(timer_of(linking), KIND, due, {"person": linking.person}))


def timer_of(linking: Linking) -> str:
    """The key of an attempt's timer; a new attempt has one of its own, so that none is taken for a delivery of the one before."""
    return f"link:{linking.slack}:{linking.started.isoformat()}"


class SignInSteps:
    """Carries out the steps.

    Args:
        policy: in force.
        store: the database.
        sign_in: GitHub.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, sign_in: SignIn, clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._sign_in = sign_in
        self._clock = clock

    async def carry(self, delivered: inbox.Taken) -> None:
        """Do the next step of a person's attempt; the delivery is marked done in the transaction of its effects."""
        person, correlation = str(delivered.delivery.payload["person"]), delivered.delivery.correlation
        was = await self._store.read(lambda tx: links.attempt(tx, person))
        found = await self._next(was) if was else None

        def work(tx: Tx) -> None:
            facts = Facts(at=self._clock.now(), policy=self._policy)
            now = links.attempt(tx, person)
            if found and now == was:  # not begun anew, given up or confirmed while GitHub was asked
                assert now is not None
                _go_on(tx, now, found, facts, correlation)
            inbox.done(tx, delivered.id, None)

        await self._store.write(work)

    async def _next(self, linking: Linking) -> _Found:
        if self._clock.now() >= linking.expires:
            return NotGiven("You did not confirm it in time." if linking.login else "The code ran out before it was used.")
        if linking.login:
            return StillWaiting()
        return await (self._sign_in.outcome(linking.device) if linking.device else self._sign_in.begin())


def _go_on(tx: Tx, linking: Linking, found: _Found, facts: Facts, correlation: str) -> None:
    """What the outcome of a step means for the attempt."""
    match found:
        case DeviceCode():
            lasts = min(timedelta(seconds=found.lasts), PATIENCE)
            linking = links.keep(tx, replace(linking, device=found.device, interval=found.interval, expires=facts.at + lasts))
            _tell(tx, linking, _code_card(linking, found, facts.policy.zone), facts, correlation)
            ask_again(tx, linking, facts)
        case VcsAccount():
            _named(tx, linking, found, facts, correlation)
        case StillWaiting():
            slower = linking.interval + _SLOWER if found.slower else linking.interval
            ask_again(tx, links.keep(tx, replace(linking, interval=max(found.interval or 0.0, slower))), facts)
        case Unread() if linking.device:
            ask_again(tx, linking, facts)  # until the code runs out
        case Unread():
            why = f"Could not read {found.what}: {found.why}."
            give_up(tx, linking, why, facts, correlation)
            _tell(
                tx,
                linking,
                note("⚠️ Cannot link an account now", (why,), ("→ Ask whoever runs the bot, or try again later.",)),
                facts,
                correlation,
            )
        case NotGiven(why=why):
            give_up(tx, linking, why, facts, correlation)
            again: Line = ("→ To begin anew: ", Code("/release link github"))
            _tell(tx, linking, note("⚪ No account was linked", (why,), again), facts, correlation)


def give_up(tx: Tx, linking: Linking, why: str, facts: Facts, correlation: str, code: str | None = None) -> None:
    """End an attempt without a link, and record why."""
    links.forget(tx, linking.person)
    timers.cancel(tx, timer_of(linking))
    record.write(
        tx, "link:refused", Actor(linking.person, linking.name), facts, correlation, subject=linking.person, why=why, code=code,
        login=linking.login, number=linking.number,
    )  # fmt: skip


def _named(tx: Tx, linking: Linking, account: VcsAccount, facts: Facts, correlation: str) -> None:
    """GitHub named the account: unless it is somebody else's, the person is asked."""
    linking = links.keep(
        tx,
        replace(linking, device=None, login=account.login, number=account.number, linked=facts.at, expires=facts.at + PATIENCE),
    )
    if no := taken(linking, facts.policy):
        give_up(tx, linking, no.why, facts, correlation, no.code.value)
        _tell(
            tx,
            linking,
            note("⛔ Refused: link github", worded(no.why), ("→ ", *worded(no.remedy)), ("reason: ", Code(no.code.value))),
            facts,
            correlation,
        )
        return
    ask_again(tx, linking, facts)
    _tell(tx, linking, _confirm_card(linking, account.login, facts.policy.zone), facts, correlation)


def _code_card(linking: Linking, code: DeviceCode, zone: str) -> Card:
    lines: tuple[Line, ...] = (
        ("Open ", Link(code.address, code.address), " and type ", Code(code.user)),
        ("The code counts until ", Moment(linking.expires, zone), ". Type it only if you asked for it yourself."),
    )
    return Card("🔗 Tell GitHub that it is you", parts=(Part(lines),), buttons=(Button("Stop", "link cancel", {}),))


def _confirm_card(linking: Linking, login: str, zone: str) -> Card:
    lines: tuple[Line, ...] = (
        ("GitHub says that you are ", Bold(login), ". Is this account yours, ", linking.person, "?"),
        ("From then on, work and reviews by it count as yours. Answer until ", Moment(linking.expires, zone), "."),
    )
    buttons = (
        Button("Yes, link it", "link confirm", {"login": login}, "primary"),
        Button("No", "link cancel", {}),
    )
    return Card(
        f"🔗 Link {login} to you?", parts=(Part(lines),), buttons=buttons, footer=("or type ", Code(f"/release link confirm {login}"))
    )


def _tell(tx: Tx, linking: Linking, card: Card, facts: Facts, correlation: str) -> None:
    """In a direct message: the person is in the browser meanwhile."""
    reply_to(tx, linking.slack, card, facts.at, correlation, channel=None, answer_to=None)
