"""/release explain <command …>: judge a command as it stands now, every guard's answer, without acting."""

from typing import Annotated

from commands.core import dispatch
from commands.core.cards import answer_line, note
from commands.core.change_card import change_lines
from commands.core.command import AnyCommand, Ask, Asker, Command, Reply, Work
from commands.core.inside import inside
from commands.core.requests import at_dispatch, cases_of, request_of, several
from commands.core.text import Card, Code, Line, Part
from commands.core.words import Arguments, Missing, Problem, Rest, assign, bind, match, split
from guards.authorization import authorized
from guards.change import Change
from guards.decision import Allow, Refusal
from guards.evidence import NOT_REQUIRED
from guards.facts import Facts
from guards.identity import Stranger
from guards.judge import Case, Judgement, judge, judge_set
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action


class Explain(Arguments):
    """A whole command, without the leading `/release`."""

    words: Annotated[str, Rest()]


def read(words: str, policy: Policy) -> tuple[AnyCommand, Arguments] | Problem:
    """The command that the words make, complete."""
    from commands import COMMANDS

    names = {c.name: c for c in COMMANDS}
    parts = split(words)
    found = match(parts, tuple(names)) if isinstance(parts, list) and parts else Problem(("Say which command.",))
    if isinstance(parts, Problem) or isinstance(found, Problem):
        return parts if isinstance(parts, Problem) else found  # type: ignore[return-value]
    command = names[found[0]]
    fields = assign(command.arguments, found[1])
    bound = fields if isinstance(fields, Problem) else bind(command.arguments, fields, policy)
    if isinstance(bound, Missing):
        return Problem((f"It lacks {' and '.join(bound.names)}.",))
    return bound if isinstance(bound, Problem) else (command, bound)


def ask(args: Explain, asker: Asker) -> Ask:
    """The facts to read are those of the command that is explained."""
    found = read(args.words, asker.policy)
    return Ask() if isinstance(found, Problem) else found[0].ask(found[1], asker)


def explain(work: Work[Explain]) -> Reply:
    """The answers for the asker, with the facts of this transaction."""
    found = read(work.args.words, work.policy)
    if isinstance(found, Problem):
        return Reply(note("🤔 I cannot read that", *((said,) for said in found.said)))
    ask = found[0].ask(found[1], work.asker)
    facts = inside(work.tx, ask, work.facts)
    cases = cases_of(work.tx, found[0], ask, work.asker.person, facts)
    told = explained(found[0], work.args.words, ask, work.asker.person, facts, cases, heals=found[0].healing(found[1]))
    return Reply(told[1])


def explained(
    command: AnyCommand,
    words: str,
    ask: Ask,
    by: Person | Stranger | Unread,
    facts: Facts,
    cases: tuple[Case, ...],
    name: str | None = None,
    *,
    heals: frozenset[Refusal],
) -> tuple[Judgement, Card]:
    """Every guard's answer at the request, and for a change that is open, at dispatch.

    Args:
        command: what would be asked for.
        words: as they were typed.
        ask: what it is about.
        by: who would ask.
        facts: of this moment, the database's among them.
        cases: what is judged of each entry, where it is about a set.
        name: of the asker; only needed when `by` is nobody.
        heals: what the words let heal.

    Returns:
        The judgement of the request, and all of it as a card.
    """
    request = request_of(command.action, ask, by, facts)
    if several(command, ask):
        judgement = judge_set(command.whole, command.guards, request, facts, cases, heals)
    else:
        judgement = judge(command.guards, request, facts, heals, explaining=isinstance(by, Person))
    parts = _parts(f"If {by.name if isinstance(by, Person) else name or 'they'} asked now", judgement)
    if isinstance(facts.change, Change):
        change = facts.change
        parts.insert(0, Part(change_lines(change, facts), heading=change.id))
        parts += _parts("If it were dispatched now", judge(dispatch.GUARDS, at_dispatch(change, facts), facts, dispatch.HEALS))
    title = {
        "allowed": "✅ Would go",
        "waits": "⏳ Would be kept and wait",
        "refused": "⛔ Would be refused",
        "unsure": "⚠️ Cannot be verified",
    }
    footer: Line = ("Nothing was started. ", Code(words))
    return judgement, Card(f"{title[judgement.outcome]}: {command.name}", parts=tuple(parts), footer=footer)


_LINES = 20
"""Answers in one part of the card: none is left out, however many guards there are."""


def _parts(heading: str, judgement: Judgement) -> list[Part]:
    """Every answer; what the policy does not ask for in one line."""
    unasked = [a.guard for a in judgement.answers if isinstance(a.decision, Allow) and a.decision.why.endswith(NOT_REQUIRED)]
    lines: list[Line] = [answer_line(a) for a in judgement.answers if a.guard not in unasked]
    if unasked:
        lines.append((f"⚪ Not required by policy: {', '.join(unasked)}",))
    return [Part(tuple(lines[i : i + _LINES]), heading="" if i else heading) for i in range(0, len(lines), _LINES)]


command = Command(
    name="explain",
    summary="Judge a command without acting: every guard's answer.",
    examples=("explain promote api v1.4.0 production",),
    action=Action.READ,
    guards=(authorized,),
    arguments=Explain,
    ask=ask,
    run=explain,
)
