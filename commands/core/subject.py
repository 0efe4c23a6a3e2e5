"""What a request is about, as the database knows it before anything outside is asked.

Invariant: it says whose accounts, which version and which channel have to be read; it judges nothing.
"""

from dataclasses import dataclass

from commands.core.command import Ask
from guards.emergency import UNUSED, Emergency
from guards.exemption import Exemption
from guards.lifecycle import UNDECIDED
from guards.train import Train
from guards.unread import Absent
from guards.version import Deployment
from guards.vocabulary import ChangeType
from storage import (
    approvals,
    changes,
    deployments,
    emergencies,
    exceptions,
    trains,
)
from storage.database import Tx


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, as the database knows it before anything outside is asked.

    Args:
        service, environment, version: of the change, else as they were asked for.
        running: what runs in the target.
        people: corporate ids of the change's requester and of everybody who decided about it.
        undecided: whether people still decide: there is no change yet, or it is open to them.
        channel: of the train, when somebody wants to define, change or publish one.
    """

    service: str | None = None
    environment: str | None = None
    version: str | None = None
    running: Deployment | None = None
    people: frozenset[str] = frozenset()
    undecided: bool = True
    channel: str | None = None


def subject_of(tx: Tx, ask: Ask) -> Subject:
    """What an ask is about.

    Args:
        tx: open.
        ask: of a command; a change, an exception, an emergency, a train or a run that it names is read.
    """
    if ask.exception:
        return _excepted(tx, exceptions.get(tx, ask.exception))
    if ask.train or ask.run:
        return _ridden(tx, ask)
    if ask.emergency and not ask.change:
        return _urgent(tx, ask, emergencies.get(tx, ask.emergency))
    change = changes.get(tx, ask.change) if ask.change else None
    place = change.content if change else ask
    running = deployments.running(tx, place.service, place.environment) if place.service and place.environment else None
    if change is None:
        return Subject(ask.service, ask.environment, None if ask.begun else ask.version, running)
    record = emergencies.get(tx, place.emergency) if place.emergency else None
    people = _deciding(record) | {change.requester, *(a.by for a in approvals.of(tx, change.id))}
    return Subject(place.service, place.environment, place.version, running, people, change.state in UNDECIDED)


def _excepted(tx: Tx, exemption: Exemption | None) -> Subject:
    """Of an exception for one version, the version in the last environment of its scope: its authors are kept apart (SOD-09)."""
    if exemption is None or exemption.version is None:
        return Subject()
    service, environment = exemption.services[0], exemption.environments[-1]
    return Subject(service, environment, exemption.version, deployments.running(tx, service, environment))


def _urgent(tx: Tx, ask: Ask, record: Emergency | None) -> Subject:
    """Of an emergency, its version, whose authors are kept apart, and those who decided about it (EMG-06).

    Whoever has it go is told of everything that speaks against it, also when it was used already.
    """
    if record is None:
        return Subject()
    running = deployments.running(tx, record.service, record.environment)
    undecided = record.state in UNUSED or ask.change_type is ChangeType.EMERGENCY
    version = record.version if record.deploys else None
    return Subject(record.service, record.environment, version, running, _deciding(record), undecided)


def _deciding(record: Emergency | None) -> frozenset[str]:
    """Corporate ids of those who approved an emergency."""
    return frozenset(approval.by for approval in record.approvals) if record else frozenset()


def _ridden(tx: Tx, ask: Ask) -> Subject:
    """Of a train, those who lead it, and its channel where that is about to be written in."""
    run = trains.run(tx, ask.run) if ask.run else None
    train = trains.get(tx, run.train if run else ask.train or "")
    wanted = wanted_train(ask, train)
    leading = {*(wanted.captains if wanted else ()), *(train.captains if train else ()), *([run.captain] if run else ())}
    people = leading | ({ask.captain} if ask.captain else set())
    return Subject(people=frozenset(people), channel=wanted.channel if wanted else None)


def wanted_train(ask: Ask, train: Train | Absent | None) -> Train | None:
    """The train as it would be defined: anew, or the one that there is, with what is to be otherwise."""
    if ask.defined:
        return ask.defined
    return ask.edit.over(train) if ask.edit is not None and isinstance(train, Train) else None
