"""What rides a run, what does not, and what holds it up: the lower half of its card (TRN-12, TRN-13).

Invariant: it says what the cut and the stabilization recorded; before the cutoff it says nothing, as anything may still come or go.
"""

from collections.abc import Iterator, Sequence

from commands.core.text import Code, Line, Link, Part
from guards.cut import Blocker, Cut, Fix, Gates, LateChange, Rider, flawed, unseen
from storage import cuts
from storage.database import Tx

_MOST = 8
"""Lines under one heading; the thread has them all."""


def riding(tx: Tx, run: str) -> tuple[Part, ...]:
    """The parts of a run's card that its cut and its stabilization tell.

    Args:
        run: its id.
    """
    made, fixes, late, blockers = cuts.of_run(tx, run), cuts.fixes(tx, run), cuts.late(tx, run), cuts.blockers(tx, run)
    inside = [*(_rider(cut, rider) for cut in made for rider in cut.included), *map(_fix, fixes)]
    outside = [*(_rider(cut, rider) for cut in made for rider in cut.excluded), *map(_late, late)]
    return tuple(
        Part(few(lines), heading)
        for heading, lines in (
            ("🛑 What holds it up", list(_holding(made, fixes, blockers))),
            (f"🎫 In: {len(inside)}", inside),
            (f"🚏 Not in: {len(outside)}", outside),
        )
        if lines
    )


def _holding(made: Sequence[Cut], fixes: Sequence[Fix], blockers: Sequence[Blocker]) -> Iterator[Line]:
    yield from ((Code(one.id), f" {one.ticket}: {one.title}") for one in blockers if one.resolved is None)
    yield from ((Code(fix.sha[:12]), f" {fix.title}: {' '.join(flaw.why for flaw in fix.flaws)}") for fix in flawed(fixes))
    yield from ((f"{cut.repository}: {cut.why}",) for cut in made if unseen(cut))
    yield from ((f"{cut.repository}: {cut.gates_why}",) for cut in made if cut.gates is not Gates.PASSED)


def _rider(cut: Cut, rider: Rider) -> Line:
    return (Link(rider.url, f"#{rider.number}"), f" {rider.title} ({cut.repository})" + (f": {rider.why}" if rider.why else ""))


def _fix(fix: Fix) -> Line:
    return ("after the cutoff: ", *fix_line(fix))


def fix_line(fix: Fix) -> Line:
    """A commit after the cutoff with its tickets, its risk class and where on main it comes from (TRN-10)."""
    origin: Line = (" from ", Link(fix.origin.url, f"#{fix.origin.number}"), " on main") if fix.origin else ()
    if not origin:
        origin = (f" from {fix.source[:12]}" if fix.source else " from nowhere on main",)
    tickets = f" {', '.join(fix.tickets)}" if fix.tickets else ""
    return (Link(fix.url, fix.title), f" ({fix.repository}){tickets}, {fix.risk or 'no'} risk{'' if fix.risk else ' class'},", *origin)


def _late(one: LateChange) -> Line:
    return (Link(one.url, f"#{one.pull}"), f" {one.title} ({one.repository}): rides {one.to or 'the next train'}")


def few(lines: Sequence[Line], rest: str = "; the thread has them all") -> tuple[Line, ...]:
    """The first lines under a heading, and how many more there are.

    Args:
        rest: where those are.
    """
    more = len(lines) - _MOST
    return (*lines[:_MOST], (f"and {more} more{rest}",)) if more > 0 else tuple(lines)
