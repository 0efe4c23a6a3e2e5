"""Whoever is on call hears of a release to production: when it is asked for, and on the day on which it goes out (INC-08).

Invariant: who was told, and whose duty could not be read, stands in the ledger; where nobody could be told, the alert channel says so. Of
one change nobody is told twice on one day.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from commands.core import record
from commands.core.cards import note
from commands.core.record import Actor
from commands.core.tell import alert, reply_to
from commands.core.text import Code, Line
from guards.change import Change
from guards.facts import Facts
from guards.roles import own_roles
from guards.unread import Unread
from guards.vocabulary import Role
from storage import alerts
from storage.database import Tx

_ON_CALL = (Role.ON_CALL, Role.ON_CALL_LEAD)


def holders(roles: Sequence[Role], service: str | None, environment: str | None, facts: Facts) -> dict[Role, tuple[str, ...]]:
    """Role → the Slack accounts of who holds it there, those whom only a group names too."""
    known = {account for person in facts.policy.people for account in person.slack}
    found: dict[Role, tuple[str, ...]] = {}
    for role in roles:
        people = [p.slack[0] for p in facts.policy.people if p.slack and role in own_roles(p, service, environment, facts)[0]]
        members = _groups(role, service, environment, facts).values()
        others = sorted({account for group in members if not isinstance(group, Unread) for account in group} - known)
        found[role] = tuple(dict.fromkeys((*people, *others)))
    return found


def _groups(role: Role, service: str | None, environment: str | None, facts: Facts) -> Mapping[str, frozenset[str] | Unread]:
    """The Slack groups that hold a role there, with their members."""
    names = [g for grant in facts.policy.roles.get(role, ()) if grant.covers(service, environment) for g in grant.groups]
    return {name: facts.groups.get(name, Unread(f"Slack group {name}")) for name in names}


def tell_on_call(tx: Tx, change: Change, actor: Actor, facts: Facts, correlation: str) -> None:
    """Tell those who hold a role on call for the service in production now, but not whoever asked, and nobody twice on one day.

    Args:
        change: that was asked for just now, or that CI gets in this transaction.
        actor: who asked, or `record.CLOCK`.
        facts: `groups` is read from it.
    """
    content, policy = change.content, facts.policy
    if content.environment not in policy.production or policy.roles.keys().isdisjoint(_ON_CALL):
        return
    duty = dict.fromkeys(
        account for accounts in holders(_ON_CALL, content.service, content.environment, facts).values() for account in accounts
    )
    asked = policy.by_id.get(change.requester)
    day = facts.at.astimezone(ZoneInfo(policy.zone_of(content.service))).date()
    others = [account for account in duty if asked is None or account not in asked.slack]
    told = [account for account in others if alerts.first(tx, f"on-call {change.id} {day} {account}", facts.at)]
    going = change.dispatched is not None
    what = f"{content.service} {content.version}"
    title = f"📣 Goes out to {content.environment} now: {what}" if going else f"📣 Soon in {content.environment}: {what}"
    lines: tuple[Line, ...] = ((Code(change.id), f", asked for by {change.requester_name}. You are on call there."),)
    for account in told:
        reply_to(tx, account, note(title, *lines), facts.at, correlation, channel=None, answer_to=None)
    groups = [group for role in _ON_CALL for group in _groups(role, content.service, content.environment, facts).values()]
    unread = any(isinstance(group, Unread) for group in groups)
    nobody = not duty and alerts.first(tx, f"on-call {change.id} {day}", facts.at)
    if nobody:
        why = "who is on call could not be read" if unread else "nobody is on call there"
        alert(tx, facts, note(title, (Code(change.id), f", asked for by {change.requester_name}. ⚠️ Nobody was told: {why}.")), correlation)
    if told or nobody or not going:
        ids = {account: person.id for person in policy.people for account in person.slack}
        record.write(
            tx, "on-call:told", actor, facts, correlation, subject=change.id, service=content.service, environment=content.environment,
            told=[ids.get(account, account) for account in told], unread=unread,
        )  # fmt: skip
