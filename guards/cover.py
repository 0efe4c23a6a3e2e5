"""Who covers a window with support, and that somebody said so before production goes (WIN-15).

Invariant: a confirmation is about one opening of one place; the next opening takes a new one.
"""

from datetime import timedelta

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.opening import Opening, gated, open_at, openings, rules_of
from guards.release import is_said
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Role

AHEAD = timedelta(days=31)
"""How far ahead an opening is looked for that somebody confirms the cover of."""

ANSWERING = frozenset({Role.ON_CALL, Role.ON_CALL_LEAD, Role.OPS, Role.SERVICE_OWNER, Role.RELEASE_MANAGER})
"""Who can say that somebody covers it; so can the window's owner."""


def covered_opening(service: str | None, environment: str | None, facts: Facts) -> Opening | Unread | None:
    """The opening that a confirmation is about: the one that is open, else the next."""
    rules = rules_of(service, environment or "", facts)
    if isinstance(rules, Unread):
        return rules
    return open_at(rules, facts.at) or next(openings(rules, facts.at, facts.at + AHEAD), None)


def confirmable(request: Request, facts: Facts) -> Decision:
    """Whether there is an opening to cover, the asker can answer for it, and says who covers it."""
    place, by = f"{request.service} in {request.environment}", request.by
    if not gated(facts.policy, request.service, request.environment or ""):
        return Refuse(Refusal.WRONG_STATE, f"{place} has no windows: it is open at all times.", "Nothing is to be confirmed.")
    opening = covered_opening(request.service, request.environment, facts)
    if isinstance(opening, Unread):
        return Unsure(opening.what, opening.why)
    if opening is None:
        return Refuse(Refusal.WRONG_STATE, f"No window of {place} opens within {AHEAD.days} days.", "Confirm it when one is near.")
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    held, untold = own_roles(by, request.service, request.environment, facts) if isinstance(by, Person) else (frozenset(), frozenset())
    owns = isinstance(by, Person) and facts.policy.windows[opening.window].owner == by.id
    if not owns and held.isdisjoint(ANSWERING):
        if lost := untold & ANSWERING:
            return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
        names = ", ".join(sorted(ANSWERING))
        return Refuse(Refusal.NOT_PERMITTED, f"The cover of {place} is confirmed by {names}, or the window's owner.", "Ask one of them.")
    if not is_said(request.rationale):
        return Refuse(Refusal.INCOMPLETE, "It does not say who covers the window.", "Name them, and how they are reached.")
    return Allow(f"the cover of window {opening.window} can be confirmed")
