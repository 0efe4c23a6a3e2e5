"""What GitHub's check runs, statuses, protection and rulesets come to.

Invariant: what one source demands, no other source takes away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from bot.adapters.github_vcs_wire import BranchProtection, CheckRun, ChecksRule, PullRule, Rule, Status
from guards.vcs import Check, CheckState, Protection


def from_runs(runs: Iterable[CheckRun]) -> Iterator[Check]:
    """One check for each name in each suite: runs of one suite and name are attempts, and the newest counts.

    Args:
        runs: all attempts, of one commit.
    """
    attempts: dict[tuple[int, str], list[CheckRun]] = defaultdict(list)
    for run in runs:
        attempts[run.check_suite.id, run.name].append(run)
    for (suite, name), tried in attempts.items():
        last = max(tried, key=lambda run: run.id)
        by = last.app.slug if last.app else None
        at = last.completed_at or last.started_at
        yield Check(name, last.state() or CheckState.WAITING, last.html_url, at, len(tried), by, suite)


def from_statuses(statuses: Iterable[Status]) -> Iterator[Check]:
    """One check for each context; the newest status counts.

    Args:
        statuses: all that were ever written on one commit.
    """
    written: dict[str, list[Status]] = defaultdict(list)
    for status in statuses:
        written[status.context].append(status)
    for context, all_of_it in written.items():
        last = max(all_of_it, key=lambda status: status.id)
        ends = len({status.id for status in all_of_it if status.means() is not CheckState.WAITING})
        yield Check(context, last.means(), last.target_url, last.updated_at, ends, last.creator.login if last.creator else None)


def protection(branch: str, classic: BranchProtection | None, rules: Iterable[Rule]) -> Protection | None:
    """Everything that both demand; None when neither demands anything.

    Args:
        branch: its name.
        classic: the branch's own protection, if it has one.
        rules: those of rulesets in force.
    """
    listed = list(rules)
    if classic is None and not listed:
        return None
    pulls = [rule.parameters for rule in listed if isinstance(rule, PullRule)]
    checks = {each.context for rule in listed if isinstance(rule, ChecksRule) for each in rule.parameters.required_status_checks}
    own = classic or BranchProtection()
    if own.required_status_checks:
        checks |= set(own.required_status_checks.contexts)
    if own.required_pull_request_reviews:
        pulls.append(own.required_pull_request_reviews.demand())
    enforced = own.enforce_admins is not None and own.enforce_admins.enabled
    return Protection(
        branch=branch,
        required_checks=frozenset(checks),
        required_reviews=max((rule.required_approving_review_count for rule in pulls), default=0),
        code_owner_reviews=any(rule.require_code_owner_review for rule in pulls),
        dismiss_stale=any(rule.dismiss_stale_reviews_on_push for rule in pulls),
        # Whom a ruleset lets pass is told only to those who may change it.
        enforce_admins=enforced if not listed else False if classic and not enforced else None,
    )
