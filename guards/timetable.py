"""A train is defined completely, at times that come, to depart in a defined window, posted where the bot can write (TRN-02, WIN-11).

Invariant: what is refused here is refused before anything is saved; the answer names the values.
"""

from itertools import islice

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.moments import cutoffs, doubts, schedule, unfit
from guards.opening import local
from guards.train import AHEAD, STAGES, Stage, Train, TrainRun, TrainState
from guards.unread import Absent, Unread

RUNS = 8
"""Runs that are looked at before a rule is saved; more than are ever planned ahead at once."""


def no_such_train(facts: Facts) -> Refuse | None:
    """What is said of a name or an id that names no train and no run; None when there is what was named."""
    for found in (facts.train, facts.run):
        if isinstance(found, Absent):
            return Refuse(Refusal.NO_SUCH_TRAIN, f"There is no {found.what}.", "`/release train list` shows those that there are.")
    return None


def known_train(request: Request, facts: Facts) -> Decision:
    """Whether there is such a train, or run."""
    return no_such_train(facts) or Allow("the train is known")


def untaken(request: Request, facts: Facts) -> Decision:
    """Whether no train has this name; a name is never given twice, as its records stay."""
    if isinstance(facts.train, Train):
        return Refuse(
            Refusal.TRAIN_EXISTS,
            f"There is a train {facts.train.id} already ({facts.train.state}).",
            f"Choose another name, or amend it: `/release train amend {facts.train.id}`.",
        )
    return Allow("the name is free")


def timely(request: Request, facts: Facts) -> Decision:
    """Whether the train's rule tells moments that come, in order, each run in an opening of its window (TRN-01, TRN-21, WIN-11)."""
    train = request.definition or facts.train
    if not isinstance(train, Train):
        return known_train(request, facts)
    if refused := unfit(train.rule, facts.at):
        return refused
    planned = [request.moved] if request.moved else list(islice(cutoffs(train.rule, facts.at), RUNS))
    for cutoff in planned:
        if isinstance(found := schedule(train.rule, train.services, facts, cutoff), Refuse | Unsure):
            return found
    was = facts.train.rule if isinstance(facts.train, Train) else None
    doubtful = doubts(train.rule, facts.at) if request.definition and train.rule != was and not request.settled else ()
    if doubtful:
        return Refuse(
            Refusal.DOUBTFUL_TIME,
            " ".join(doubtful),
            "Choose another time, or say that this is meant: `doubtful=accept`.",
        )
    return Allow(f"the next cutoff is {local(planned[0], train.rule.zone)}")


def reachable(request: Request, facts: Facts) -> Decision:
    """Whether the bot can write in the train's channel (CMD-18)."""
    match facts.channel:
        case Unread(what=what, why=why):
            return Unsure(what, why)
        case Absent(what=what):
            return Refuse(
                Refusal.NOT_IN_CHANNEL,
                f"Slack does not show me {what}: it does not exist, or it is private and I am not in it.",
                "Invite me there with `/invite @signalbox`, or name another channel.",
            )
        case room:
            if room.archived:
                return Refuse(Refusal.NOT_IN_CHANNEL, f"#{room.name} is archived.", "Name a channel that is in use.")
            if not room.member:
                return Refuse(
                    Refusal.NOT_IN_CHANNEL, f"I am not in #{room.name}, so nothing could be posted there.",
                    "Invite me there with `/invite @signalbox`, then try again.",
                )  # fmt: skip
            return Allow(f"#{room.name} can be written in")


def described(request: Request, facts: Facts) -> Decision:
    """Whether the train's definition has all that a published one needs (TRN-02, TRN-14, TRN-20, MAN-09)."""
    train = request.definition or facts.train
    if not isinstance(train, Train):
        return known_train(request, facts)
    texts = {
        "who attends the go/no-go": "".join(who for people in train.attendees.values() for who in people),
        "who answers for the manifest": train.manifest_owner,
        "what is expected of a rollback": train.rollback,
        "how hotfixes and late changes are handled": train.exceptions,
        "why these services ride a train": train.rationale,
        "what that does to lead time and failures": train.impact,
        "why it has no release branch": "branch" if train.branch else train.unbranched,
    }
    if lacking := [name for name, text in texts.items() if not text.strip()]:
        return Refuse(
            Refusal.INCOMPLETE,
            f"The train {train.id} does not say yet: {', '.join(lacking)}.",
            f"Type `/release train describe {train.id}`.",
        )
    return Allow("the definition is complete")


def still_described(request: Request, facts: Facts) -> Decision:
    """Whether what is published keeps all that it needs; a draft may be written bit by bit."""
    train = request.definition or facts.train
    if isinstance(train, Train) and train.state is TrainState.DRAFT:
        return Allow("it is a draft")
    return described(request, facts)


def altered(request: Request, facts: Facts) -> Decision:
    """Whether an amendment says what is to be otherwise."""
    edited, run = request.definition != facts.train, facts.run
    if lost := no_such_train(facts):
        return lost
    if isinstance(run, TrainRun) and (edited or request.moved is None):
        return Refuse(
            Refusal.INCOMPLETE,
            "Of a single run only its cutoff can be moved; the rest follows from it.",
            f"Write `to=` with the new moment, or amend the train: `/release train amend {run.train}`.",
        )
    if run is None and request.moved:
        return Refuse(
            Refusal.INCOMPLETE, "`to=` moves the cutoff of one run, and a train was named.", "Name the run, as it stands on its card."
        )
    if edited or request.moved:
        return Allow("something is to be otherwise")
    return Refuse(
        Refusal.INCOMPLETE, "Nothing would be otherwise than it is.", "Say what is to change, or open the form without further words."
    )


def unclosed(request: Request, facts: Facts) -> Decision:
    """Whether the train is not closed; a closed one stays as it was."""
    if refused := no_such_train(facts):
        return refused
    if isinstance(facts.train, Train) and facts.train.state is TrainState.CLOSED:
        return Refuse(
            Refusal.WRONG_STATE, f"The train {facts.train.id} is closed.", "Define a new one with another name: `/release train create`."
        )
    return Allow("the train is not closed")


def skippable(request: Request, facts: Facts) -> Decision:
    """Whether the run can still be taken out, and somebody says why: nothing of it is in production yet."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return known_train(request, facts)
    if Stage.SKIPPED not in STAGES[run.stage]:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}.", "Nothing is left to skip.")
    if not request.rationale.strip():
        return Refuse(Refusal.INCOMPLETE, f"Skipping {run.id} takes a reason.", f"Type `/release train skip {run.id} <why>`.")
    return Allow(f"{run.id} can be skipped")


def resumable(request: Request, facts: Facts) -> Decision:
    """Whether the run was held or skipped; `before_cutoff` looks at the clock."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return known_train(request, facts)
    if run.stage not in {Stage.HELD, Stage.SKIPPED}:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}: neither held nor skipped.", "Nothing is left to resume.")
    return Allow(f"{run.id} can go on")


def goes_on(request: Request, facts: Facts) -> Decision:
    """Whether a run that is taken up again can still be cut: at its cutoff, or at once when it was held over that."""
    run = facts.run
    if isinstance(run, TrainRun) and run.stage is Stage.HELD and run.schedule.cutoff <= facts.at:
        return Allow(f"the cutoff of {run.id} is over, so it is cut at once")
    return before_cutoff(request, facts)


def unpublished(request: Request, facts: Facts) -> Decision:
    """Whether the train is a draft: what is published is amended instead."""
    if isinstance(facts.train, Train) and facts.train.state is TrainState.PUBLISHED:
        return Refuse(
            Refusal.WRONG_STATE, f"The train {facts.train.id} is published already.",
            f"To change it: `/release train amend {facts.train.id}`.",
        )  # fmt: skip
    return unclosed(request, facts)


def before_cutoff(request: Request, facts: Facts) -> Decision:
    """Whether the run that was named is not cut off yet, neither by what was recorded nor by the clock (TRN-24)."""
    if refused := no_such_train(facts):
        return refused
    run = facts.run
    if not isinstance(run, TrainRun):
        return Allow("no single run was named")
    zone = facts.train.rule.zone if isinstance(facts.train, Train) else facts.policy.zone
    if run.stage not in AHEAD | {Stage.SKIPPED} or run.schedule.cutoff <= facts.at:
        return Refuse(
            Refusal.CUT_OFF,
            f"The cutoff of {run.id} was {local(run.schedule.cutoff, zone)}; the run is {run.stage}, and its schedule stays.",
            f"Amend the runs after it: `/release train amend {run.train}`.",
        )
    if request.moved and request.moved <= facts.at:
        return Refuse(
            Refusal.BAD_SCHEDULE, f"The new cutoff ({local(request.moved, zone)}) is over.", "Give a moment that is still to come."
        )
    return Allow(f"the cutoff of {run.id} is still to come")
