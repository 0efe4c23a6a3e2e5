"""An exception is complete, for what can be waived, and decided once (EXC-01, EXC-02, EVD-20).

Invariant: identity, separation of duties, approvals, windows, freezes and equal digests are no requirements, so no exception can name them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from guards.decision import Allow, Decision, Refusal, Refuse
from guards.emergency import UNUSED, Emergency
from guards.exemption import Exemption, ExemptionDecision, ExemptionKind, ExemptionState, Reconsideration
from guards.facts import Facts, Request
from guards.opening import local
from guards.policy import Policy
from guards.standing import bounds, end_of, unfit
from guards.unread import Absent

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


def reconsiderable(request: Request, facts: Facts) -> Decision:
    """Whether the exception is a permanent one that counts, and may count until the moment that was named (EXC-04, EXC-10)."""
    exemption, until = facts.exception, request.until
    if not isinstance(exemption, Exemption):
        return no_such_exception(exemption)
    end = end_of(exemption, facts.policy)
    if exemption.state is not ExemptionState.APPROVED or facts.at >= end:
        return _over(exemption, facts)
    if exemption.kind is not ExemptionKind.PERMANENT:
        return Refuse(
            Refusal.WRONG_STATE,
            f"{exemption.id} is {exemption.kind}: it ends, and nothing makes it longer.",
            "Mend what it stands in for, or ask anew: `/release exception request`.",
        )
    if until is None or until <= end:
        return Refuse(
            Refusal.INCOMPLETE,
            f"{exemption.id} counts until {local(end, facts.policy.zone_of(exemption.services[0]))} already.",
            "Name a later day on which it is reconsidered again.",
        )
    return _too_long(exemption, until, end, facts) or Allow(f"{exemption.id} may count until then")


def _over(exemption: Exemption, facts: Facts) -> Refuse:
    state = ExemptionState.EXPIRED if facts.at >= end_of(exemption, facts.policy) else exemption.state
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
    if no := _outside_its_emergency(exemption, facts):
        return no
    if not facts.at < exemption.review <= exemption.until:
        return Refuse(
            Refusal.INCOMPLETE,
            "The exception has to be reviewed after now and not after its end.",
            "Give an end that is later than now, and a review before it.",
        )
    return _too_long(exemption, exemption.until, facts.at, facts) or Allow("the exception is complete")


def _outside_its_emergency(exemption: Exemption, facts: Facts) -> Refuse | None:
    """Why an exception for an emergency is not one of the emergency that it names, or another one names any (EVD-20)."""
    if exemption.kind is not ExemptionKind.EMERGENCY:
        said = f"An exception that is {exemption.kind} belongs to no emergency."
        return Refuse(Refusal.INCOMPLETE, said, "Leave `emergency=` out, or ask with `kind=emergency`.") if exemption.emergency else None
    record = facts.emergency
    if not isinstance(record, Emergency):
        said = "An exception for an emergency names the emergency that was declared."
        return Refuse(Refusal.INCOMPLETE, said, "Declare it first, `/release emergency declare`, and give its id as `emergency=`.")
    if record.over(facts.at) or record.state not in UNUSED:
        return Refuse(Refusal.WRONG_STATE, f"{record.id} covers nothing any more.", f"See `/release emergency show {record.id}`.")
    if (exemption.services, exemption.environments, exemption.version) != ((record.service,), (record.environment,), record.version):
        said = f"{record.id} covers {record.what} and nothing else; so does an exception for it."
        return Refuse(Refusal.INCOMPLETE, said, "Name exactly that, or declare another emergency.")
    return None


def _too_long(exemption: Exemption, until: datetime, since: datetime, facts: Facts) -> Refuse | None:
    """Why it may not last until a moment; `since` as for `bounds`."""
    longest, lasts = _longest(exemption, facts.policy), until - facts.at
    if lasts > longest:
        return Refuse(
            Refusal.TOO_LONG,
            f"The exception would last {lasts / _DAY:.1f} days; one that is {exemption.kind} may last {longest / _DAY:g} days.",
            "Give an earlier end, and ask anew when it comes near.",
        )
    if sooner := min((bound for bound in bounds(exemption, since, facts.policy) if bound[0] < until), default=None):
        zone = facts.policy.zone_of(exemption.services[0])
        return Refuse(
            Refusal.TOO_LONG,
            f"The exception may last until {local(sooner[0], zone)} and no longer: {sooner[1]}.",
            "Give an end that is not after that.",
        )
    return None


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
    if no := unfit(exemption, facts.policy):
        return Refuse(Refusal.NOT_WAIVABLE, *no)
    return Allow(f"an exception can stand in for {exemption.requirement}")


def enough(approvals: Iterable[ExemptionDecision | Reconsideration], policy: Policy) -> bool:
    """Whether these approvals, or words that it still holds, are as many, and by holders of such roles, as the policy asks for."""
    given = tuple(approvals)
    held = frozenset(role for decision in given for role in decision.roles)
    return len({decision.by for decision in given}) >= policy.exceptions.count and held.issuperset(policy.exceptions.roles)
