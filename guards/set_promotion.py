"""What a set must be, entry by entry, before it moves: the manifest that was built, tested together, in its order (MAN-02…-08).

Invariant: a manifest that differs from its seal, or that another one follows, brings nothing anywhere. No entry goes before the ones ahead
of it run.
"""

from datetime import timedelta

from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse
from guards.facts import Facts, Request
from guards.judge import Judgement
from guards.lifecycle import UNDECIDED, State
from guards.manifest import Manifest, SetPromotion, SetStanding, SetState, SuiteState
from guards.policy import Policy
from guards.train import AHEAD, Stage, TrainRun
from guards.unread import Absent

ALONE = Allow("it is no entry of a set")

DECIDED = frozenset({Stage.GO, Stage.DEPARTING, Stage.STOPPED, Stage.DEPARTED})
"""Stages of a run whose set may go to production: it has its go, or is on its way."""


def no_such_set(absent: Absent | None) -> Refuse:
    """What is said of a name that no set promotion and no manifest has."""
    what = absent.what if absent else "such set promotion"
    return Refuse(Refusal.NO_SUCH_SET, f"There is no {what}.", "The card of a set, and `/release manifest show <run>`, tell its name.")


def no_such_run(absent: Absent | None) -> Refuse:
    """What is said of a name that no run of a train has."""
    what = absent.what if absent else "such run"
    return Refuse(Refusal.NO_SUCH_TRAIN, f"There is no {what}.", "Name a run as its card does, like weekly-2026-12-01.")


def _standing(facts: Facts) -> SetStanding | Refuse | None:
    """The set in question with its manifest, why it has none, or None for what goes alone."""
    standing = facts.set
    if isinstance(standing, Absent):
        return no_such_set(standing)
    if standing is None and isinstance(facts.run, TrainRun | Absent):
        return no_such_run(facts.run if isinstance(facts.run, Absent) else None)
    return standing


def _manifest(facts: Facts) -> tuple[SetStanding, Manifest] | Refuse | None:
    standing = _standing(facts)
    if not isinstance(standing, SetStanding):
        return standing
    if standing.manifest is None:
        run = facts.run.id if isinstance(facts.run, TrainRun) else "<run>"
        return Refuse(Refusal.NO_MANIFEST, f"{run} has no manifest.", f"Build one: `/release manifest build {run} service=version …`.")
    return standing, standing.manifest


def manifested(request: Request, facts: Facts) -> Decision:
    """Whether the manifest is what was built, none follows it, and it pins exactly this entry (MAN-02, MAN-04, MAN-05)."""
    found = _manifest(facts)
    if not isinstance(found, tuple):
        return found or ALONE
    standing, manifest = found
    name = f"manifest {manifest.number} of {manifest.run}"
    if manifest.hash != manifest.sealed:
        return Refuse(
            Refusal.MANIFEST_MOVED,
            f"{name.capitalize()} was edited: it was sealed as {manifest.sealed[:12]}, and reads {manifest.short}.",
            f"Find out who edited the database, and build a new one: `/release manifest build {manifest.run}`.",
        )
    back = request.back or bool(standing.promotion and standing.promotion.back)
    if standing.newest != manifest.sealed and not back:
        return Refuse(
            Refusal.MANIFEST_MOVED,
            f"{name.capitalize()} is not the newest any more: what was approved of it is void.",
            f"Look at the new one, and ask for it: `/release manifest show {manifest.run}`.",
        )
    change = facts.change
    if not isinstance(change, Change) or standing.promotion is None:
        return Allow(f"{name} is sealed as {manifest.short}")
    content, entry = change.content, manifest.entry(change.content.service)
    wanted = (entry.version, entry.digest, entry.commit, manifest.sealed) if entry else None
    if (content.version, content.digest, content.commit, content.manifest) != wanted:
        return Refuse(
            Refusal.MANIFEST_MOVED,
            f"{change.id} is not what {name} pins for {content.service}.",
            f"Cancel {standing.promotion.id} and ask again.",
        )
    return Allow(f"{content.service} is pinned by {name}, sealed as {manifest.short}")


def suite_of(manifest: Manifest, policy: Policy) -> str | None:
    """The service whose repository holds the integration suite: the last in order that has one."""
    having = (e.service for e in reversed(manifest.entries) if (known := policy.services.get(e.service)) and known.integration)
    return next(having, None)


def integrated(request: Request, facts: Facts) -> Decision:
    """Whether the integration suite passed against exactly this manifest, where production is asked for (MAN-03, MAN-08)."""
    found = _manifest(facts)
    if not isinstance(found, tuple):
        return found or ALONE
    standing, manifest = found
    environment = standing.promotion.environment if standing.promotion else request.environment
    if environment not in facts.policy.production:
        return Allow(f"{environment} takes no integration run: it is where the set is tested")
    if suite_of(manifest, facts.policy) is None:
        if len(manifest.entries) == 1:
            return Allow("a manifest of one service has nothing to be tested together with")
        return Refuse(
            Refusal.NOT_INTEGRATED,
            f"Nothing tests {', '.join(manifest.versions)} together.",
            "Have the policy file name the suite: `integration` of the service whose repository holds it.",
        )
    result = standing.integration
    if result and result.manifest == manifest.hash and result.state is SuiteState.PASSED:
        return Allow(f"{result.id} passed against {manifest.short}")
    again = f"`/release manifest integrate {manifest.run}`"
    if result is None or result.manifest != manifest.hash:
        return Refuse(Refusal.NOT_INTEGRATED, f"The integration suite never ran against {manifest.short}.", f"Have it run: {again}.")
    if result.state is SuiteState.FAILED:
        return Refuse(
            Refusal.NOT_INTEGRATED,
            f"The integration suite failed against {manifest.short} ({result.id}): {result.why}",
            f"Mend what it found and build a new manifest; if it was the suite, have it run again: {again}.",
        )
    return Refuse(Refusal.NOT_INTEGRATED, f"The integration suite runs against {manifest.short} ({result.id}).", "Wait for its end.")


def suite_free(request: Request, facts: Facts) -> Decision:
    """Whether there is a suite to order for this manifest, and none is at work on it."""
    found = _manifest(facts)
    if not isinstance(found, tuple):
        return found or no_such_run(None)
    standing, manifest = found
    if suite_of(manifest, facts.policy) is None:
        return Refuse(
            Refusal.NOT_INTEGRATED,
            f"No service of {', '.join(manifest.versions)} has an integration suite.",
            "Have the policy file name one: `integration` of the service whose repository holds it.",
        )
    last = standing.integration
    if last and last.state in {SuiteState.ORDERED, SuiteState.RUNNING}:
        return Refuse(Refusal.IN_FLIGHT, f"{last.id} is at work on {manifest.short}.", "Wait for its end.")
    return Allow(f"the suite of {suite_of(manifest, facts.policy)} can run")


def in_turn(request: Request, facts: Facts) -> Decision:
    """Whether everything that goes before this entry runs there, and its set was not stopped (MAN-07, MAN-10)."""
    found, change = _manifest(facts), facts.change
    if not isinstance(found, tuple):
        return found or ALONE
    standing, manifest = found
    promotion = standing.promotion
    if promotion is None or not isinstance(change, Change):
        return ALONE
    if promotion.state is not SetState.OPEN:
        return Refuse(Refusal.WRONG_STATE, f"{promotion.id} is {promotion.state}: {promotion.why}", "Ask for the set again.")
    ahead = standing.ahead_of(change.id)
    for other in ahead:
        if other.state is not State.SUCCEEDED:
            return Refuse(
                Refusal.NOT_ITS_TURN,
                f"{other.content.service} {other.content.version} goes before {change.content.service}.",
                "It goes by itself when its turn comes.",
            )
    behind = {each.content.service for each in standing.changes} - {other.content.service for other in ahead}
    for entry in manifest.entries:
        if entry.service not in behind and not standing.stands(entry):
            now = standing.running.get(entry.service)
            return Refuse(
                Refusal.NOT_ITS_TURN,
                f"{promotion.environment} runs {entry.service} {now.version if now else 'not at all'}; the set has {entry.version}.",
                f"Bring {entry.service} {entry.version} back, or cancel {promotion.id} and ask for it again.",
            )
    return Allow(f"what goes before {change.content.service} runs in {promotion.environment}")


def not_ready(change: Change, judgement: Judgement, again: timedelta) -> tuple[Refuse, ...]:
    """What keeps another entry of a set from going now, but its turn: the first one does not begin before it (MAN-06).

    Args:
        change: the other entry's.
        judgement: of it.
        again: after this, what could not be read is read again.
    """
    name = change.content.service
    held = [
        Refuse(Refusal.SET_NOT_READY, f"{name} is not ready to go with it: {no.why}", no.remedy, no.until)
        for no in judgement.refusals
        if no.code is not Refusal.NOT_ITS_TURN
    ]
    for lost in judgement.unsure:
        why = f"{name} is not ready to go with it: could not read {lost.missing}."
        held.append(Refuse(Refusal.SET_NOT_READY, why, "It is judged again by itself.", judgement.at + again))
    return tuple(held)


def ready_to_depart(request: Request, facts: Facts) -> Decision:
    """Whether the run may bring its set there now: its stage allows it, no other set is on its way, and something is left (TRN-30)."""
    found, run = _manifest(facts), facts.run
    if not isinstance(found, tuple):
        return found or no_such_run(None)
    standing, manifest = found
    environment = request.environment or ""
    if standing.open:
        return Refuse(
            Refusal.IN_FLIGHT,
            f"{standing.open} is open for {manifest.train} in {environment}.",
            f"Follow that one, or cancel it: `/release cancel {standing.open}`.",
        )
    if not standing.left:
        return Refuse(
            Refusal.ALREADY_RUNNING,
            f"{environment} runs everything that manifest {manifest.number} of {manifest.run} pins.",
            "Nothing is left to do.",
        )
    if not isinstance(run, TrainRun):
        return no_such_run(run)
    if environment in facts.policy.production and run.stage not in DECIDED:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}; {environment} takes its go.", "Hold its go/no-go first.")
    if run.stage in AHEAD | {Stage.SKIPPED, Stage.CLOSED}:
        return Refuse(Refusal.WRONG_STATE, f"{run.id} is {run.stage}; its set moves after the cutoff.", "Wait for the cutoff.")
    return Allow(f"{run.id} is {run.stage}")


def way_back(request: Request, facts: Facts) -> Decision:
    """Whether the set promotion came to an end, and a set that ran well is there to go back to (MAN-10)."""
    standing = _standing(facts)
    if not isinstance(standing, SetStanding) or standing.promotion is None:
        return standing if isinstance(standing, Refuse) else no_such_set(None)
    promotion = standing.promotion
    if standing.good is None or standing.manifest is None:
        return Refuse(
            Refusal.NO_MANIFEST,
            f"No other set of {promotion.train} ever went out whole to {promotion.environment}.",
            "Promote the versions that ran before, one by one.",
        )
    if standing.open:
        return Refuse(
            Refusal.IN_FLIGHT,
            f"{standing.open} is open for {promotion.train} in {promotion.environment}.",
            f"Wait for its end, or cancel it: `/release cancel {standing.open}`.",
        )
    if not standing.left:
        return Refuse(
            Refusal.ALREADY_RUNNING,
            f"{promotion.environment} runs everything that manifest {standing.good.number} of {standing.good.run} pins.",
            "Nothing is left to do.",
        )
    return Allow(f"back to manifest {standing.good.number} of {standing.good.run}")


def _promotion(facts: Facts) -> tuple[SetStanding, SetPromotion] | Refuse:
    standing = _standing(facts)
    if isinstance(standing, SetStanding) and standing.promotion:
        return standing, standing.promotion
    return standing if isinstance(standing, Refuse) else no_such_set(None)


def open_set(request: Request, facts: Facts) -> Decision:
    """Whether people can still decide about an entry of the set."""
    found = _promotion(facts)
    if isinstance(found, Refuse):
        return found
    standing, promotion = found
    if promotion.state is not SetState.OPEN or not any(change.state in UNDECIDED for change in standing.changes):
        stands = promotion.state if promotion.state is not SetState.OPEN else "handed to CI, every entry of it"
        return Refuse(Refusal.WRONG_STATE, f"{promotion.id} is {stands}; it takes no decision any more.", "Look at its card.")
    return Allow(f"{promotion.id} is open")


def set_as_seen(request: Request, facts: Facts) -> Decision:
    """Whether what was on the set's card is still what the set is (MAN-04, RSK-12)."""
    found = _promotion(facts)
    if isinstance(found, Refuse):
        return found
    standing, promotion = found
    if request.seen is not None and request.seen != standing.seen:
        return Refuse(
            Refusal.STALE_CARD, f"{promotion.id} has changed since this card was drawn.", "Look at its newest card, and decide there."
        )
    return Allow("decided on what is true now")
