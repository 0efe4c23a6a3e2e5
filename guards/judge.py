"""Runs the guards of a command over frozen facts and keeps every answer (CMD-13).

Invariant: the first guard is authorization, and whoever fails it learns nothing more, unless they may read it; all others always
run, so that a person sees every reason at once. The answer is `Allowed` only when each guard said Allow.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request

Guard = Callable[[Request, Facts], Decision]
Outcome = Literal["allowed", "waits", "refused", "unsure"]
Case = tuple[Request, Facts]
"""One entry of a set, as it is judged."""


class Answer(NamedTuple):
    """What one guard said; a tuple, as each judgement makes one for every guard.

    Args:
        guard: the guard's name.
        decision: its answer.
        about: the service, where it answered about one entry of a set.
    """

    guard: str
    decision: Decision
    about: str | None = None


_answer: Callable[[tuple[str, Decision, str | None]], Answer] = partial(tuple.__new__, Answer)
"""Makes one as it is: the named tuple's own way takes as long as half of the guards."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Every guard's answer about one request.

    Args:
        answers: in the order of the command's guards.
        at: UTC, the moment of the facts.
        heals: reasons that people or time heal for this command: with nothing else against it, the request is kept.
    """

    answers: tuple[Answer, ...]
    at: datetime
    heals: frozenset[Refusal]

    @property
    def refusals(self) -> tuple[Refuse, ...]:
        """What was refused, each reason once, the one that heals soonest first, those that time does not heal last."""
        found = dict.fromkeys(a.decision for a in self.answers if isinstance(a.decision, Refuse))
        return tuple(sorted(found, key=lambda r: (r.until is None, r.until or self.at)))

    @property
    def unsure(self) -> tuple[Unsure, ...]:
        """What could not be read, each once: several guards may need the same."""
        return tuple(dict.fromkeys(a.decision for a in self.answers if isinstance(a.decision, Unsure)))

    @property
    def outcome(self) -> Outcome:
        """`unsure` when anything could not be read and nothing was refused for good; `waits` when only healing reasons stand."""
        refusals = self.refusals
        if any(r.code not in self.heals for r in refusals):
            return "refused"
        if self.unsure:
            return "unsure"
        return "waits" if refusals else "allowed"

    def refused_for(self, code: Refusal) -> Refuse | None:
        """The refusal with this code, if there is one."""
        return next((r for r in self.refusals if r.code is code), None)


def judge(
    guards: tuple[Guard, ...], request: Request, facts: Facts, heals: frozenset[Refusal] = frozenset(), *, explaining: bool = False
) -> Judgement:
    """Ask each guard.

    Args:
        guards: at least one; the first is the authorization.
        request, facts: what is judged.
        heals: codes that do not turn the request away (see `Judgement`).
        explaining: ask all of them, also when the first turned it away: for somebody who may read what they look at.

    Raises:
        ValueError: for an empty tuple; a command without guards does not exist.
    """
    if not guards:
        raise ValueError("a command without guards does not exist")
    first = Answer(guards[0].__name__, guards[0](request, facts))
    if not isinstance(first.decision, Allow) and not explaining:
        return Judgement((first,), facts.at, heals)
    rest = [_answer((guard.__name__, guard(request, facts), None)) for guard in guards[1:]]
    return Judgement((first, *rest), facts.at, heals)


def judge_set(
    whole: tuple[Guard, ...], guards: tuple[Guard, ...], request: Request, facts: Facts, cases: Sequence[Case], heals: frozenset[Refusal]
) -> Judgement:
    """Ask the guards of a set once, and those of its entries about each: one that fails stops all (MAN-06).

    Args:
        whole: about the set.
        guards: about an entry; the first is the authorization, which is asked about every entry before anything else is told.
        request, facts: of the set.
        cases: its entries; without any, the authorization is asked about the set itself.
        heals: as for `judge`.
    """
    first = tuple(_of_each(guards[0], cases or ((request, facts),)))
    if not all(isinstance(answer.decision, Allow) for answer in first):
        return Judgement(tuple(a for a in first if not isinstance(a.decision, Allow)), facts.at, heals)
    once = tuple(Answer(guard.__name__, guard(request, facts)) for guard in whole)
    rest = tuple(answer for guard in guards[1:] for answer in _of_each(guard, cases))
    return Judgement((*first, *once, *rest), facts.at, heals)


def _of_each(guard: Guard, cases: Sequence[Case]) -> Iterator[Answer]:
    """One answer for each entry that says which it is about; what is the same for all of them is said once."""
    answers = [(request.service, guard(request, facts)) for request, facts in cases]
    if len({said for _, said in answers}) == 1:
        yield Answer(guard.__name__, answers[0][1], answers[0][0] if len(answers) == 1 else None)
        return
    for service, said in answers:
        yield Answer(guard.__name__, _naming(service or "", said), service)


def _naming(service: str, said: Decision) -> Decision:
    """An answer whose sentence names the service."""
    match said:
        case Refuse(why=why) if service not in why:
            return replace(said, why=f"{service}: {why}")
        case Unsure(missing=missing) if service not in missing:
            return replace(said, missing=f"{missing} ({service})")
        case _:
            return said
