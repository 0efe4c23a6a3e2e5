"""/release train promote <run> <environment> and /release train back <set>: ask for a whole set, as one request (MAN-07, MAN-10)."""

from collections.abc import Mapping

from commands import promote
from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.declare import Declaring, questions
from commands.core.dispatch import advance_set
from commands.core.queue import QueueWord, queued
from commands.core.text import Bold, Code, Form, Input
from commands.core.train_fields import RunId
from commands.core.trains import departure
from commands.core.words import EnvironmentName, SetId
from guards.facts import Facts
from guards.manifest import SetPromotion, SetStanding, SetState
from guards.policy import Policy
from guards.sections import Person
from guards.set_promotion import integrated, manifested, ready_to_depart, way_back
from guards.train import Train
from guards.vocabulary import Action
from storage import sets


class TrainPromote(Declaring):
    """A run and where its set shall go; what is declared holds for each entry."""

    run: RunId
    environment: EnvironmentName
    queue: QueueWord = None


class TrainBack(Declaring):
    """The set promotion to go back from."""

    set: SetId
    queue: QueueWord = None


def ask(args: TrainPromote, asker: Asker) -> Ask:
    """The run's newest manifest, in an environment."""
    return Ask(
        run=args.run, environment=args.environment, bring=True, migration=args.migration, change_type=args.change_type, entry=args.entry,
        said=args.declared,
    )  # fmt: skip


def ask_back(args: TrainBack, asker: Asker) -> Ask:
    """The manifest that ran well before, where the named set went."""
    return Ask(
        set=args.set, back=True, migration=args.migration, change_type=args.change_type, entry=args.entry, said=args.declared
    )  # fmt: skip


def bring(work: Work[TrainPromote] | Work[TrainBack]) -> Reply:
    """Record the request with a change for each entry that does not run there yet, and judge each: none goes before its turn."""
    standing, train = work.facts.set, work.facts.train
    assert isinstance(standing, SetStanding)
    assert isinstance(train, Train)
    manifest = standing.manifest
    assert manifest is not None
    person, environment = work.asker.person, work.cases[0][0].environment or ""
    added = [(promote.added(work, request, facts, manifest.sealed), facts) for request, facts in work.cases]
    promotion = SetPromotion(
        sets.next_id(work.tx, work.at.date()), manifest.sealed, manifest.run, manifest.train, environment, train.channel,
        work.request.back, SetState.OPEN, person.id, person.name, work.at,
    )  # fmt: skip
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    departure.begin(work.tx, promotion, manifest, tuple(change for change, _ in added), actor, work.facts, work.correlation)
    advance_set(work.tx, promotion.id, {change.id: facts for change, facts in added}, work.correlation)
    versions = ", ".join(f"{request.service} {request.version}" for request, _ in work.cases)
    what = f"{versions} → {environment}"
    return Reply(note(f"📝 Asked for {what}"[:150], ("Its one card is in the train's channel: ", Code(promotion.id), ".")))


def wants_form(args: TrainPromote, policy: Policy) -> bool:
    """Where risk is assessed, the seven questions are asked (RSK-02)."""
    return policy.assesses(None, args.environment) and not args.complete


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the words that are missing, prefilled with those that are there."""
    policy = facts.policy
    typed = policy.environment_names.get(fields.get("environment", "").lower(), "")
    return Form(
        title="Promote a set",
        word="train promote",
        submit="Ask",
        inputs=(
            Input("run", "Run of the train", initial=fields.get("run", ""), hint="As on its card: weekly-2026-12-01.", longest=80),
            Input("environment", "Environment", "choice", tuple((e.name, e.name) for e in policy.environments), typed),
            *questions(fields, facts, None, typed or None),
        ),
        known=queued(fields),
        lines=(("What you declare holds for each entry. ", Bold("Somebody else approves"), " where that is required."),),
    )  # fmt: skip


train_promote = Command(
    name="train promote",
    summary="Ask for the whole set of a run in an environment.",
    examples=("train promote weekly-2026-12-01 staging", "train promote weekly-2026-12-01 production migration=no"),
    action=Action.PROMOTE,
    guards=promote.GUARDS,
    arguments=TrainPromote,
    ask=ask,
    run=bring,
    heals=promote.command.heals,
    queues=promote.command.queues,
    whole=(manifested, integrated, ready_to_depart),
    form=form,
    wants_form=wants_form,
)

train_back = Command(
    name="train back",
    summary="Ask for the set that last ran whole, in the reverse order.",
    examples=("train back SET-2026-1124-001",),
    action=Action.PROMOTE,
    guards=promote.GUARDS,
    arguments=TrainBack,
    ask=ask_back,
    run=bring,
    heals=promote.command.heals,
    queues=promote.command.queues,
    whole=(way_back, manifested, integrated),
)
