"""The forms of the commands that lead a train, run by run: each asks for what was not said, filled with what stands (CMD-07).

Invariant: every question has the name of a word of its command, so that a form says nothing that cannot be typed.
"""

from collections.abc import Mapping
from dataclasses import replace

from commands.core.text import Code, Form, Input, Line
from commands.core.train_fields import is_run
from guards.facts import Facts
from guards.sections import Person
from guards.train import AHEAD, Train, TrainRun
from guards.unread import Absent

_TRAIN = Input("train", "Train", hint="Its name, as in /release train list.", longest=40)
_RUN = Input("run", "Run", hint="As on its card: weekly-2026-12-01.", longest=80)


def _asked(fields: Mapping[str, str], which: Input) -> tuple[tuple[Input, ...], dict[str, str]]:
    """What is still to be named, and what is known already."""
    known = fields.get(which.name, "")
    return ((), {which.name: known}) if known else ((which,), {})


def publish_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks which train."""
    asked, known = _asked(fields, _TRAIN)
    said: Line = ("Its next runs are planned, and each posts its schedule in time.",)
    return Form("Publish a train", "train publish", "Publish", asked, known, (said,))


def captain_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks who leads a run, or takes turns in leading a train; filled with who does now. None when there is no such train."""
    if isinstance(facts.train, Absent) or isinstance(facts.run, Absent):
        return None
    which = Input("train", "Train or run", hint="weekly, or one run of it: weekly-2026-12-01.", longest=80)
    asked, known = _asked(fields, which)
    train, run = facts.train, facts.run
    leads = run.captain if isinstance(run, TrainRun) else ", ".join(train.captains) if isinstance(train, Train) else ""
    many = "An e-mail address." if isinstance(run, TrainRun) else "E-mail addresses, with commas; they take turns, one for each run."
    who = Input("people", "Who leads it?", initial=fields.get("people", leads), hint=many, longest=700)
    of: Line = ("It is about ", Code(known["train"]), ".") if known else ("What is planned already keeps who leads it.",)
    return Form("Captain", "train captain", "Save", (*asked, who), known, (of,))


def skip_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks why."""
    asked, known = _asked(fields, _RUN)
    why = Input("reason", "Why does it not run?", "text", hint="It stands in the channel and in the record.", shortest=3, longest=500)
    said: Line = (f"None of the moments of {known.get('run', 'the run')} comes; the run after it is planned.",)
    return Form("Skip a run", "train skip", "Skip", (*asked, why), known, (said,))


def resume_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks which run."""
    asked, known = _asked(fields, _RUN)
    said: Line = ("A run that was held over its cutoff is cut at once.",)
    return Form("Let a run go on", "train resume", "Go on", asked, known, (said,))


def close_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks why, and says what becomes of the runs of a train that is closed; None when there is no such train."""
    if isinstance(facts.train, Absent):
        return None
    asked, known = _asked(fields, Input("train", "Train or run", hint="weekly, or a run that is over.", longest=80))
    over = is_run(known.get("train", ""))
    why = Input("reason", "Why?", "text", initial=fields.get("reason", ""), hint="It stands in the channel.", shortest=3, longest=500)
    why = replace(why, shortest=0, optional=True) if over else why
    ends = [(Code(run.id), " is skipped") for run in facts.ridden if run.stage in AHEAD]
    goes_on = [(Code(run.id), " goes on to its end") for run in facts.ridden if run.stage not in AHEAD]
    return Form("Close", "train close", "Close", (*asked, why), known, (*ends, *goes_on))
