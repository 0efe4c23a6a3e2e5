"""What people see of a freeze: its card with all that was declared, its line in lists, the words for what stands still (FRZ-01, FRZ-02).

Invariant: whoever reads the card knows what stands still, where, until when, who passes, and what becomes of work on its way.
"""

from collections.abc import Iterable, Iterator

from commands.core.text import Button, Card, Code, Line, Moment, Part
from guards.change import Change
from guards.facts import Facts
from guards.freeze_record import Freeze
from guards.policy import Policy
from guards.vocabulary import Blocked, Fate

FATES = {
    Fate.FINISH: "it finishes, with the rest of its set",
    Fate.HOLD: "the run ends, the rest of its set waits",
    Fate.STOP: "CI is asked to end the run, the rest of its set waits",
}
"""What a freeze says of work that is on its way when it begins."""

_NAMED = 10
"""Changes at work that a card names; the App Home has all."""


def standing(freeze: Freeze, facts: Facts) -> tuple[str, str]:
    """Emoji and words for how it stands at the moment of the facts."""
    at = facts.at
    if freeze.lifted and freeze.lifted <= at:
        return "🌤️", "lifted"
    if freeze.end <= at:
        return "⚪", "over"
    if freeze.in_force is None:
        return "🕐", "waits for approval"
    if freeze.lapsed(at):
        return "🕐", "lapsed, because nobody approved it"
    return ("🧊", "in force") if freeze.start <= at else ("🔜", "to come")


def where(freeze: Freeze) -> str:
    """`api, web in production`, `all services in production: main`."""
    branches = f": {', '.join(freeze.branches)}" if freeze.branches is not None else ""
    return f"{', '.join(freeze.services or ('all services',))} in {', '.join(freeze.environments)}{branches}"


def still(freeze: Freeze) -> str:
    """What stands still: `deployments and migrations`, `merges into main, release/*` (INC-06)."""
    into = f"merges into {', '.join(freeze.branches) if freeze.branches is not None else 'all protected branches'}"
    return " and ".join(into if what is Blocked.MERGES else what.value for what in Blocked if what in freeze.blocks)


def zone_of(freeze: Freeze, policy: Policy) -> str:
    """The zone of its only service, else the policy's."""
    return policy.zone_of(freeze.services[0] if freeze.services and len(freeze.services) == 1 else None)


def freeze_card(freeze: Freeze, working: Iterable[Change], facts: Facts) -> Card:
    """The one card of a freeze in a channel.

    Args:
        freeze: as it is now.
        working: changes in its scope that CI is at.
        facts: give the moment and the policy.
    """
    zone, (emoji, words) = zone_of(freeze, facts.policy), standing(freeze, facts)
    rows: list[tuple[str, Line]] = [
        ("State", (f"{emoji} {words}",)),
        ("Stands still", (still(freeze),)),
        ("Passes", (_passes(freeze),)),
        ("From", (Moment(freeze.start, zone),)),
        ("Until", (Moment(freeze.until, zone),)),
        ("Work on its way", (FATES[freeze.fate],)),
        ("Declared by", (freeze.by_name,)),
        ("Answers for it", (_name(freeze.approver, facts.policy),)),
        ("Approved by", _approved(freeze, facts.policy, zone)),
    ]
    if freeze.calendar:
        rows.append(("Calendar", (freeze.calendar,)))
    over = min(freeze.end, freeze.lifted or freeze.end) <= facts.at
    parts = [
        Part(((freeze.reason,),), heading="Why"),
        Part(((freeze.exit_criteria,),), heading="Ends when"),
        Part(((freeze.plan,),), heading="Then"),
    ]
    if not over and (lines := tuple(_working(working))):
        parts.append(Part(lines, heading="CI is at work on"))
    return Card(
        f"{emoji} {freeze.kind} freeze of {where(freeze)}: {words}"[:150],
        facts=tuple(rows),
        parts=tuple(parts),
        buttons=() if over else _buttons(freeze),
        footer=(Code(freeze.id),),
    )


def _passes(freeze: Freeze) -> str:
    risk = [f"changes of {freeze.passes_risk} risk{' at most' if freeze.passes_risk.rank else ''}"] if freeze.passes_risk else []
    return ", ".join([*freeze.passes, *risk]) or "nothing"


def _buttons(freeze: Freeze) -> tuple[Button, ...]:
    known = {"freeze": freeze.id}
    approve = (Button("Approve", "freeze approve", known, "primary"),) if freeze.approved is None else ()
    return (*approve, Button("Extend", "freeze extend", known), Button("Lift", "freeze lift", known, "danger"))


def _approved(freeze: Freeze, policy: Policy, zone: str) -> Line:
    if freeze.approved is None:
        if freeze.lapses:
            return ("nobody yet; it counts at once, and without an approval until ", Moment(freeze.lapses, zone))
        return ("nobody yet; it counts at once" if freeze.in_force else "nobody yet; it holds nothing before that",)
    return (f"{_name(freeze.approved_by or '', policy)}, ", Moment(freeze.approved, zone))


def _name(person: str, policy: Policy) -> str:
    known = policy.by_id.get(person)
    return known.name if known else person


def _working(working: Iterable[Change]) -> Iterator[Line]:
    for change in list(working)[:_NAMED]:
        content = change.content
        yield (Code(change.id), f" {content.service} {content.version} → {content.environment}")


def freeze_lines(freeze: Freeze, facts: Facts) -> tuple[Line, ...]:
    """The freeze in two lines, for lists and reminders."""
    zone, (emoji, words) = zone_of(freeze, facts.policy), standing(freeze, facts)
    what = f" {where(freeze)} ({freeze.kind}): {still(freeze)}, {words}, "
    said = f"    {freeze.reason} Ends when: {freeze.exit_criteria} Then: {freeze.plan} Declared by {freeze.by_name}, answered for by"
    return (
        (f"{emoji} ", Code(freeze.id), what, Moment(freeze.start, zone), " until ", Moment(freeze.until, zone)),
        (f"{said} {_name(freeze.approver, facts.policy)}.",),
    )
