"""Every published train has a captain who is here and holds the role, and what is published is changed by the captain (TRN-03, TRN-24).

Invariant: who could not be read is no captain that counts: the answer is then that it is not known.
"""

from collections.abc import Iterable

from guards.authorization import held_roles, names
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.moments import place_of
from guards.sections import Person
from guards.timetable import known_train, no_such_train
from guards.train import Train, TrainRun, TrainState
from guards.unread import Unread
from guards.vocabulary import Role


def captained(request: Request, facts: Facts) -> Decision:
    """Whether the train has a captain at all, and each one that it names can lead it."""
    train = request.definition or facts.train
    if isinstance(facts.run, TrainRun) and request.captain is None:
        run = facts.run
        return Refuse(Refusal.NO_CAPTAIN, f"Nobody is named who leads {run.id}.", f"Name one: `/release train captain {run.id} <e-mail>`.")
    if isinstance(train, Train) and not train.captains and request.captain is None:
        return Refuse(
            Refusal.NO_CAPTAIN,
            f"The train {train.id} has no captain.",
            f"Name one or several: `/release train captain {train.id} <e-mail>`.",
        )
    return able_captains(request, facts)


def able_captains(request: Request, facts: Facts) -> Decision:
    """Whether each captain that is named is somebody here and holds `release_captain` for all of the train's services (TRN-03)."""
    train = request.definition or facts.train
    if not isinstance(train, Train):
        return known_train(request, facts)
    captains = (request.captain,) if request.captain else train.captains
    for captain in captains:
        answer = _able(captain, train, facts)
        if not isinstance(answer, Allow):
            return answer
    return Allow(f"led by {', '.join(captains)}" if captains else "no captain is named yet")


def _able(captain: str, train: Train, facts: Facts) -> Decision:
    remedy = f"Name somebody else: `/release train captain {train.id} <e-mail>`."
    match facts.person(captain, captain):
        case Unread(what=what, why=why):
            return Unsure(what, why)
        case Stranger(why=why):
            return Refuse(Refusal.NO_CAPTAIN, f"{captain} cannot lead the train {train.id}: {why}", remedy)
        case person:
            return _holds(person, train, facts, remedy)


def _holds(person: Person, train: Train, facts: Facts, remedy: str) -> Decision:
    for service in train.services:
        place = place_of(facts.policy, service)
        held, untold = held_roles(person, service, place, facts)
        if Role.RELEASE_CAPTAIN in held:
            continue
        if Role.RELEASE_CAPTAIN in untold:
            return Unsure(f"the Slack groups that hold {Role.RELEASE_CAPTAIN}")
        return Refuse(
            Refusal.NO_CAPTAIN, f"{person.name} does not hold {Role.RELEASE_CAPTAIN} for {service} in {place}.", remedy
        )  # fmt: skip
    return Allow(f"{person.name} can lead it")


def by_captain(request: Request, facts: Facts) -> Decision:
    """Whether the asker leads the train, once it is published; of a draft everybody who may define trains may make one (TRN-24)."""
    if refused := no_such_train(facts):
        return refused
    train = facts.train
    if not isinstance(train, Train) or train.state is TrainState.DRAFT:
        return Allow("it is not published")
    leading = dict.fromkeys((*train.captains, *([facts.run.captain] if isinstance(facts.run, TrainRun) else ())))
    if isinstance(request.by, Person) and request.by.id in leading:
        return Allow(f"{request.by.name} is its captain")
    return Refuse(
        Refusal.NOT_CAPTAIN,
        f"The train {train.id} is published: what changes it takes one of its captains.",
        f"Ask {names(_known(leading, facts)) or ' or '.join(leading)}.",
    )


def accountable(request: Request, facts: Facts) -> Decision:
    """Whether the asker leads the train, or answers for it as a release manager: a captain may have left."""
    led = by_captain(request, facts)
    train = facts.train
    if not isinstance(led, Refuse) or led.code is not Refusal.NOT_CAPTAIN or not isinstance(train, Train):
        return led
    if not isinstance(request.by, Person):
        return led
    asked = [held_roles(request.by, service, place_of(facts.policy, service), facts) for service in train.services]
    if all(Role.RELEASE_MANAGER in held for held, _ in asked):
        return Allow(f"{request.by.name} is {Role.RELEASE_MANAGER}")
    if any(Role.RELEASE_MANAGER in untold for _, untold in asked):
        return Unsure(f"the Slack groups that hold {Role.RELEASE_MANAGER}")
    return led


def _known(captains: Iterable[str], facts: Facts) -> list[Person]:
    return [facts.policy.by_id[captain] for captain in captains if captain in facts.policy.by_id]
