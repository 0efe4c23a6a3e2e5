"""What a version went through in the environment before: somebody looked at it there, and it ran long enough (PRM-08, PRM-09).

Invariant: that it was deployed there proves neither. Where the way begins, or where exactly this artifact ran in the target before,
nothing is left to look at; an emergency goes without the soak, never without the look (EMG-07).
"""

from datetime import datetime

from guards.artifact import short
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.opening import local
from guards.order import environment_before, in_order
from guards.override import overriding
from guards.slot import next_slot, no_slot
from guards.soak import ran_there, soak_over
from guards.unread import Unread
from guards.version import Artifact, Deployment
from guards.vocabulary import Requirement


@asks_for(Requirement.VERIFIED_BEFORE)
def verified_before(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether somebody looked at it in the environment before, and said at what (PRM-08)."""
    before = _proof(request, facts, artifact)
    if not isinstance(before, Deployment):
        return before
    looked, where = facts.looked, f"{before.version} in {before.environment}"
    if isinstance(looked, Unread):
        return Unsure(looked.what, looked.why)
    if looked is None:
        how = "CI brought it there without a change of ours" if before.change is None else f"nobody was asked to after {before.change}"
        return Refuse(Refusal.NOT_VERIFIED, f"Nobody verified {where}: {how}.", "Have a new version promoted there by the bot.")
    if looked.at is None:
        return Refuse(
            Refusal.NOT_VERIFIED,
            f"Nobody verified {where} yet; that it was deployed there proves nothing.",
            f"Look at it there, and say at what: `/release verify {looked.change}`.",
        )
    return Allow(f"{looked.name} verified {where}: {looked.looked_at}")


@asks_for(Requirement.SOAK)
def soaked(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether it ran long enough in the environment before (PRM-09)."""
    if record := overriding(request, facts):
        return Allow(f"emergency {record.id} goes without a soak")
    before = _proof(request, facts, artifact)
    if not isinstance(before, Deployment):
        return before
    over, minutes = soak_over(facts), f"{facts.policy.evidence.soak.total_seconds() / 60:g} min"
    if isinstance(over, Unread):
        return Unsure(over.what, over.why)
    if over is None:
        assert isinstance(facts.replaced, Deployment)  # it ran, and not long enough
        return _cut_short(before, facts.replaced, minutes)
    since = f"{before.version} came to {before.environment} on {local(before.at, facts.policy.zone_of(request.service))}"
    if facts.at < over:
        slot = next_slot(request, facts)
        return Refuse(
            Refusal.NOT_SOAKED,
            f"{since}; a version runs {minutes} there before it goes on.",
            f"Wait, and watch its error rate; it can be approved meanwhile.{no_slot(slot)}",
            until=slot if isinstance(slot, datetime) else None,
        )
    return Allow(f"{since}, {minutes} or more")


def _cut_short(before: Deployment, replaced: Deployment, minutes: str) -> Refuse:
    """What no time heals: another version took its place too early."""
    return Refuse(
        Refusal.ENVIRONMENT_SKIPPED,
        f"{replaced.version} took the place of {before.version} in {before.environment} before it had run there for {minutes}.",
        f"First `/release promote {before.service} {before.version} {before.environment}`.",
    )


def _proof(request: Request, facts: Facts, artifact: Artifact) -> Deployment | Decision:
    """The success in the environment before that is looked at; an answer where there is none to look at, or it proves nothing."""
    if environment_before(facts.policy, artifact.service, request.environment or "") is None:
        return in_order(request, facts)
    there, before = ran_there(request, facts), facts.before
    if isinstance(there, Unread):
        return Unsure(there.what, there.why)
    if there:
        return Allow(f"{short(artifact.digest)} ran in {request.environment} before")
    return before if isinstance(before, Deployment) else in_order(request, facts)
