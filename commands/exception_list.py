"""/release exception list | show: which exceptions wait or count, and all that one says."""

from dataclasses import replace

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.exempt_card import exception_card, exception_lines
from commands.core.words import Arguments, ExceptionId, ServiceName
from guards.authorization import authorized
from guards.exceptions import known_exception
from guards.exemption import Exemption
from guards.vocabulary import Action
from storage import exceptions

_LONGEST = 12
"""Exceptions that a list names."""


class ListExceptions(Arguments):
    """One service, or all."""

    service: ServiceName | None = None


class ShowException(Arguments):
    """One exception."""

    exception: ExceptionId


def list_exceptions(work: Work[ListExceptions]) -> Reply:
    """Those that wait for people or count, the one that ends first before the others."""
    service = work.args.service
    found = [e for e in exceptions.current(work.tx, work.at) if service is None or service in e.services]
    lines = [line for e in found[:_LONGEST] for line in exception_lines(e, work.facts)]
    if len(found) > _LONGEST:
        lines.append((f"and {len(found) - _LONGEST} that end later",))
    return Reply(note("⚖️ Exceptions" if found else "⚖️ No exception", *lines))


def show(work: Work[ShowException]) -> Reply:
    """The exception as its card has it; decisions are made on the card."""
    exemption = work.facts.exception
    assert isinstance(exemption, Exemption)
    return Reply(replace(exception_card(exemption, work.facts), buttons=()))


def ask_list(args: ListExceptions, asker: Asker) -> Ask:
    """A list is about nothing that moves."""
    return Ask()


def ask_show(args: ShowException, asker: Asker) -> Ask:
    """Showing is about one exception."""
    return Ask(exception=args.exception)


exception_list = Command(
    name="exception list",
    summary="The exceptions that wait for approval or count.",
    examples=("exception list", "exception list api"),
    action=Action.READ,
    guards=(authorized,),
    arguments=ListExceptions,
    ask=ask_list,
    run=list_exceptions,
)

exception_show = Command(
    name="exception show",
    summary="All that an exception says, who decided about it, and what went out by it.",
    examples=("exception show EXC-2026-1121-001",),
    action=Action.READ,
    guards=(authorized, known_exception),
    arguments=ShowException,
    ask=ask_show,
    run=show,
)
