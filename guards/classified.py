"""An emergency that is called a hotfix is one: `hotfix start` recorded it, from what production runs (EMG-02, HOT-01, HOT-08).

Invariant: the word alone makes nothing a hotfix. What is declared as one without the record that its base, its review and its forward-ports
hang on is refused, when it is declared and when it goes.
"""

from guards.as_hotfix import COUNTS
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.emergency import Classification, Emergency
from guards.facts import Facts, Request
from guards.unread import Unread


def classified(request: Request, facts: Facts) -> Decision:
    """Whether the emergency to declare is what it is called (EMG-02)."""
    record = request.emergency
    no = misnamed(record, facts) if record else None
    return no or Allow(f"it is declared as {record.classification}" if record else "nothing is declared")


def misnamed(record: Emergency, facts: Facts) -> Refuse | Unsure | None:
    """Why an emergency is no hotfix though it is called one, or None."""
    known = facts.hotfixes
    if record.classification is Classification.EMERGENCY or not record.deploys:
        return None
    if isinstance(known, Unread):
        return Unsure(known.what, known.why)
    begun = known.of_version
    if begun is None:
        return Refuse(
            Refusal.NO_SUCH_HOTFIX,
            f"No hotfix makes {record.service} {record.version}: nobody recorded what it was begun from.",
            f"A hotfix begins with `/release hotfix start {record.service}`; what is none is declared as an emergency.",
        )
    if begun.state not in COUNTS:
        why = f"{begun.id}, which makes {begun.version}, is {begun.state}."
        return Refuse(Refusal.WRONG_STATE, why, f"See `/release hotfix show {begun.id}`.")
    return None
