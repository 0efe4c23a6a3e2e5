"""What a run's checklist lacks, as it was looked at last: for the App Home of whoever leads it, days before the meeting (GNG-15).

Invariant: what lies outside is read by a timer, an hour after the last look or soon after something happened to the run, and never because
somebody looks at their Home. A look is about one candidate; about another one it says nothing.
"""

from collections.abc import Iterator
from datetime import timedelta

from commands.core.text import Bold, Code, Line, Moment
from commands.core.trains.keys import KIND, key_of
from guards.checklist import BY_PEOPLE
from guards.cutting import STABILIZING
from guards.facts import Facts
from guards.go import Candidate
from guards.prospect import Checked, Unmet
from guards.readiness import findings
from guards.train import TrainRun
from storage import prospects, timers
from storage.database import Tx

CHECK = "check"
"""Names the timer's work in its payload."""

_HOURLY = timedelta(hours=1)
_PAUSE = timedelta(minutes=1)
"""What happens to a run within is one look."""

_MOST = 5
_LONG = 200


def soon(tx: Tx, run: TrainRun, facts: Facts) -> None:
    """Something happened to a run that waits for its decision: its checklist is looked at in a moment, and each hour from then on."""
    if run.stage in STABILIZING:
        timers.ensure(tx, timers.Timer(key_of(run.id, f"{CHECK}:soon"), KIND, facts.at + _PAUSE, {"run": run.id, CHECK: True}))


def again(tx: Tx, run: TrainRun, facts: Facts) -> None:
    """Have it looked at in an hour."""
    if run.stage in STABILIZING:
        timers.set(tx, timers.Timer(key_of(run.id, CHECK), KIND, facts.at + _HOURLY, {"run": run.id, CHECK: True}))


def keep(tx: Tx, facts: Facts) -> None:
    """Remember what lacks now; nothing while it is not known what the run would bring.

    Args:
        facts: of the run's go/no-go, with what was read about each version.
    """
    run, go = facts.run, facts.go
    if isinstance(run, TrainRun) and go and go.candidate:
        lacking = tuple(
            Unmet(found.item, found.mark, found.why) for found in findings(facts) if not found.met and found.item not in BY_PEOPLE
        )
        prospects.check(tx, Checked(run.id, go.candidate.hash, facts.at, lacking))


def lacks(tx: Tx, run: TrainRun, candidate: Candidate, zone: str) -> Iterator[Line]:
    """What failed or could not be read when the checklist was looked at last; nothing where that was about another candidate.

    Args:
        candidate: what the run would bring now.
        zone: of its train.
    """
    seen = prospects.checked(tx, run.id)
    if seen is None or seen.candidate != candidate.hash or not seen.lacking:
        return
    for one in seen.lacking[:_MOST]:
        why = one.why if len(one.why) <= _LONG else one.why[: _LONG - 1] + "…"
        yield ("    ⛔ ", Code(run.id), " ", Bold(one.item), f" {one.mark}: {why}")
    more = f"and {len(seen.lacking) - _MOST} more; " if len(seen.lacking) > _MOST else ""
    yield (f"      {more}as of ", Moment(seen.at, zone))
