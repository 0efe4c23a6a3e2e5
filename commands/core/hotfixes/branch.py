"""The branch of a hotfix: ordered from CI once, and counted only when version control shows it where it belongs (HOT-01).

Invariant: it is ordered once for each hotfix, whatever CI answered; what counts is the branch itself.
"""

from dataclasses import asdict

from commands.core.cards import missing
from commands.core.hotfixes.hotfix_work import SOON, HotfixWork
from commands.core.ports.ci import BranchOrder, Started, TurnedDown, Unknown
from guards.decision import Allow, Decision, Refuse, Unsure
from guards.facts import Facts
from guards.hotfix import HotfixState
from storage import hotfixes, outbox
from storage.database import Tx

KIND = "hotfix-branch"
"""Of the messages that carry its order."""


def order(work: HotfixWork) -> None:
    """Have CI asked for the branch, once; `grounded` made sure that there is a workflow."""
    one, service = work.hotfix, work.facts.policy.services[work.hotfix.service]
    assert service.branch_workflow is not None
    wanted = BranchOrder(
        one.id, one.id, one.service, one.branch, one.base_commit, one.repository, service.branch, service.branch_workflow
    )  # fmt: skip
    body = {"ci": service.ci, "order": asdict(wanted)}
    outbox.add(work.tx, outbox.Message(KIND, body, key=f"{KIND}:{one.id}", correlation=work.correlation), work.facts.at)
    work.record("hotfix:branch-ordered", branch=one.branch, commit=one.base_commit, workflow=service.branch_workflow)


def wanted(tx: Tx, id: str) -> bool:  # noqa: A002
    """Whether the order is still to be sent: nobody gave the hotfix up meanwhile."""
    hotfix = hotfixes.get(tx, id)
    return hotfix is not None and hotfix.state is HotfixState.ORDERED


def answered(tx: Tx, id: str, answer: Started | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:  # noqa: A002
    """What CI said to the order."""
    work = HotfixWork.begin(tx, id, facts, correlation)
    if work is None or work.hotfix.state is not HotfixState.ORDERED:
        return
    match answer:
        case Started(run=number, url=url):
            work.record("hotfix:branch-started", number=number, url=url)
        case Unknown(why=why):
            work.record("hotfix:branch-unknown", why=why)
        case TurnedDown(why=why):
            work.record("hotfix:branch-turned-down", why=why)
            failed(work, f"CI turned the order of {work.hotfix.branch} down: {why}")
            return
    work.look(SOON)


def verified(work: HotfixWork, decision: Decision) -> None:
    """What a look at the branch of an ordered hotfix found."""
    one, limits = work.hotfix, work.facts.policy.limits
    match decision:
        case Allow(why=why):
            now = work.change(state=HotfixState.OPEN, why="")
            now.record("hotfix:branch-verified", branch=one.branch, why=why)
            now.log(f"{one.branch} is there: {why}. Bring the fix into it by a reviewed pull request; CI tags {one.version} from it.")
            now.look(work.facts.policy.hotfix.look_again)
        case Refuse(code=code, why=why):
            work.record("hotfix:branch-refused", code=code.value, why=why)
            failed(work, why)
        case Unsure() if work.facts.at - one.at >= limits.absent:
            failed(work, f"{one.branch} could not be verified: {missing(decision)}.")
        case Unsure():
            work.change(why=f"waits for {one.branch}: {missing(decision)}").look(limits.look_again)


def failed(work: HotfixWork, why: str) -> None:
    """It comes to nothing; another one can be begun."""
    now = work.change(state=HotfixState.FAILED, why=why, ended=work.facts.at)
    now.record("hotfix:failed", why=why)
    now.log(f"It failed: {why} When that is mended, begin another one.")
