"""Trains and their runs as the ledger keeps them (AUD-01, TRN-24).

Invariant: an entry holds the whole definition, so that each revision can be read without the others.
"""

from dataclasses import asdict
from typing import Any

from commands.core.trains.keys import MOMENTS, moment_of
from guards.train import Train, TrainRun


def rule_text(train: Train) -> str:
    """When it is cut off, as a person wrote it."""
    rule = train.rule
    if rule.cadence:
        return f"{rule.cadence} {rule.zone}"
    return f"{', '.join(map(str, rule.dates))} at {rule.cutoff:%H:%M} {rule.zone}"


def days_later(days: int) -> str:
    """`the same day`, `1 day later`, `2 days later`."""
    return f"{days} day{'' if days == 1 else 's'} later" if days else "the same day"


def train_body(train: Train) -> dict[str, Any]:
    """A train."""
    rule = asdict(train.rule) | {
        "dates": [str(day) for day in train.rule.dates],
        "cutoff": train.rule.cutoff and train.rule.cutoff.isoformat("minutes"),
        "decision": train.rule.decision.isoformat("minutes"),
    }
    own = {
        name: getattr(train, name)
        for name in ("channel", "manifest_owner", "rollback", "exceptions", "dependencies", "rationale", "impact")
    }
    lists = {name: list(getattr(train, name)) for name in ("services", "excluded", "captains")}
    return {
        "revision": train.revision, "state": train.state.value, "rule": rule, **own, **lists, "branch": train.branch,
        "unbranched": train.unbranched, "attendees": {area: list(people) for area, people in train.attendees.items()},
    }  # fmt: skip


def run_body(run: TrainRun) -> dict[str, Any]:
    """A run."""
    moments = {milestone.value: moment_of(run, name).isoformat() for milestone, name in MOMENTS.items()}
    return {"train": run.train, "revision": run.revision, "stage": run.stage.value, "captain": run.captain, "moments": moments}


def changes_between(was: Train, now: Train) -> list[tuple[str, str, str]]:
    """What an amendment changed: name, before, after; in words for people."""
    before, after = _told(was), _told(now)
    return [(name, before[name], text) for name, text in after.items() if before[name] != text]


def _told(train: Train) -> dict[str, str]:
    rule = train.rule
    attendees = "; ".join(f"{area}: {', '.join(people)}" for area, people in train.attendees.items())
    return {
        "cutoff": rule_text(train),
        "go/no-go": f"{days_later(rule.stabilization)} at {rule.decision:%H:%M}",
        "window": rule.window,
        "services": ", ".join(train.services),
        "left out": ", ".join(train.excluded),
        "captains": ", ".join(train.captains),
        "channel": train.channel,
        "attendees": attendees,
        "manifest": train.manifest_owner,
        "rollback": train.rollback,
        "exceptions": train.exceptions,
        "other trains": train.dependencies,
        "why": train.rationale,
        "lead time and failures": train.impact,
        "branch": "yes" if train.branch else f"no: {train.unbranched}",
        "retrospective": f"{days_later(rule.retrospective)}, after the window",
        "closing": f"{days_later(rule.closing)}, after the window",
    }
