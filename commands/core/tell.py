"""Queues what people are told; the words are drawn when they are sent, from what is true then.

Invariant: one card for each subject, redrawn in place; its log lines go into its thread, in order (one lane per channel).
"""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from commands.core.emergency import redraw
from commands.core.text import Card, Part, worded
from guards.artifact import moved_to
from guards.change import Change
from guards.decision import Refusal
from guards.exemption import Exemption
from guards.facts import Facts, Request
from guards.incident import Incident
from guards.judge import Judgement
from guards.manifest import SetPromotion
from guards.policy import Policy
from storage import alerts, incidents, outbox, sets
from storage.database import Tx

CARD = TypeAdapter(Card)


def card_of(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    """Have the change's card drawn anew; several requests before it is sent are one. An entry of a set stands on the set's card."""
    if change.content.emergency:
        redraw.card_of(tx, change.content.emergency, change.content.service, facts, correlation)
    if promotion := sets.of_change(tx, change):
        set_card_of(tx, promotion, facts, correlation)
        return
    channel = facts.policy.services[change.content.service].channel
    message = outbox.Message("card", {"change": change.id}, key=f"card:{change.id}", lane=channel, correlation=correlation)
    outbox.add(tx, message, facts.at)


def log_of(tx: Tx, change: Change, facts: Facts, correlation: str, text: str) -> None:
    """A line for the thread of the change's card, or of the set's of which it is an entry."""
    if promotion := sets.of_change(tx, change):
        _incidents_hear(tx, change, facts, correlation, text)
        set_log_of(tx, promotion, facts, correlation, f"{change.content.service} {change.content.version}: {text}")
        return
    channel = facts.policy.services[change.content.service].channel
    body = {"change": change.id, "text": text, "at": facts.at.isoformat()}
    outbox.add(tx, outbox.Message("log", body, lane=channel, correlation=correlation), facts.at)
    _incidents_hear(tx, change, facts, correlation, text)


def _incidents_hear(tx: Tx, change: Change, facts: Facts, correlation: str, text: str) -> None:
    """What happens to a change where customers are is news for whoever works on an open incident of its service (INC-03, INC-04)."""
    content = change.content
    if content.environment in facts.policy.production:
        touched = (one for one in incidents.still_open(tx) if one.touches(content.service))
        for one in touched:
            incident_log_of(tx, one, f"{change.id} {content.service} {content.version}: {text}", facts, correlation)


def incident_log_of(tx: Tx, one: Incident, text: str, facts: Facts, correlation: str) -> None:
    """A line for the thread of an incident's card."""
    lane = incident_channel(facts.policy)
    body = {"change": one.reference, "text": text, "at": facts.at.isoformat()}
    outbox.add(tx, outbox.Message("log", body, lane=lane, correlation=correlation), facts.at)


def incident_channel(policy: Policy) -> str:
    """Where the cards of incidents are."""
    return policy.incidents.channel or policy.slack.alerts


def set_card_of(tx: Tx, promotion: SetPromotion, facts: Facts, correlation: str) -> None:
    """Have a set's one card drawn anew, in its train's channel (CMD-18)."""
    message = outbox.Message(
        "set", {"set": promotion.id}, key=f"set:{promotion.id}", lane=promotion.channel, correlation=correlation
    )  # fmt: skip
    outbox.add(tx, message, facts.at)


def set_log_of(tx: Tx, promotion: SetPromotion, facts: Facts, correlation: str, text: str) -> None:
    """A line for the thread of a set's card."""
    body = {"change": promotion.id, "text": text, "at": facts.at.isoformat()}
    outbox.add(tx, outbox.Message("log", body, lane=promotion.channel, correlation=correlation), facts.at)


def exception_card_of(tx: Tx, exemption: Exemption, facts: Facts, correlation: str) -> None:
    """Have an exception's card drawn anew, in the channel of its first service."""
    service = facts.policy.services.get(exemption.services[0])
    channel = service.channel if service else facts.policy.slack.alerts
    body = {"exception": exemption.id, "channel": channel}
    outbox.add(tx, outbox.Message("exception", body, key=f"exception:{exemption.id}", lane=channel, correlation=correlation), facts.at)


def reply_to(tx: Tx, user: str, card: Card, at: datetime, correlation: str, *, channel: str | None, answer_to: str | None) -> None:
    """A private answer to one person."""
    body: dict[str, Any] = {"user": user, "channel": channel, "answer_to": answer_to, "card": CARD.dump_python(card, mode="json")}
    outbox.add(tx, outbox.Message("reply", body, lane=f"to:{user}", correlation=correlation), at)


def alert_if_moved(tx: Tx, judgement: Judgement, request: Request, facts: Facts, correlation: str) -> None:
    """A version that names something else than when it was first seen concerns more people than the one who asked (PRM-05).

    It is told once for what it names now, however often and wherever it is asked for; each attempt is in the ledger.
    """
    moved = judgement.refused_for(Refusal.POINTER_MOVED)
    if moved and alerts.first(tx, f"moved {request.service} {request.version}: {', '.join(moved_to(facts))}", facts.at):
        title = f"🚨 {request.service} {request.version}: a fixed pointer moved"
        alert(tx, facts, Card(title, parts=(Part((worded(moved.why), ("→ ", *worded(moved.remedy)))),)), correlation)


def alert(tx: Tx, facts: Facts, card: Card, correlation: str) -> None:
    """Something that nobody asked for, told in the policy's alert channel."""
    post_to(tx, facts.policy.slack.alerts, card, f"alert:{correlation}", facts, correlation)


def post_to(tx: Tx, channel: str, card: Card, subject: str, facts: Facts, correlation: str) -> None:
    """A message in a channel, that nobody asked for and that is never redrawn.

    Args:
        subject: by which it is found again, should posting it be interrupted.
    """
    body = {"channel": channel, "subject": subject, "card": CARD.dump_python(card, mode="json")}
    outbox.add(tx, outbox.Message("alert", body, lane=channel, correlation=correlation), facts.at)
