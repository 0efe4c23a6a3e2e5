"""An exception is complete, for what can be waived, and decided once (EXC-01, EXC-02, EVD-20).

Invariant: identity, separation of duties, approvals, windows, freezes and equal digests are no requirements, so no exception can name them.
"""

from collections.abc import Iterable
from datetime import timedelta

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.exemption import Exemption, ExemptionDecision, ExemptionKind, ExemptionState
from guards.facts import Facts, Request
from guards.policy import Policy
from guards.unread import Absent
from guards.vocabulary import SECURITY_GATES

_DAY = timedelta(days=1)
_FORM = "Type `/release exception request` and fill in the form."


def no_such_exception(exemption: Absent | None) -> Refuse:
    """What is said of an id that names no exception."""
    what = exemption.what if exemption else "such exception"
    return Refuse(Refusal.NO_SUCH_EXCEPTION, f"There is no {what}.", "`/release exception list` shows those that there are.")


def known_exception(request: Request, facts: Facts) -> Decision:
    """Whether the exception exists."""
    exemption = facts.exception
    return Allow(f"{exemption.id} is {exemption.state}") if isinstance(exemption, Exemption) else no_such_exception(exemption)


def undecided_exception(request: Request, facts: Facts) -> Decision:
    """Whether the exception still waits for people."""
    exemption = facts.exception
    if not isinstance(exemption, Exemption):
        return no_such_exception(exemption)
    if exemption.state is not ExemptionState.REQUESTED or facts.at >= exemption.until:
        return _over(exemption, facts)
    return Allow(f"{exemption.id} waits for people")


def revocable(request: Request, facts: Facts) -> Decision:
    """Whether the exception counts, so that it can be taken back."""
    exemption = facts.exception
    if not isinstance(exemption, Exemption):
        return no_such_exception(exemption)
    if exemption.state is not ExemptionState.APPROVED or facts.at >= exemption.until:
        return _over(exemption, facts)
    return Allow(f"{exemption.id} counts")


def _over(exemption: Exemption, facts: Facts) -> Refuse:
    state = ExemptionState.EXPIRED if facts.at >= exemption.until else exemption.state
    return Refuse(Refusal.WRONG_STATE, f"{exemption.id} is {state}.", f"See `/release exception show {exemption.id}`.")


def complete_exception(request: Request, facts: Facts) -> Decision:
    """Whether the exception to ask for has all its fields, one scope and an end in reach (EXC-02, EXC-04, EXC-12)."""
    exemption = request.exception
    if exemption is None:
        return Refuse(Refusal.INCOMPLETE, "No exception was described.", _FORM)
    if lacking := [name for name, said in _wanted(exemption) if not said.strip()]:
        return Refuse(Refusal.INCOMPLETE, f"The exception lacks its {', '.join(lacking)}.", _FORM)
    if exemption.version and len(exemption.services) > 1:
        return Refuse(Refusal.INCOMPLETE, "A version belongs to one service, and the exception names several.", "Ask for each one apart.")
    if exemption.kind is ExemptionKind.EMERGENCY and not exemption.version:
        return Refuse(Refusal.INCOMPLETE, "An exception for an emergency is for one version, not for all.", "Name the version.")
    if not facts.at < exemption.review <= exemption.until:
        return Refuse(
            Refusal.INCOMPLETE,
            "The exception has to be reviewed after now and not after its end.",
            "Give an end that is later than now, and a review before it.",
        )
    longest = _longest(exemption, facts.policy)
    if exemption.until - facts.at > longest:
        return Refuse(
            Refusal.TOO_LONG,
            f"The exception would last {(exemption.until - facts.at) / _DAY:.1f} days; "
            f"one that is {exemption.kind} may last {longest / _DAY:g} days.",
            "Give an earlier end, and ask anew when it comes near.",
        )
    return Allow("the exception is complete")


def _wanted(exemption: Exemption) -> Iterable[tuple[str, str]]:
    """The fields that its kind takes, by name, with what they say."""
    yield from (
        ("services", "".join(exemption.services)),
        ("environments", "".join(exemption.environments)),
        ("owner", exemption.owner),
        ("risk assessment", exemption.risk),
        ("compensating controls", exemption.controls),
        ("rollback or containment", exemption.containment),
        ("evidence links", exemption.evidence),
    )
    if exemption.kind is ExemptionKind.PERMANENT:
        yield "reason why it cannot end", exemption.infeasible
        yield "reconsideration criteria", exemption.reconsider
    else:
        yield "remediation plan", exemption.remediation


def _longest(exemption: Exemption, policy: Policy) -> timedelta:
    rules = policy.exceptions
    return {
        ExemptionKind.TEMPORARY: rules.temporary,
        ExemptionKind.PERMANENT: rules.permanent,
        ExemptionKind.EMERGENCY: rules.emergency,
    }[exemption.kind]


def waivable(request: Request, facts: Facts) -> Decision:
    """Whether the policy lets an exception of this kind stand in for the requirement (EVD-20, CF-16)."""
    exemption = request.exception or facts.exception
    if not isinstance(exemption, Exemption):
        return no_such_exception(exemption)
    requirement = exemption.requirement
    if requirement not in facts.policy.exceptions.waivable:
        return Refuse(
            Refusal.NOT_WAIVABLE,
            f"The policy lets no exception stand in for {requirement}.",
            f"Meet the requirement. An exception can stand in for {', '.join(facts.policy.exceptions.waivable) or 'nothing'}.",
        )
    if requirement in SECURITY_GATES and exemption.kind is not ExemptionKind.EMERGENCY:
        return Refuse(
            Refusal.NOT_WAIVABLE,
            f"{requirement} is a security gate: only an exception for an emergency can stand in for it.",
            "Meet the requirement, or, in an emergency, ask with `kind=emergency` for the one version.",
        )
    return Allow(f"an exception can stand in for {requirement}")


def enough(approvals: Iterable[ExemptionDecision], policy: Policy) -> bool:
    """Whether these approvals are as many, and by holders of such roles, as the policy asks for."""
    given = tuple(approvals)
    held = frozenset(role for decision in given for role in decision.roles)
    return len({decision.by for decision in given}) >= policy.exceptions.count and held.issuperset(policy.exceptions.roles)
