"""What is left to do before a run is closed: its notes are published, its release branches are removed; the bot sees both (TRN-18).

Invariant: each is owed once, by whoever leads the run, and ends when it was found to be so, never by a read that failed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import override

from commands.core import obligations as owing
from commands.core import record
from commands.core.text import Button
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.run_work import RunWork
from commands.core.trains.standing import candidate_of
from guards.cut import Cut, CutState
from guards.facts import Facts
from guards.obligation import Obligation, Owed
from guards.policy import Policy
from guards.release import ReleaseNotes
from guards.retrospective import OVER
from guards.train import TrainRun
from guards.unread import Absent, Unread
from guards.vocabulary import Requirement
from storage import cuts, inbox, obligations, releases, timers, trains
from storage.database import Tx

KIND = "removal"
"""Of the timers by which it is looked whether a run's branches are gone."""

LEAST = timedelta(days=1)
"""Left for what a run owes when it departs, though its schedule wants it done already."""

SOON = timedelta(seconds=1)
"""After this it is looked first: a timer that is set for the very moment at which it fired last would not come again."""


def owe(tx: Tx, run: TrainRun, facts: Facts, correlation: str) -> None:
    """Have the captain owe what is not so yet, unless it is or was owed.

    Args:
        tx: open.
        run: one that departed, or stopped on its way.
        facts: give the moment and the policy.
        correlation: of what it follows from.
    """
    known = {(one.kind, one.service) for one in obligations.about(tx, run.id)}
    for service, version in _asked_notes(tx, run, facts.policy).items():
        if (Owed.RELEASE_NOTES, service) not in known and not _stand(releases.notes(tx, service, version), service, facts.policy):
            text = f"Publish the release notes of {service} {version}: /release notes publish {service} {version}"
            _owe(tx, run, Owed.RELEASE_NOTES, service, text, facts, correlation)
    for cut in _branched(tx, run.id):
        kept = facts.policy.stabilization.keeps(cut.branch, cut.services)
        if (kept is None or kept.until < facts.at.date()) and (Owed.BRANCH_REMOVAL, cut.services[0]) not in known:
            text = f"Remove the branch {cut.branch} of {cut.repository}; its tags and the record stay."
            _owe(tx, run, Owed.BRANCH_REMOVAL, cut.services[0], text, facts, correlation)
    if _removals(tx, run.id):
        look(tx, run.id, facts.at + SOON)


def _owe(tx: Tx, run: TrainRun, kind: Owed, service: str, text: str, facts: Facts, correlation: str) -> None:
    due = max(run.schedule.closing, facts.at + LEAST)
    number = obligations.next_id(tx, facts.at.date())
    one = Obligation(number, kind, run.id, service, text, run.captain, run.captain_name, due, facts.at, record.CLOCK.id)
    owing.owe(tx, one, record.CLOCK, facts, correlation)


def _asked_notes(tx: Tx, run: TrainRun, policy: Policy) -> Mapping[str, str]:
    """Service → version of what the run brought, where the policy asks for release notes."""
    train = trains.get(tx, run.train)
    candidate = candidate_of(tx, run, train) if train else None
    return {
        entry.service: entry.version
        for entry in (candidate.entries if candidate else ())
        if entry.service in policy.services and Requirement.NOTES in policy.required(entry.service, policy.bound_for(entry.service))
    }


def _stand(notes: ReleaseNotes | None, service: str, policy: Policy) -> str:
    """What shows that notes are published, and stand where the policy has them published; "" when they do not."""
    if notes is None or notes.published is None:
        return ""
    return (notes.url or "") if policy.services[service].publish else f"published by {notes.name}"


def _branched(tx: Tx, run: str) -> list[Cut]:
    return [cut for cut in cuts.of_run(tx, run) if cut.branch and cut.state is CutState.CUT]


def _removals(tx: Tx, run: str) -> dict[str, Obligation]:
    """Service of the cut → what is still owed for its branch."""
    return {one.service or "": one for one in obligations.about(tx, run) if one.kind is Owed.BRANCH_REMOVAL and one.done is None}


def look(tx: Tx, run: str, at: datetime) -> None:
    """Have it looked whether the branches of a run are gone."""
    timers.set(tx, timers.Timer(f"{KIND}:{run}", KIND, at, {"run": run}))


def moved(tx: Tx, run: str, facts: Facts) -> None:
    """The VCS says that a branch of a run moved: where its removal is owed, it may be gone."""
    if _removals(tx, run):
        look(tx, run, facts.at + SOON)


def notes_published(tx: Tx, service: str, version: str, facts: Facts, correlation: str) -> None:
    """The notes of a version were published: whoever owes that for a run owes it no more.

    Args:
        tx: of the publication.
        facts: give the moment and the policy.
    """
    shown = _stand(releases.notes(tx, service, version), service, facts.policy)
    for one in obligations.open_of(tx, Owed.RELEASE_NOTES, service) if shown else ():
        work = RunWork.begin(tx, one.about, facts, correlation)
        if work and _asked_notes(tx, work.run, facts.policy).get(service) == version:
            owing.discharge(tx, one, shown, record.CLOCK, facts, correlation)
            _settled(work)


class Removal(OnBranches):
    """Looks whether the release branches of runs are gone."""

    @override
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        run, reader = str(payload["run"]), self._branches.look()
        made, owed = await self._store.read(lambda tx: (_branched(tx, run), _removals(tx, run)))
        found: dict[str, str | Absent | Unread] = {}
        for cut in made:
            there = next((service for service in cut.services if service in facts.policy.services), None)
            if there and cut.services[0] in owed:
                found[cut.services[0]] = await reader.head(there, cut.branch)

        def work(tx: Tx) -> None:
            if about := RunWork.begin(tx, run, facts, correlation):
                _seen(about, made, found)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def _seen(work: RunWork, made: list[Cut], found: Mapping[str, str | Absent | Unread]) -> None:
    open_ = _removals(work.tx, work.run.id)
    gone = [cut for cut in made if cut.services[0] in open_ and isinstance(found.get(cut.services[0]), Absent)]
    for cut in gone:
        shown = f"{cut.branch} is gone from {cut.repository}"
        owing.discharge(work.tx, open_[cut.services[0]], shown, record.CLOCK, work.facts, work.correlation)
    if gone:
        _settled(work)
    if len(gone) < len(open_) and work.run.stage in OVER:
        look(work.tx, work.run.id, work.facts.at + work.facts.policy.stabilization.look_again)


def _settled(work: RunWork) -> None:
    """Say so when nothing of a run is owed any more."""
    owed = obligations.about(work.tx, work.run.id)
    if work.run.stage in OVER and all(one.done for one in owed) and any(one.kind is Owed.RETROSPECTIVE for one in owed):
        close = Button("Close the run", "train close", {"train": work.run.id}, "primary")
        work.tell(f"📦 Nothing of {work.run.id} is owed any more", buttons=(close,), part="settled")
