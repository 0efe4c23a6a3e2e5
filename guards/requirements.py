"""The guard of each requirement: what the policy can ask for is what is judged.

Invariant: no requirement without a guard (a test holds it), so that none that a policy names is silently passed.
"""

from collections.abc import Mapping

from guards.classify import announced, assessed, labelled
from guards.forward_port import forward_ported
from guards.itemized import itemized
from guards.judge import Guard
from guards.notes import noted
from guards.proof import listed, proven, revertible, signed
from guards.release_record import recorded
from guards.review import owned, pulled, reviewed, ticketed
from guards.source import checked, protected, tagged
from guards.specialists import specialised
from guards.staged import soaked, verified_before
from guards.vocabulary import Requirement

GUARD_OF: Mapping[Requirement, Guard] = {
    Requirement.TAG: tagged,
    Requirement.CHECKS: checked,
    Requirement.PULL_REQUESTS: pulled,
    Requirement.TICKETS: ticketed,
    Requirement.REVIEWS: reviewed,
    Requirement.CODE_OWNERS: owned,
    Requirement.SPECIALISTS: specialised,
    Requirement.PROTECTION: protected,
    Requirement.SBOM: listed,
    Requirement.PROVENANCE: proven,
    Requirement.SIGNATURE: signed,
    Requirement.ROLLBACK: revertible,
    Requirement.RECORD: recorded,
    Requirement.NOTES: noted,
    Requirement.RISK_LABEL: labelled,
    Requirement.RISK: assessed,
    Requirement.LEAD_TIME: announced,
    Requirement.FORWARD_PORTS: forward_ported,
    Requirement.VERIFIED_BEFORE: verified_before,
    Requirement.SOAK: soaked,
    Requirement.ITEMS: itemized,
}

EVIDENCE = tuple(GUARD_OF.values())
"""All of them, in the order in which they are shown."""

REQUIREMENT_OF: Mapping[str, Requirement] = {guard.__name__: requirement for requirement, guard in GUARD_OF.items()}
"""What a guard asks for, by the guard's name."""
