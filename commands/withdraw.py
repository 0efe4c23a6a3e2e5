"""/release withdraw <change> [reason …]: take back an approval of one's own while the change has not gone out."""

from commands.core import record
from commands.core.cards import note
from commands.core.command import Command, Reply, Work
from commands.core.decide import Decision, ask
from commands.core.dispatch import advance, advance_set
from commands.core.tell import log_of
from guards.authorization import authorized
from guards.change import Change
from guards.facts import Facts, Request
from guards.record import decided_by_asker, undecided
from guards.set_promotion import open_set
from guards.vocabulary import Action
from storage import approvals


def withdraw(work: Work[Decision]) -> Reply:
    """The approval stays on record as withdrawn; the change, or each entry of the set, is judged again without it."""
    for request, facts in work.cases:
        _take_back(work, request, facts)
    if work.args.change.startswith("SET-"):
        of_each = {facts.change.id: facts for _, facts in work.cases if isinstance(facts.change, Change)}
        advance_set(work.tx, work.args.change, of_each, work.correlation)
        return Reply(note(f"↩️ Your approval of {work.args.change} is withdrawn", ("No entry that waits goes out by it.",)))
    change = work.facts.change
    assert isinstance(change, Change)
    now = advance(work.tx, change, work.facts, work.correlation)
    return Reply(note(f"↩️ Your approval of {change.id} is withdrawn", (f"It is {now.state} now.",)))


def _take_back(work: Work[Decision], request: Request, facts: Facts) -> None:
    change = facts.change
    assert isinstance(change, Change)
    person = work.asker.person
    approvals.withdraw(work.tx, change.id, person.id, work.at)
    actor = record.actor_of(person, work.asker.slack, request, facts)
    record.write(
        work.tx, "change:approval-withdrawn", actor, facts, work.correlation, subject=change.id, service=change.content.service,
        environment=change.content.environment, rationale=work.args.rationale,
    )  # fmt: skip
    log_of(work.tx, change, facts, work.correlation, f"{person.name} withdrew the approval. {work.args.rationale}".strip())


command = Command(
    name="withdraw",
    summary="Take your approval back, as long as CI was not asked.",
    examples=("withdraw CR-2026-1121-001 the alert on staging came back",),
    action=Action.APPROVE,
    guards=(authorized, undecided, decided_by_asker),
    arguments=Decision,
    ask=ask,
    run=withdraw,
    whole=(open_set,),
    skips=(decided_by_asker,),
)
