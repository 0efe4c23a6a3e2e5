"""What people see of a go/no-go: the run's card with its checklist, the question to an area, the silence, the decision.

Invariant: silence, and what could not be read, stand there in words; nothing that is open looks like a yes (GNG-03, GNG-15).
"""

from collections.abc import Iterable

from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part
from commands.core.trains.riding import fix_line
from guards.artifact import short
from guards.checklist import AREA_OF, BY_PEOPLE, MEANS, Area
from guards.deciding import newest
from guards.facts import Facts
from guards.go import Answer, GoDecision, Outcome, RollCall, Say
from guards.readiness import Finding, Mark, findings, open_risks
from guards.train import Stage, Train, TrainRun

_MARKS = {
    Mark.PASSED: "✅", Mark.EXCEPTED: "⚠️", Mark.CONFIRMED: "☑️", Mark.NOT_REQUIRED: "⚪", Mark.OPEN: "🔲", Mark.FAILED: "⛔",
    Mark.UNREAD: "❔",
}  # fmt: skip
_SAYS = {Say.GO: ("🟢", "go"), Say.NO_GO: ("🔴", "no-go"), Say.CONDITION: ("🟡", "go, on a condition")}
_DECIDED = {Outcome.GO: ("🟢", "go"), Outcome.NO_GO: ("🔴", "no-go"), Outcome.WITHDRAWN: ("⚪", "go withdrawn")}
_FIXES = 8
"""Commits after the cutoff that are shown, the newest; the record has all."""

_LONG = 300
"""Characters of a sentence on the card; the ledger has the whole."""


def roll_call_card(facts: Facts, *, rehearsal: bool = False) -> Card:
    """The card of a run's go/no-go.

    Args:
        facts: with the run, its train and `go`.
        rehearsal: for one reader, before the meeting: nothing can be pressed (GNG-15).
    """
    run, train, go = facts.run, facts.train, facts.go
    assert isinstance(run, TrainRun)
    assert isinstance(train, Train)
    assert go is not None
    zone, found = train.rule.zone, findings(facts)
    emoji, words = _state(found, facts)
    rows: list[tuple[str, Line]] = [
        ("State", (f"{emoji} {words}",)),
        ("Captain", (run.captain_name,)),
        ("Decision", (Moment(run.schedule.decision, zone),)),
        ("Window", (Moment(run.schedule.opens, zone), " to ", Moment(run.schedule.closes, zone))),
    ]
    if go.call:
        rows.append(("Answers until", (Moment(go.call.deadline, zone),)))
    parts = [_candidate(facts), *(_area(area, found, facts) for area in Area)]
    if go.stabilization and go.stabilization.fixes:
        fixes = go.stabilization.fixes
        lines: list[Line] = [fix_line(fix) for fix in fixes[-_FIXES:]]
        parts.append(Part(tuple(lines), heading=f"After the cutoff: {len(fixes)}"))
    if risks := open_risks(facts):
        parts.append(Part(tuple((f"• {_cut(risk)}",) for risk in risks), heading="Open risks, to be accepted with a go"))
    if go.decisions:
        parts.append(Part(tuple(decision_line(one, zone) for one in go.decisions[-5:]), heading="Decisions"))
    title = f"{'🔎 Rehearsal' if rehearsal else f'{emoji} Go/no-go'}: {run.id} {run.version}".strip()
    footer: Line = ("Nothing is recorded by looking. ", Code(run.id)) if rehearsal else (Code(run.id),)
    return Card(f"{title}: {words}"[:150], tuple(rows), tuple(parts), () if rehearsal else _buttons(run, facts), footer)


def _state(found: tuple[Finding, ...], facts: Facts) -> tuple[str, str]:
    run, go, last = facts.run, facts.go, newest(facts)
    assert isinstance(run, TrainRun)
    assert go is not None
    if last and last.outcome is Outcome.GO and (go.candidate is None or go.candidate.hash != last.candidate.hash):
        return "⛔", f"the go of {last.name} is void: the candidate changed"
    if last and run.stage in {Stage.GO, Stage.NO_GO}:
        emoji, words = _DECIDED[last.outcome]
        return emoji, f"{words} by {last.name}"
    if go.candidate is None:
        return "⚪", "nothing is pinned yet"
    gaps = [f.item.value for f in found if not f.met]
    waiting = [area.value for area in Area if go.call is None or go.call.of(area) is None]
    if go.call is None:
        return "🕐", f"not called yet, {_count(len(gaps), 'gap')}"
    if waiting:
        return "🕐", f"{'silent' if facts.at >= go.call.deadline else 'waits for'}: {', '.join(waiting)}"
    return ("🕐", "waits for the decision") if not gaps else ("⛔", _count(len(gaps), "gap"))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else f"no {noun}s"


def _candidate(facts: Facts) -> Part:
    candidate = facts.go.candidate if facts.go else None
    if candidate is None:
        return Part((("Nothing is pinned yet that it would bring.",),), heading="Candidate")
    lines: list[Line] = [
        (Bold(entry.service), f" {entry.version} ", Code(entry.commit[:12]), " ", Code(short(entry.digest))) for entry in candidate.entries
    ]
    return Part((*lines, ("content ", Code(candidate.hash[:12]))), heading="Candidate")


def _area(area: Area, found: tuple[Finding, ...], facts: Facts) -> Part:
    return Part((_answer(area, facts), *(_item(f) for f in found if AREA_OF[f.item] is area)), heading=area.capitalize())


def _answer(area: Area, facts: Facts) -> Line:
    train, call = facts.train, facts.go.call if facts.go else None
    assert isinstance(train, Train)
    answer = call.of(area) if call else None
    if answer is None:
        named = ", ".join(_name(person, facts) for person in train.attendees.get(area, ())) or "nobody is named for it"
        late = call is not None and facts.at >= call.deadline
        return (f"{'🔇 silent, which is no go' if late else '🕐 not answered yet'}: {named}",)
    emoji, words = _SAYS[answer.say]
    after = " (late)" if call and answer.at >= call.deadline else ""
    said = f": {_cut(answer.words)}" if answer.words else ""
    return (f"{emoji} {words} by {answer.name}, ", Moment(answer.at, train.rule.zone), f"{after}{said}")


def _name(person: str, facts: Facts) -> str:
    known = facts.policy.by_id.get(person)
    return known.name if known else person


def _item(one: Finding) -> Line:
    by = f", by {one.by}" if one.mark is Mark.CONFIRMED else ""
    why = one.why if one.mark not in {Mark.NOT_REQUIRED, Mark.CONFIRMED} else ""
    links = f" ({' '.join(one.links)})" if one.mark is Mark.CONFIRMED and one.links else ""
    return (f"{_MARKS[one.mark]} ", Bold(one.item.value), f" {one.mark}{by}{': ' if why else ''}{_cut(why)}{links}")


def decision_line(one: GoDecision, zone: str) -> Line:
    """A decision in a line: what, by whom and for whom, when, why."""
    emoji, words = _DECIDED[one.outcome]
    under = f" for {one.on_behalf.by_name} ({one.on_behalf.delegation})" if one.on_behalf else ""
    said = one.residual if one.outcome is Outcome.GO else one.notes
    return (f"{emoji} ", Code(one.id), f" {words} by {one.name}{under}, ", Moment(one.at, zone), f": {_cut(said)}")


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _buttons(run: TrainRun, facts: Facts) -> tuple[Button, ...]:
    known, go = {"run": run.id}, facts.go
    if go is None or go.candidate is None or run.stage not in {Stage.STABILIZING, Stage.DECIDING, Stage.GO, Stage.NO_GO, Stage.STOPPED}:
        return ()
    if go.call is None:
        return (Button("Call the roll", "go call", known, "primary"),)
    if run.stage is Stage.GO:
        return (Button("Withdraw the go", "go withdraw", known, "danger"), Button("No-go", "no-go", known, "danger"))
    decide = (Button("Go", "go", known, "primary"), Button("No-go", "no-go", known, "danger"))
    return (Button("Answer", "go answer", known), *decide)


# ---------------------------------------------------------------- what single people are told


def asked_card(run: TrainRun, call: RollCall, area: Area, facts: Facts) -> Card:
    """The question to somebody who answers for an area."""
    zone = _zone(facts)
    mine = [item for item in BY_PEOPLE if AREA_OF[item] is area]
    lines: list[Line] = [
        (", ".join(f"{e.service} {e.version}" for e in call.candidate.entries), f", led by {run.captain_name}."),
        ("Answer until ", Moment(call.deadline, zone), ". Silence is shown, and is no go."),
    ]
    if mine:
        lines.append((f"You confirm: {'; '.join(MEANS[item] for item in mine)}.",))
    known = {"run": run.id, "area": area.value}
    return Card(
        f"🚦 Go or no-go for {run.id}: you answer for {area}"[:150], parts=(Part(tuple(lines)),),
        buttons=(Button("Answer", "go answer", known, "primary"), Button("Show the checklist", "train readiness", {"run": run.id})),
    )  # fmt: skip


def silent_card(run: TrainRun, call: RollCall | None, facts: Facts) -> Card:
    """What captain, deciders and the silent are told when the time is over; without a roll call, that nothing could be asked."""
    known = {"run": run.id}
    if call is None:
        said: Line = (f"It is time to decide about {run.id}, and nothing is pinned that it would bring.",)
        return Card(
            f"⏰ {run.id} has no candidate", parts=(Part((said,)),), buttons=(Button("Show the checklist", "train readiness", known),)
        )
    areas = ", ".join(area for area in Area if call.of(area) is None)
    lines: tuple[Line, ...] = ((f"Silent: {areas}. Silence never counts as go; an answer still does.",),)
    return Card(f"⏰ {run.id}: no answer from {areas}"[:150], parts=(Part(lines),), buttons=(Button("Answer", "go answer", known),))


def objection_card(last: GoDecision, answer: Answer) -> Card:
    """What a decider is told when an area says no-go after the go."""
    said: Line = (f"{answer.name}: {_cut(answer.words)}",)
    taken_back = Button("Withdraw the go", "go withdraw", {"run": last.run}, "danger")
    title = f"🔴 {last.run}: {answer.area} says no-go, and your go stands"
    return Card(title[:150], parts=(Part((said,)),), buttons=(taken_back,), footer=(Code(last.id),))


def decided_card(one: GoDecision, facts: Facts) -> Card:
    """The decision as everybody in the channel reads it (GNG-10, GNG-14)."""
    emoji, words = _DECIDED[one.outcome]
    entries = ", ".join(f"{e.service} {e.version}" for e in one.candidate.entries)
    lines: list[Line] = [decision_line(one, _zone(facts)), (entries, ", content ", Code(one.candidate.hash[:12]))]
    lines += [(f"Risk accepted: {_cut(risk)}",) for risk in one.risks] if one.outcome is Outcome.GO else []
    if one.outcome is Outcome.GO and one.rollback:
        lines.append((f"Way back: {_cut(one.rollback)}",))
    return Card(f"{emoji} {one.run}: {words}"[:150], parts=(Part(tuple(lines)),), footer=(Code(one.id),))


def risk_lines(facts: Facts) -> Iterable[Line]:
    """What a decider reads before a go: the open risks, each of which the go accepts."""
    risks = open_risks(facts)
    yield (Bold("Open risks: "), "none that the bot knows of." if not risks else "a go accepts each of these.")
    yield from ((f"• {_cut(risk)}",) for risk in risks)


def _zone(facts: Facts) -> str:
    return facts.train.rule.zone if isinstance(facts.train, Train) else facts.policy.zone
