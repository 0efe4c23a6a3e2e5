"""Who may record what somebody owes and say that it is done, and who is reminded of it (EMG-08 … EMG-11, TRN-17).

Invariant: what the bot can see for itself nobody can tick.
"""

import re

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.minutes import minute
from guards.obligation import SEEN_BY_THE_BOT, TO_BE_FOUND, Obligation
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vocabulary import Role

_FOUND_BY = re.compile(r"https?://[^\s/]+|\b[A-Z][A-Z0-9]+-?[0-9]+|#[0-9]+")
"""By what something is found again: a link, the number of a record or ticket, that of a pull request."""

_LINK = "Give a link to it, or its number: `https://…`, `CHG0031234`, `#12`."


def addressees(one: Obligation, step: int, facts: Facts) -> tuple[Person, ...]:
    """Who is reminded: its owner first; once it is due the service's owners too, and a span later the release managers.

    Each person once. Somebody who is not in the policy file any more is left out: those who are told next take over.
    """
    policy = facts.policy
    ids = [one.owner]
    known = policy.services.get(one.service or "")
    if step > 0:
        ids += known.owners if known else ()
    if step > 1:
        ids += [p.id for p in policy.people if Role.RELEASE_MANAGER in own_roles(p, one.service, None, facts)[0]]
    return tuple(policy.by_id[id] for id in dict.fromkeys(ids) if id in policy.by_id)  # noqa: A001


def no_such_obligation(absent: Absent) -> Refuse:
    """The answer where an id names none."""
    return Refuse(Refusal.NO_SUCH_OBLIGATION, f"There is no {absent.what}.", "`/release follow-up list` shows those that are open.")


def owed(request: Request, facts: Facts) -> Decision:
    """Whether a new obligation is complete: what, by whom, until when."""
    wanted = request.obligation
    if wanted is None:
        return Refuse(Refusal.INCOMPLETE, "No follow-up was described.", "Type `/release follow-up add` and fill in the form.")
    if wanted.due <= facts.at:
        return Refuse(Refusal.INCOMPLETE, "It would be due at once.", "Give a moment that is still to come.")
    if not wanted.text.strip():
        return Refuse(Refusal.INCOMPLETE, "It does not say what is to be done.", "Say it in a sentence.")
    return Allow(f"{wanted.owner_name} owes it until {minute(wanted.due)}")


def dischargeable(request: Request, facts: Facts) -> Decision:
    """Whether the asker may say that it is done, or hand it on: its owner, a service owner, or a release manager."""
    one, by = facts.obligation, request.by
    if not isinstance(one, Obligation):
        return no_such_obligation(one or Absent("such follow-up"))
    if one.done is not None:
        return Refuse(Refusal.WRONG_STATE, f"{one.id} was done on {minute(one.done)}.", "Nothing is left to do.")
    if one.kind in SEEN_BY_THE_BOT and request.rationale:
        return Refuse(Refusal.NOT_BY_WORD, f"{one.id} ({one.kind}) ends when the bot finds it done.", f"Do it: {one.text}")
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    held, untold = own_roles(by, one.service, None, facts) if isinstance(by, Person) else (frozenset(), frozenset())
    able = {Role.SERVICE_OWNER, Role.RELEASE_MANAGER}
    if isinstance(by, Person) and (by.id == one.owner or not held.isdisjoint(able)):
        return Allow(f"{by.name} may answer for {one.id}")
    if lost := untold & able:
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(
        Refusal.NOT_PERMITTED, f"{one.id} is owed by {one.owner_name}.", f"Ask {one.owner_name}, a service owner or a release manager."
    )


def referenced(request: Request, facts: Facts) -> Decision:
    """Whether what was done can be looked up."""
    if _FOUND_BY.search(request.rationale):
        return Allow("it says where it is found")
    return Refuse(Refusal.NO_RATIONALE, "Nothing says where it is found.", _LINK)


def evidenced(request: Request, facts: Facts) -> Decision:
    """Whether something shows that it is done."""
    if not request.rationale.strip():
        return Refuse(Refusal.NO_RATIONALE, "Nothing shows that it is done.", "Give a link, a number or a sentence.")
    one = facts.obligation
    if isinstance(one, Obligation) and one.kind in TO_BE_FOUND and not _FOUND_BY.search(request.rationale):
        why = f"{one.id} ({one.kind}) is done when what shows it can be looked up."
        return Refuse(Refusal.NO_RATIONALE, why, _LINK)
    return Allow("it says what shows it")
