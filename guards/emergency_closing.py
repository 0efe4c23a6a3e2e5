"""An emergency is closed when nothing is owed for it, after its incident, and with an account of it (EMG-17, EMG-25).

Invariant: while anything is open it stays open, whoever asks.
"""

from guards.authorization import no_such_emergency
from guards.decision import Allow, Decision, Refusal, Refuse
from guards.emergency import UNUSED, Emergency, EmergencyState
from guards.facts import Facts, Request
from guards.incident import Incident


def closable_emergency(request: Request, facts: Facts) -> Decision:
    """Whether the emergency can be closed: it was used, all that is owed is done, and the end is described (EMG-25)."""
    record, ending = facts.emergency, request.ending
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.state is not EmergencyState.USED:
        left = "It ends by itself." if record.state in UNUSED else "Nothing is left to do."
        return Refuse(Refusal.WRONG_STATE, f"{record.id} is {record.state}, not used.", left)
    if owing := [one for one in facts.owed if one.done is None]:
        late = sum(one.overdue(facts.at) for one in owing)
        said = "; ".join(f"{one.id} {one.text} ({one.owner_name})" for one in owing[:5])
        return Refuse(
            Refusal.STILL_OWED,
            f"{record.id} has {len(owing)} open follow-up{'' if len(owing) == 1 else 's'}{f', {late} overdue' if late else ''}: {said}.",
            f"`/release follow-up list {record.id}` shows them.",
        )
    cited = facts.cited
    grave = cited if isinstance(cited, Incident) and cited.closed_at is None else None
    if grave and any(facts.policy.incidents.named(severity).postmortem for severity in (grave.severity, record.severity)):
        return Refuse(
            Refusal.STILL_OWED,
            f"{grave.reference}, for which {record.id} was used, is open; its postmortem is owed from its end on.",
            f"When the impact is over, `/release incident close {grave.reference}`.",
        )
    texts = {} if ending is None else {
        "verified resolution": ending.resolution, "account of what happened": ending.happened, "prevention": ending.prevention,
    }  # fmt: skip
    if ending is None or (lacking := [name for name, said in texts.items() if not said.strip()]):
        what = ", ".join(lacking) if texts else "end"
        return Refuse(Refusal.INCOMPLETE, f"Closing {record.id} lacks its {what}.", f"Type `/release emergency close {record.id}`.")
    return Allow(f"nothing is owed for {record.id}")
