"""Runs the guards of a command over frozen facts and keeps every answer (CMD-13).

Invariant: the first guard is authorization, and whoever fails it learns nothing more, unless they may read it; all others always
run, so that a person sees every reason at once. The answer is `Allowed` only when each guard said Allow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request

Guard = Callable[[Request, Facts], Decision]
Outcome = Literal["allowed", "waits", "refused", "unsure"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one guard said.

    Args:
        guard: the guard's name.
        decision: its answer.
    """

    guard: str
    decision: Decision


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
    rest = tuple(Answer(guard.__name__, guard(request, facts)) for guard in guards[1:])
    return Judgement((first, *rest), facts.at, heals)
