"""An exception that leaves main unreleasable is flagged, unless a freeze of merges was declared with it (FRZ-14).

Invariant: it flags, and refuses nothing: who approves the exception sees what it does to main.
"""

from guards.exemption import Exemption, ExemptionState
from guards.facts import Facts
from guards.unread import Unread
from guards.vocabulary import Requirement

OF_MAIN = frozenset({
    Requirement.CHECKS, Requirement.PULL_REQUESTS, Requirement.REVIEWS, Requirement.CODE_OWNERS, Requirement.SPECIALISTS,
    Requirement.PROTECTION,
})  # fmt: skip
"""What is asked of all that main holds: who goes without it for every version lets main hold what could not be released otherwise."""

_COUNTING = frozenset({ExemptionState.REQUESTED, ExemptionState.APPROVED})


def unreleasable(exemption: Exemption, facts: Facts) -> tuple[str, ...] | Unread:
    """The services whose main cannot be released but by this exception, although it goes on taking merges.

    Args:
        exemption: asked for, or approved.
        facts: the policy, the freezes and the moment.

    Returns:
        Names; none for an exception of one version, of what main is not asked for, or of no production environment.
    """
    over = exemption.state not in _COUNTING or exemption.until <= facts.at or exemption.version is not None
    if over or exemption.requirement not in OF_MAIN or facts.policy.production.isdisjoint(exemption.environments):
        return ()
    if isinstance(facts.freezes, Unread):
        return facts.freezes
    known = [name for name in exemption.services if name in facts.policy.services]
    still = [f for f in facts.freezes if f.until > facts.at]
    return tuple(name for name in known if not any(f.holds_merges(name, facts.policy.services[name].branch) for f in still))
