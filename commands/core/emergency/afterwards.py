"""What an emergency leaves behind: what is owed for it, by whom, until when (EMG-08 … EMG-12, EMG-17, EMG-20, EMG-21).

Invariant: it is recorded in the transaction in which the emergency is used, and an emergency is closed only when all of it is done.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.core import obligations as owing
from commands.core import record as ledger
from commands.core.cards import note
from commands.core.incidents import bound
from commands.core.tell import reply_to
from commands.core.text import Line
from guards.business import end_of_business_day
from guards.change import Change
from guards.emergency import Emergency, EmergencyKind
from guards.exemption import Exemption
from guards.facts import Facts
from guards.incident import Incident
from guards.obligation import Obligation, Owed
from guards.vocabulary import SECURITY_GATES
from storage import exceptions, incidents, obligations
from storage.database import Tx


def begin(tx: Tx, record: Emergency, change: Change | None, past: Sequence[str], facts: Facts, correlation: str) -> None:
    """Record what is owed from now on: its declarer owes the papers, the owner of the service the review.

    Args:
        record: used by now.
        change: that goes out by it; None for what CI does not carry out.
        past: what it went past.
    """
    policy = facts.policy
    answers = policy.by_id[policy.services[record.service].owners[0]]
    people = {True: (answers.id, answers.name), False: (record.declarer, record.declarer_name)}
    cited = incidents.by_reference(tx, record.incident)
    if cited:
        bound(tx, cited, record.id, ledger.CLOCK, facts, correlation)  # it may be known only since it was declared
    yours: dict[str, list[Line]] = {}
    taken, what = (exceptions.used_by(tx, change.id), change.id) if change else ((), record.what)
    for kind, text, due, by_owner in _owed(record, what, past, taken, facts, elsewhere=_elsewhere(tx, cited)):
        owner, name = people[by_owner]
        one = Obligation(
            obligations.next_id(tx, facts.at.date()), kind, record.id, record.service, text, owner, name, due, facts.at, ledger.CLOCK.id
        )
        owing.owe(tx, one, ledger.CLOCK, facts, correlation)
        if cited and kind is Owed.RECONCILIATION:  # what was left out is run later, and the run belongs to the incident (EMG-12)
            bound(tx, cited, one.id, ledger.CLOCK, facts, correlation)
        yours.setdefault(owner, []).append(owing.line_of(one, facts))
    for owner, lines in yours.items():  # at night one message is enough
        person = policy.by_id.get(owner)
        if person and person.slack:
            card = note(f"📌 {record.id} was used: these are yours", *lines)
            reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)


def _owed(
    record: Emergency, what: str, past: Sequence[str], taken: tuple[Exemption, ...], facts: Facts, *, elsewhere: bool
) -> Iterator[tuple[Owed, str, datetime, bool]]:  # fmt: skip
    """Kind, text, when it is due, and whether the owner of the service owes it, not the declarer."""
    rules, at = facts.policy.emergency, facts.at
    review = end_of_business_day(at, rules.review_days, record.service, facts)
    backfill = at + rules.backfill_within
    yield Owed.CHANGE_RECORD, f"Formal change record of {what}: link it", at + rules.record_within, False
    back = f"the work in {record.version} is on main, reviewed and tested" if record.deploys else f"{what} is as before, or reviewed"
    yield Owed.BACKFILL, f"Back to the normal flow: {back}", backfill, False
    if past:
        yield Owed.RECONCILIATION, f"Reconcile what {what} went past: {', '.join(past)}", backfill, False
    if record.kind is EmergencyKind.DEPRECATION:
        yield Owed.NOTIFICATION, f"Tell all who use {record.version} of {record.service}: {record.action}", backfill, False
    for exemption in taken:
        mandatory = "run it afterwards, attach the run to the incident" if exemption.requirement in SECURITY_GATES else "make up for it"
        yield Owed.RECONCILIATION, f"{exemption.requirement} was left out by {exemption.id}: {mandatory}", backfill, False
    looked_at = "deployment, pull requests, commits, tag" if record.deploys else "what was changed, by whom, what followed"
    yield Owed.REVIEW, f"Review {record.id} with {looked_at} and remediation", review, True
    yield Owed.FOLLOW_UP, record.follow_ups, review, False
    severity = facts.policy.incidents.named(record.severity)
    if severity.postmortem and not elsewhere:
        yield Owed.POSTMORTEM, f"Postmortem of {record.incident} ({severity.name})", at + facts.policy.incidents.postmortem_within, True


def _elsewhere(tx: Tx, cited: Incident | None) -> bool:
    """Whether the postmortem is owed for its incident, or will be when that is closed: one event takes one (EMG-17)."""
    if cited is None:
        return False
    return cited.closed_at is None or any(one.kind is Owed.POSTMORTEM for one in obligations.about(tx, cited.reference))
