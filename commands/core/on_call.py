"""Whoever is on call hears of a release to production before it goes out: when it is asked for (INC-08).

Invariant: who is told, and whose duty could not be read, stands in the ledger; nobody who is not on call there is told.
"""

from commands.core import record
from commands.core.cards import note
from commands.core.record import Actor
from commands.core.tell import reply_to
from commands.core.text import Code
from guards.change import Change
from guards.facts import Facts
from guards.roles import own_roles
from guards.vocabulary import Role
from storage.database import Tx

_ON_CALL = frozenset({Role.ON_CALL, Role.ON_CALL_LEAD})


def tell_on_call(tx: Tx, change: Change, actor: Actor, facts: Facts, correlation: str) -> None:
    """Tell those who hold a role on call for the service in production, but not whoever asked.

    Args:
        change: that was asked for just now.
        actor: who asked.
        facts: `groups` is read from it.
    """
    content, policy = change.content, facts.policy
    if content.environment not in policy.production or _ON_CALL.isdisjoint(policy.roles):
        return
    roles = {p.id: own_roles(p, content.service, content.environment, facts) for p in policy.people}
    told = [p for p in policy.people if p.slack and p.id != change.requester and not _ON_CALL.isdisjoint(roles[p.id][0])]
    asked = f", asked for by {change.requester_name}. You are on call there."
    card = note(f"📣 Soon in {content.environment}: {content.service} {content.version}", (Code(change.id), asked))
    for person in told:
        reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
    unread = any(not _ON_CALL.isdisjoint(untold) for _, untold in roles.values())
    record.write(
        tx, "on-call:told", actor, facts, correlation, subject=change.id, service=content.service, environment=content.environment,
        told=[p.id for p in told], unread=unread,
    )  # fmt: skip
