"""/release train readiness <run>: what a go would lack now, days before the meeting; nothing is decided by looking (GNG-15)."""

from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.train_fields import RunId
from commands.core.trains import checklist
from commands.core.trains.roll_call_card import roll_call_card
from commands.core.words import Arguments
from guards.authorization import authorized
from guards.roll_call import known_run
from guards.vocabulary import Action


class Run(Arguments):
    """One run of a train."""

    run: RunId


def ask(args: Run, asker: Asker) -> Ask:
    """It is about one run, and each version that it would bring."""
    return Ask(run=args.run, go=True)


def show(work: Work[Run]) -> Reply:
    """The whole checklist as it stands, for the asker alone."""
    checklist.keep(work.tx, work.facts)
    return Reply(roll_call_card(work.facts, rehearsal=True))


command = Command(
    name="train readiness",
    summary="Rehearse a go/no-go: every item of the checklist, and what is missing.",
    examples=("train readiness weekly-2026-12-01",),
    action=Action.READ,
    guards=(authorized, known_run),
    arguments=Run,
    ask=ask,
    run=show,
)
