"""A set promotion from its request to its end: many changes on the one road, one after the other (MAN-07, MAN-10).

Invariant: only `dispatch.advance` claims and orders. Here a set begins, its next entry is called, and it ends: whole, or at the first entry
that does not succeed, and then nothing more of it goes out.
"""

from typing import Any

from commands.core import bodies, record
from commands.core.record import CLOCK, Actor
from commands.core.tell import alert, set_card_of, set_log_of
from commands.core.text import Button, Card, Part
from commands.core.trains import after
from commands.core.trains.tell import train_card_of
from guards.change import Change
from guards.facts import Facts
from guards.go import Outcome, of_manifest
from guards.lifecycle import MOVES, UNDECIDED, State
from guards.manifest import Manifest, SetPromotion, SetState
from guards.train import STAGES, Stage, TrainRun
from storage import changes, decisions, manifests, sets, timers, trains
from storage.database import Tx


def begin(
    tx: Tx, promotion: SetPromotion, manifest: Manifest, parts: tuple[Change, ...], by: Actor, facts: Facts, correlation: str
) -> None:
    """Remember a set promotion whose changes were added, and show it.

    Args:
        tx: open.
        promotion, manifest: what is asked for.
        parts: its changes, in the order in which they go out.
        by: who asked.
        facts: give the moment and the policy.
        correlation: of the request.
    """
    sets.add(tx, promotion, parts)
    record.write(
        tx, "set:requested", by, facts, correlation, subject=promotion.id, environment=promotion.environment, run=promotion.run,
        back=promotion.back, **manifest_body(manifest), changes={change.content.service: change.id for change in parts},
    )  # fmt: skip
    set_card_of(tx, promotion, facts, correlation)


def manifest_body(manifest: Manifest) -> dict[str, Any]:
    """A manifest as the ledger cites it (MAN-02)."""
    return {
        "manifest": manifest.sealed or manifest.hash, "number": manifest.number,
        "entries": [f"{service} {version}" for service, version in manifest.versions.items()],
    }  # fmt: skip


def went_out(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    """An entry is handed to CI: with the first one in production the run departs."""
    promotion, place = sets.of_change(tx, change), change.content.environment
    if promotion is None:
        _alone(tx, change, Stage.DEPARTING, f"{change.id} is on its way to {place}", facts, correlation)
    elif place in facts.policy.production and not promotion.back:
        _stage(tx, promotion.run, place, Stage.DEPARTING, f"{promotion.id} is on its way to {place}", facts, correlation)


def _alone(tx: Tx, change: Change, stage: Stage, why: str, facts: Facts, correlation: str) -> None:
    """What goes alone can be all that a run brings: its train has one service, and no manifest was built. The run goes with it."""
    content = change.content
    if content.environment not in facts.policy.production:
        return
    wanted = (content.version, content.commit, content.digest)
    for one in decisions.of_version(tx, content.service, content.version):
        pinned = one.candidate.of(content.service)
        said_go = one.outcome is Outcome.GO and not of_manifest(one.candidate)
        if said_go and pinned and (pinned.version, pinned.commit, pinned.digest) == wanted:
            _stage(tx, one.run, content.environment, stage, why, facts, correlation)


def ended(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    """A change came to its end: of a set, call the next one, or end it; what went alone can be all that its run brings.

    Args:
        tx: the transaction of that end.
        change: as it is now; nothing happens for one that has not ended.
        facts: give the moment and the policy.
        correlation: of what ended it.
    """
    if MOVES[change.state]:
        return
    promotion = sets.of_change(tx, change)
    if promotion is None and change.attempt:
        there = change.state is State.SUCCEEDED
        said = f"{change.id} is {f'in {change.content.environment}' if there else change.state}"
        _alone(tx, change, Stage.DEPARTED if there else Stage.STOPPED, said, facts, correlation)
    if promotion is None or (promotion := sets.lock(tx, promotion.id)) is None or promotion.state is not SetState.OPEN:
        return
    parts = sets.parts(tx, promotion.id)
    content = change.content
    if change.state is not State.SUCCEEDED:
        said = f"{content.service} {content.version} is {change.state}" + (f": {change.why}" if change.why else ".")
        _stop(tx, promotion, parts, said, facts, correlation)
    elif following := next((each for each in parts if each.state in UNDECIDED), None):
        timers.set(tx, timers.Timer(f"advance:{following.id}", "advance", facts.at, {"change": following.id}))
        set_card_of(tx, promotion, facts, correlation)
    elif all(each.state is State.SUCCEEDED for each in parts):
        _finish(tx, promotion, facts, correlation)


def _finish(tx: Tx, promotion: SetPromotion, facts: Facts, correlation: str) -> None:
    promotion = sets.end(tx, promotion, SetState.SUCCEEDED, facts.at)
    manifest = manifests.get(tx, promotion.manifest)
    assert manifest is not None
    record.write(
        tx, "set:succeeded", CLOCK, facts, correlation, subject=promotion.id, environment=promotion.environment, run=promotion.run,
        back=promotion.back, **manifest_body(manifest),
    )  # fmt: skip
    if promotion.environment in facts.policy.production and not promotion.back:
        _stage(
            tx, promotion.run, promotion.environment, Stage.DEPARTED, f"{promotion.id} is in {promotion.environment}", facts, correlation
        )
    set_log_of(tx, promotion, facts, correlation, f"The whole set runs in {promotion.environment}.")
    set_card_of(tx, promotion, facts, correlation)


def _stop(tx: Tx, promotion: SetPromotion, parts: tuple[Change, ...], said: str, facts: Facts, correlation: str) -> None:
    """Nothing more of it goes out; where something did, people are told and offered the way back."""
    promotion = sets.end(tx, promotion, SetState.STOPPED, facts.at, said)
    begun, left = [each for each in parts if each.attempt], [each for each in parts if each.state in UNDECIDED]
    for each in left:
        now = changes.move(tx, each, State.CANCELLED, why=f"{promotion.id} stopped: {said}"[:500], finished=facts.at)
        for timer in ("advance", "expire"):
            timers.cancel(tx, f"{timer}:{now.id}")
        place = {"subject": now.id, "service": now.content.service, "environment": now.content.environment}
        record.write(tx, "change:cancelled", CLOCK, facts, correlation, **place, why=now.why, **bodies.content_body(now.content))
    record.write(
        tx, "set:stopped", CLOCK, facts, correlation, subject=promotion.id, environment=promotion.environment, run=promotion.run,
        manifest=promotion.manifest, back=promotion.back, why=said, results={each.content.service: _result(each, left) for each in parts},
    )  # fmt: skip
    if begun and promotion.environment in facts.policy.production and not promotion.back:
        _stage(tx, promotion.run, promotion.environment, Stage.STOPPED, f"{promotion.id} stopped: {said}"[:500], facts, correlation)
    not_sent = ", ".join(each.content.service for each in left)
    set_log_of(tx, promotion, facts, correlation, f"Stopped: {said}" + (f" Not sent: {not_sent}." if not_sent else ""))
    set_card_of(tx, promotion, facts, correlation)
    if begun:
        back = back_button(promotion) if sets.last_good(tx, promotion.train, promotion.environment, promotion.manifest) else ()
        title = f"🚨 {promotion.id}: a set stopped half way in {promotion.environment}"
        alert(tx, facts, Card(title, parts=(Part(((said,),)),), buttons=back), correlation)


def _result(change: Change, left: list[Change]) -> str:
    return "not sent" if change in left else change.state.value


def back_button(promotion: SetPromotion) -> tuple[Button, ...]:
    """The offer to go back to the last good set: a request like any other (MAN-10)."""
    sure = f"Ask for the set that last ran whole in {promotion.environment}? Somebody else approves it, and the same rules judge it."
    return (Button("Back to the last good set", "train back", {"set": promotion.id}, "danger", confirm=sure),)


def _stage(tx: Tx, id: str, environment: str, stage: Stage, why: str, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Take the run with this id to its next stage, where that follows; a run that is there already stays."""
    run = trains.run(tx, id)
    if run is None or stage not in STAGES[run.stage]:
        return
    run = trains.move(tx, run, stage, why=why)
    _shown(tx, run, facts, correlation)
    record.write(tx, f"train:{stage.value}", CLOCK, facts, correlation, subject=run.id, environment=environment, why=why)
    if stage is Stage.DEPARTED:
        after.owe_end(tx, run, facts, correlation)


def void(tx: Tx, run: str, facts: Facts, correlation: str) -> None:
    """The run has a new manifest: what asks for an earlier one is judged again, and ends; its go is over (MAN-04)."""
    for promotion in sets.open_of_run(tx, run):
        for change in sets.parts(tx, promotion.id):
            if change.state in UNDECIDED:
                timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))
    now = trains.run(tx, run)
    if now is not None and now.stage is Stage.GO:
        why = "a new manifest was built, so the go for the one before is over"
        _shown(tx, trains.move(tx, now, Stage.DECIDING, why=why), facts, correlation)
        record.write(tx, "train:deciding", CLOCK, facts, correlation, subject=run, why=why)


def _shown(tx: Tx, run: TrainRun, facts: Facts, correlation: str) -> None:
    """The run's own card tells where it stands."""
    if train := trains.get(tx, run.train):
        train_card_of(tx, run, train, facts, correlation)
