"""How the work in a version got in: by pull requests with tickets, reviewed on their last commit, by the owners of what they touch.

Invariant: every commit and every pull request between what the target runs and the version is judged, not a sample (EVD-13). A review of
somebody who wrote a part of the same pull request, or of an app, is nobody's.
"""

from collections.abc import Iterable, Sequence

from guards.codeowners import CodeOwners
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import identify
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vcs import Protection, Pull, ReviewState
from guards.version import Artifact
from guards.vocabulary import Requirement
from guards.work import Work, work_of

_NAMED = 5
"""So many are named; the rest is counted."""


def _works(facts: Facts, artifact: Artifact) -> tuple[Work, ...] | Unsure:
    works = work_of(artifact.service, facts)
    return Unsure(works.what, works.why) if isinstance(works, Unread) else works


def _several(number: int, noun: str) -> str:
    """A number with its noun: `1 commit`, `2 commits`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _some(names: Iterable[str], between: str = ", ") -> str:
    found = list(names)
    return between.join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")


@asks_for(Requirement.PULL_REQUESTS)
def pulled(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each commit came in by a merged pull request, from a branch that is named as the policy says (EVD-13, NAM-01)."""
    works = _works(facts, artifact)
    if isinstance(works, Unsure):
        return works
    if unlinked := [f"{c.sha[:12]} ({c.title[:60]})" for w in works for c in w.span.unlinked]:
        return Refuse(
            Refusal.NO_PULL_REQUEST,
            f"No merged pull request brought {_some(unlinked)}.",
            "Bring it in by a pull request that is reviewed, and have CI build a new version.",
        )
    naming = facts.policy.naming
    looked = works if naming.misnamed != "ignore" else ()
    strange = [(w.name(p), p.branch) for w in looked for p in w.span.pulls if not naming.fits(p.branch)]
    untold = [name for name, branch in strange if not branch]
    odd = _some([f"{name} ({branch})" for name, branch in strange if branch])
    if naming.misnamed == "refuse" and odd:
        return Refuse(
            Refusal.BAD_BRANCH_NAME,
            f"No pattern of `naming` fits the branch of {odd}.",
            "A branch that was merged keeps its name: bring the work in from one that is named well, or ask who owns the policy file.",
        )
    if naming.misnamed == "refuse" and untold:
        return Unsure(f"the name of the branch of {_some(untold)}")
    commits, pulls = sum(len(w.span.commits) for w in works), sum(len(w.span.pulls) for w in works)
    warned = f"; no pattern of `naming` fits the branch of {odd}" if odd else ""
    return Allow(f"{_several(commits, 'commit')} came in by {_several(pulls, 'pull request')}{warned}")


@asks_for(Requirement.TICKETS)
def ticketed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request names a work item (EVD-13, AUD-03)."""
    works = _works(facts, artifact)
    if isinstance(works, Unsure):
        return works
    if without := [w.name(p) for w in works for p in w.span.pulls if not p.tickets]:
        return Refuse(
            Refusal.NO_TICKET,
            f"No ticket is named by {_some(without)}.",
            "Name the ticket in the pull request's title or text; it is read anew each time.",
        )
    return Allow(f"{_several(sum(len(w.span.pulls) for w in works), 'pull request')}, each with its ticket")


def independent(pull: Pull, facts: Facts) -> frozenset[str]:
    """Logins, lower case, whose approval stands on the pull request's last commit and who wrote no part of it (EVD-14).

    A commit may carry an address that GitHub gives to nobody, so whoever wrote is told by person too, not by login alone.
    """
    # it is told apart by being this very one, and kept with the answer so that no other one takes its place in memory
    return facts.memo.once((independent, id(pull)), lambda: (pull, _independent(pull, facts)))[1]


def _independent(pull: Pull, facts: Facts) -> frozenset[str]:
    writers = {who for who in (pull.author, *pull.committers) if who}
    wrote = {who.login.lower() for who in writers if who.login}
    people = {r.login.lower() for r in pull.reviews if r.login and not r.bot}
    found = {login for each in pull.approvers if (login := each.lower()) in people} - wrote
    own = {person.id for who in writers if who.id and isinstance(person := identify(who.id, facts), Person)} if found else set()
    return frozenset(login for login in found if not (isinstance(person := identify(login, facts), Person) and person.id in own))


@asks_for(Requirement.REVIEWS)
def reviewed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request has enough approvals on its last commit, and nobody asks for changes (EVD-14, CF-10)."""
    works, need = _works(facts, artifact), facts.policy.evidence.reviews
    if isinstance(works, Unsure):
        return works
    pulls = [(w.name(p), p) for w in works for p in w.span.pulls]
    short = [f"{name} has {given} of {need}" for name, p in pulls if (given := len(independent(p, facts))) < need]
    against = [
        f"{login} asks for changes in {name}"
        for name, p in pulls
        for login, review in p.verdicts.items()
        if review.state is ReviewState.CHANGES_REQUESTED and not review.bot
    ]
    if short or against:
        said = ([f"{_some(short)} approvals on the last commit"] if short else []) + against[:_NAMED]
        return Refuse(
            Refusal.NOT_REVIEWED, f"{'; '.join(said)}.", "Have it reviewed as it is now; an approval of an earlier commit does not count."
        )
    return Allow(f"{_several(len(pulls), 'pull request')}, each with {_several(need, 'approval')} or more on its last commit")


@asks_for(Requirement.CODE_OWNERS)
def owned(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether an owner of each changed path approved the change of it (EVD-13, EVD-15).

    Teams own paths too, and only GitHub knows who is in them: where a path has no owner but teams, the branch must demand their review.
    """
    works = _works(facts, artifact)
    if isinstance(works, Unsure):
        return works
    lacking: list[str] = []
    for work in works:
        found = _lacking(work, facts)
        if not isinstance(found, list):
            return found
        lacking += found
    if lacking:
        return Refuse(Refusal.NO_OWNER_REVIEW, f"{_some(lacking, '; ')}.", "Have an owner of it approve the pull request's last commit.")
    return Allow("owners approved each change of what they own")


def _lacking(work: Work, facts: Facts) -> list[str] | Refuse | Unsure:
    """What no owner approved in one repository.

    Like at GitHub, a pull request does not choose its own judges: who owned a path in what runs counts too, where somebody did.
    """
    owners, before, protection = work.owners, work.owners_before, work.protection
    if owners is None or (before is None and work.span.base):
        return Unsure(f"the CODEOWNERS file at {(work.span.head if owners is None else work.span.base or '')[:12]}", "nobody asked for it")
    if lost := next((read for read in (owners, before) if isinstance(read, Unread)), None):
        return Unsure(lost.what, lost.why)
    if isinstance(owners, Absent | Unread) or not owners.rules:
        why = f"{owners.path} names nobody." if isinstance(owners, CodeOwners) else f"There is no {owners.what}."
        return Refuse(Refusal.NO_OWNER_REVIEW, why, "Say in CODEOWNERS who answers for which path.")
    enforced = isinstance(protection, Protection) and protection.code_owner_reviews
    stood = before if isinstance(before, CodeOwners) and before.rules != owners.rules else None
    lacking: list[str] = []
    for pull in work.span.pulls:
        if pull.paths is None:
            return Unsure(f"the changed files of {work.name(pull)}", "there are too many to be listed")
        name, approvers = work.name(pull), independent(pull, facts)
        people = [identify(login, facts) for login in sorted(approvers)]
        for path in pull.paths:
            judges = [(owners.owners(path), "")]
            if stood and (were := stood.owners(path)):
                judges.append((were, " in what runs"))
            for named, then in judges:
                said = _unowned(path, name, named, approvers, people, then)
                if isinstance(said, Unread):
                    return Unsure(said.what, said.why)
                if said is _ONLY_TEAMS:
                    if not enforced:
                        return Unsure(f"who is in {' and '.join(named)}", "the branch does not demand the review of code owners")
                elif said:
                    lacking.append(said)
    return lacking


_ONLY_TEAMS = "only teams own it"


def _unowned(
    path: str, name: str, named: Sequence[str], approvers: frozenset[str], people: Sequence[Person | Unread | None], then: str
) -> str | Unread | None:  # fmt: skip
    """What is missing for a path, None when one of its owners approved it.

    Args:
        path: changed by the pull request.
        name: of the pull request.
        named: the owners of the path.
        approvers: logins whose approval of it counts, lower case.
        people: who they are.
        then: where they own it, for the sentence, when not at the version's commit.
    """
    if not named:
        return f"nobody owns {path}, changed by {name}"
    for owner in named:
        if owner.removeprefix("@").lower() in approvers:
            return None
        if any(isinstance(person, Person) and owner.lower() == person.id for person in people):
            return None
    unread = next((person for person in people if isinstance(person, Unread)), None)
    if unread and any("@" in owner[1:] for owner in named):
        return unread  # an owner by address may be who approved
    if any("/" in owner for owner in named):
        return _ONLY_TEAMS
    return f"no owner of {path}{then} ({', '.join(named)}) approved {name}"
