"""/release train list | show: which trains there are, what rides them, and when they run (TRN-19, TRN-20, CMD-07)."""

from commands.core.command import Ask, Command, Reply, Work
from commands.core.text import Bold, Button, Card, Code, Line, Part
from commands.core.train_fields import TrainName
from commands.core.trains.after import report
from commands.core.trains.bodies import days_later, rule_text
from commands.core.trains.cadence import in_short
from commands.core.trains.card import train_lines
from commands.core.words import Arguments, NoArguments
from guards.authorization import authorized
from guards.timetable import known_train
from guards.train import Train, TrainState
from guards.vocabulary import Action
from storage import trains


class Show(Arguments):
    """A train."""

    train: TrainName


def list_trains(work: Work[NoArguments]) -> Reply:
    """Every train that is not closed, and which service rides which (TRN-19)."""
    found = [train for train in trains.all_of(work.tx) if train.state is not TrainState.CLOSED]
    if not found:
        create: Line = ("A release captain defines one: ", Code("/release train create"))
        return Reply(Card("🚉 No trains", parts=(Part((create,)), _map(work))))
    lines = tuple(line for train in found for line in train_lines(train, trains.open_runs(work.tx, train.id)[:3], work.at))
    return Reply(Card("🚉 Release trains", parts=(Part(lines), _map(work))))


def _map(work: Work[NoArguments]) -> Part:
    """How each service is released, as it was decided; a train that is not published yet is named too (TRN-19, TRN-20)."""
    drafts = [train for train in trains.all_of(work.tx) if train.state is TrainState.DRAFT]
    places: list[Line] = []
    for service, said in in_short(work.tx, work.policy).items():
        waits = [f"the draft {train.id} would take it" for train in drafts if service in train.services]
        places.append((Bold(service), f": {'; '.join([said or '⚠️ nobody has said how', *waits])}"))
    return Part((*places, ("Why: ", Code("/release train why <service>"))), heading="How each service is released")


def show(work: Work[Show]) -> Reply:
    """A train's whole definition, and its next runs."""
    train = work.facts.train
    assert isinstance(train, Train)
    runs = work.facts.ridden[:5]
    rows: tuple[tuple[str, Line], ...] = (
        ("State", (f"{train.state}, revision {train.revision}",)),
        ("Cutoff", (rule_text(train),)),
        ("Go/no-go", (f"{days_later(train.rule.stabilization)} at {train.rule.decision:%H:%M}",)),
        ("Window", (train.rule.window,)),
        ("Captains", (", ".join(train.captains) or "nobody",)),
        ("Services", (", ".join(train.services),)),
        ("Does not ride", (", ".join(train.excluded) or "nothing named",)),
        ("Manifest", (train.manifest_owner or "nobody",)),
    )
    texts = {
        "Go/no-go attendees": "\n".join(f"{area}: {', '.join(people)}" for area, people in train.attendees.items()),
        "Rollback": train.rollback,
        "Hotfixes and late changes": train.exceptions,
        "Other trains": train.dependencies,
        "Why a train": train.rationale,
        "What that does to lead time and failures": train.impact,
        "No release branch": "" if train.branch else train.unbranched,
    }
    parts = tuple(Part(((text,),), heading=heading) for heading, text in texts.items() if text)
    if past := report(work.tx, train, work.policy):
        parts = (*parts, Part(past, heading="What its last runs cost"))
    known = {"train": train.id}
    buttons: tuple[Button, ...] = ()
    if train.state is not TrainState.CLOSED:
        buttons = (
            Button("Amend", "train amend", known),
            Button("Describe", "train describe", known),
            Button("Captains", "train captain", known),
            Button("Close", "train close", known, "danger"),
        )
    if train.state is TrainState.DRAFT:
        buttons = (*buttons, Button("Publish", "train publish", known, "primary"))
    return Reply(Card(f"🚆 {train.id}", rows, (Part(train_lines(train, runs, work.at)), *parts), buttons))


train_list = Command(
    name="train list",
    summary="The release trains, their next runs, and which service rides which.",
    examples=("train list",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=list_trains,
)

train_show = Command(
    name="train show",
    summary="All that a train's definition says, and its next runs.",
    examples=("train show weekly",),
    action=Action.READ,
    guards=(authorized, known_train),
    arguments=Show,
    ask=lambda args, asker: Ask(train=args.train),
    run=show,
)
