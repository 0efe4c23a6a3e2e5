"""What makes a guard ask for evidence: only where the policy does, and never silently passed where it does not (EVD, PRM-11).

Invariant: a requirement that the policy leaves out is allowed with these very words, `not required by policy`; one that it asks for is
allowed only by what was read.
"""

from collections.abc import Callable
from functools import wraps

from guards.artifact import no_artifact
from guards.decision import Allow, Decision, Unsure
from guards.facts import Absent, Artifact, Facts, Request, Unread
from guards.judge import Guard
from guards.vocabulary import Requirement

NOT_REQUIRED = "not required by policy"

Check = Callable[[Request, Facts, Artifact], Decision]


def asks_for(requirement: Requirement) -> Callable[[Check], Guard]:
    """Make a guard of what a requirement takes.

    Args:
        requirement: what is asked for.

    Returns:
        A decorator. What it decorates is called only where the policy asks for it and the artifact is known.
    """

    def guarding(check: Check) -> Guard:
        @wraps(check)
        def guard(request: Request, facts: Facts) -> Decision:
            if requirement not in facts.policy.required(request.service, request.environment):
                return Allow(f"{requirement}: {NOT_REQUIRED}")
            artifact = facts.artifact
            if isinstance(artifact, Unread):
                return Unsure(artifact.what, artifact.why)
            if isinstance(artifact, Absent):
                return no_artifact(artifact)
            return check(request, facts, artifact)

        return guard

    return guarding
