"""What a manifest pins goes to production as its set: after the suite, in its order, whole or stopped (MAN-02, MAN-03, MAN-07, MAN-10).

Invariant: a go for a manifest is a go for all of it; no entry goes out by it alone.
"""

from guards.change import Change
from guards.decided import ran_there, rides_alone
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.go import Outcome, of_manifest
from guards.override import overriding
from guards.unread import Unread

_BY_NONE = Allow("no manifest brings it")


def in_its_set(request: Request, facts: Facts) -> Decision:
    """Whether a version goes out as an entry of its set, where the go for it is one for a manifest (MAN-02)."""
    environment, rides, change = request.environment or "", facts.rides, facts.change
    if environment not in facts.policy.production:
        return Allow(f"{environment} takes no set")
    if isinstance(change, Change) and change.content.manifest is not None:
        return Allow("it is an entry of a set")  # `manifested`, `integrated` and `in_turn` judge it
    if record := overriding(request, facts):
        return Allow(f"{record.id} goes by itself")
    if isinstance(rides, Unread):
        return Unsure(rides.what, rides.why)
    gone = [one for ride in rides for one, _ in ride.decisions if one.outcome is Outcome.GO and of_manifest(one.candidate)]
    if not gone:
        return _BY_NONE
    if alone := rides_alone(request, facts) or ran_there(request, facts):
        return alone  # also when going back with one service of a set
    run = gone[0].run
    with_it = ", ".join(f"{one.service} {one.version}" for one in gone[0].candidate.entries if one.service != request.service)
    beside = f" with {with_it}" if with_it else ""
    return Refuse(
        Refusal.OF_A_SET,
        f"{request.service} {request.version} goes to {environment}{beside}, as the set of {run}.",
        f"Ask for the set: `/release train promote {run} {environment}`.",
    )
