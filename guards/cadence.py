"""Whether somebody may say that a service is released on its own, and whether all of it is said (TRN-20).

Invariant: one record counts for each service. Of one that rides a published train that is the train's definition, so nobody says beside it
that it is released on its own.
"""

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.facts import Facts, Request
from guards.released import CRITERIA


def rides_nothing(request: Request, facts: Facts) -> Decision:
    """Whether the service rides no published train."""
    if facts.riding:
        names = ", ".join(train.id for train in facts.riding)
        return Refuse(
            Refusal.WRONG_STATE,
            f"{request.service} rides {names}, whose definition says how it is released.",
            f"Take it out first: `/release train amend {facts.riding[0].id} services=…` with the others, or close that train.",
        )
    return Allow(f"{request.service} rides no train")


def cadence_said(request: Request, facts: Facts) -> Decision:
    """Whether each criterion is said, and something is otherwise than it was said before."""
    said, was = request.alone, facts.alone
    lacking = [words for name, words in CRITERIA.items() if said is None or not getattr(said, name).strip()]
    if said is None or lacking:
        return Refuse(
            Refusal.INCOMPLETE, f"It is not said yet: {', '.join(lacking)}.", f"Type `/release train continuous {request.service}`."
        )
    if was and was.same(said):
        return Refuse(
            Refusal.INCOMPLETE, f"{was.by_name} said the same about {was.service} before.", "Nothing is left to say; it counts as it is."
        )
    return Allow("it is said how it is released")
