"""Whether what a run would bring is what was cut for it: the newest commit of its release branch (TRN-09, TRN-12, TRN-16).

Invariant: what was merged after the cutoff and did not come by the branch rides no candidate, and no candidate leaves out what came by it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guards.cut import Cut, CutState
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.go import Pinned
from guards.train import TrainRun
from guards.unread import Absent, Unread
from guards.version import Artifact


def of_the_cut(request: Request, facts: Facts) -> Decision:
    """Whether the candidate's commit is the one that its branch names now, as it was judged; without a branch, the one that was cut."""
    go, run = facts.go, facts.run
    entry = go.candidate.of(request.service) if go and go.candidate else None
    if go is None or entry is None or not isinstance(run, TrainRun):
        return Allow("nothing is pinned that could be compared")  # `as_pinned` turns these away
    if go.stabilization is None:
        return Unsure(f"what was cut for {run.id}", "nobody asked for it")
    return _compared(entry, run, go.stabilization.cuts, go.heads)


def entries_of_the_cut(request: Request, facts: Facts) -> Decision:
    """The same of each version that a manifest would pin, before it is sealed; what could not be looked up is told by its own guards."""
    go, run = facts.go, facts.run
    artifacts = [part.artifact for part in facts.parts.values() if isinstance(part.artifact, Artifact)]
    if not isinstance(run, TrainRun):
        return Allow("there is no run that was cut")  # `composed` turns these away
    answers = [_compared(artifact, run, facts.cuts, go.heads if go else {}) for artifact in artifacts]
    refused = [answer for answer in answers if isinstance(answer, Refuse)]
    if refused:
        return replace(refused[0], why=" ".join(answer.why for answer in refused))
    unsure = (answer for answer in answers if isinstance(answer, Unsure))
    return next(unsure, Allow("each is what was cut and stabilized"))


def _compared(entry: Pinned | Artifact, run: TrainRun, cuts: Sequence[Cut], heads: Mapping[str, str | Absent | Unread]) -> Decision:
    """Whether a version is what its release branch names.

    Args:
        entry: a version that is pinned, or would be.
        run: whose candidate it is to be.
        cuts: of the run.
        heads: repository → what the branch names now.
    """
    cut = next((cut for cut in cuts if cut.state is CutState.CUT and entry.service in cut.services), None)
    if cut is None:
        return Refuse(
            Refusal.NOT_OF_THE_CUT, f"{entry.service} was not cut for {run.id}.", f"Wait for the cutoff, or `/release train cut {run.id}`."
        )
    head = heads.get(cut.repository, Unread(f"what {cut.branch} names", "nobody asked for it")) if cut.branch else cut.commit
    if isinstance(head, Unread):
        return Unsure(head.what, head.why)
    if isinstance(head, Absent):
        return Refuse(Refusal.NOT_OF_THE_CUT, f"There is no {head.what} any more.", "Have it restored; it is what was stabilized.")
    if entry.commit == head:
        return _as_judged(cut, head)
    if _nothing_new(entry, cut, head):
        return Allow(f"production runs {entry.version} already, and nothing new of {entry.service} was cut")
    where = f"{cut.branch} names {head[:12]}" if cut.branch else f"{head[:12]} was cut"
    return Refuse(
        Refusal.NOT_OF_THE_CUT,
        f"{entry.version} is {entry.commit[:12]}; {where}.",
        f"Have CI tag {head[:12]}, and make that the candidate; what came later rides the next train.",
    )


def _as_judged(cut: Cut, head: str) -> Decision:
    """What came onto the branch since it was looked at last was judged by nobody yet."""
    if head != cut.head and cut.branch:
        return Unsure(f"what came onto {cut.branch} since {cut.head[:12]}", "it is looked at by itself; ask again in a while")
    return Allow(f"{cut.branch or 'what was cut'} is {head[:12]}")


def _nothing_new(entry: Pinned | Artifact, cut: Cut, head: str) -> bool:
    """Whether it was counted at the cutoff that production lacks nothing of the repository, and no fix came since."""
    return entry.commit == cut.base and not cut.included and head == cut.commit
