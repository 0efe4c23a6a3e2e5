"""What rides a release train goes to production by a go that holds exactly this, and by none that died (GNG-02, GNG-07, GNG-08, GNG-12).

Invariant: a go counts while it is the newest decision about its candidate, the run's candidate is still that one, and the version is still
what it pinned. Where no train carries the service, its approval is the decision (CF-44).
"""

from guards.as_hotfix import hotfix_of, untold
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.go import GoDecision, Outcome, Ride
from guards.hotfix import Ships
from guards.override import overriding
from guards.readiness import pinned_still
from guards.unread import Unread
from guards.version import Artifact


def decided(request: Request, facts: Facts) -> Decision:
    """Whether a valid go stands for the version, where its service rides a published train (GNG-02)."""
    environment, rides = request.environment or "", facts.rides
    if environment not in facts.policy.production:
        return Allow(f"{environment} takes no go")
    if record := overriding(request, facts):
        return Allow(f"{record.id} goes by its own approvals")
    if isinstance(rides, Unread):
        return Unsure(rides.what, rides.why)
    if not rides:
        return Allow(f"{request.service} rides no train: its approval is the decision")
    about = [(ride, decision, now) for ride in rides for decision, now in ride.decisions]
    for ride, decision, _ in about:
        if decision.outcome is Outcome.NO_GO:
            return Refuse(
                Refusal.NO_GO,
                f"{decision.name} said no-go to {request.service} {request.version} on {ride.train} ({decision.id}): {decision.notes}",
                f"It takes a new decision: `/release go {decision.run}`, or another version.",
            )
    if alone := rides_alone(request, facts):
        return alone
    answers = [_judged(request, facts, decision, now) for _, decision, now in about]
    if go := next((a for a in answers if isinstance(a, Allow)), None):
        return go
    again = ran_there(request, facts)
    if isinstance(again, Allow | Unsure):
        return again
    return next((a for a in answers if isinstance(a, Unsure)), None) or next(iter(answers), None) or _undecided(request, rides)


def _judged(request: Request, facts: Facts, decision: GoDecision, now: str | None) -> Decision:
    """What one decision says about the version as it is now."""
    if decision.outcome is Outcome.WITHDRAWN:
        return Refuse(
            Refusal.NOT_DECIDED,
            f"{decision.name} withdrew the go for {request.service} {request.version} ({decision.id}): {decision.notes}",
            f"It takes a new decision: `/release go {decision.run}`.",
        )
    if now != decision.candidate.hash:
        return Refuse(
            Refusal.GO_VOID,
            f"{decision.id} was given for {decision.candidate.hash[:12]}; {decision.run} would bring {now[:12] if now else 'nothing'} now.",
            f"It takes a new roll call and decision: `/release go call {decision.run}`.",
        )
    return pinned_still(decision.candidate.of(request.service), facts) or Allow(
        f"go by {decision.name} ({decision.id}) for {decision.candidate.hash[:12]}"
    )


def rides_alone(request: Request, facts: Facts) -> Allow | Unsure | None:
    """What rides no train although its service does: a hotfix that ships now, by its own approval (HOT-20)."""
    if lost := untold(request, facts):
        return lost
    hotfix = hotfix_of(request, facts)
    return Allow(f"{hotfix.id} rides alone, by its own approval (HOT-20)") if hotfix and hotfix.scope.ships is Ships.NOW else None


def ran_there(request: Request, facts: Facts) -> Allow | Unsure | None:
    """Going back to what ran there before takes no new decision, as long as nobody said no-go to it (RBK-14)."""
    log, artifact = facts.promotions, facts.artifact
    if isinstance(log, Unread):
        return Unsure(log.what, log.why)
    if isinstance(artifact, Unread):
        return Unsure(artifact.what, artifact.why)
    if isinstance(artifact, Artifact) and any(p.environment == request.environment and p.digest == artifact.digest for p in log):
        return Allow(f"{request.version} ran in {request.environment} before")
    return None


def _undecided(request: Request, rides: tuple[Ride, ...]) -> Refuse:
    ride = next((ride for ride in rides if ride.run), rides[0])
    run = ride.run.id if ride.run else None
    return Refuse(
        Refusal.NOT_DECIDED,
        f"{request.service} rides the train {ride.train}, and nobody gave a go for {request.version}.",
        f"The go/no-go of {run} decides: `/release train readiness {run}`." if run else f"Wait for the next run of {ride.train}.",
    )
