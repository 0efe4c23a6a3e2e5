"""The end of a run: its retrospective is owed and recorded, and the run is closed (TRN-17, TRN-18, MET-08).

Invariant: of one run one retrospective is owed, by who leads it; the obligation's timer reminds of it, nothing else does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from commands.core import obligations as owing
from commands.core import record
from commands.core.cards import note
from commands.core.command import Reply
from commands.core.text import Bold, Button, Code, Line, Moment
from commands.core.trains import closing
from commands.core.trains.plan import unset_timers
from commands.core.trains.run_work import RunWork
from commands.core.trains.tell import train_card_of
from commands.core.trains.tracking import tracking
from guards.cut import CutState
from guards.facts import Facts
from guards.go import GoDecision, Outcome, of_manifest
from guards.obligation import Aftermath, Obligation, Owed
from guards.policy import Policy
from guards.retrospective import OVER, Spans, average, spans
from guards.sections import Person
from guards.train import Stage, Train, TrainRun
from storage import audit, changes, cuts, decisions, obligations, releases, sets, trains
from storage.database import Tx

OWN = frozenset({Owed.RETROSPECTIVE, Owed.RELEASE_NOTES, Owed.BRANCH_REMOVAL})
"""What the captain owes at the end of a run, whoever that is."""


_LOOKED, _REPORTED = 30, 8
"""Runs of a train that are looked through for its report, and that it tells of."""


def owe_end(tx: Tx, run: TrainRun, facts: Facts, correlation: str) -> None:
    """Have the captain owe the retrospective, and all else that a run is closed with."""
    owe_retrospective(tx, run, facts, correlation)
    closing.owe(tx, run, facts, correlation)


def owe_retrospective(tx: Tx, run: TrainRun, facts: Facts, correlation: str) -> Obligation:
    """Have the captain owe it, unless it is or was owed.

    Args:
        tx: open.
        run: one that departed, or stopped on its way.
        facts: give the moment and the policy.
        correlation: of what it follows from.
    """
    known = next((one for one in obligations.about(tx, run.id) if one.kind is Owed.RETROSPECTIVE), None)
    if known:
        return known
    text = "Write down what went well, what is to improve, and who follows up on what."
    one = Obligation(
        obligations.next_id(tx, facts.at.date()), Owed.RETROSPECTIVE, run.id, None, text, run.captain, run.captain_name,
        max(run.schedule.retrospective, facts.at + closing.LEAST), facts.at, record.CLOCK.id,
    )  # fmt: skip
    record.write(
        tx, "train:tracked", record.CLOCK, facts, correlation, subject=run.id, **tracking(tx, run, facts.policy)
    )  # fmt: skip
    owing.owe(tx, one, record.CLOCK, facts, correlation)
    return one


def led_by(tx: Tx, run: TrainRun, actor: record.Actor, facts: Facts, correlation: str) -> None:
    """Whoever leads the run from now on owes its end, where it is owed already."""
    for one in obligations.about(tx, run.id):
        if one.kind in OWN and one.done is None and one.owner != run.captain:
            owing.hand_on(tx, one, run.captain, run.captain_name, actor, facts, correlation)


def of_run(tx: Tx, run: TrainRun, policy: Policy) -> Aftermath:
    """What the run left behind; what went to production counts, not what stopped on its way."""
    taken = [cut.taken for cut in cuts.of_run(tx, run.id) if cut.state is CutState.CUT]
    go = next((one for one in reversed(decisions.of_run(tx, run.id)) if one.outcome is Outcome.GO), None)
    call = decisions.call_about(tx, run.id, go.candidate.hash) if go else None
    departed = sets.arrived(tx, run.id, policy.production) or (_arrived_alone(tx, go, policy) if go else None)
    return Aftermath(
        cut=min(taken, default=None), decided=go.at if go else None, departed=departed,
        called=call.opened if call else None, fixes=len(cuts.fixes(tx, run.id)), late=len(cuts.late(tx, run.id)),
        blockers=len(cuts.blockers(tx, run.id)), merged=_merged(tx, run), refusals=_refusals(tx, run), owed=obligations.about(tx, run.id),
    )  # fmt: skip


def _merged(tx: Tx, run: TrainRun) -> tuple[tuple[str, datetime], ...]:
    """The pull requests that rode from the cutoff on, as far as it is known when they were merged."""
    made = [cut for cut in cuts.of_run(tx, run.id) if cut.state is CutState.CUT]
    return tuple((f"{cut.repository}#{one.number}", one.merged) for cut in made for one in cut.included if one.merged)


def _refusals(tx: Tx, run: TrainRun) -> dict[str, int]:
    """What was refused about the run, its sets, and the changes that brought what it had its go for."""
    gone = {(entry.service, entry.version) for one in decisions.of_run(tx, run.id) for entry in one.candidate.entries}
    about = {change.id for place in sorted(gone) for change in changes.of_version(tx, *place)}
    return audit.refused(tx, {run.id, *about, *sets.ids_of_run(tx, run.id)})


def _arrived_alone(tx: Tx, go: GoDecision, policy: Policy) -> datetime | None:
    """When what a run brings without a manifest first ran in production after its go, UTC; None when it never did."""
    if of_manifest(go.candidate):
        return None
    entry = go.candidate.entries[0]
    ran = (one.at for one in releases.promotions(tx, entry.service, entry.version) if one.environment in policy.production)
    return next((at for at in ran if at >= go.at), None)


def retrospective_body(after: Aftermath) -> dict[str, Any]:
    """The facts of a retrospective as they stand in the ledger; spans in seconds."""
    took = spans(after)
    named = {"stabilization": took.stabilization, "waiting": took.waiting, "lead": took.lead, "roll_call": took.roll_call}
    return {
        **{name: int(span.total_seconds()) if span is not None else None for name, span in named.items()},
        "fixes": after.fixes, "late": after.late, "blockers": after.blockers, "refusals": dict(after.refusals),
        "changes": {name: int(span.total_seconds()) for name, span in took.changes.items()},
    }  # fmt: skip


def lines_of(after: Aftermath, zone: str) -> tuple[Line, ...]:
    """The same for people."""
    took = spans(after)
    refused = ", ".join(f"{tag.removesuffix(':refused').replace('-', ' ')} {count}" for tag, count in after.refusals.items()) or "nothing"
    there: Line = ("It was never whole in production.",)
    if after.departed:
        there = ("It was whole in production ", Moment(after.departed, zone), ".")
    return (
        there,
        (f"From the cutoff until it was there: {_span(took.lead)}, which the train added to the lead time of what was merged last.",),
        (f"Of that stabilization until the go: {_span(took.stabilization)}; from the go until it was there: {_span(took.waiting)}.",),
        (f"The roll call waited {_span(took.roll_call)} for its decision.",),
        *_lead_times(took.changes),
        (f"Fixes since the cutoff: {after.fixes}; late changes: {after.late}; blockers: {after.blockers}.",),
        (f"Refused on the way: {refused}.",),
    )


def _lead_times(changes: Mapping[str, timedelta]) -> Iterator[Line]:
    """From merge to production: how long the middle one took, and which took longest; the ledger has each."""
    if changes:
        name, longest = max(changes.items(), key=lambda change: change[1])
        middle = sorted(changes.values())[(len(changes) - 1) // 2]
        half = f"{len(changes)} pull requests, half of them within {_span(middle)}"
        yield (f"From its merge until it was there: {half}; {name} took longest, {_span(longest)}.",)


def report(tx: Tx, train: Train, policy: Policy) -> tuple[Line, ...]:
    """What the last runs of a train cost in time, and what came after their cutoffs; nothing before the first one is over (MET-08)."""
    ended = [run for run in trains.runs(tx, train.id, _LOOKED) if run.stage in OVER | {Stage.CLOSED}][:_REPORTED]
    seen = [(run, found, spans(found)) for run in ended if (found := of_run(tx, run, policy)).cut]
    if not seen:
        return ()
    means = (average(took.stabilization for _, _, took in seen), average(took.lead for _, _, took in seen))
    mean = f"On average of {len(seen)}: stabilization {_span(means[0])}, from the cutoff to production {_span(means[1])}."
    return (
        (Bold(mean),),
        *(
            (Code(run.id), _cost(found, took))
            for run, found, took in seen
        ),
    )  # fmt: skip


def _cost(found: Aftermath, took: Spans) -> str:
    after_it = f"{found.fixes} fixes, {found.late} late, {found.blockers} blockers, {sum(found.refusals.values())} refusals"
    return f" stabilization {_span(took.stabilization)}, from the cutoff to production {_span(took.lead)}; {after_it}"


def _span(length: timedelta | None) -> str:
    if length is None:
        return "not known"
    minutes = round(length.total_seconds() / 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    return " ".join(f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count) or "less than a minute"


def look_back(run: RunWork, well: str, improve: str, person: Person) -> Reply:
    """Record a retrospective with the facts of the run, post it in the run's thread, and end what was owed."""
    after = run.facts.after
    assert after is not None
    said: tuple[Line, ...] = ((f"Went well: {well}",), (f"To improve: {improve}",))
    run.record("train:retrospective", {"train": run.train.id, "well": well, "improve": improve, **retrospective_body(after)})
    owed = owe_retrospective(run.tx, run.run, run.facts, run.correlation)
    owing.discharge(run.tx, owed, f"recorded by {person.name}", run.by, run.facts, run.correlation)
    closing.owe(run.tx, run.run, run.facts, run.correlation)
    follow_up = Button("Record a follow-up", "follow-up add", {"about": run.run.id})
    title = f"🔎 {run.run.id}: the retrospective of {person.name}"
    run.tell(title, *said, *lines_of(after, run.train.rule.zone), buttons=(follow_up,))
    close = Button("Close the run", "train close", {"train": run.run.id})
    card = note(f"🔎 The retrospective of {run.run.id} is recorded", ("What follows from it is recorded as follow-ups.",))
    return Reply(replace(card, buttons=(follow_up, close)))


def close(run: RunWork, person: Person, reason: str) -> Reply:
    """Take a run to its end; its card is drawn a last time, and its pin taken away by whoever sends it."""
    unset_timers(run.tx, run.run)
    closed = trains.move(run.tx, run.run, Stage.CLOSED, why=reason)
    run.record("train:run-closed", {"train": run.train.id, "was": run.run.stage.value, "reason": reason})
    train_card_of(run.tx, closed, run.train, run.facts, run.correlation)
    run.tell(f"📦 {person.name} closed {closed.id}", *([(reason,)] if reason else []))
    return Reply(note(f"📦 {closed.id} is closed"))
