"""A change that succeeded in production is closed when somebody looked, and said at what (REC-10).

Invariant: the verification stands beside the change, as it was asked for then; CI gives none, and nobody gives it twice.
"""

from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.lifecycle import State
from guards.minutes import minute
from guards.record import no_such_change
from guards.release import is_said
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Role


def verifiable(request: Request, facts: Facts) -> Decision:
    """Whether the change was deployed, and waits for somebody to look."""
    change, asked = facts.change, facts.verification
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    if not isinstance(change, Change):
        return no_such_change(change)
    if change.state is not State.SUCCEEDED:
        return Refuse(
            Refusal.WRONG_STATE,
            f"{change.id} is {change.state}; only what was deployed can be verified.",
            f"See `/release status {change.content.service}`.",
        )
    if isinstance(asked, Unread):
        return Unsure(asked.what, asked.why)
    if asked is None:
        return Refuse(
            Refusal.WRONG_STATE,
            f"Nobody was asked to verify {change.id}.",
            "`post_release.verification` in the policy file asks for it, from the next change on.",
        )
    if asked.at is not None:
        return Refuse(Refusal.ALREADY_DECIDED, f"{asked.name} verified {change.id} on {minute(asked.at)}.", "Nothing is left to do.")
    return Allow(f"{change.id} waits to be verified")


def looks_after(request: Request, facts: Facts) -> Decision:
    """Whether the asker may say so: who asked for the change where the policy lets them, or who holds one of its roles."""
    change, by, rule = facts.change, request.by, facts.policy.post_release.verification
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    if not isinstance(change, Change):
        return no_such_change(change)
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    content = change.content
    held, untold = own_roles(by, content.service, content.environment, facts) if isinstance(by, Person) else _NOBODY
    if isinstance(by, Person) and ((rule.requester and by.id == change.requester) or not held.isdisjoint(rule.roles)):
        return Allow(f"{by.name} may verify {change.id}")
    if lost := untold & set(rule.roles):
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    able = [*([change.requester_name] if rule.requester else []), *(f"somebody who is {role}" for role in rule.roles)]
    return Refuse(Refusal.NOT_PERMITTED, f"You are not among those who verify {change.id}.", f"Ask {' or '.join(able)}.")


def looked_at(request: Request, facts: Facts) -> Decision:
    """Whether it says what was looked at; `later` and `ok` alone say nothing."""
    if not is_said(request.rationale) or request.rationale.strip().lower() in _EMPTY:
        return Refuse(
            Refusal.NO_RATIONALE, "It does not say what was looked at.", "Name it: a dashboard, a request that you made, a log, a figure."
        )
    return Allow("it says what was looked at")


_NOBODY: tuple[frozenset[Role], frozenset[Role]] = frozenset(), frozenset()
_EMPTY = frozenset({"ok", "okay", "yes", "done", "fine", "good", "lgtm", "all good", "looks good", "works"})
