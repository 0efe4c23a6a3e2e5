"""How the work in a version got in: by pull requests with tickets, reviewed on their last commit, by the owners of what they touch.

Invariant: every commit and every pull request between what the target runs and the version is judged, not a sample (EVD-13). A review of
somebody who wrote a part of the same pull request, or of an app, is nobody's.
"""

from collections.abc import Iterable

from guards.codeowners import CodeOwners
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import identify
from guards.evidence import asks_for
from guards.facts import Absent, Artifact, Facts, Request, Unread
from guards.policy import Policy
from guards.vcs import Protection, Pull, ReviewState, Span
from guards.vocabulary import Requirement

_NAMED = 5
"""So many are named; the rest is counted."""


def _work(facts: Facts, artifact: Artifact) -> Span | Unsure:
    work = facts.evidence.work
    if work is None:
        return Unsure(f"the work in {artifact.service} {artifact.version}", "nobody asked for it")
    if isinstance(work, Unread):
        return Unsure(work.what, work.why)
    return Unsure(f"the work in {artifact.service} {artifact.version}", f"there is no {work.what}") if isinstance(work, Absent) else work


def _some(names: Iterable[str], between: str = ", ") -> str:
    found = list(names)
    return between.join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


@asks_for(Requirement.PULL_REQUESTS)
def pulled(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each commit came in by a merged pull request (EVD-13)."""
    work = _work(facts, artifact)
    if isinstance(work, Unsure):
        return work
    if work.unlinked:
        return Refuse(
            Refusal.NO_PULL_REQUEST,
            f"No merged pull request brought {_some(f'{c.sha[:12]} ({c.title[:60]})' for c in work.unlinked)}.",
            "Bring it in by a pull request that is reviewed, and have CI build a new version.",
        )
    return Allow(f"{len(work.commits)} commits came in by {len(work.pulls)} pull requests")


@asks_for(Requirement.TICKETS)
def ticketed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request names a work item (EVD-13, AUD-03)."""
    work = _work(facts, artifact)
    if isinstance(work, Unsure):
        return work
    if without := [f"#{p.number}" for p in work.pulls if not p.tickets]:
        return Refuse(
            Refusal.NO_TICKET,
            f"No ticket is named by {_some(without)}.",
            "Name the ticket in the pull request's title or text; it is read anew each time.",
        )
    return Allow(f"each of {len(work.pulls)} pull requests names its ticket")


def independent(pull: Pull) -> frozenset[str]:
    """Logins, lower case, whose approval stands on the pull request's last commit and who wrote no part of it (EVD-14)."""
    wrote = {who.login.lower() for who in (pull.author, *pull.committers) if who and who.login}
    people = {r.login.lower() for r in pull.reviews if r.login and not r.bot}
    return frozenset(login.lower() for login in pull.approvers if login.lower() in people) - wrote


@asks_for(Requirement.REVIEWS)
def reviewed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request has enough approvals on its last commit, and nobody asks for changes (EVD-14, CF-10)."""
    work, need = _work(facts, artifact), facts.policy.evidence.reviews
    if isinstance(work, Unsure):
        return work
    short = [f"#{p.number} has {len(independent(p))} of {need}" for p in work.pulls if len(independent(p)) < need]
    against = [
        f"{login} asks for changes in #{p.number}"
        for p in work.pulls
        for login, review in p.verdicts.items()
        if review.state is ReviewState.CHANGES_REQUESTED and not review.bot
    ]
    if short or against:
        said = ([f"{_some(short)} approvals on the last commit"] if short else []) + against[:_NAMED]
        return Refuse(
            Refusal.NOT_REVIEWED, f"{'; '.join(said)}.", "Have it reviewed as it is now; an approval of an earlier commit does not count."
        )
    return Allow(f"each of {len(work.pulls)} pull requests has {need} or more approvals on its last commit")


@asks_for(Requirement.CODE_OWNERS)
def owned(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether an owner of each changed path approved the change of it (EVD-13, EVD-15).

    Teams own paths too, and only GitHub knows who is in them: where a path has no owner but teams, the branch must demand their review.
    """
    work, owners, protection = _work(facts, artifact), facts.evidence.owners, facts.evidence.protection
    if isinstance(work, Unsure):
        return work
    if owners is None:
        return Unsure(f"the CODEOWNERS file at {artifact.commit[:12]}", "nobody asked for it")
    if isinstance(owners, Unread):
        return Unsure(owners.what, owners.why)
    if isinstance(owners, Absent) or not owners.rules:
        why = f"There is no {owners.what}." if isinstance(owners, Absent) else f"{owners.path} names nobody."
        return Refuse(Refusal.NO_OWNER_REVIEW, why, "Say in CODEOWNERS who answers for which path.")
    enforced = isinstance(protection, Protection) and protection.code_owner_reviews
    lacking: list[str] = []
    for pull in work.pulls:
        if pull.paths is None:
            return Unsure(f"the changed files of #{pull.number}", "there are too many to be listed")
        for path in pull.paths:
            said = _unowned(path, pull, owners, facts.policy)
            if said is _ONLY_TEAMS:
                if not enforced:
                    return Unsure(f"who is in {' and '.join(owners.owners(path))}", "the branch does not demand the review of code owners")
            elif said:
                lacking.append(said)
    if lacking:
        return Refuse(Refusal.NO_OWNER_REVIEW, f"{_some(lacking, '; ')}.", "Have an owner of it approve the pull request's last commit.")
    return Allow("owners approved each change of what they own")


_ONLY_TEAMS = "only teams own it"


def _unowned(path: str, pull: Pull, owners: CodeOwners, policy: Policy) -> str | None:
    """What is missing for a path, None when one of its owners approved it."""
    named = owners.owners(path)
    if not named:
        return f"nobody owns {path}, changed by #{pull.number}"
    approvers = independent(pull)
    ids = {person.id for login in approvers if (person := identify(login, policy))}
    for owner in named:
        if owner.removeprefix("@").lower() in approvers or owner.lower() in ids:
            return None
    if any("/" in owner for owner in named):
        return _ONLY_TEAMS
    return f"no owner of {path} ({', '.join(named)}) approved #{pull.number}"
