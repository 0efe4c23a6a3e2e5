"""The nouns of a go/no-go: what is decided about, who was asked, what they said, and the decisions themselves (GNG-01, GNG-03, GNG-08).

Invariant: whatever people say is said about one candidate, by its hash; about another candidate nothing was said.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from guards.checklist import AREA_OF, Area, Item
from guards.identity import OnBehalf
from guards.train import TrainRun
from guards.vocabulary import Role


class Say(StrEnum):
    """What an area answers."""

    GO = "go"
    NO_GO = "no-go"
    CONDITION = "condition"


class Outcome(StrEnum):
    """What was decided about a candidate; a withdrawal is a decision of its own, beside the go that it takes back (GNG-13)."""

    GO = "go"
    NO_GO = "no-go"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Pinned:
    """One version of a candidate, fixed to the bit.

    Args:
        service, version: names.
        commit: 40 hex digits.
        digest: `sha256:` and 64 hex digits.
        tag: id of the tag object; None when nobody read it.
    """

    service: str
    version: str
    commit: str
    digest: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a run would bring to production.

    Args:
        entries: one for each service, in the order of the train.
        hash: of the whole content; a go binds to it (GNG-08).
    """

    entries: tuple[Pinned, ...]
    hash: str

    def of(self, service: str | None) -> Pinned | None:
        """The entry of a service."""
        return next((entry for entry in self.entries if entry.service == service), None)


def content_hash(entries: tuple[Pinned, ...]) -> str:
    """sha256 over the canonical JSON of the entries, hex."""
    text = json.dumps([asdict(entry) for entry in entries], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def of_manifest(candidate: Candidate) -> bool:
    """Whether it is what a manifest pins, whose hash it then has; else it is the one version of a train with one service (MAN-02)."""
    return candidate.hash != content_hash(candidate.entries)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered for an area (GNG-10).

    Args:
        area: for which.
        by, name: corporate id, and the name as it was then.
        say: go, no-go, or go with a condition.
        words: the reason or the condition.
        confirmed: the items of the area that they confirmed with it (GNG-11).
        link: where it can be seen; "" when they named nothing.
        at: UTC.
    """

    area: Area
    by: str
    name: str
    say: Say
    words: str
    confirmed: tuple[Item, ...]
    link: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RollCall:
    """The question to all areas about one candidate of a run.

    Args:
        id: `GNC-2026-1124-001`.
        run: the run's id.
        candidate: what they are asked about.
        opened: UTC.
        deadline: UTC; who has not answered by then is shown as silent.
        by_name: who opened it, or the clock.
        answers: all, in order; the newest of an area counts.
    """

    id: str
    run: str
    candidate: Candidate
    opened: datetime
    deadline: datetime
    by_name: str
    answers: tuple[Answer, ...] = ()

    def of(self, area: Area) -> Answer | None:
        """The answer of an area that counts."""
        return next((answer for answer in reversed(self.answers) if answer.area is area), None)

    def confirmed(self, item: Item) -> Answer | None:
        """The answer by which an item stands confirmed: the newest of its area, if it confirms it."""
        answer = self.of(AREA_OF[item])
        return answer if answer and item in answer.confirmed else None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a decider says beside the decision (GNG-01, GNG-09).

    Args:
        risks: open risks that the decider adds to those that the bot lists; "" for none.
        residual: why the risk that is left is acceptable.
        rollback: how to go back, when it is not as the train and the records say.
        notes: anything else.
    """

    risks: str = ""
    residual: str = ""
    rollback: str = ""
    notes: str = ""


@dataclass(frozen=True, slots=True)
class GoDecision:
    """One decision about one candidate, with all that a record of it must say (GNG-01).

    Args:
        id: `GNG-2026-1124-001`.
        run: the run's id.
        candidate: what was decided about.
        outcome: go, no-go, or the withdrawal of a go.
        by, name, roles: who decided, as they were then.
        on_behalf: the delegation by which they decided; None in their own right.
        risks: the open risks that were accepted, each a line.
        residual: why the risk that is left was acceptable.
        rollback: how to go back.
        notes: the reason, or what else was said.
        items: each item with its outcome, link and who judged it, as it was then.
        attendees: each area with what it answered, as it was then.
        at: UTC.
    """

    id: str
    run: str
    candidate: Candidate
    outcome: Outcome
    by: str
    name: str
    roles: frozenset[Role]
    on_behalf: OnBehalf | None
    risks: tuple[str, ...]
    residual: str
    rollback: str
    notes: str
    items: tuple[Mapping[str, str], ...]
    attendees: tuple[Mapping[str, str], ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Ride:
    """A published train that a service rides, as far as it says something about one version of it.

    Args:
        train: the train's id.
        run: its next run that is not over; None when there is none.
        decisions: the newest decision of each run about a candidate that holds the version, with the hash of the run's candidate
            now; None where it has none any more.
        runs: id → the run, of those decisions.
    """

    train: str
    run: TrainRun | None
    decisions: tuple[tuple[GoDecision, str | None], ...] = ()
    runs: Mapping[str, TrainRun] = field(default_factory=dict)
