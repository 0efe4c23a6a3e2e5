"""What must be so after whatever was done to the bot: the promises of docs/design.md, read from the database, from CI and from Slack."""

from collections import Counter
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from commands.core.change_card import STATES
from commands.core.ports.ci import RunState
from guards.change import Change
from guards.lifecycle import State
from storage import audit, cards, chain, changes, inbox, outbox, timers
from storage.database import Tx
from tests.torture.town import Town

_DEAD = sa.text("SELECT kind, why FROM outbox WHERE state = 'dead'")
_CLAIMS = sa.text("SELECT key FROM claim")
ONCE = ("change:requested", "run:succeeded", "change:succeeded")
AT_MOST_ONCE = ("dispatch:started", "log:kept")
"""What the ledger has once of each change that went to its end, and what it may lack: CI's report came first; its log is copied later."""


def rests(town: Town) -> Callable[[Tx], bool]:
    """Whether nothing is at work any more: no delivery, no message, no timer that is due."""

    def nothing(tx: Tx) -> bool:
        due = timers.next_due(tx)
        return not (inbox.backlog(tx) or outbox.pending(tx) or (due and due <= town.clock.now()))

    return nothing


async def everything_is_proved(town: Town) -> Sequence[Change]:
    """All changes, each of which went to its end: ordered from CI once, told truly, its place free; and the ledger is whole."""
    rows = await town.store.read(lambda tx: list(audit.rows(tx)))
    head = await town.store.read(audit.head)
    whole = chain.verify(rows, head)
    assert isinstance(whole, chain.Sound), whole
    assert not (held := await town.store.read(lambda tx: tx.run(_CLAIMS).all())), held
    assert not (dead := await town.store.read(lambda tx: tx.run(_DEAD).all())), dead
    found = await town.store.read(lambda tx: changes.recent(tx, None, 10_000))
    assert [c.id for c in found if c.state is not State.SUCCEEDED] == []
    assert [row.correlation for row in rows if row.tag == "fault:given-up"] == []
    entries = Counter((row.subject, row.tag) for row in rows)
    asked = await town.runs()
    for change in found:
        await _told_truly(town, change)
        mine = [run for run in asked if run.order.change == change.id]
        assert [(run.state, run.order.digest) for run in mine] == [(RunState.SUCCEEDED, change.content.digest)], (change.id, mine)
        told = {tag: entries[change.id, tag] for tag in (*ONCE, *AT_MOST_ONCE)}
        assert all(told[tag] == 1 for tag in ONCE) and max(told.values()) == 1, (change.id, told)
    assert len(asked) == len(found), [run.order.key for run in asked]
    return found


async def _told_truly(town: Town, change: Change) -> None:
    """It has one card, which says what the database says; its log says each thing once."""
    place = await town.store.read(lambda tx: cards.place(tx, change.id))
    assert place, f"{change.id} has no card"
    everything = town.slack.messages(town.slack.state.channels[place.channel])
    content, (emoji, words) = change.content, STATES[change.state]
    title = f"{emoji} {content.service} {content.version} → {content.environment}: {words}"
    mine = [
        m
        for m in everything
        if m.thread_ts in {None, m.ts} and f" {content.service} {content.version} → {content.environment}:" in m.as_text()
    ]
    titles = [(m.ts, m.as_text().splitlines()[0]) for m in mine if not m.as_text().startswith("📌")]  # an emergency has a card of its own
    assert titles == [(place.ts, title)], titles
    log = [m.as_text() for m in everything if m.thread_ts == place.ts and m.ts != place.ts]
    assert len(log) == len(set(log)), log
