"""A form in the terminal: one question after the other, as Slack would show them.

Invariant: what Slack's client would not send is not sent; an empty line keeps what stands in a field, a single dot closes the form.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.people import Member
from bot.demo.stage import Stage
from bot.workspace import Exchange, Input, NotSent, View

_TRIES = 5
"""How often a wrong answer is asked for again before the form is closed."""


async def fill_in(company: Company, stage: Stage, me: Member, line: Callable[[str], Awaitable[str]]) -> Exchange | None:
    """Ask each question of the open form and send it.

    Args:
        company, stage: where.
        me: who has the form open.
        line: shows a prompt and waits for a line.

    Returns:
        The delivery, or None when the form was closed unsent.
    """
    person = company.people[me.handle]
    view = company.slack.modal(person)
    assert view is not None
    stage.form(view, f"{me.name} has a form open")
    stage.note("Answer each question; an empty line keeps what is there, a single dot closes the form.")
    left = {question.block_id for question in view.inputs}
    for _ in range(_TRIES):
        for question in view.inputs:
            if question.block_id in left and not await _answered(view, question, stage, line):
                await company.slack.close_modal(person)
                stage.note("The form is closed; nothing was sent.")
                return None
        try:
            return await company.fill(me.handle)
        except NotSent as wrong:
            left = set(wrong.errors)
            for question in view.inputs:
                if question.block_id in left:
                    stage.failed(f"{question.label}: {wrong.errors[question.block_id]}")
    await company.slack.close_modal(person)
    stage.note("The form is closed; nothing was sent.")
    return None


async def _answered(view: View, question: Input, stage: Stage, line: Callable[[str], Awaitable[str]]) -> bool:
    """Ask one question until it has an answer that fits; False when the form shall be closed."""
    for _ in range(_TRIES):
        text = await line(f"  {_prompt(question)}")
        if text == ".":
            return False
        if not text:
            return True
        try:
            view.fill({question.block_id: _value(question, text)})
        except (LookupError, ValueError) as wrong:
            stage.failed(str(wrong.args[0]))
        else:
            return True
    return False


def _prompt(question: Input) -> str:
    words = question.label
    if question.options:
        words += f" ({', '.join(question.options)})"
    elif question.kind == "datetimepicker":
        words += " (like 2026-11-25T10:00)"
    if question.value:
        shown = (
            datetime.fromtimestamp(question.value, UTC).astimezone(ZoneInfo(ZONE)) if isinstance(question.value, int) else question.value
        )
        words += f" [{shown}]"
    return f"{words}{' (may stay empty)' if question.optional else ''}: "


def _value(question: Input, text: str) -> object:
    if question.kind != "datetimepicker":
        return text
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{question.label}: {text!r} is no moment; write one like 2026-11-25T10:00") from error
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(ZONE))
