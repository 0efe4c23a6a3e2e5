"""When a run of a train can be cut, held or extended, its blockers tracked and fixes accepted (TRN-06, TRN-12, TRN-15, HOT-16).

Invariant: `accountable` says who may; nobody accepts a fix that they wrote themselves.
"""

from guards.authorization import no_such_blocker
from guards.cut import Blocker, CutState, Fix, Flaw
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import identify
from guards.facts import Facts, Request
from guards.minutes import minute
from guards.moments import postponed
from guards.sections import Person
from guards.timetable import no_such_train
from guards.train import AHEAD, Stage, Train, TrainRun
from guards.unread import Unread

CUTTABLE = AHEAD - {Stage.PLANNED}
"""A run is cut once its schedule is published, and until it is cut."""

STABILIZING = frozenset({Stage.STABILIZING, Stage.DECIDING, Stage.GO, Stage.NO_GO})
"""Between the cutoff and the departure: fixes can still come."""


def _no_run(facts: Facts) -> Refuse:
    """What is said where a run is needed, and there is none."""
    no_run = Refuse(Refusal.NO_SUCH_TRAIN, "No run of a train was named.", "`/release train list` shows the trains and their runs.")
    return no_such_train(facts) or no_run


def known_run(request: Request, facts: Facts) -> Decision:
    """Whether the run exists."""
    return Allow(f"{facts.run.id} is {facts.run.stage}") if isinstance(facts.run, TrainRun) else _no_run(facts)


def choosable(request: Request, facts: Facts) -> Decision:
    """Whether each commit that was named is for one repository of the train (TRN-05)."""
    train, services = facts.train, facts.policy.services
    if not isinstance(train, Train) or not request.commits:
        return Allow("no commit was named")
    known = [name for name in train.services if name in services]
    repositories = {services[name].repository for name in known}
    for service, sha in request.commits:
        if service and service not in known:
            why = f"{service} does not ride {train.id}, which carries {', '.join(known)}."
            return Refuse(Refusal.INCOMPLETE, why, f"Write `<service>@{sha}`.")
        if not service and len(repositories) != 1:
            return Refuse(
                Refusal.INCOMPLETE,
                f"{train.id} has {len(repositories)} repositories, and {sha[:12]} does not say which one is meant.",
                f"Write `commit={known[0] if known else '<service>'}@{sha}`.",
            )
    return Allow(f"{len(request.commits)} commit was named" if len(request.commits) == 1 else f"{len(request.commits)} commits were named")


def not_cut_yet(request: Request, facts: Facts) -> Decision:
    """Whether the run waits for its cutoff, and no cut of it is under way."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return _no_run(facts)
    if run.stage not in CUTTABLE:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}.", "A run is cut after its schedule was published, and once.")
    if ordered := [cut for cut in facts.cuts if cut.state is CutState.ORDERED]:
        where = ", ".join(f"{cut.branch} of {cut.repository}" for cut in ordered)
        return Refuse(Refusal.BEING_CUT, f"{run.id} is being cut: {where} was ordered.", "Wait for it; the thread tells how it ends.")
    return Allow(f"{run.id} is {run.stage}")


def later(request: Request, facts: Facts) -> Decision:
    """Whether the cutoff would move to a moment that is still to come, and not past the decision (TRN-24)."""
    run, moment = facts.run, request.moved
    if not isinstance(run, TrainRun):
        return _no_run(facts)
    if moment is None or moment <= facts.at:
        return Refuse(Refusal.BAD_SCHEDULE, "The new cutoff is over already.", "Give a moment that is later than now.")
    if moment >= run.schedule.decision:
        return Refuse(
            Refusal.BAD_SCHEDULE,
            f"The go/no-go of {run.id} is at {minute(run.schedule.decision)}, and not after the new cutoff.",
            "Give an earlier moment, or amend the schedule.",
        )
    return Allow(f"the cutoff moves to {minute(moment)}")


POSTPONABLE = STABILIZING | {Stage.STOPPED}
"""A run keeps its window until it departs; what stopped on its way has a next one too."""


def postponable(request: Request, facts: Facts) -> Decision:
    """Whether the run was cut and has not departed, and its window opens again for it (WIN-11)."""
    run, train = facts.run, facts.train
    if not isinstance(run, TrainRun) or not isinstance(train, Train):
        return _no_run(facts)
    if run.stage not in POSTPONABLE:
        why = "A run that is not cut is amended, skipped or extended; one that departs is finished."
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}.", why)
    found = postponed(train.rule, train.services, facts, run.schedule)
    return found if isinstance(found, Refuse | Unsure) else Allow(f"{train.rule.window} opens again {minute(found.opens)}")


def open_run(request: Request, facts: Facts) -> Decision:
    """Whether the run has not departed, so that blockers can hold it up."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return _no_run(facts)
    if run.stage not in AHEAD | STABILIZING:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}.", "Blockers hold a run up before it departs.")
    return Allow(f"{run.id} is {run.stage}")


def open_blocker(request: Request, facts: Facts) -> Decision:
    """Whether there is such a blocker, and it is open."""
    blocker = facts.blocker
    if not isinstance(blocker, Blocker):
        return no_such_blocker(blocker)
    if blocker.resolved:
        return Refuse(Refusal.WRONG_STATE, f"{blocker.id} is resolved: {blocker.resolution}", "Nothing is left to do.")
    return Allow(f"{blocker.id} is open")


def acceptable(request: Request, facts: Facts) -> Decision:
    """Whether there is such a commit, something is wrong with it, and the asker did not write it (TRN-15, SOD-02)."""
    fix, person = facts.fix, request.by
    if not isinstance(fix, Fix):
        what = fix.what if fix else "such commit"
        return Refuse(Refusal.NO_SUCH_FIX, f"There is no {what}.", "The thread of the run names the commits that were flagged.")
    if not fix.flaws or fix.accepted:
        said = f"was accepted by {fix.accepted.by_name}" if fix.accepted else "has nothing to accept"
        return Refuse(Refusal.WRONG_STATE, f"{fix.sha[:12]} {said}.", "Nothing is left to do.")
    if not isinstance(person, Person):
        return Unsure(person.what, person.why) if isinstance(person, Unread) else Allow("`authorized` turns strangers away")
    for author in fix.authors:
        who = identify(author, facts)
        if isinstance(who, Unread):
            return Unsure(who.what, who.why)
        if who and who.id == person.id:
            return Refuse(Refusal.OWN_WORK, f"{person.name} wrote {fix.sha[:12]}, and so does not accept it.", "Ask somebody who did not.")
    return Allow(f"{fix.sha[:12]} is not {person.name}'s own")


def risk_said(request: Request, facts: Facts) -> Decision:
    """Whether a commit whose pull request names no risk class is accepted with one (TRN-10)."""
    fix, level = facts.fix, request.declared.level
    if not isinstance(fix, Fix) or fix.risk or level or not any(one.flaw is Flaw.NO_RISK for one in fix.flaws):
        return Allow("its risk class is known")
    return Refuse(Refusal.INCOMPLETE, f"{fix.sha[:12]} names no risk class.", "Say it: `risk=low`, `medium`, `high` or `critical`.")
