"""What is owed once a hotfix runs: the fix on main and each release branch, what was found out, its branch gone (HOT-09 … HOT-19).

Invariant: owed in the transaction that records the deployment; a branch is owed once, and done when the bot finds the fix there.
"""

from datetime import datetime

from commands.core import obligations as owing
from commands.core.hotfixes.hotfix_work import HotfixWork, look
from guards.business import end_of_business_day
from guards.facts import Facts
from guards.forward_port import Landed
from guards.hotfix import Hotfix, HotfixState, How, Port
from guards.obligation import Obligation, Owed
from guards.policy import Policy
from guards.version import Deployment
from storage import changes, cuts, hotfixes, obligations, timers
from storage.database import Tx


def targets(tx: Tx, hotfix: Hotfix, policy: Policy) -> tuple[str, ...]:
    """The branches that have to have the fix: main, those that are maintained, and those of trains that are made ready (HOT-09)."""
    service = policy.services[hotfix.service]
    return tuple(dict.fromkeys((service.branch, *service.maintained, *cuts.release_branches(tx, hotfix.repository))))


def ran(tx: Tx, deployment: Deployment, facts: Facts, correlation: str) -> None:
    """Something runs in a place now: if a hotfix makes it, from now on its fix is owed everywhere else.

    Args:
        tx: of what recorded the deployment.
        deployment: what runs, whoever brought it there.
        facts: give the moment, the policy and the public holidays.
        correlation: of the report.
    """
    found = hotfixes.making(tx, deployment.service, deployment.version)
    if found is None or found.environment != deployment.environment or found.state in {HotfixState.SHIPPED, HotfixState.CLOSED}:
        return
    work = HotfixWork.begin(tx, found.id, facts, correlation)
    assert work is not None
    was = work.hotfix.state
    work = work.change(state=HotfixState.SHIPPED, shipped=facts.at, change=deployment.change, ended=None, why="")
    work.record("hotfix:shipped", change=deployment.change, digest=deployment.digest, commit=deployment.commit, was=was.value)
    owe_ports(work)
    rules, one = facts.policy.hotfix, work.hotfix
    looked_back = (
        facts.at + rules.afterwards if rules.afterwards else end_of_business_day(facts.at, rules.afterwards_days, one.service, facts)
    )
    _owe(work, Owed.REVIEW, f"Write down what {one.id} mended: /release hotfix record {one.id}", looked_back)
    gone = f"Delete {one.branch} of {one.repository}, once the fix is everywhere else"
    _owe(work, Owed.BRANCH_REMOVAL, gone, facts.at + rules.branch_lifetime)
    work.log(f"{one.version} runs in {one.environment}. What is owed for it stands on its card.")
    work.look()


def owe_ports(work: HotfixWork) -> None:
    """Have the fix owed on each branch that needs it and is not known yet."""
    known = {port.branch for port in hotfixes.ports(work.tx, work.hotfix.id)}
    one, rules = work.hotfix, work.facts.policy.hotfix
    for branch in targets(work.tx, one, work.facts.policy):
        if branch in known:
            continue
        text = (
            f"Bring {one.version} ({one.scope.ticket}) to {branch} of {one.repository}: git cherry-pick -x, by a pull request whose text "
            f"names {one.scope.ticket} and {one.version}"
        )
        owed = _owe(work, Owed.FORWARD_PORT, text, work.facts.at + rules.forward_port)
        hotfixes.add_port(work.tx, Port(one.id, one.service, branch, owed.id))


def _owe(work: HotfixWork, kind: Owed, text: str, due: datetime) -> Obligation:
    one, at = work.hotfix, work.facts.at
    owed = Obligation(
        obligations.next_id(work.tx, at.date()), kind, one.id, one.service, text, one.by, one.by_name, due, at, work.by.id
    )  # fmt: skip
    owing.owe(work.tx, owed, work.by, work.facts, work.correlation)
    return owed


def landed(work: HotfixWork, port: Port, found: Landed) -> None:
    """The bot found the fix on a branch."""
    tx, facts = work.tx, work.facts
    hotfixes.change_port(tx, port, commit=found.commit, how=found.how, pulls=found.pulls, done=facts.at, why="")
    pulls = ", ".join(f"#{number}" for number in found.pulls)
    shows = f"{found.commit[:12]} on {port.branch} ({found.how}){f' by {pulls}' if pulls else ''}"
    work.record("hotfix:ported", branch=port.branch, commit=found.commit, how=found.how.value, pulls=list(found.pulls))
    discharge(work, port.obligation, shows)
    work.log(f"The fix is on {port.branch}: {shows}.")
    _wake(work)


def excepted(work: HotfixWork, exception: str) -> None:
    """What an exception does without is not owed any more (HOT-11)."""
    for port in hotfixes.ports(work.tx, work.hotfix.id):
        if port.done is None:
            hotfixes.change_port(work.tx, port, how=How.EXCEPTED, done=work.facts.at, why=exception)
            work.record("hotfix:excepted", branch=port.branch, exception=exception)
            discharge(work, port.obligation, f"exception {exception}")
    _wake(work)


def _wake(work: HotfixWork) -> None:
    """Changes of the service that waited for the fix to be everywhere are judged again."""
    if hotfixes.owed(work.tx, work.hotfix.service):
        return
    for change in changes.undecided(work.tx, work.hotfix.service, limit=200):
        timers.set(work.tx, timers.Timer(f"advance:{change.id}", "advance", work.facts.at, {"change": change.id}))


def discharge(work: HotfixWork, id: str, shows: str) -> None:  # noqa: A002
    """End an obligation of the hotfix, unless it has ended."""
    one = obligations.lock(work.tx, id)
    if one is not None and one.done is None:
        owing.discharge(work.tx, one, shows, work.by, work.facts, work.correlation)


def discharge_kind(work: HotfixWork, kind: Owed, shows: str) -> None:
    """End what is owed of one kind."""
    for one in obligations.about(work.tx, work.hotfix.id):
        if one.kind is kind and one.done is None:
            owing.discharge(work.tx, one, shows, work.by, work.facts, work.correlation)


def pushed(tx: Tx, repository: str, facts: Facts) -> None:
    """The VCS says that a branch of a repository moved: its hotfixes are looked at now.

    Args:
        tx: of the delivery.
        repository: `owner/name` as the VCS writes it.
        facts: give the moment and the policy.
    """
    ours = {s.repository.lower(): s.repository for s in facts.policy.services.values()}
    for one in hotfixes.live_in(tx, ours.get(repository.lower(), repository)):
        look(tx, one.id, facts)
