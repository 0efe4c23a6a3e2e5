"""How the timers of trains are named, and where a moment stands in a run's schedule.

Invariant: one timer for each moment and each reminder of a run, so that setting it again replaces it.
"""

from collections.abc import Mapping
from datetime import datetime

from guards.train import Milestone, TrainRun

KIND = "train"
"""The kind of every timer of a train, and of its delivery."""


MOMENTS: Mapping[Milestone, str] = {
    Milestone.PUBLISH: "publish",
    Milestone.CUTOFF: "cutoff",
    Milestone.DECISION: "decision",
    Milestone.OPENS: "opens",
    Milestone.CLOSES: "closes",
    Milestone.RETROSPECTIVE: "retrospective",
    Milestone.CLOSING: "closing",
}
"""Milestone → its moment in a schedule; stabilization ends with the decision, so it has none of its own."""


CUTOFF = "cutoff"
"""Kind of the timers that have a run cut: at once, or again after a while."""


def key_of(run: str, what: str) -> str:
    """`train:weekly-2026-12-01:cutoff`."""
    return f"{KIND}:{run}:{what}"


def moment_of(run: TrainRun, name: str) -> datetime:
    """A moment of the run's schedule by its name, UTC."""
    found: datetime = getattr(run.schedule, name)
    return found
