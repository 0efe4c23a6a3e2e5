"""Who is told of an emergency, and what its card shows (EMG-15).

Invariant: somebody is always told: where nobody holds a role, the alert channel says so.
"""

from commands.core.cards import note
from commands.core.emergency.card import CRITERIA, Shown
from commands.core.emergency.code import code_lines
from commands.core.gather_incident import owed_for
from commands.core.on_call import holders
from commands.core.tell import alert, reply_to
from commands.core.text import Bold, Code, Line
from guards.emergency import Emergency
from guards.facts import Facts
from storage import accesses, changes, emergencies, incidents
from storage.database import Tx


def read(tx: Tx, id: str) -> Shown | None:  # noqa: A002
    """What its card shows, as it is now."""
    record = emergencies.get(tx, id)
    if record is None:
        return None
    change = changes.get(tx, record.change) if record.change else None
    cited, grants = incidents.by_reference(tx, record.incident), accesses.of_emergency(tx, record.id)
    return Shown(record, change, cited, owed_for(tx, record), grants, code_lines(tx, id) if change else ())


def at_once(tx: Tx, record: Emergency, facts: Facts, correlation: str) -> dict[str, list[str]]:
    """Tell on-call, security, the release managers and the alert channel that an emergency was declared.

    Returns:
        Role → the Slack accounts that are told, for the ledger.
    """
    told = holders(facts.policy.emergency.tell, record.service, record.environment, facts)
    lines: tuple[Line, ...] = (
        (f"{CRITERIA[record.criterion]} ({facts.policy.incidents.named(record.severity).name}, {record.incident})",),
        (Bold(record.what), f", declared by {record.declarer_name}: {record.reason}"),
        ("All of it: ", Code(f"/release emergency show {record.id}")),
    )
    card = note(f"🚨 {record.id}: an emergency was declared", *lines)
    for account in dict.fromkeys(account for accounts in told.values() for account in accounts):
        reply_to(tx, account, card, facts.at, correlation, channel=None, answer_to=None)
    nobody = [role.value for role, accounts in told.items() if not accounts]
    missing: tuple[Line, ...] = ((f"⚠️ Nobody could be told as {', '.join(nobody)}.",),) if nobody else ()
    alert(tx, facts, note(card.title, *lines, *missing), correlation)
    return {role.value: list(accounts) for role, accounts in told.items()}
