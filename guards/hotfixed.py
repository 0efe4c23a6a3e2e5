"""A hotfix goes to production as what it was begun as: what runs there, the fix, and nothing else (HOT-01, HOT-03, HOT-04).

Invariant: judged from what was read anew, at request, approval and dispatch. The name of the branch proves nothing; each commit is
looked at with the pull request that brought it.
"""

from collections.abc import Iterable

from guards.artifact import RELEASE
from guards.as_hotfix import COUNTS
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.hotfix import Hotfix, HotfixFacts, HotfixState
from guards.review import independent
from guards.unread import Absent, Unread
from guards.version import Artifact, Deployment
from guards.work import Work, work_of

_NAMED = 5

_ANEW = "`/release hotfix close <hotfix> <reason>` gives it up; begin anew from what production runs."


def hotfixed(request: Request, facts: Facts) -> Decision:
    """Whether a version that a hotfix makes is what production runs with the fix and nothing else, under a new version and digest."""
    if request.environment not in facts.policy.production:
        return Allow(f"{request.environment} takes any version; a hotfix is judged for production")
    known = facts.hotfixes
    if isinstance(known, Unread):
        return Unsure(known.what, known.why)
    if known.of_version is None:
        return _past_a_hotfix(request, facts, known)
    again = _ran_there(request, facts)
    if again is not None:
        return again
    hotfix = known.of_version
    if hotfix.state not in COUNTS:
        return Refuse(
            Refusal.WRONG_STATE,
            f"{hotfix.id}, which makes {hotfix.version}, is {hotfix.state}.",
            f"See `/release hotfix show {hotfix.id}`.",
        )
    return _on_its_base(hotfix, facts) or _new(hotfix, facts, known) or _only_the_fix(hotfix, request, facts)


def _ran_there(request: Request, facts: Facts) -> Allow | Unsure | None:
    """Going back to a hotfix that ran there is no hotfix (RBK-14)."""
    log, artifact = facts.promotions, facts.artifact
    for read in (log, artifact):
        if isinstance(read, Unread):
            return Unsure(read.what, read.why)
    assert not isinstance(log, Unread)
    if isinstance(artifact, Artifact) and any(p.environment == request.environment and p.digest == artifact.digest for p in log):
        return Allow(f"{request.version} ran in {request.environment} before")
    return None


def _past_a_hotfix(request: Request, facts: Facts, known: HotfixFacts) -> Decision:
    """A version that no hotfix makes, although the work of one is in it, with another PATCH (HOT-03, NAM-03)."""
    begun = next((one for one in known.live if one.state is HotfixState.OPEN and _same_line(one.version, request.version or "")), None)
    if begun is None:
        return Allow(f"{request.version} is no hotfix")
    works = _works(request, facts)
    if not isinstance(works, tuple):
        return works
    if any(pull.base == begun.branch for work in works for pull in work.span.pulls):
        return Refuse(
            Refusal.NOT_THE_FIX,
            f"{request.version} brings the work of {begun.id}, whose version is {begun.version}.",
            f"Have CI build and tag {begun.version}, and promote that.",
        )
    return Allow(f"{request.version} is no hotfix")


def _same_line(one: str, other: str) -> bool:
    """Whether two versions differ in their PATCH at most."""
    numbers = [match.groups()[:2] if (match := RELEASE.fullmatch(version)) else version for version in (one, other)]
    return numbers[0] == numbers[1]


def _on_its_base(hotfix: Hotfix, facts: Facts) -> Refuse | Unsure | None:
    """Production still runs what the hotfix was begun from (HOT-01, HOT-02)."""
    running = facts.running
    if isinstance(running, Unread):
        return Unsure(running.what, running.why)
    if running is None or (running.digest, running.commit) != (hotfix.base_digest, hotfix.base_commit):
        now = f"runs {running.version} at {running.commit[:12]} by now" if isinstance(running, Deployment) else "runs nothing by now"
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"{hotfix.id} was begun from {hotfix.base} at {hotfix.base_commit[:12]}, and production {now}.",
            _ANEW.replace("<hotfix>", hotfix.id),
        )
    return None


def _new(hotfix: Hotfix, facts: Facts, known: HotfixFacts) -> Refuse | None:
    """The digest is new, too: bits that are known under another version are no fix (HOT-03)."""
    twin = hotfix.base if isinstance(facts.artifact, Artifact) and facts.artifact.digest == hotfix.base_digest else known.twin
    if twin is None:
        return None
    return Refuse(
        Refusal.REUSED,
        f"{hotfix.version} is the digest that {twin} is: a hotfix is built anew.",
        f"Have CI build {hotfix.version} from {hotfix.branch}.",
    )


def _only_the_fix(hotfix: Hotfix, request: Request, facts: Facts) -> Decision:
    works = _works(request, facts)
    if not isinstance(works, tuple):
        return works
    own = works[0].span
    if own.base != hotfix.base_commit or own.removed:
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"{hotfix.version} does not descend from {hotfix.base}, which production runs.",
            f"Build it from {hotfix.branch}, which begins at {hotfix.base_commit[:12]}.",
        )
    if not own.commits:
        return Refuse(Refusal.NOT_THE_FIX, f"{hotfix.version} brings nothing new.", f"Merge the fix into {hotfix.branch} first.")
    if foreign := [said for work in works for said in _foreign(hotfix, work)]:
        return Refuse(
            Refusal.NOT_THE_FIX,
            f"Not brought by a pull request into {hotfix.branch}: {_some(foreign)}.",
            f"Take it off {hotfix.branch}; what is needed comes in by a reviewed pull request, and CI builds anew.",
        )
    if unread := [work.name(p) for work in works for p in work.span.pulls if p.base == hotfix.branch and not independent(p, facts)]:
        return Refuse(
            Refusal.NOT_REVIEWED,
            f"{_some(unread)} has no approval on its last commit by somebody who did not write it.",
            "Have it reviewed; for a hotfix that can be quick, but it is not left out.",
        )
    count = len(own.commits)
    return Allow(f"{hotfix.base} and {count} reviewed commit{'s' * (count != 1)} of {hotfix.branch} ({hotfix.id})")


def _works(request: Request, facts: Facts) -> tuple[Work, ...] | Refuse | Unsure:
    known = facts.policy.services.get(request.service or "")
    if known is None or known.history is None:
        return Refuse(
            Refusal.NO_HISTORY,
            f"Nobody reads the history of {request.service}, so nothing shows what is in a hotfix.",
            "Name `history` for the service in the policy file.",
        )
    if isinstance(facts.evidence.work, Absent):
        return Unsure(f"the work in {request.version}", f"there is no {facts.evidence.work.what}")
    works = work_of(request.service or "", facts)
    return Unsure(works.what, works.why) if isinstance(works, Unread) else works


def _foreign(hotfix: Hotfix, work: Work) -> Iterable[str]:
    """The commits of one repository that no pull request into the hotfix branch brought: of main, of others, or pushed."""
    into = {pull.number for pull in work.span.pulls if pull.base == hotfix.branch}
    for commit in work.span.commits:
        if into.isdisjoint(commit.pulls):
            yield f"{commit.sha[:12]} ({commit.title[:60]})"


def _some(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
