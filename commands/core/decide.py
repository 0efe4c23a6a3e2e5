"""What approving, rejecting and withdrawing share: whose decision about which change, and how the reason is asked for.

Invariant: a decision is bound to the content that its giver saw (RSK-12, GNG-08).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from commands.core.change_card import change_lines
from commands.core.command import Ask, Asker
from commands.core.queue import queued
from commands.core.set_card import set_lines
from commands.core.text import Form, reason
from commands.core.words import Arguments, ChangeOrSet, Named, Rest
from guards.authorization import held_roles
from guards.change import Approval, Change, Verdict
from guards.duties import capacity
from guards.facts import Facts, Request
from guards.identity import OnBehalf
from guards.manifest import SetStanding
from guards.opening import open_at, openings, rules_of
from guards.sections import Person
from guards.slot import next_slot
from guards.unread import Unread


class Decision(Arguments):
    """A change, or a set promotion with all its entries, and the reason; a button also carries what its card showed."""

    change: ChangeOrSet
    rationale: Annotated[str, Rest()] = ""
    seen: Annotated[str | None, Named()] = None


def ask(args: Decision, asker: Asker) -> Ask:
    """A decision is about one change, or about each entry of a set that people still decide."""
    return about(args.change, args.seen, args.rationale)


def about(id: str, seen: str | None, rationale: str) -> Ask:  # noqa: A002
    """What is asked of a change or of a set, told from its id."""
    if id.startswith("SET-"):
        return Ask(set=id, seen=seen, rationale=rationale)
    return Ask(change=id, seen=seen, rationale=rationale)


def reason_form(title: str, word: str, submit: str, label: str, fields: Mapping[str, str], facts: Facts) -> Form:
    """Shows once more what is decided on, and asks for the reason (PRM-10)."""
    if isinstance(facts.set, SetStanding) and facts.set.promotion and not isinstance(facts.change, Change):
        subject, seen, lines = facts.set.promotion.id, facts.set.seen, set_lines(facts.set, facts)
    else:
        change = facts.change
        assert isinstance(change, Change)
        subject, seen, lines = change.id, change.content.hash, change_lines(change, facts)
    return Form(
        title=title,
        word=word,
        submit=submit,
        inputs=(reason("rationale", label),),
        known={"change": subject, "seen": fields.get("seen") or seen, **queued(fields)},
        lines=lines,
    )


def decision_of(person: Person, verdict: Verdict, request: Request, facts: Facts) -> Approval:
    """The record of a decision: who, in whose place, in which roles, why, about what, and until when it counts."""
    change = facts.change
    assert isinstance(change, Change)
    content = change.content
    roles = held_roles(person, content.service, content.environment, facts)[0]
    under, expires = capacity(person, change, facts), _expiry(request, facts)
    return Approval(
        by=person.id, name=person.name, roles=roles, verdict=verdict, rationale=request.rationale.strip(),
        content=content.hash, at=facts.at, expires=min(expires, under.until) if under else expires,
        on_behalf=OnBehalf(under.id, under.by, under.by_name, under.role, under.until) if under else None,
    )  # fmt: skip


def _expiry(request: Request, facts: Facts) -> datetime:
    """After the policy's lifetime, or with the window in which, or before which, it was given; whichever is first.

    One that is given while the change waits for its time begins to age when that comes, where the policy lets it wait.
    """
    rule = facts.policy.approval_rule(request.environment or "")
    slot = next_slot(request, facts) if rule.waits else None
    begins = slot if isinstance(slot, datetime) and slot - facts.at <= facts.policy.limits.request else facts.at
    latest = begins + rule.lifetime
    rules = rules_of(request.service, request.environment or "", facts)
    if not rule.ends_with_window or isinstance(rules, Unread):
        return latest
    window = open_at(rules, begins) or next(openings(rules, begins, latest), None)
    return min(latest, window.end) if window else latest
