"""Has the card of an emergency drawn anew, from whatever it shows: the record, its change, what is owed for it."""

from guards.facts import Facts
from storage import outbox
from storage.database import Tx

KIND = "emergency"
"""Of the messages that draw its card."""


def card_of(tx: Tx, id: str, service: str | None, facts: Facts, correlation: str) -> None:  # noqa: A002
    """Have it drawn, in the channel of its service; several requests before it is sent are one.

    Args:
        id: the emergency's.
        service: that it is about; one that the policy does not know any more has it in the alert channel.
    """
    known = facts.policy.services.get(service or "")
    channel = known.channel if known else facts.policy.slack.alerts
    body = {"emergency": id, "channel": channel}
    outbox.add(tx, outbox.Message(KIND, body, key=f"{KIND}:{id}", lane=channel, correlation=correlation), facts.at)
