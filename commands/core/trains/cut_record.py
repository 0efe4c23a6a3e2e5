"""The record of a cutoff: what it holds, what the ledger keeps of it, and how it is shown (TRN-06, TRN-13)."""

from datetime import datetime
from typing import Any

from commands.core import record
from commands.core.cards import missing
from commands.core.text import Code, Line, worded
from commands.core.trains.run_work import RunWork
from guards.cut import Cut, CutState, Gates
from guards.cutoff import Source, cuttable, riders
from guards.decision import Allow, Refusal
from guards.judge import Judgement
from storage import cuts

_IN, _OUT = 20, 10
"""Pull requests that are named; the record has all."""


def cut_of(work: RunWork, source: Source, due: datetime, *, late: bool) -> Cut:
    """The record of one repository's cut.

    Args:
        work: gives the run and the moment.
        source: what was read and judged.
        due: the moment of the cutoff.
        late: carried out too long after it.
    """
    inside, outside = riders(source)
    checks, run = source.evidence.checks, work.run
    passed = [a.decision for a in cuttable(source, work.facts).answers if a.guard == "checked" and isinstance(a.decision, Allow)]
    return Cut(
        id=cuts.next_id(work.tx, "CUT", work.facts.at.date()),
        run=run.id,
        repository=source.repository,
        services=source.services,
        commit=str(source.commit),
        due=due,
        taken=work.facts.at,
        late=late,
        captain=run.captain,
        captain_name=run.captain_name,
        by=work.by.id,
        base=source.base,
        version=str(source.version),
        branch=source.branch,
        unbranched="" if source.branch else work.train.unbranched or "no reason was given",
        state=CutState.ORDERED if source.branch else CutState.CUT,
        why="",
        checks=tuple(f"{c.name}: {c.state}" for c in checks) if isinstance(checks, tuple) else (),
        included=inside,
        excluded=outside,
        head=str(source.commit),
        gates=Gates.PASSED,
        gates_why=passed[0].why if passed else "",
    )


def cut_body(cut: Cut) -> dict[str, Any]:
    """A cut as the ledger keeps it."""
    return {
        "cut": cut.id, "repository": cut.repository, "services": list(cut.services), "commit": cut.commit, "due": cut.due.isoformat(),
        "late": cut.late, "captain": cut.captain, "base": cut.base, "version": cut.version, "branch": cut.branch,
        "unbranched": cut.unbranched, "checks": list(cut.checks), "included": [rider.number for rider in cut.included],
        "excluded": {str(rider.number): rider.why for rider in cut.excluded},
    }  # fmt: skip


def told(source: Source, judgement: Judgement) -> dict[str, Any]:
    """What was judged about one repository, as the ledger keeps it."""
    commit = source.commit if isinstance(source.commit, str) else None
    return {"repository": source.repository, "commit": commit, "answers": record.judgement_answers(judgement)}


def shown(cut: Cut) -> list[Line]:
    """A cut for people: what rides, and what does not."""
    what: Line = (f"{cut.repository} at ", Code(cut.commit[:12]), f" for {cut.version}, branch ", Code(cut.branch or "none"))
    inside = ", ".join(f"#{rider.number}" for rider in cut.included[:_IN]) or "nothing new"
    outside = ", ".join(f"#{rider.number} ({rider.why})" for rider in cut.excluded[:_OUT]) or "nothing"
    more = (len(cut.included) > _IN, len(cut.excluded) > _OUT)
    return [what, (f"In: {inside}{' …' * more[0]}",), (f"Out: {outside}{' …' * more[1]}",)]


def why(source: Source, judgement: Judgement, green: str | None) -> list[Line]:
    """Why a repository is not cut, and what to do.

    Args:
        source, judgement: what was read, and said about it.
        green: the last green commit before a red one; None when none was found, "" when nobody looked.
    """
    lines: list[Line] = []
    for refused in judgement.refusals:
        lines.append((f"{source.repository}: {refused.why}",))
        if refused.code is not Refusal.CHECKS_NOT_PASSED or green == "":
            lines.append(("→ ", *worded(refused.remedy)))
    lines += [(f"{source.repository}: could not read {missing(unsure)}.",) for unsure in judgement.unsure]
    if green:
        lines.append(("→ The last green commit before it is ", Code(green[:12]), ": cut that one, or wait until main is green."))
    elif green is None:
        lines.append(("→ No green commit was found before it: mend main, then cut.",))
    return lines
