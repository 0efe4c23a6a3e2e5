"""/release blocker add | resolve | list: what must be mended before a run of a train may go (TRN-12)."""

from typing import Annotated

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import BlockerId, TicketWord
from commands.core.text import Code, Line
from commands.core.train_fields import RunId
from commands.core.trains.branch import SOON
from commands.core.trains.keep import watch
from commands.core.trains.run_work import about
from commands.core.words import Arguments, Rest
from guards.authorization import authorized
from guards.captaincy import accountable
from guards.cut import Blocker, Cut, CutState, Gates, flawed
from guards.cutting import known_run, open_blocker, open_run
from guards.record import reasoned
from guards.vocabulary import Action
from storage import cuts


class AddBlocker(Arguments):
    """A run, the ticket, and what it is."""

    run: RunId
    ticket: TicketWord
    title: Annotated[str, Rest()] = ""


class ResolveBlocker(Arguments):
    """A blocker, and how it was mended."""

    blocker: BlockerId
    how: Annotated[str, Rest()] = ""


class ListBlockers(Arguments):
    """One run."""

    run: RunId


def ask_add(args: AddBlocker, asker: Asker) -> Ask:
    """A blocker is about one run; what it is stands in its title."""
    return Ask(run=args.run, rationale=args.title)


def ask_resolve(args: ResolveBlocker, asker: Asker) -> Ask:
    """Resolving is about one blocker; its run is then its own."""
    return Ask(blocker=args.blocker, rationale=args.how)


def ask_list(args: ListBlockers, asker: Asker) -> Ask:
    """A list is about one run."""
    return Ask(run=args.run)


def add(work: Work[AddBlocker]) -> Reply:
    """Open it; fixes that name its ticket may get onto the release branch."""
    run, person = about(work, work.args.run), work.asker.person
    blocker = Blocker(
        cuts.next_id(work.tx, "BLK", work.at.date()), work.args.run, work.args.ticket, work.args.title, person.id, person.name, work.at
    )
    cuts.add_blocker(work.tx, blocker)
    run.record("blocker:opened", {"blocker": blocker.id, "ticket": blocker.ticket, "title": blocker.title})
    run.tell(f"🛑 {blocker.id} holds {run.run.id} up", (f"{blocker.ticket}: {blocker.title}",), (f"Opened by {person.name}.",))
    if any(cut.state is CutState.CUT for cut in run.facts.cuts):
        watch(work.tx, run.run.id, work.at + SOON)
    return Reply(note(f"🛑 {blocker.id} holds {run.run.id} up"))


def resolve(work: Work[ResolveBlocker]) -> Reply:
    """Close it."""
    was = work.facts.blocker
    assert isinstance(was, Blocker)
    run = about(work, was.run)
    blocker = cuts.resolve(work.tx, was, work.args.how, work.asker.person.id, work.at)
    run.record("blocker:resolved", {"blocker": blocker.id, "ticket": blocker.ticket, "resolution": blocker.resolution})
    left = sum(one.resolved is None for one in cuts.blockers(work.tx, was.run))
    rest = f"{left} still hold{'s' if left == 1 else ''} {was.run} up." if left else f"No blocker holds {was.run} up any more."
    run.tell(f"🟢 {blocker.id} is resolved", (f"{blocker.ticket}: {blocker.resolution}",), (rest,))
    return Reply(note(f"🟢 {blocker.id} is resolved"))


def list_blockers(work: Work[ListBlockers]) -> Reply:
    """Blockers, commits that do not belong there, how the gates stand, and what rides later."""
    run = work.args.run
    fixes, late = flawed(cuts.fixes(work.tx, run)), cuts.late(work.tx, run)
    lines = [
        *map(_blocker, cuts.blockers(work.tx, run)),
        *map(_gates, work.facts.cuts),
        *(("🚩 ", Code(fix.sha[:12]), f" {fix.title}: {'; '.join(found.why for found in fix.flaws)}") for fix in fixes),
        *((f"➡️ #{one.pull} of {one.repository} rides {one.to or 'the next train'}: {one.title}",) for one in late),
    ]
    return Reply(note(f"🛑 What holds {run} up" if lines else f"🟢 Nothing holds {run} up", *lines))


def _blocker(one: Blocker) -> Line:
    mended = f" ({one.resolution})" if one.resolved else ""
    return ("🟢 " if one.resolved else "🛑 ", Code(one.id), f" {one.ticket}: {one.title}{mended}")


def _gates(cut: Cut) -> Line:
    return (_GATES[cut.gates], " ", Code(cut.repository), f" {cut.branch or 'no branch'} at ", Code(cut.head[:12]), f": {cut.gates_why}")


_GATES = {Gates.PASSED: "✅", Gates.LACKING: "🚧", Gates.UNREAD: "⚠️"}

blocker_add = Command(
    name="blocker add",
    summary="Hold a run of a train up until a ticket is resolved.",
    examples=("blocker add weekly-2026-12-01 PAY-12 refunds are paid twice",),
    action=Action.CUT,
    guards=(authorized, accountable, open_run, reasoned),
    arguments=AddBlocker,
    ask=ask_add,
    run=add,
)

blocker_resolve = Command(
    name="blocker resolve",
    summary="Say that a blocker is mended.",
    examples=("blocker resolve BLK-2026-1201-001 #41 is on the release branch, tests passed",),
    action=Action.CUT,
    guards=(authorized, accountable, open_blocker, reasoned),
    arguments=ResolveBlocker,
    ask=ask_resolve,
    run=resolve,
)

blocker_list = Command(
    name="blocker list",
    summary="What holds a run of a train up.",
    examples=("blocker list weekly-2026-12-01",),
    action=Action.READ,
    guards=(authorized, known_run),
    arguments=ListBlockers,
    ask=ask_list,
    run=list_blockers,
)
