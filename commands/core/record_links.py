"""Looks whether the links in records still lead somewhere, and tells of one that does not, once (REC-19).

Invariant: at most so many are looked at in one beat, all at once and within one time limit; what could not be read changes nothing but
when it is tried again.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.deadline import Deadline
from commands.core.ports.clock import Clock
from commands.core.ports.links import Broken, Leads, Links
from commands.core.record import CLOCK
from commands.core.tell import alert, log_of
from commands.core.text import Code, Line, Moment, Part
from guards.facts import Facts
from guards.policy import Policy
from guards.record_links import RecordLink, links_in
from guards.unread import Unread
from storage import changes, inbox, obligations, record_links, releases, timers
from storage.database import Store, Tx

KIND = "links"
"""Of the timer that has links looked at, and of its delivery."""

AT_ONCE = 10
"""Links that are looked at in one beat."""

SECONDS = 15.0
"""For all of a beat."""

SOON = timedelta(minutes=1)
"""Between two beats, and before a new link is looked at: most are written a moment before what is behind them."""

AGAIN = timedelta(hours=6)
"""After this what could not be read is tried again."""

_SHOWN = 10


def note_links(tx: Tx, service: str, version: str, facts: Facts) -> None:
    """Remember which links stand in a record now; to be called by whatever writes into one.

    Args:
        tx: of what was written.
        facts: give the moment and the policy.
    """
    if facts.policy.looks_at_links:
        record_links.stand(tx, service, version, links_in(_texts(tx, service, version)), facts.at + SOON)
        timers.ensure(tx, timers.Timer(KIND, KIND, facts.at + SOON, {}))


def _texts(tx: Tx, service: str, version: str) -> Iterable[str]:
    """All that people and CI wrote into the record of a version."""
    if text := releases.record(tx, service, version):
        yield from (text.issues, text.rollback, *(asdict(text.revert).values() if text.revert else ()))
    if notes := releases.notes(tx, service, version):
        yield from (notes.url or "", notes.whole)
    for change in changes.of_version(tx, service, version):
        yield change.run_url or ""
        yield from (one.evidence for one in obligations.about(tx, change.id))


class LookAtLinks:
    """Carries out the beat.

    Args:
        policy: in force.
        store: the database.
        links: looks at one.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, links: Links, clock: Clock) -> None:
        self._policy, self._store, self._links, self._clock = policy, store, links, clock

    async def carry(self, taken: inbox.Taken) -> None:
        """One beat: look at those that are due, and set the timer for what comes next."""
        now = self._clock.now()
        due = await self._store.read(lambda tx: record_links.due(tx, now, AT_ONCE)) if self._policy.looks_at_links else ()
        deadline = Deadline(SECONDS)
        answers = await asyncio.gather(*(deadline.read(f"the link {one.url}", self._links.look, one.url) for one in due))

        def work(tx: Tx) -> None:
            facts = Facts(at=self._clock.now(), policy=self._policy)
            for one, answer in zip(due, answers, strict=True):
                _found(tx, one, answer, facts, taken.delivery.correlation)
            _beat_again(tx, facts)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def begin(tx: Tx, facts: Facts) -> None:
    """At the start of the bot: look from now on, where the policy asks for it."""
    if facts.policy.looks_at_links:
        _beat_again(tx, facts)
    else:
        timers.cancel(tx, KIND)


def _beat_again(tx: Tx, facts: Facts) -> None:
    """The next beat comes when something is due; without any link, when one is written."""
    if facts.policy.looks_at_links and (due := record_links.next_due(tx)):
        timers.set(tx, timers.Timer(KIND, KIND, max(due, facts.at + SOON), {}))


def _found(tx: Tx, was: RecordLink, answer: Leads | Broken | Unread, facts: Facts, correlation: str) -> None:
    every = facts.policy.record_links.every
    if isinstance(answer, Unread):
        why = was.why if was.broken else answer.why or "it could not be read"
        now = replace(was, due=facts.at + min(AGAIN, every), why=why)
    elif isinstance(answer, Broken):
        now = replace(was, due=facts.at + every, looked=facts.at, broken=was.broken or facts.at, why=answer.why)
    else:
        now = replace(was, due=facts.at + every, looked=facts.at, broken=None, why="")
    if not record_links.found(tx, now) or (was.broken is None) == (now.broken is None):
        return
    tag = "link:broken" if now.broken else "link:mended"
    subject = f"{was.service} {was.version}"
    record.write(
        tx, tag, CLOCK, facts, correlation, subject=subject, service=was.service, version=was.version, url=was.url, why=now.why
    )  # fmt: skip
    if now.broken:
        _tell(tx, now, facts, correlation)


def _tell(tx: Tx, link: RecordLink, facts: Facts, correlation: str) -> None:
    """In the thread of the version's newest card; where it has none, in the alert channel."""
    asked = changes.of_version(tx, link.service, link.version)
    said = f"A link in the release record of {link.service} {link.version} leads nowhere: {link.url} ({link.why})."
    if asked and link.service in facts.policy.services:
        log_of(tx, asked[-1], facts, correlation, f"⚠️ {said}")
    else:
        alert(tx, facts, note("⚠️ A link leads nowhere", (said,)), correlation)


def link_part(tx: Tx, service: str, version: str, facts: Facts) -> tuple[Part, ...]:
    """What a record shows of its links: how many there are, those that lead nowhere, and those that could not be read."""
    known = record_links.of(tx, service, version)
    if not known or not facts.policy.looks_at_links:
        return ()
    zone = facts.policy.zone_of(service)
    broken, unread = [one for one in known if one.broken], [one for one in known if not one.broken and one.why]
    lines: list[Line] = [(f"{len(known)} in all, {len(broken)} broken, {len(unread)} could not be read",)]
    lines += [("⛔ ", Code(one.url), f": {one.why}, since ", Moment(one.broken, zone)) for one in broken[:_SHOWN] if one.broken]
    lines += [("⚠️ ", Code(one.url), f": not read ({one.why})") for one in unread[:_SHOWN]]
    return (Part(tuple(lines), heading="Links"),)
