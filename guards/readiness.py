"""What the checklist of a go/no-go finds: the bot judges what it can read, people confirm the rest (GNG-03, GNG-04, GNG-05, GNG-11).

Invariant: what the bot judges is judged by the guards of a promotion, over every entry of the candidate, and nobody's word changes it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from guards.artifact import no_artifact, same_artifact, short
from guards.checklist import BY_PEOPLE, MEANS, Area, Item
from guards.classify import labelled
from guards.cut import Gates, flawed, unseen
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import authors_of
from guards.evidence import NOT_REQUIRED
from guards.facts import Facts, Request
from guards.forward_port import forward_ported
from guards.go import Pinned, Say
from guards.judge import Guard
from guards.notes import noted
from guards.of_cut import of_the_cut
from guards.opening import local
from guards.order import in_order
from guards.proof import listed, proven, revertible, signed
from guards.provenance import Proof
from guards.release import RecordText, is_said
from guards.release_record import recorded
from guards.review import owned, pulled, reviewed, ticketed
from guards.slot import first_slot
from guards.source import checked, protected, tagged
from guards.specialists import specialised
from guards.train import TrainRun
from guards.unread import Absent, Unread
from guards.vcs import Tag
from guards.vocabulary import Action


class Mark(StrEnum):
    """How an item stands."""

    PASSED = "passed"
    EXCEPTED = "by exception"
    CONFIRMED = "confirmed"
    NOT_REQUIRED = "not required by policy"
    OPEN = "open"
    FAILED = "failed"
    UNREAD = "could not be read"


_MET = frozenset({Mark.PASSED, Mark.EXCEPTED, Mark.CONFIRMED, Mark.NOT_REQUIRED})
BOT = "signalbox"
_LINKS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of the checklist as it stands now (GNG-03).

    Args:
        item: which.
        mark: how it stands.
        why: what was seen, for each entry that matters.
        links: where that can be seen.
        by: who judged it: the bot, or the person who confirmed it; "" while nobody did.
    """

    item: Item
    mark: Mark
    why: str
    links: tuple[str, ...] = ()
    by: str = BOT

    @property
    def met(self) -> bool:
        """Whether a go is possible with it (GNG-06)."""
        return self.mark in _MET


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Every item of the checklist, in its order.

    Args:
        facts: with the run and `go`; an entry whose own facts are missing could not be read.
    """
    return tuple(_confirmed(item, facts) if item in BY_PEOPLE else _judged(item, facts) for item in Item)


def _confirmed(item: Item, facts: Facts) -> Finding:
    call = facts.go.call if facts.go else None
    answer = call.confirmed(item) if call else None
    if answer is None:
        return Finding(item, Mark.OPEN, f"not confirmed yet: {MEANS[item]}", by="")
    return Finding(item, Mark.CONFIRMED, MEANS[item], (answer.link,) if answer.link else (), answer.name)


def _judged(item: Item, facts: Facts) -> Finding:
    candidate = facts.go.candidate if facts.go else None
    if candidate is None or not candidate.entries:
        return Finding(item, Mark.FAILED, "nothing is pinned yet that could be judged")
    answers: list[tuple[Pinned, Decision]] = []
    links: list[str] = []
    for entry in candidate.entries:
        own = _own(entry, facts)
        if own is None:
            answers.append((entry, Unsure(f"what proves {entry.service} {entry.version}", "nobody asked for it")))
            continue
        request = as_promoted(entry, own)
        answers += [(entry, guard(request, own)) for guard in JUDGED[item]]
        links += _links(item, entry, own)
    mark, why = _together(answers)
    return Finding(item, mark, why, tuple(dict.fromkeys(links))[:_LINKS])


def _own(entry: Pinned, facts: Facts) -> Facts | None:
    own = facts.go.of(entry) if facts.go else None
    return replace(own, run=facts.run, go=facts.go, at=facts.at) if own else None


def as_promoted(entry: Pinned, facts: Facts) -> Request:
    """The promotion that the entry stands for, as its guards judge it."""
    return Request(
        Action.PROMOTE, Unread("who asks for it", "nobody does yet"), entry.service, facts.policy.bound_for(entry.service), entry.version,
        entry.digest,
    )  # fmt: skip


def _together(answers: list[tuple[Pinned, Decision]]) -> tuple[Mark, str]:
    """One mark for all answers: the worst, with each reason for it."""
    refused = [f"{entry.service}: {answer.why}" for entry, answer in answers if isinstance(answer, Refuse)]
    if refused:
        return Mark.FAILED, " ".join(dict.fromkeys(refused))
    unsure = [f"{answer.missing}{f' ({answer.why})' if answer.why else ''}" for _, answer in answers if isinstance(answer, Unsure)]
    if unsure:
        return Mark.UNREAD, f"could not read {', '.join(dict.fromkeys(unsure))}"
    allowed = [(entry, answer) for entry, answer in answers if isinstance(answer, Allow)]
    if excepted := [f"{entry.service}: {answer.why}" for entry, answer in allowed if answer.exception]:
        return Mark.EXCEPTED, " ".join(dict.fromkeys(excepted))
    asked = [f"{entry.service}: {answer.why}" for entry, answer in allowed if not answer.why.endswith(NOT_REQUIRED)]
    return (Mark.PASSED, "; ".join(dict.fromkeys(asked))) if asked else (Mark.NOT_REQUIRED, "")


# ---------------------------------------------------------------- what only a candidate is asked


def as_pinned(request: Request, facts: Facts) -> Decision:
    """Whether the version, its commit, its digest and its tag are what the candidate pinned (GNG-08, GNG-12)."""
    entry = facts.go.candidate.of(request.service) if facts.go and facts.go.candidate else None
    return pinned_still(entry, facts) or Allow(f"{request.version} is what was pinned")


def pinned_still(entry: Pinned | None, facts: Facts) -> Refuse | Unsure | None:
    """Why an entry is not what its version names now, or None.

    Args:
        entry: as it was pinned; None when the candidate does not hold the service.
        facts: `artifact` and the tag are read from it; a tag that the policy does not ask for is not compared.
    """
    artifact, tag = facts.artifact, facts.evidence.tag
    if isinstance(artifact, Unread):
        return Unsure(artifact.what, artifact.why)
    if isinstance(artifact, Absent):
        return no_artifact(artifact)
    if isinstance(tag, Unread):
        return Unsure(tag.what, tag.why)
    was = (entry.version, entry.commit, entry.digest) if entry else None
    if was != (artifact.version, artifact.commit, artifact.digest):
        pinned = f"{entry.version} at {entry.commit[:12]} ({short(entry.digest)}) was pinned" if entry else "nothing was pinned"
        now = f"{artifact.version} is {short(artifact.digest)} at {artifact.commit[:12]} now"
        return Refuse(Refusal.GO_VOID, f"{artifact.service}: {pinned}, {now}.", _ANEW)
    if isinstance(tag, Tag) and entry and (tag.commit != entry.commit or entry.tag not in {None, tag.object}):
        now = f"the tag {tag.name} is {tag.object[:12]} at {tag.commit[:12]} now"
        return Refuse(
            Refusal.GO_VOID, f"{artifact.service}: {(entry.tag or 'a tag')[:12]} at {entry.commit[:12]} was pinned, {now}.", _ANEW
        )
    return None


_ANEW = "Find out who moved it; a new candidate takes a new roll call."


def departs(request: Request, facts: Facts) -> Decision:
    """Whether the run's own opening is inside a change window of the service, and no freeze holds it to its end (WIN-11, TRN-30)."""
    run = facts.run
    if not isinstance(run, TrainRun):
        return Allow("no run has a window to keep")  # `on_track` turns these away
    zone = facts.policy.zone_of(request.service)
    slot = first_slot(request, facts, max(facts.at, run.schedule.opens))
    if isinstance(slot, Unread):
        return Unsure(slot.what, slot.why)
    if slot is None or slot >= run.schedule.closes:
        ends = local(run.schedule.closes, zone)
        free = f"is free from {local(slot, zone)} on" if slot else "has no opening in sight"
        return Refuse(
            Refusal.OUTSIDE_WINDOW, f"{request.service} {free}; the run's window ends {ends}.", "Amend the schedule, or lift the freeze."
        )
    return Allow(f"from {local(slot, zone)}")


def authors_told(request: Request, facts: Facts) -> Decision:
    """Whether everybody who wrote a part of the version is known, where the policy says that they must be (SOD-12, SOD-13)."""
    authors = authors_of(request.service or "", request.environment or "", facts)
    return Unsure(authors.what, authors.why) if isinstance(authors, Unread) else Allow("everybody who wrote it is known")


def stabilized(request: Request, facts: Facts) -> Decision:
    """Whether no blocker is open, every commit on the release branch is in order, and its checks passed again (TRN-09, TRN-11, TRN-12)."""
    found = facts.go.stabilization if facts.go else None
    if found is None:
        return Unsure("what happened since the cutoff", "nobody asked for it")
    if blind := [cut for cut in found.cuts if unseen(cut)]:
        return Unsure(f"what is on {blind[0].branch or blind[0].repository}", blind[0].why)
    if lost := [cut for cut in found.cuts if cut.gates is Gates.UNREAD]:
        return Unsure(f"the checks of {lost[0].branch or lost[0].repository}", lost[0].gates_why)
    wrong = [f"{blocker.id} ({blocker.ticket}) is open" for blocker in found.blockers if blocker.resolved is None]
    wrong += [f"{fix.sha[:12]} on the release branch: {' '.join(flaw.why for flaw in fix.flaws)}" for fix in flawed(found.fixes)]
    wrong += [f"{cut.repository}: {cut.gates_why}" for cut in found.cuts if cut.gates is Gates.LACKING]
    if wrong:
        return Refuse(Refusal.NOT_STABLE, f"{'; '.join(wrong)}.", "`/release blocker list` shows what to do about each.")
    return Allow(f"no blocker is open, {len(found.fixes)} fixes since the cutoff are in order")


JUDGED: Mapping[Item, tuple[Guard, ...]] = {
    Item.TAG: (as_pinned, tagged),
    Item.DIGEST: (same_artifact, in_order),
    Item.CHECKS: (checked,),
    Item.PROOF: (listed, proven, signed),
    Item.REVIEWS: (pulled, ticketed, reviewed, owned, specialised, protected, labelled, authors_told),
    Item.WINDOW: (departs,),
    Item.ROLLBACK: (revertible,),
    Item.RECORD: (recorded,),
    Item.NOTES: (noted,),
    Item.BLOCKERS: (stabilized, of_the_cut, forward_ported),
}
"""The guards that judge an item."""


def _links(item: Item, entry: Pinned, facts: Facts) -> Iterable[str]:
    """Where what was judged can be seen."""
    evidence, service = facts.evidence, facts.policy.services[entry.service]
    if item is Item.TAG and isinstance(evidence.tag, Tag):
        yield f"{service.address}/releases/tag/{entry.version}"
    if item is Item.CHECKS and isinstance(evidence.checks, tuple):
        wanted = facts.policy.checks(entry.service)
        yield from (check.url for check in evidence.checks if check.url and check.name in wanted)
    if item is Item.PROOF and isinstance(evidence.proof, Proof):
        yield from (bill.url for bill in evidence.proof.sboms)
        yield from (built.url for built in evidence.proof.provenances)
    if item is Item.NOTES and not isinstance(facts.notes, Unread) and facts.notes and facts.notes.url:
        yield facts.notes.url


# ---------------------------------------------------------------- what follows from the findings


def open_risks(facts: Facts) -> tuple[str, ...]:
    """The risks that are open as far as the bot knows: conditions, exceptions, and the known issues in the records (GNG-09)."""
    call = facts.go.call if facts.go else None
    said = [call.of(area) for area in Area] if call else []
    conditions = [f"{a.area}: {a.words} (condition of {a.name})" for a in said if a and a.say is Say.CONDITION]
    excepted = [f"{f.item}: {f.why}" for f in findings(facts) if f.mark is Mark.EXCEPTED]
    entries = facts.go.candidate.entries if facts.go and facts.go.candidate else ()
    records = [(entry, own.record) for entry in entries if (own := _own(entry, facts))]
    issues = [f"{e.service} {e.version}: {r.issues}" for e, r in records if isinstance(r, RecordText) and is_said(r.issues)]
    return (*conditions, *excepted, *issues)


def standing_hash(facts: Facts) -> str:
    """sha256 over what a decider sees: the candidate, what each area answered, the open risks; a button carries it (GNG-08)."""
    go = facts.go
    answers = [(a.area, a.by, a.say, a.words, a.confirmed) for area in Area if go and go.call and (a := go.call.of(area))]
    seen = [go.candidate.hash if go and go.candidate else "", answers, open_risks(facts)]
    return hashlib.sha256(json.dumps(seen, separators=(",", ":")).encode()).hexdigest()
