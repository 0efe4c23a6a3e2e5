"""How each service is released and why: of one that rides a train that is its definition, of any other one what somebody said (TRN-20).

Invariant: the ledger has an entry for the service with each decision: when a train that it rides is published, changes what it says, or
leaves it; and when somebody says how it is released on its own.
"""

from collections.abc import Mapping
from typing import Any

from commands.core import record
from commands.core.record import Actor
from commands.core.text import Code, Line, Moment, Part
from commands.core.trains.bodies import days_later, rule_text
from guards.facts import Facts
from guards.policy import Policy
from guards.released import CRITERIA, Alone
from guards.train import Train, TrainState
from storage import cadence, trains
from storage.database import Tx

DECIDED, ENDED = "cadence:decided", "cadence:ended"


def alone_body(said: Alone) -> dict[str, Any]:
    """A record of a service that is released on its own, as the ledger keeps it."""
    return {"option": "continuous", "number": said.number, "rationale": said.rationale, **{name: getattr(said, name) for name in CRITERIA}}


def riding_body(train: Train) -> dict[str, Any]:
    """What a train's definition says of why and how its services ride it."""
    return {
        "option": "train", "train": train.id, "rationale": train.rationale, "impact": train.impact, "cadence": rule_text(train),
        "stabilization": _stabilization(train), "window": train.rule.window, "exceptions": train.exceptions, "rollback": train.rollback,
    }  # fmt: skip


def _stabilization(train: Train) -> str:
    return f"go/no-go {days_later(train.rule.stabilization)} at {train.rule.decision:%H:%M}"


def decided(tx: Tx, was: Train, now: Train, by: Actor, facts: Facts, correlation: str) -> None:
    """Record for each service what a train that was published, amended or closed says of it now.

    Args:
        was, now: the train before and after, in whatever state.
    """
    before = _said(was)
    for service, body in _said(now).items():
        cadence.end(tx, service, facts.at)
        if before.get(service) != body:
            record.write(tx, DECIDED, by, facts, correlation, subject=now.id, service=service, **body, revision=now.revision)
    for service in before.keys() - _said(now).keys():
        record.write(tx, ENDED, by, facts, correlation, subject=now.id, service=service, train=now.id)


def _said(train: Train) -> Mapping[str, dict[str, Any]]:
    body = riding_body(train)
    return dict.fromkeys(train.services, body) if train.state is TrainState.PUBLISHED else {}


# ---------------------------------------------------------------- for people


def in_short(tx: Tx, policy: Policy) -> dict[str, str]:
    """Service → how it is released, in a few words; "" where nobody decided it."""
    riding: dict[str, list[str]] = {}
    for train in trains.all_of(tx):
        for service in train.services if train.state is TrainState.PUBLISHED else ():
            riding.setdefault(service, []).append(train.id)
    alone = cadence.current(tx)
    return {
        service: f"rides {', '.join(riding[service])}" if service in riding else "goes out on its own" if service in alone else ""
        for service in policy.services
    }


def whole(tx: Tx, service: str, policy: Policy) -> tuple[Part, ...]:
    """Every record that counts for a service, and those before it."""
    zone = policy.zone_of(service)
    parts = [_riding(train) for train in trains.carrying(tx, service)]
    said = cadence.of(tx, service)
    parts += [_alone(one, zone) for one in said if not parts and one.ended is None]
    if before := [one for one in said if one.ended]:
        lines = tuple(_over(one, zone) for one in before[-5:])
        parts.append(Part(lines, heading="Said before"))
    return tuple(parts)


def _riding(train: Train) -> Part:
    lines: tuple[Line, ...] = (
        (train.rationale,),
        ("Lead time and failures: ", train.impact or "not said"),
        ("Cutoff: ", rule_text(train)),
        ("Stabilization: ", _stabilization(train)),
        ("Window: ", train.rule.window),
        ("Exceptions: ", train.exceptions),
        ("Rollback: ", train.rollback),
        *((("Since ", Moment(train.published, train.rule.zone), f", revision {train.revision}"),) if train.published else ()),
    )
    return Part(lines, heading=f"🚆 It rides {train.id}")


def _alone(said: Alone, zone: str) -> Part:
    lines: tuple[Line, ...] = (
        (said.rationale,),
        *((f"{words[0].upper()}{words[1:]}: ", getattr(said, name)) for name, words in CRITERIA.items()),
        (f"Said by {said.by_name}, ", Moment(said.at, zone)),
    )
    return Part(lines, heading="🔁 It goes out on its own")


def _over(said: Alone, zone: str) -> Line:
    end: Line = (" to ", Moment(said.ended, zone)) if said.ended else ()
    return ("🔁 on its own, ", Moment(said.at, zone), *end, f": {said.rationale}")


def how_to_say(service: str) -> Line:
    """What to type where nobody decided how a service is released."""
    return ("Nobody has said how it is released. If it rides no train: ", Code(f"/release train continuous {service}"))
