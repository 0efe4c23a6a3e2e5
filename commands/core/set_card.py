"""The one card of a set promotion: which versions in which order, how each stands, and what is needed to decide (MAN-07, MAN-10).

Invariant: what is shown of an entry is what its own change would show; nothing about an entry is decided that is not on the card.
"""

from collections.abc import Iterable

from commands.core.change_card import approvals_line, changes_lines, evidence_lines, who_lines
from commands.core.change_card import standing_words as standing_words_of
from commands.core.requests import at_dispatch
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part
from commands.core.trains.departure import back_button
from commands.core.when import window_line
from guards.artifact import short
from guards.change import Approval, Change, Verdict
from guards.facts import Facts
from guards.lifecycle import UNDECIDED, State
from guards.manifest import Entry, Integration, Manifest, SetPromotion, SetStanding, SetState, SuiteState
from guards.policy import Policy
from guards.unread import Unread

_SUITES = {
    SuiteState.ORDERED: ("📤", "handed to CI"),
    SuiteState.RUNNING: ("🚚", "runs"),
    SuiteState.PASSED: ("🟢", "passed"),
    SuiteState.FAILED: ("🔴", "failed"),
}
_DECISIONS = 6


def standing_words(standing: SetStanding, promotion: SetPromotion) -> tuple[str, str]:
    """Emoji and words for how a set stands."""
    if promotion.state is SetState.SUCCEEDED:
        return "🟢", "the whole set is deployed"
    if promotion.state is SetState.STOPPED:
        return ("🔴", "stopped half way") if standing.begun else ("⛔", "ended before anything went out")
    if any(change.state is State.AWAITING for change in standing.changes) and not standing.begun:
        return "🕐", "waits for approval"
    done = sum(change.state is State.SUCCEEDED for change in standing.changes)
    return ("🚚", f"{done} of {len(standing.changes)} deployed") if standing.begun else ("⏳", "approved, waits")


def suite_line(result: Integration | None) -> Line:
    """How the integration suite ended against the manifest."""
    if result is None:
        return ("never ran against it",)
    emoji, words = _SUITES[result.state]
    where: Line = (Link(result.url, result.id),) if result.url else (Code(result.id),)
    return (f"{emoji} {words}, ", *where, *((f": {result.why}",) if result.why else ()))


def set_card(standing: SetStanding, facts: Facts) -> Card:
    """The card of a set promotion.

    Args:
        standing: as it is now; its promotion is there.
        facts: of the set, with those of each entry as its parts.
    """
    promotion, manifest = standing.promotion, standing.manifest
    assert promotion is not None
    assert manifest is not None
    zone = facts.policy.zone
    emoji, words = standing_words(standing, promotion)
    rows: list[tuple[str, Line]] = [
        ("State", (f"{emoji} {words}",)),
        ("Manifest", (f"{manifest.number} of {manifest.run}, ", Code(manifest.short))),
        ("Requested by", (promotion.requester_name, ", ", Moment(promotion.requested, zone))),
        ("Integration suite", suite_line(standing.integration)),
        ("Answers for the manifest", (_owner(manifest, facts.policy),)),
    ]
    if promotion.finished:
        rows.append(("Finished", (Moment(promotion.finished, zone),)))
    parts = [Part(((promotion.why,),), heading="Why")] if promotion.why else []
    parts.append(Part(set_lines(standing, facts), heading="In this order"))
    if manifest.breaking:
        parts.append(Part(((manifest.breaking,),), heading="What its major steps ask"))
    parts += _to_decide(facts)
    if given := tuple(_given(facts, zone)):
        parts.append(Part(given, heading="Decisions"))
    back = " back" if promotion.back else ""
    return Card(
        f"{emoji} {promotion.train}{back} → {promotion.environment}: {words}",
        facts=tuple(rows),
        parts=tuple(parts),
        buttons=_buttons(standing, promotion),
        footer=(Code(promotion.id), f" · policy {facts.policy.hash[:12]} · details in the thread"),
    )


def _owner(manifest: Manifest, policy: Policy) -> str:
    known = policy.by_id.get(manifest.owner)
    return known.name if known else manifest.owner


def set_lines(standing: SetStanding, facts: Facts) -> tuple[Line, ...]:
    """A line for each entry: those that go out in their order, with their result, then those that run there already (MAN-10)."""
    changes = {change.content.service: change for change in standing.changes}
    lines: list[Line] = [_change_line(at, change, facts) for at, change in enumerate(standing.changes, 1)]
    if standing.manifest:
        lines += [_stands(entry, standing) for entry in standing.manifest.entries if entry.service not in changes]
    return tuple(lines)


def _change_line(at: int, change: Change, facts: Facts) -> Line:
    part = next((one for one in facts.parts.values() if isinstance(one.change, Change) and one.change.id == change.id), facts)
    content, (emoji, words) = change.content, standing_words_of(change, part.verification)
    run: Line = (", ", Link(change.run_url, change.run) if change.run_url else Code(change.run)) if change.run else ()
    end: Line = (", ", Moment(change.finished, facts.policy.zone_of(content.service))) if change.finished else ()
    why = f": {change.why}" if change.why else ""
    artifact: Line = (Code(short(content.digest)), " at ", Code(content.commit[:12]))
    return (f"{at}. {emoji} ", Bold(f"{content.service} {content.version}"), " ", *artifact, f" {words}{why}", *run, *end)


def _stands(entry: Entry, standing: SetStanding) -> Line:
    there = "runs there already" if standing.stands(entry) else "ran there when the set was asked for, and does not any more"
    return (f"{'✔️' if standing.stands(entry) else '⚠️'} ", Bold(f"{entry.service} {entry.version}"), f" {there}")


def _to_decide(facts: Facts) -> Iterable[Part]:
    """Of each entry that people still decide: its window, its approvals, what is proven, and who may approve."""
    for part in facts.parts.values():
        change = part.change
        if not isinstance(change, Change) or change.state not in UNDECIDED:
            continue
        request = at_dispatch(change, part)
        lines: list[Line] = [
            ("Window: ", *window_line(request, part)),
            ("Approvals: ", *approvals_line(change, part)),
            *_evidence(tuple(evidence_lines(request, part))),
            *changes_lines(part),
            *(who_lines(change, part) if change.state is State.AWAITING else ()),
        ]
        yield Part(tuple(lines), heading=f"{change.content.service} {change.content.version}")


def _evidence(lines: tuple[Line, ...]) -> Iterable[Line]:
    """What is missing, each on its line; what is proven, and what the policy does not ask for, is counted or named on one."""
    proven = [line for line in lines if line[0] == "✅ "]
    yield from (line for line in lines if line not in proven)
    if proven:
        names = ", ".join(span.text for line in proven for span in line[1:2] if isinstance(span, Bold))
        yield (f"✅ {names}",)


def _given(facts: Facts, zone: str) -> Iterable[Line]:
    """The decisions, one line for what one person decided about several entries at once."""
    found: dict[tuple[str, str, str], list[tuple[str, Approval]]] = {}
    for part in facts.parts.values():
        for decision in () if isinstance(part.approvals, Unread) else part.approvals:
            if isinstance(part.change, Change):
                key = (decision.by, decision.verdict.value, decision.at.isoformat())
                found.setdefault(key, []).append((part.change.content.service, decision))
    for decided in sorted(found.values(), key=lambda each: each[0][1].at)[-_DECISIONS:]:
        one = decided[0][1]
        mark, gone = "✅" if one.verdict is Verdict.APPROVED else "⛔", " (withdrawn)" if one.withdrawn else ""
        yield (f"{mark} {one.name}{gone}, ", Moment(one.at, zone), f", {', '.join(service for service, _ in decided)}: {one.rationale}")


def _buttons(standing: SetStanding, promotion: SetPromotion) -> tuple[Button, ...]:
    if promotion.state is not SetState.OPEN:
        offered = promotion.state is SetState.STOPPED and standing.begun and standing.good is not None
        return back_button(promotion) if offered else ()
    left = [change for change in standing.changes if change.state in UNDECIDED]
    if not left:
        return ()
    known = {"change": promotion.id, "seen": standing.seen}
    awaited = any(change.state is State.AWAITING for change in left)
    withdraw = Button("Withdraw my approval", "withdraw", {"change": promotion.id})
    return (
        Button("Approve", "approve", known, "primary") if awaited else withdraw,
        Button("Reject", "reject", known, "danger"),
        Button("Cancel request", "cancel", {"change": promotion.id}, confirm=f"Take {promotion.id} back? Nothing more of it goes out."),
    )
