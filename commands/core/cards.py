"""What people are answered: refusals with every reason, usage, faults, short notes.

Invariant: whoever is refused learns each reason, what to do about it, and an id to quote (CMD-13).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from commands.core.command import AnyCommand
from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part, worded
from commands.core.words import Problem, usage
from guards.decision import Allow, Refuse, Unsure
from guards.evidence import can_be_waived
from guards.facts import Request
from guards.judge import Answer, Judgement
from guards.policy import Policy
from guards.requirements import REQUIREMENT_OF


def note(title: str, *lines: Line) -> Card:
    """A short private answer."""
    return Card(title, parts=(Part(lines),) if lines else ())


def _reason(refuse: Refuse, zone: str) -> Part:
    return Part((worded(refuse.why), ("→ ", *_remedy(refuse, zone)), ("reason: ", Code(refuse.code.value))))


def refusal_card(
    judgement: Judgement, command: str, request: Request, correlation: str, policy: Policy, queue: Button | None = None
) -> Card:
    """Every reason with its remedy, the nearest one first (CMD-13); what an exception could stand in for has a button that asks for one.

    Args:
        judgement, command, request: what was judged.
        correlation: the id to quote.
        policy: in force.
        queue: a button that has the request kept until its time, where only time speaks against it.
    """
    zone = policy.zone_of(request.service)
    what = " ".join(filter(None, (command, request.service, request.version, request.environment)))
    final = [r for r in judgement.refusals if r.code not in judgement.heals]
    parts = [_reason(r, zone) for r in final]
    parts += [
        Part(((f"Could not read {missing(u)}.",), ("→ Nothing was started. Try again in a minute; if it stays, ask whoever runs it.",)))
        for u in judgement.unsure
    ]
    if final and (later := [r for r in judgement.refusals if r.code in judgement.heals]):
        parts.append(Part(tuple(worded(r.why) for r in later), heading="Once that is mended, it would still wait:"))
    title = f"⛔ Refused: {what}" if final else f"⚠️ Cannot verify: {what}"
    asks = tuple(_asks_for_exception(judgement, request, policy))
    return Card(
        title[:150],
        parts=tuple(parts),
        buttons=(queue, *asks) if queue else asks,
        footer=("Nothing was started. id ", Code(correlation)),
    )


def _asks_for_exception(judgement: Judgement, request: Request, policy: Policy) -> Iterable[Button]:
    place = {"services": request.service or "", "environments": request.environment or "", "version": request.version or ""}
    for answer in judgement.answers:
        requirement = REQUIREMENT_OF.get(answer.guard)
        if requirement and isinstance(answer.decision, Refuse) and can_be_waived(requirement, answer.decision, policy):
            yield Button(f"Ask for an exception: {requirement}", "exception request", {"requirement": requirement.value, **place})


def _remedy(refuse: Refuse, zone: str) -> Line:
    if refuse.until is None:
        return worded(refuse.remedy)
    return (*worded(refuse.remedy), " Next allowed: ", Moment(refuse.until, zone))


def missing(unsure: Unsure) -> str:
    return unsure.missing + (f": {unsure.why}" if unsure.why else "")


AGAIN = "form"
"""The word that a button adds to have the form opened with what was filled in, instead of the command being carried out."""

_CARRIED = 1900
"""Characters that a button carries, below what Slack takes."""


def with_form_again(card: Card, command: str, fields: Mapping[str, str]) -> Card:
    """The answer to a form that came to nothing, with a button that opens it again, filled in: nothing that was written is lost.

    What is too long for a button is left out, the longest first.

    Args:
        card: the answer.
        command: the form's word.
        fields: what was filled in, and what the form knew.
    """
    carried = dict(fields)
    while carried and len(json.dumps({**carried, AGAIN: "yes"}, separators=(",", ":"))) > _CARRIED:
        del carried[max(carried, key=lambda name: len(carried[name]))]
    button = Button("Fill it in again", command, {**carried, AGAIN: "yes"})
    return replace(card, buttons=(button, *card.buttons))


def usage_card(problem: Problem, command: AnyCommand | None, correlation: str) -> Card:
    """What is wrong with the words, how they are written, one example, and the nearest command."""
    lines: list[Line] = [worded(said) for said in problem.said]
    if command:
        lines.append(("Usage: ", Code(f"/release {usage(command.name, command.arguments)}")))
        lines.append(("Example: ", Code(f"/release {command.examples[0]}")))
    elif problem.nearest:
        lines.append(("Did you mean ", Code(f"/release {problem.nearest}"), "?"))
    if command is None:
        lines.append(("All commands: ", Code("/release help")))
    return Card("🤔 I cannot read that", parts=(Part(tuple(lines)),), footer=("Nothing was started. id ", Code(correlation)))


def fault_card(correlation: str) -> Card:
    """The bot's own fault: what a person can quote to whoever runs it."""
    return Card(
        "💥 Something broke on my side",
        parts=(
            Part(
                (
                    (
                        "What was asked for was kept but could not be carried out. ",
                        "Quote this id to whoever runs Signalbox: ",
                        Code(correlation),
                    ),
                )
            ),
        ),
    )


def answer_line(answer: Answer) -> Line:
    """One guard's answer, for explanations."""
    match answer.decision:
        case Allow(why=why):
            return ("✅ ", Bold(answer.guard), ": ", why)
        case Refuse() as no:
            return ("⛔ ", Bold(answer.guard), ": ", *worded(no.why), " → ", *worded(no.remedy))
        case Unsure() as lost:
            return ("⚠️ ", Bold(answer.guard), ": could not read ", missing(lost))
