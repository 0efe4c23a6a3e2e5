"""When a hotfix can be written down and closed (HOT-11, HOT-12, HOT-13, HOT-21).

Invariant: it is closed when nothing of it is owed and its record is complete; one that never shipped is given up with a reason.
"""

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import exempted
from guards.facts import Facts, Request
from guards.hotfix import UNDER_WAY, Hotfix, HotfixState
from guards.hotfix_evidence import BY_THE_ROAD
from guards.hotfixing import no_such_hotfix
from guards.obligation import Obligation, Owed
from guards.unread import Unread
from guards.vocabulary import Requirement


def shipped(request: Request, facts: Facts) -> Decision:
    """Whether the hotfix runs in production, so that it can be looked back on."""
    hotfix = facts.hotfix
    if not isinstance(hotfix, Hotfix):
        return no_such_hotfix(hotfix)
    if hotfix.state is not HotfixState.SHIPPED:
        return Refuse(Refusal.WRONG_STATE, f"{hotfix.id} is {hotfix.state}.", "It is written down once the hotfix runs in production.")
    return Allow(f"{hotfix.id} runs in {hotfix.environment}")


def closable_hotfix(request: Request, facts: Facts) -> Decision:
    """Whether nothing of the hotfix is owed any more; one that never shipped is given up with a reason (HOT-11, HOT-21)."""
    hotfix = facts.hotfix
    if not isinstance(hotfix, Hotfix):
        return no_such_hotfix(hotfix)
    if hotfix.state in UNDER_WAY:
        if request.rationale.strip():
            return Allow(f"{hotfix.id} is given up")
        return Refuse(Refusal.NO_RATIONALE, f"{hotfix.id} did not ship; giving it up takes a reason.", "Say why.")
    if hotfix.state is not HotfixState.SHIPPED:
        return Refuse(Refusal.WRONG_STATE, f"{hotfix.id} is {hotfix.state}.", "Nothing is left to do.")
    owed = [one for one in facts.owed if one.done is None]
    lacking = [one for one in owed if one.kind is not Owed.FORWARD_PORT]
    ports = [one for one in owed if one.kind is Owed.FORWARD_PORT]
    by_exception = exempted(Requirement.FORWARD_PORTS, request, facts) if ports else None
    if isinstance(by_exception, Unread):
        return Unsure(by_exception.what, by_exception.why)
    if by_exception is None:
        lacking += ports
    if lacking or hotfix.afterwards is None:
        said = [_named(one) for one in lacking]
        return Refuse(
            Refusal.STILL_OWED,
            f"Of {hotfix.id} is still owed: {'; '.join(said) or 'what was found out about it'}.",
            f"`/release hotfix show {hotfix.id}` shows what each takes.",
        )
    if refused := _on_record(hotfix, request, facts):
        return refused
    if by_exception:
        return Allow(f"by exception {by_exception.id}: {'; '.join(map(_named, ports))}", exception=by_exception.id)
    return Allow(f"nothing of {hotfix.id} is owed")


def _on_record(hotfix: Hotfix, request: Request, facts: Facts) -> Refuse | Unsure | None:
    """Whether its eight items are there; forward-ports are owed, so they were looked at before (HOT-11, HOT-12)."""
    if isinstance(facts.pieces, Unread):
        return Unsure(facts.pieces.what, facts.pieces.why)
    lacking = [piece for piece in facts.pieces if piece.lacking]
    said = f"The record of {hotfix.id} lacks: {'; '.join(piece.lacking for piece in lacking)}."
    if any(hotfix.change or piece.item not in BY_THE_ROAD for piece in lacking):
        return Refuse(Refusal.STILL_OWED, said, f"The bot looks again; `/release hotfix show {hotfix.id}` shows what is there by then.")
    if lacking and not request.rationale.strip():
        return Refuse(
            Refusal.NO_RATIONALE,
            f"{said} CI brought {hotfix.version} to {hotfix.environment} past the bot.",
            f"Say where that is on record: `/release hotfix close {hotfix.id} <where>`.",
        )
    return None


def _named(one: Obligation) -> str:
    return f"{one.id} ({one.kind}, {one.owner_name})"
