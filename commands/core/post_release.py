"""What a success in production asks for: somebody looks, notes stand, people are told, docs and clean-up are owed (REC-10, REC-12).

Invariant: each is owed once for a change, in the transaction that closes its run; what the bot can see for itself it ends itself.
"""

from datetime import timedelta

from commands.core import obligations as owing
from commands.core import record
from commands.core.cards import note
from commands.core.ports.chat import Posted
from commands.core.record_links import note_links
from commands.core.tell import CARD, card_of, log_of
from commands.core.text import Bold, Code
from guards.artifact import short
from guards.change import Change
from guards.facts import Facts
from guards.obligation import Obligation, Owed
from guards.policy import Policy
from guards.post_release_rules import Task
from guards.release import ReleaseNotes
from guards.release_checklist import KIND_OF
from guards.verified import Verification
from guards.vocabulary import Role
from storage import changes, obligations, outbox, releases, sets, verifications
from storage.database import Tx

KIND = "announcement"
"""Of the message that tells of a release."""


def begin(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    """Have everything owed that the policy asks for after a success.

    Args:
        tx: of the success.
        change: as it ended.
        facts: give the moment and the policy.
    """
    content, policy = change.content, facts.policy
    rule = policy.post_release
    note_links(tx, content.service, content.version, facts)
    if policy.verifies(content.service, content.environment):
        _ask_to_verify(tx, change, facts, correlation)
    owed = []
    for task in policy.tasks(content.environment):
        if task is Task.NOTES and sets.of_change(tx, change):
            continue  # those of a train are owed by whoever leads its run
        one = _owe(tx, change, KIND_OF[task], _TEXTS[task].format(c=content), rule.within, facts, correlation)
        if task is Task.NOTIFY:
            _announce(tx, change, one, facts, correlation)
        elif task is Task.NOTES and _seen(tx, one, releases.notes(tx, content.service, content.version), facts, correlation):
            continue
        else:
            owed.append(f"{one.text.rstrip('.')} ({one.id})")
    if owed:
        log_of(tx, change, facts, correlation, f"Left to do for {change.requester_name}: {'; '.join(owed)}")


_TEXTS = {
    Task.NOTES: "Publish the release notes of {c.service} {c.version}: /release notes publish {c.service} {c.version}",
    Task.NOTIFY: "Tell the team that {c.service} {c.version} is in {c.environment}.",
    Task.DOCS: "Bring the documentation of {c.service} up to {c.version}.",
    Task.CLEANUP: "Schedule what {c.service} {c.version} leaves to clean up.",
}


def _ask_to_verify(tx: Tx, change: Change, facts: Facts, correlation: str) -> None:
    content, rule = change.content, facts.policy.post_release.verification
    text = f"Look at {content.service} {content.version} in {content.environment}, and say at what: /release verify {change.id}"
    one = _owe(tx, change, Owed.VERIFICATION, text, rule.within, facts, correlation)
    verifications.ask(tx, Verification(change.id, one.id, facts.at, one.due))
    owing.tell_owner(tx, one, facts, correlation)


def _owe(tx: Tx, change: Change, kind: Owed, text: str, within: timedelta, facts: Facts, correlation: str) -> Obligation:
    owner, name = _owner(change, kind, facts.policy)
    one = Obligation(
        obligations.next_id(tx, facts.at.date()), kind, change.id, change.content.service, text, owner, name, facts.at + within, facts.at,
        record.CLOCK.id,
    )  # fmt: skip
    owing.owe(tx, one, record.CLOCK, facts, correlation)
    return one


def _owner(change: Change, kind: Owed, policy: Policy) -> tuple[str, str]:
    """Who asked for the change, where they may do it; else the first owner of the service."""
    if kind is not Owed.VERIFICATION or policy.post_release.verification.requester:
        return change.requester, change.requester_name
    owner = policy.services[change.content.service].owners[0]
    return owner, policy.by_id[owner].name


def verify(
    tx: Tx, change: Change, asked: Verification, looked_at: str, actor: record.Actor, roles: frozenset[Role], facts: Facts, correlation: str
) -> Verification:
    """Record that somebody looked: the change is closed with it, and what was owed for it is done.

    Args:
        asked: as it was asked for.
        looked_at: in the person's words.
        actor, roles: who looked, and what they are there.

    Raises:
        LostRace: it is verified already.
    """
    content = change.content
    seen = verifications.verify(tx, change.id, facts.at, actor.id, actor.name, roles, looked_at)
    record.write(
        tx, "change:verified", actor, facts, correlation, subject=change.id, service=content.service, environment=content.environment,
        version=content.version, digest=content.digest, looked_at=looked_at, implementer=change.implementer, run=change.run,
        started=change.dispatched.isoformat() if change.dispatched else None,
        completed=change.finished.isoformat() if change.finished else None,
    )  # fmt: skip
    one = obligations.lock(tx, asked.obligation)
    if one and one.done is None:
        owing.discharge(tx, one, looked_at, actor, facts, correlation)
    note_links(tx, content.service, content.version, facts)
    log_of(tx, change, facts, correlation, f"{actor.name} verified it: {looked_at}")
    card_of(tx, change, facts, correlation)
    return seen


# ---------------------------------------------------------------- what the bot sees for itself


def _announce(tx: Tx, change: Change, one: Obligation, facts: Facts, correlation: str) -> None:
    """Tell of the release; what is owed for it is done when Slack took the message."""
    content, policy = change.content, facts.policy
    channel = policy.post_release.announce or policy.services[content.service].channel
    what = f"🚀 {content.service} {content.version} is in {content.environment}"
    notes = releases.notes(tx, content.service, content.version)
    where = f" Release notes: {notes.url}" if notes and notes.url else ""
    card = note(
        what,
        (Bold(f"{content.service} {content.version}"), " ", Code(short(content.digest)), f", asked for by {change.requester_name}.", where),
    )
    body = {"obligation": one.id, "change": change.id, "channel": channel, "card": CARD.dump_python(card, mode="json")}
    outbox.add(tx, outbox.Message(KIND, body, lane=channel, correlation=correlation), facts.at)


def announced(tx: Tx, obligation: str, posted: Posted, facts: Facts, correlation: str) -> None:
    """Slack took the message that tells of a release."""
    one = obligations.lock(tx, obligation)
    if one and one.done is None:
        owing.discharge(tx, one, f"told in {posted.channel} at {posted.ts}", record.CLOCK, facts, correlation)


def notes_published(tx: Tx, service: str, version: str, facts: Facts, correlation: str) -> None:
    """The notes of a version were published: whoever owes that for a change of it owes it no more."""
    notes = releases.notes(tx, service, version)
    for change in changes.of_version(tx, service, version):
        for one in obligations.about(tx, change.id):
            if one.kind is Owed.RELEASE_NOTES and one.done is None:
                _seen(tx, one, notes, facts, correlation)


def _seen(tx: Tx, one: Obligation, notes: ReleaseNotes | None, facts: Facts, correlation: str) -> bool:
    """End what is owed for notes where they are published, and stand where the policy has them published; whether they are."""
    known = facts.policy.services.get(one.service or "")
    if notes is None or notes.published is None or known is None or (known.publish and not notes.url):
        return False
    owing.discharge(tx, one, notes.url or f"published by {notes.name}", record.CLOCK, facts, correlation)
    return True
