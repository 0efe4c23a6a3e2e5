"""A decision or an edit names a change that exists, still can be decided, is the one that was seen, and says what it has to.

Invariant: a button on an old card decides nothing (CMD-08, PRM-10, RSK-12).
"""

from guards.change import Approval, Change, Verdict
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.delegation import lapsed
from guards.facts import Facts, Request
from guards.lifecycle import UNDECIDED, State
from guards.minutes import minute
from guards.sections import Person
from guards.unread import Absent, Unread


def no_such_change(change: Absent | None) -> Refuse:
    """What is said of an id that names no change."""
    what = change.what if change else "such change"
    return Refuse(Refusal.NO_SUCH_CHANGE, f"There is no {what}.", "`/release status` shows the changes that are open.")


def _change(facts: Facts) -> Change | Refuse | Unsure:
    """The change in question, or why there is none to judge."""
    change = facts.change
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    return change if isinstance(change, Change) else no_such_change(change)


def undecided(request: Request, facts: Facts) -> Decision:
    """Whether the change exists and people can still decide about it."""
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    if change.state not in UNDECIDED:
        return Refuse(
            Refusal.WRONG_STATE,
            f"{change.id} is {change.state}; it takes no decision any more.",
            f"See `/release status {change.content.service}`.",
        )
    return Allow(f"{change.id} is {change.state}")


def cancellable(request: Request, facts: Facts) -> Decision:
    """Whether the change can be taken back: before CI works on it, or when nobody knows whether CI does."""
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    if change.state in UNDECIDED | {State.UNKNOWN, State.TIMED_OUT}:
        return Allow(f"{change.id} is {change.state}")
    if change.state in {State.DISPATCHING, State.RUNNING}:
        return Refuse(
            Refusal.WRONG_STATE,
            f"CI works on {change.id} since {change.dispatched:%H:%M} UTC." if change.dispatched else f"CI works on {change.id}.",
            f"Cancel the run in CI{': ' + change.run_url if change.run_url else ''}; the result is recorded here.",
        )
    return Refuse(Refusal.WRONG_STATE, f"{change.id} is {change.state} already.", "Nothing is left to cancel.")


def as_seen(request: Request, facts: Facts) -> Decision:
    """Whether what was on the card is still what the change is."""
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    if request.seen is not None and request.seen != change.content.hash:
        return Refuse(
            Refusal.STALE_CARD, f"{change.id} has changed since this card was drawn.", "Look at its newest card, and decide there."
        )
    return Allow("decided on what is true now")


def own_request(request: Request, facts: Facts) -> Decision:
    """Whether the asker is who asked for the change (RSK-12)."""
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    if not isinstance(request.by, Person) or request.by.id != change.requester:
        return Refuse(
            Refusal.NOT_REQUESTER,
            f"{change.requester_name} asked for {change.id}; nobody else edits it.",
            f"Ask {change.requester_name}, or reject it and say why.",
        )
    return Allow("the requester edits it")


def edited(request: Request, facts: Facts) -> Decision:
    """Whether an amendment says something else than the change does."""
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    was, now = change.content, (request.change_type, request.entry, request.migration, request.declared)
    if (was.change_type, was.entry, was.migration, was.declared) == now:
        return Refuse(Refusal.INCOMPLETE, f"That is what {change.id} says already.", "Say what to change; the words are in its usage.")
    return Allow(f"{change.id} is edited")


def reasoned(request: Request, facts: Facts) -> Decision:
    """Whether the decision says why (PRM-10)."""
    if not request.rationale.strip():
        return Refuse(Refusal.NO_RATIONALE, "A decision takes a reason.", "Say in a sentence what you looked at.")
    return Allow("a reason was given")


def undecided_by_asker(request: Request, facts: Facts) -> Decision:
    """Whether no approval of this person counts yet: the second click of one person changes nothing (SOD-06).

    An approval that ran out, was given to other content, or under a delegation that is over, may be given again.
    """
    change = _change(facts)
    if not isinstance(change, Change):
        return change
    mine = _mine(request, facts)
    if isinstance(mine, Unsure):
        return mine
    for approval in mine:
        over = lapsed(approval, facts)
        if isinstance(over, Unread):
            return Unsure(over.what, over.why)
        if not over and approval.content == change.content.hash and facts.at < approval.expires:
            return Refuse(
                Refusal.ALREADY_DECIDED,
                f"You approved this on {minute(approval.at)}; it counts once.",
                "To take it back, use `/release withdraw`.",
            )
    return Allow("no decision of theirs stands")


def decided_by_asker(request: Request, facts: Facts) -> Decision:
    """Whether this person has an approval that can be withdrawn."""
    mine = _mine(request, facts)
    if isinstance(mine, Unsure):
        return mine
    if not mine:
        return Refuse(Refusal.ALREADY_DECIDED, "No approval of yours stands.", "Nothing is left to withdraw.")
    return Allow("an approval of theirs stands")


def _mine(request: Request, facts: Facts) -> tuple[Approval, ...] | Unsure:
    """The asker's approvals that were not withdrawn."""
    if isinstance(facts.approvals, Unread):
        return Unsure(facts.approvals.what, facts.approvals.why)
    by = request.by.id if isinstance(request.by, Person) else None
    return tuple(a for a in facts.approvals if a.by == by and a.verdict is Verdict.APPROVED and a.withdrawn is None)
