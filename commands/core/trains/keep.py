"""Keeps and tells what a look at a release branch found: flawed commits, gates, late changes, old branches (TRN-09 … TRN-26).

Invariant: what is found is told once, and kept for the go/no-go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from commands.core.cards import missing
from commands.core.text import Code, Line, Link, worded
from commands.core.trains import closing
from commands.core.trains.branch import SOON, WATCH
from commands.core.trains.run_work import RunWork
from guards.cut import Cut, CutState, Fix, Gates, LateChange, OpenPull
from guards.cutting import STABILIZING
from guards.decision import Allow, Decision, Refuse
from guards.facts import Facts
from guards.moments import instant
from guards.stabilization import rides_later
from guards.train import Stage
from guards.unread import Unread
from storage import cuts, timers, trains
from storage.database import Tx

LIVING = STABILIZING | {Stage.DEPARTING, Stage.STOPPED, Stage.DEPARTED}
"""As long as a run is in one of these, its branch is there, and watched."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found of one branch.

    Args:
        cut: whose branch.
        head: what it names.
        fixes: commits that were not judged before.
        gates: how the checks of the head stand; None when nothing had to be asked.
        waiting: what is open into it.
        lost: what could not be read; it is read again at the next look.
        gone: whether there is no such branch any more.
    """

    cut: Cut
    head: str | None = None
    fixes: tuple[Fix, ...] = ()
    gates: Decision | None = None
    waiting: tuple[OpenPull, ...] = ()
    lost: Unread | None = None
    gone: bool = False


def keep(work: RunWork, seen: Sequence[Seen], tickets: frozenset[str]) -> None:
    """Keep what a look found, tell what is new, and have it looked at again.

    Args:
        work: the transaction.
        seen: each branch.
        tickets: of the run's blockers.
    """
    rules, at = work.facts.policy.stabilization, work.facts.at
    now = {cut.id: cut for cut in work.facts.cuts if cut.state is CutState.CUT}
    for one in seen:
        if one.cut.id not in now:
            continue
        cut = now[one.cut.id] if one.gone else _lives(work, now[one.cut.id])
        if one.lost:
            _seen(work, cut, f"could not read {one.lost.what}" + (f" ({one.lost.why})" if one.lost.why else ""))
            continue
        for fix in one.fixes:
            _fix(work, fix)
        _gates(work, cut, one)
        for pull in one.waiting:
            if rides_later(pull, tickets, rules):
                _late(work, cut, pull)
    if work.run.stage is not Stage.DEPARTED:
        watch(work.tx, work.run.id, at + rules.look_again)
    else:
        _watch_on(work, seen)


def outlive(work: RunWork, seen: Sequence[Seen]) -> None:
    """Of a run that is closed nothing is judged any more, only how long its branches live (TRN-26)."""
    now = {cut.id: cut for cut in work.facts.cuts if cut.state is CutState.CUT}
    for one in seen:
        if one.cut.id in now and not one.gone:
            _lives(work, now[one.cut.id])
    _watch_on(work, seen)


def _watch_on(work: RunWork, seen: Sequence[Seen]) -> None:
    """Look again when a branch that is there outlives its limit."""
    gone = {one.cut.id for one in seen if one.gone}
    left = [cut for cut in cuts.of_run(work.tx, work.run.id) if cut.branch and not cut.warned and cut.id not in gone]
    if ends := [end_of(work, cut) for cut in left]:
        watch(work.tx, work.run.id, max(min(ends), work.facts.at + work.facts.policy.stabilization.look_again))


def watch(tx: Tx, run: str, at: datetime) -> None:
    """Have the branches of a run looked at."""
    timers.set(tx, timers.Timer(f"{WATCH}:{run}", WATCH, at, {"run": run}))


def pushed(tx: Tx, repository: str, branch: str, facts: Facts) -> None:
    """The VCS says that a branch moved: if it is a run's, it is looked at now (TRN-09).

    Args:
        tx: of the delivery.
        repository: `owner/name` as the VCS writes it.
        branch: its name.
        facts: give the moment and the policy.
    """
    ours = {s.repository.lower(): s.repository for s in facts.policy.services.values()}
    for cut in cuts.on_branch(tx, ours.get(repository.lower(), repository), branch):
        if cut.state is CutState.CUT:
            watch(tx, cut.run, facts.at + SOON)
            closing.moved(tx, cut.run, facts)


def _fix(work: RunWork, fix: Fix) -> None:
    if not cuts.judged(work.tx, fix):
        return
    wrong = [{"flaw": found.flaw.value, "why": found.why} for found in fix.flaws]
    body = {
        "repository": fix.repository, "commit": fix.sha, "title": fix.title, "pull": fix.pull, "tickets": list(fix.tickets),
        "source": fix.source, "source_pull": fix.origin.number if fix.origin else None, "risk": fix.risk, "flaws": wrong,
    }  # fmt: skip
    work.record("stabilization:flagged" if fix.flaws else "stabilization:fix", body)
    if not fix.flaws:
        return
    first: Line = (Link(fix.url, fix.sha[:12]), f" on the release branch of {fix.repository}: {fix.title}")
    way: Line = (
        "→ Revert it. Then, or to keep it, somebody who did not write it accepts each commit, the revert too: ",
        Code(f"/release fix accept {work.run.id} {fix.sha[:12]} plan=… <why it cannot come from main>"),
    )
    title = f"🚩 {work.run.id}: a commit does not belong on the release branch"
    work.tell(title, first, *(("• ", found.why) for found in fix.flaws), way, part=fix.sha)


def _gates(work: RunWork, cut: Cut, one: Seen) -> None:
    """How the checks of the newest commit stand; after a fix they must have run again on exactly it (TRN-11)."""
    if one.gates is None or one.head is None:
        _seen(work, cut, "")
        return
    gates, why = _standing(one.gates)
    moved = (cut.head, cut.gates) != (one.head, gates)
    if not moved and (cut.gates_why, cut.why) == (why, ""):
        return
    cuts.change(work.tx, cut, head=one.head, gates=gates, gates_why=why, why="")
    if moved:
        work.record(
            "stabilization:gates",
            {"repository": cut.repository, "branch": cut.branch, "head": one.head, "gates": gates.value, "why": why},
        )
        mark, words = {
            Gates.PASSED: ("✅", "the gates passed again"),
            Gates.LACKING: ("🚧", "the gates have to pass again"),
            Gates.UNREAD: ("⚠️", "the gates could not be read"),
        }[gates]
        where: Line = (Code(f"{cut.repository} {cut.branch}"), " is at ", Code(one.head[:12]))
        work.tell(f"{mark} {work.run.id}: {words}", where, (why,), part=f"gates:{cut.repository}")
    else:
        work.draw()


def _seen(work: RunWork, cut: Cut, why: str) -> None:
    """Whether the branch could be looked at; the card says so as long as it cannot, and nobody goes by it (TRN-09)."""
    if cut.why != why:
        cuts.change(work.tx, cut, why=why)
        work.draw()


def _standing(decision: Decision) -> tuple[Gates, str]:
    if isinstance(decision, Allow):
        return Gates.PASSED, decision.why
    return (Gates.LACKING, decision.why) if isinstance(decision, Refuse) else (Gates.UNREAD, f"could not read {missing(decision)}")


def _late(work: RunWork, cut: Cut, pull: OpenPull) -> None:
    """A late change that is no blocker's fix rides the next train (TRN-16)."""
    run, open_runs = work.run, trains.open_runs(work.tx, work.train.id)
    following = next((other.id for other in open_runs if other.schedule.cutoff > run.schedule.cutoff), "")
    if not cuts.rides_later(work.tx, LateChange(run.id, cut.repository, pull.number, pull.title, pull.url, following, work.facts.at)):
        return
    work.record("stabilization:moved", {"repository": cut.repository, "pull": pull.number, "title": pull.title, "to": following})
    what: Line = (Link(pull.url, f"#{pull.number}"), f" of {cut.repository} wants onto {cut.branch}: {pull.title}")
    why: Line = (f"It is no blocker's fix, so it rides {following or 'the next train'}. Point it to main.",)
    work.tell(f"➡️ {run.id}: a late change rides the next train", what, why, part=f"late:{cut.repository}:{pull.number}")


def end_of(work: RunWork, cut: Cut) -> datetime:
    """When a branch outlives its limit, UTC: the policy's for each, or the end of the day until which it is supported."""
    rules = work.facts.policy.stabilization
    kept = rules.keeps(cut.branch, cut.services)
    return instant(kept.until + timedelta(days=1), time(), work.train.rule.zone) if kept else cut.taken + rules.branch_lifetime


def _lives(work: RunWork, cut: Cut) -> Cut:
    """Warn once of a branch that outlives its limit (TRN-26)."""
    rules = work.facts.policy.stabilization
    if cut.warned or work.facts.at < end_of(work, cut):
        return cut
    days, kept = rules.branch_lifetime.total_seconds() / 86400, rules.keeps(cut.branch, cut.services)
    body = {"repository": cut.repository, "branch": cut.branch, "days": days}
    work.record("stabilization:branch-old", body | ({"owner": kept.owner, "until": kept.until.isoformat()} if kept else {}))
    said = f" lives longer than {days:g} days. Remove it, or have `stabilization.supported` in the policy file say who keeps it."
    if kept:
        owner = work.facts.policy.by_id[kept.owner].name
        said = f" was supported until {kept.until}. {owner} answers for it: remove it, or write down until when it goes on."
    why: Line = (Code(f"{cut.repository} {cut.branch}"), *worded(said))
    work.tell(f"⌛ {work.run.id}: a release branch lives too long", why, part=f"old:{cut.repository}")
    return cuts.change(work.tx, cut, warned=True)
