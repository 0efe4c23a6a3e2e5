"""The facts of a manifest and of a set promotion, and which entries are judged with it (MAN-06).

Invariant: what a set consists of is read in the transaction that acts on it; an entry whose outside facts were not read for it stays
`Unread`, never left out.
"""

from dataclasses import replace

from commands.core.command import Ask
from guards.artifact import RELEASE
from guards.change import Change
from guards.cut import CutState
from guards.cutoff import branch_of
from guards.facts import Facts
from guards.lifecycle import UNDECIDED, State
from guards.manifest import Entry, Manifest, SetPromotion, SetStanding
from guards.policy import Policy
from guards.train import TrainRun
from guards.unread import Absent
from storage import cuts, deployments, manifests, sets, trains
from storage.database import Tx

_MAY_BEGIN = UNDECIDED | {State.DISPATCHING, State.UNKNOWN}
"""States of a first entry that can still be judged anew: an order that CI never got is."""


def parts_of(tx: Tx, ask: Ask, policy: Policy) -> tuple[Ask, ...]:
    """What is asked of each entry of the set that an ask is about; nothing for one that is about no set.

    Args:
        tx: open.
        ask: of a command, or a change at dispatch. A change that goes out first in its set is judged together with all others of it.
        policy: says where a version is bound for.
    """
    if ask.entries:
        known = {service: version for service, version in ask.entries.items() if service in policy.services}
        return tuple(Ask(service, policy.bound_for(service), version) for service, version in known.items())
    if ask.bring or ask.back:
        standing = standing_of(tx, ask, policy)
        if standing is None or standing.manifest is None or (ask.environment is None and standing.promotion is None):
            return ()
        environment = standing.promotion.environment if standing.promotion else ask.environment or ""
        return tuple(_wanted(entry, environment, ask) for entry in in_order(standing, back=ask.back))
    if ask.set:
        return tuple(Ask(change=change.id, rationale=ask.rationale) for change in sets.parts(tx, ask.set))
    promotion = sets.of_id(tx, ask.change) if ask.change else None
    if promotion is None:
        return ()
    changes = sets.parts(tx, promotion.id)
    if changes[0].id != ask.change or changes[0].state not in _MAY_BEGIN:
        return ()
    return tuple(Ask(change=change.id) for change in changes[1:])


def key_of(part: Ask) -> str:
    """What the facts of an entry are found by: its change, or what is asked for."""
    return part.change or f"{part.service} {part.version} {part.environment}"


def in_order(standing: SetStanding, *, back: bool) -> tuple[Entry, ...]:
    """The entries that do not run there yet, as they go out: what others depend on first, on the way back last (MAN-07)."""
    return standing.left[::-1] if back else standing.left


def _wanted(entry: Entry, environment: str, ask: Ask) -> Ask:
    return replace(
        ask, service=entry.service, environment=environment, version=entry.version, digest=entry.digest, run=None, set=None, bring=False,
        back=False,
    )  # fmt: skip


def standing_of(tx: Tx, ask: Ask, policy: Policy) -> SetStanding | None:
    """The set that an ask is about, as it stands; None when there is none.

    Args: as for `parts_of`.
    """
    promotion = _promotion(tx, ask)
    if promotion is not None:
        return _back(tx, promotion) if ask.back else _promoted(tx, promotion)
    manifest = manifests.named(tx, ask.manifest) if ask.manifest else manifests.manifest_of_run(tx, ask.run) if ask.run else None
    if manifest is None:
        run = trains.run(tx, ask.run) if ask.run else None
        return SetStanding(None, None, candidates=_candidates(tx, run, policy)) if run else None
    train = manifest.train
    opened = sets.open_in(tx, train, ask.environment) if ask.environment else None
    return replace(
        _standing(tx, manifest, ask.environment), open=opened.id if opened else None,
        candidates=_candidates(tx, trains.run(tx, manifest.run), policy),
    )  # fmt: skip


def goes_alone(ask: Ask, facts: Facts) -> bool:
    """Whether an ask is about a change that is an entry of no set: one that names no manifest (MAN-02).

    Args:
        ask: what it is about.
        facts: with the change, where it is about one.
    """
    about_a_set = ask.set or ask.run or ask.manifest or ask.entries
    return not about_a_set and isinstance(facts.change, Change) and facts.change.content.manifest is None


def _promotion(tx: Tx, ask: Ask) -> SetPromotion | None:
    if ask.set:
        return sets.get(tx, ask.set)
    return sets.of_id(tx, ask.change) if ask.change else None


def _promoted(tx: Tx, promotion: SetPromotion) -> SetStanding | None:
    manifest = manifests.get(tx, promotion.manifest)
    if manifest is None:
        return None
    return replace(
        _standing(tx, manifest, promotion.environment), promotion=promotion, changes=sets.parts(tx, promotion.id),
        open=promotion.id, good=_good(tx, promotion),
    )  # fmt: skip


def _back(tx: Tx, promotion: SetPromotion) -> SetStanding:
    """What going back from a set promotion would bring; its promotion is the one that is gone back from."""
    good = _good(tx, promotion)
    if good is None:
        return SetStanding(None, promotion=promotion, changes=sets.parts(tx, promotion.id))
    opened = sets.open_in(tx, promotion.train, promotion.environment)
    return replace(
        _standing(tx, good, promotion.environment), promotion=promotion, changes=sets.parts(tx, promotion.id),
        open=opened.id if opened else None, good=good,
    )  # fmt: skip


def _good(tx: Tx, promotion: SetPromotion) -> Manifest | None:
    found = sets.last_good(tx, promotion.train, promotion.environment, promotion.manifest)
    return manifests.get(tx, found) if found else None


def _standing(tx: Tx, manifest: Manifest, environment: str | None) -> SetStanding:
    newest = manifests.manifest_of_run(tx, manifest.run)
    running = {e.service: deployments.running(tx, e.service, environment) for e in manifest.entries} if environment else {}
    return SetStanding(
        manifest, newest.sealed if newest else None, integration=manifests.integration_of(tx, manifest.sealed), running=running
    )  # fmt: skip


def _candidates(tx: Tx, run: TrainRun | None, policy: Policy) -> dict[str, str]:
    """A version of each service of the run's train: what runs in the first environments of its way; after the cut only what is of
    the release branch, and where nothing of that was seen, the version that the cut makes.
    """
    train = trains.get(tx, run.train) if run else None
    made = [cut for cut in cuts.of_run(tx, run.id) if cut.state is CutState.CUT] if run else []
    found = {service: cut.version for cut in made for service in cut.services}
    for service in train.services if train else ():
        if service in policy.services:
            seen = (deployments.running(tx, service, environment) for environment in policy.chain(service))
            own = (each.version for each in seen if each and (service not in found or _same_release(each.version, found[service])))
            if first := next(own, None):
                found[service] = first
    return found


def _same_release(one: str, other: str) -> bool:
    """Whether two versions are of one release branch."""
    return all(RELEASE.fullmatch(version) for version in (one, other)) and branch_of(one) == branch_of(other)


def set_facts(tx: Tx, ask: Ask, facts: Facts, *, only_reading: bool, whole: SetStanding | None = None) -> Facts:
    """The facts with those of the train, the run and the set that an ask is about.

    Args:
        tx: open.
        ask: what it is about.
        facts: as read so far; of a change, the set that it is an entry of is read too.
        only_reading: leaves the set unlocked; otherwise nobody else moves a part of it until the transaction ends.
        whole: the set as it was read in this transaction, for one of its entries.
    """
    if whole is not None:
        return replace(facts, set=whole)
    if not (ask.change or ask.set or ask.run or ask.manifest) or goes_alone(ask, facts):
        return facts
    if not only_reading and (promotion := _promotion(tx, ask)):
        sets.lock(tx, promotion.id)
    standing = standing_of(tx, ask, facts.policy)
    named = f"set promotion {ask.set}" if ask.set else f"manifest {ask.manifest}" if ask.manifest else None
    facts = replace(facts, set=standing or (Absent(named) if named else None))
    if not ask.set or standing is None or standing.promotion is None:
        return facts
    # of a whole set; an entry of it is judged where it goes, not where its train goes
    promotion = standing.promotion
    run, train = trains.run(tx, promotion.run), trains.get(tx, promotion.train)
    return replace(facts, run=run or Absent(f"run {promotion.run}"), train=train or Absent(f"train {promotion.train}"))
