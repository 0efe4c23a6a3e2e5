"""/release verify <change> <what was looked at …>: say that a change does what it should where it went; that closes it (REC-10, PRM-08)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import post_release, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.dispatch import judge_again
from commands.core.text import Form, Input
from commands.core.verify_card import closing_lines
from commands.core.words import Arguments, ChangeId, Rest
from guards.authorization import authorized
from guards.change import Change
from guards.decision import Refusal
from guards.facts import Facts
from guards.roles import own_roles
from guards.sections import Person
from guards.verification import looked_at, looks_after, verifiable
from guards.verified import Verification
from guards.vocabulary import Action


class Verify(Arguments):
    """A change, and what was looked at."""

    change: ChangeId
    looked: Annotated[str, Rest()] = ""


def ask(args: Verify, asker: Asker) -> Ask:
    """What verifies a change is what somebody looked at."""
    return Ask(change=args.change, rationale=args.looked)


def verify(work: Work[Verify]) -> Reply:
    """Close the change with the name of whoever looked; its card and its record say so."""
    change, asked = work.facts.change, work.facts.verification
    assert isinstance(change, Change)
    assert isinstance(asked, Verification)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    content = change.content
    roles = own_roles(work.asker.person, content.service, content.environment, work.facts)[0]
    post_release.verify(work.tx, change, asked, work.request.rationale.strip(), actor, roles, work.facts, work.correlation)
    judge_again(work.tx, content.service, content.version, work.facts, work.correlation)
    what = f"{content.service} {content.version} in {content.environment}"
    return Reply(note(f"✅ {change.id} is verified and closed", (f"{what}: your words stand in its record.",)))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks what was looked at, with what CI did before one's eyes."""
    change = facts.change
    if not isinstance(change, Change):
        return None
    hint = "A dashboard, a request that you made, a log, a figure. If something is wrong, do not verify it: go back, or mend it."
    return Form(
        title="Verify a change",
        word="verify",
        submit="Verify",
        inputs=(Input("looked", "What did you look at?", "text", initial=fields.get("looked", ""), hint=hint, shortest=3, longest=1000),),
        known={"change": change.id},
        lines=closing_lines(change, facts),
    )


command = Command(
    name="verify",
    summary="Say what you looked at after a deployment; that closes a change.",
    examples=("verify CR-2026-1121-001 error rate and p95 on the api dashboard, and an order of my own",),
    action=Action.VERIFY,
    guards=(authorized, verifiable, looks_after, looked_at),
    arguments=Verify,
    ask=ask,
    run=verify,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
