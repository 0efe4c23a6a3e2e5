"""What a run would bring if it were cut now, on its card until it is: merged since what production runs, and still open (TRN-13).

Invariant: only the next run of a train is looked at, so that a pull request stands on one card. A burst of merges is one look, and what
could not be read is said; what was read before it stays, with its moment.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from typing_extensions import override

from commands.core.text import Code, Line, Link, Moment, Part
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.read import Look
from commands.core.trains.riding import few
from commands.core.trains.tell import train_card_of
from guards.cut import OpenPull, Rider
from guards.cutting import CUTTABLE
from guards.facts import Facts
from guards.prospect import Prospect
from guards.train import AHEAD, Train, TrainRun, TrainState
from guards.unread import Unread
from guards.vcs import Span
from guards.version import Deployment
from storage import deployments, inbox, prospects, timers, trains
from storage.database import Tx

KIND = "prospect"
"""Of its timers, and of their deliveries."""

PAUSE = timedelta(minutes=5)
"""After main moved it is looked at so much later: what is merged meanwhile is seen by the same look."""

HOUR, DAILY = timedelta(hours=1), timedelta(days=1)
"""It is looked at so often when no webhook tells that main moved, and when a reminder of the cutoff is sent."""

_KEPT = 500
"""Pull requests of one repository that are kept; more are counted at the cutoff."""


def soon(tx: Tx, run: TrainRun, facts: Facts) -> None:
    """Have a run that can be cut looked at now."""
    if run.stage in CUTTABLE:
        timers.ensure(tx, timers.Timer(f"{KIND}:{run.id}", KIND, facts.at, {"run": run.id}))


def pushed(tx: Tx, repository: str, branch: str, facts: Facts) -> None:
    """The VCS says that a branch moved: if it is main, the next run of each train that it rides is looked at in a while.

    Args:
        tx: of the delivery.
        repository: `owner/name` as the VCS writes it.
        branch: its name.
        facts: give the moment and the policy.
    """
    ours = {
        name for name, service in facts.policy.services.items()
        if service.repository.lower() == repository.lower() and service.branch == branch
    }  # fmt: skip
    for train in trains.all_of(tx) if ours else ():
        if train.state is TrainState.PUBLISHED and ours.intersection(train.services) and (run := _next(tx, train)):
            timers.ensure(tx, timers.Timer(f"{KIND}:push:{run.id}", KIND, facts.at + PAUSE, {"run": run.id}))


def _next(tx: Tx, train: Train) -> TrainRun | None:
    """The run that is cut next, once its schedule is published."""
    first = next((run for run in trains.open_runs(tx, train.id) if run.stage in AHEAD), None)
    return first if first and first.stage in CUTTABLE else None


@dataclass(frozen=True, slots=True)
class _Known:
    """What a look begins with: the run and its train, and what production runs of each service."""

    run: TrainRun
    train: Train
    running: dict[str, Deployment | None]


class Prospects(OnBranches):
    """Looks at what runs would bring."""

    @override
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        run_id = str(payload["run"])
        known = await self._store.read(lambda tx: _known(tx, run_id, facts))
        seen = await _seen(self._branches.look(), known, facts) if known else []

        def work(tx: Tx) -> None:
            run = trains.run(tx, run_id)
            train = trains.get(tx, run.train) if run else None
            if run and train and run.stage in CUTTABLE:
                if known and _keep(tx, seen):
                    train_card_of(tx, run, train, facts, correlation)
                timers.set(tx, timers.Timer(f"{KIND}:{run.id}", KIND, _again(run, _next(tx, train), facts), {"run": run.id}))
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def _known(tx: Tx, run_id: str, facts: Facts) -> _Known | None:
    run = trains.run(tx, run_id)
    train = trains.get(tx, run.train) if run else None
    following = _next(tx, train) if train else None
    if run is None or train is None or following is None or following.id != run.id:
        return None
    services = [name for name in train.services if name in facts.policy.services]
    return _Known(run, train, {name: deployments.running(tx, name, facts.policy.bound_for(name)) for name in services})


def _keep(tx: Tx, seen: Sequence[Prospect]) -> bool:
    """Whether anything is otherwise than it was at the look before."""
    before = {one.repository: one for one in prospects.of_run(tx, seen[0].run)} if seen else {}
    moved = False
    for one in seen:
        was = before.get(one.repository)
        now = one.over(was) if was else one
        prospects.put(tx, now)
        moved = moved or was is None or not now.same(was)
    return moved


def _again(run: TrainRun, following: TrainRun | None, facts: Facts) -> datetime:
    """When it is looked at again: when its captain is reminded of the cutoff, and each day; one that is not the next, once that is cut."""
    if following and following.id != run.id:
        return min(facts.at + DAILY, max(following.schedule.cutoff + PAUSE, facts.at + HOUR))
    reminders = (run.schedule.cutoff - offset + _spread(run) for offset in facts.policy.trains.reminders.cutoff)
    return min([facts.at + DAILY, *(moment for moment in reminders if moment > facts.at)])


def _spread(run: TrainRun) -> timedelta:
    """So much later than others of the same cutoff, less than `PAUSE`: many trains are cut at noon, and version control has limits."""
    return PAUSE * (int.from_bytes(blake2s(run.id.encode(), digest_size=2).digest()) / 2**16)


# ---------------------------------------------------------------- what is read


async def _seen(look: Look, known: _Known, facts: Facts) -> list[Prospect]:
    """Each repository whose history is read at all."""
    told = {name for name in known.running if facts.policy.services[name].history}
    wanted = look.repositories(name for name in known.train.services if name in told)
    return list(await asyncio.gather(*(_one(look, known, repository, services, facts) for repository, services in wanted.items())))


async def _one(look: Look, known: _Known, repository: str, services: tuple[str, ...], facts: Facts) -> Prospect:
    nothing = Prospect(known.run.id, repository, facts.at, None)
    main = facts.policy.services[services[0]].branch
    head, base, waiting = await asyncio.gather(
        look.head(services[0], main), look.base(services, known.running), look.open_pulls(services[0], main)
    )
    if not isinstance(head, str):
        return replace(nothing, lost=_why(head) if isinstance(head, Unread) else f"there is no {head.what}")
    for read in (base, waiting):
        if isinstance(read, Unread):
            return replace(nothing, lost=_why(read))
    if not isinstance(base, str):
        return replace(nothing, lost="nothing of it runs in production that main could be compared with")
    work = await look.span(services[0], base, head)
    if not isinstance(work, Span):
        return replace(nothing, lost=_why(work) if isinstance(work, Unread) else f"there is no {work.what}")
    merged = tuple(Rider(pull.number, pull.title, pull.url, merged=pull.merged) for pull in work.pulls[-_KEPT:])
    assert isinstance(waiting, tuple)
    return replace(nothing, head=head, included=merged, waiting=tuple(_open(pull) for pull in waiting[:_KEPT]))


def _open(pull: OpenPull) -> Rider:
    return Rider(pull.number, pull.title, pull.url, ", ".join(sorted(pull.labels)[:3]))


def _why(lost: Unread) -> str:
    return f"could not read {lost.what}" + (f" ({lost.why})" if lost.why else "")


# ---------------------------------------------------------------- what is shown


def so_far(tx: Tx, run: TrainRun, zone: str) -> Iterator[Part]:
    """The parts of a run's card while it is not cut.

    Args:
        run: any; one that is cut has none.
        zone: of its train.
    """
    seen = prospects.of_run(tx, run.id) if run.stage in CUTTABLE else ()
    if lost := [one for one in seen if one.lost]:
        yield Part(tuple((f"{one.repository}: {one.lost}",) for one in lost), heading="⚠️ What it would bring is not known now")
    read = [one for one in seen if one.head]
    if not read:
        return
    inside = [_line(one, rider) for one in read for rider in reversed(one.included)]
    outside = [_line(one, rider) for one in read for rider in one.waiting]
    as_of: Line = ("As of ", Moment(min(one.at for one in read), zone), "; the cutoff decides.")
    yield Part((*few(inside, ""), as_of), heading=f"🎫 In so far: {len(inside)}")
    if outside:
        yield Part(few(outside, ""), heading=f"🚏 Not merged yet: {len(outside)}")


def _line(one: Prospect, rider: Rider) -> Line:
    labels: Line = (" ", Code(rider.why)) if rider.why else ()
    return (Link(rider.url, f"#{rider.number}"), f" {rider.title} ({one.repository})", *labels)
