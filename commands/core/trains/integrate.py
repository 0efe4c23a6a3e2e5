"""The integration suite: ordered for exactly one manifest, followed by its key to its end (MAN-03, MAN-08).

Invariant: the order's digest is the manifest's hash, so what CI reports is about that set and no other. An order whose outcome is unknown
is looked up by its key and never sent again.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from commands.core import record
from commands.core.observe import served_by
from commands.core.ports.ci import CI, NoRun, Order, Run, RunState, Started, TurnedDown, Unknown
from commands.core.ports.clock import Clock
from commands.core.record import CLOCK, Actor
from commands.core.set_card import suite_line
from commands.core.tell import reply_to, set_card_of
from commands.core.text import Card, Code, Part
from guards.facts import Facts
from guards.manifest import UNDER_WAY, Integration, Manifest, SetState, SuiteState, entry_body
from guards.policy import Policy
from guards.sections import Person
from guards.set_promotion import suite_of
from guards.unread import Unread
from storage import manifests, outbox, sets, timers
from storage.database import Store, Tx

SUITE = "suite"
"""Kind of the timer that looks an unfinished run up."""

PLACE = "integration"
"""What stands in the order where a deployment names its environment."""

_ORDER = TypeAdapter(Order)
_ATTEMPTS = 8
_STATES = {
    RunState.QUEUED: SuiteState.RUNNING,
    RunState.RUNNING: SuiteState.RUNNING,
    RunState.SUCCEEDED: SuiteState.PASSED,
    RunState.FAILED: SuiteState.FAILED,
    RunState.CANCELLED: SuiteState.FAILED,
    RunState.TIMED_OUT: SuiteState.FAILED,
}


def order_suite(tx: Tx, manifest: Manifest, by: Person, facts: Facts, correlation: str) -> Integration:
    """Have CI test a manifest together.

    Args:
        tx: open.
        manifest: sealed; the policy names a suite for it.
        by: who asks.
        facts: give the moment and the policy.
        correlation: of the request.
    """
    service = suite_of(manifest, facts.policy)
    assert service is not None
    ordered = manifests.order(
        tx, facts.at.date(), manifest=manifest.sealed, service=service, state=SuiteState.ORDERED, by=by.id, by_name=by.name, at=facts.at
    )  # fmt: skip
    order = _order_of(ordered, manifest, facts.policy)
    body = {"ci": facts.policy.services[service].ci, "order": asdict(order)}
    outbox.add(tx, outbox.Message("integration", body, key=f"integration:{ordered.id}", correlation=correlation), facts.at)
    record.write(
        tx, "integration:ordered", CLOCK, facts, correlation, subject=ordered.id, service=service, run=manifest.run,
        manifest=manifest.sealed, workflow=order.workflow, by=by.id,
    )  # fmt: skip
    return ordered


def _order_of(one: Integration, manifest: Manifest, policy: Policy) -> Order:
    """The order, made from the manifest and the policy alone (CMD-02): the suite runs at the tag that the manifest pins."""
    entry, service = manifest.entry(one.service), policy.services[one.service]
    assert entry is not None
    pinned = [{name: entry_body(e)[name] for name in ("service", "repository", "version", "commit", "digest")} for e in manifest.entries]
    return Order(
        key=one.id, change=one.id, service=one.service, environment=PLACE, version=entry.version, commit=entry.commit,
        digest=f"sha256:{manifest.sealed}", repository=entry.repository, workflow=service.integration or "",
        manifest=json.dumps(pinned, sort_keys=True, separators=(",", ":")),
    )  # fmt: skip


class Suite:
    """Sends the order, and looks runs up.

    Args:
        policy: in force.
        store: the database.
        ci: name in the policy's `ci` → the system that runs it.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, ci: Mapping[str, CI], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._ci = ci
        self._clock = clock

    async def send(self, sending: outbox.Sending, payload: Mapping[str, Any]) -> None:
        """Send one order and settle its row."""
        order, correlation = _ORDER.validate_python(payload["order"]), sending.message.correlation
        # its sender died in the middle: CI may have got it, so it is looked up, never sent from here
        answer: Started | TurnedDown | Unknown = Unknown("the bot was interrupted while it asked")
        if not sending.was_sending:
            answer = await self._ci[payload["ci"]].start(order)
        facts = Facts(at=self._clock.now(), policy=self._policy)

        def work(tx: Tx) -> None:
            if isinstance(answer, TurnedDown) and answer.retry_after is not None and sending.attempts < _ATTEMPTS:
                outbox.retry(tx, sending.id, answer.why, facts.at + timedelta(seconds=answer.retry_after))
                return
            _answered(tx, order.key, answer, facts, correlation)
            outbox.done(tx, sending.id)

        await self._store.write(work)

    async def look_up(self, id: str) -> Run | NoRun | Unread | None:  # noqa: A002
        """What CI knows of a run that has no end yet; None when there is nothing to look up."""
        one = await self._store.read(lambda tx: manifests.integration(tx, id))
        manifest = await self._store.read(lambda tx: manifests.get(tx, one.manifest)) if one else None
        if one is None or manifest is None or one.state not in UNDER_WAY or one.service not in self._policy.services:
            return None
        ci = self._ci[self._policy.services[one.service].ci]
        return await ci.find(_order_of(one, manifest, self._policy), one.run, one.at)


def _answered(tx: Tx, id_: str, answer: Started | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:
    one = manifests.integration(tx, id_)
    if one is None or one.state is not SuiteState.ORDERED:
        return  # its end was reported before CI's own answer came back
    match answer:
        case Started(run=run, url=url):
            one = manifests.move(tx, one, state=SuiteState.RUNNING, run=run or one.run, url=url or one.url)
            record.write(tx, "integration:started", CLOCK, facts, correlation, subject=id_, service=one.service, ci_run=run, url=url)
            _look_again(tx, one, facts)
        case TurnedDown(why=why):
            _end(tx, one, SuiteState.FAILED, f"CI turned the order down: {why}", CLOCK, facts, correlation)
        case Unknown(why=why):
            one = manifests.move(tx, one, why=f"nobody knows yet whether CI took the order: {why}")
            record.write(tx, "integration:unknown", CLOCK, facts, correlation, subject=id_, service=one.service, why=why)
            _look_again(tx, one, facts, now=True)


def _look_again(tx: Tx, one: Integration, facts: Facts, *, now: bool = False) -> None:
    due = facts.at if now else facts.at + facts.policy.limits.look_again
    timers.set(tx, timers.Timer(f"{SUITE}:{one.id}", SUITE, due, {"integration": one.id}))


def reported(tx: Tx, run: Run, by: Actor, facts: Facts, correlation: str) -> Integration | None:
    """What CI reported of a run, or what was found when it was looked up.

    Args:
        tx: open.
        run: as CI shows it.
        by: the CI, or the clock.
        facts: give the moment and the policy.
        correlation: of the report.

    Returns:
        The run of the suite, or None when it is none of ours.
    """
    served = served_by(by, facts)
    one = manifests.integration(tx, run.key) if run.key else manifests.integration_by_run(tx, run.run, served)
    manifest = manifests.get(tx, one.manifest) if one else None
    entry = manifest.entry(one.service) if one and manifest else None
    if one is None or entry is None or (run.commit and run.commit != entry.commit) or (by != CLOCK and one.service not in served):
        return None
    if one.state not in UNDER_WAY:
        return one
    state = _STATES[run.state]
    if state is SuiteState.RUNNING:
        if one.state is not state or one.run != run.run:
            one = manifests.move(tx, one, state=state, run=run.run, url=run.url or one.url, why="")
        _look_again(tx, one, facts)
        return one
    one = manifests.move(tx, one, run=run.run, url=run.url or one.url)
    if state is SuiteState.PASSED and run.digest and run.digest != f"sha256:{one.manifest}":
        return _end(tx, one, SuiteState.FAILED, f"CI says that it tested {run.digest[7:19]}, not this set.", by, facts, correlation)
    return _end(tx, one, state, "" if state is SuiteState.PASSED else f"CI ended it: {run.state.value}.", by, facts, correlation)


def looked_up(tx: Tx, id: str, found: Run | NoRun | Unread | None, facts: Facts, correlation: str) -> None:  # noqa: A002
    """What the look-up of an unfinished run found; when CI took too long, that is the end."""
    one = manifests.integration(tx, id)
    if one is None or found is None or one.state not in UNDER_WAY:
        return
    if isinstance(found, Run):
        one = reported(tx, found, CLOCK, facts, correlation) or one
    elif isinstance(found, NoRun) and one.state is SuiteState.ORDERED and (found.sure or facts.at - one.at >= facts.policy.limits.absent):
        one = _end(tx, one, SuiteState.FAILED, "CI never got the order; have it run again.", CLOCK, facts, correlation)
    if one.state not in UNDER_WAY:
        return
    if facts.at - one.at >= facts.policy.limits.run:
        _end(tx, one, SuiteState.FAILED, "CI was not done in time.", CLOCK, facts, correlation)
        return
    _look_again(tx, one, facts)


def _end(tx: Tx, one: Integration, state: SuiteState, why: str, by: Actor, facts: Facts, correlation: str) -> Integration:
    """Record the end, tell who ordered it, and have what waits for it judged again."""
    one = manifests.move(tx, one, state=state, finished=facts.at, why=why)
    timers.cancel(tx, f"{SUITE}:{one.id}")
    record.write(
        tx, f"integration:{state.value}", by, facts, correlation, subject=one.id, service=one.service, manifest=one.manifest,
        ci_run=one.run, url=one.url, why=why,
    )  # fmt: skip
    manifest = manifests.get(tx, one.manifest)
    person = facts.policy.by_id.get(one.by)
    if person and person.slack and manifest:
        title = f"🧪 Integration suite of manifest {manifest.number} of {manifest.run}"
        card = Card(title, parts=(Part((suite_line(one),)),), footer=(Code(manifest.short),))
        reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
    for promotion in sets.of_manifest(tx, one.manifest):
        if promotion.state is SetState.OPEN:
            set_card_of(tx, promotion, facts, correlation)
            for change in sets.parts(tx, promotion.id)[:1]:
                timers.set(tx, timers.Timer(f"advance:{change.id}", "advance", facts.at, {"change": change.id}))
    return one
