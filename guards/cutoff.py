"""What may be cut: a commit of main whose checks passed, that came in reviewed, and at which its branch begins (TRN-07, TRN-08).

Invariant: the judgement is that of the evidence guards, about exactly the cutoff commit and where the version is bound for; what could not
be read is not cut. Of a service that is made of several repositories, the others are judged when its version is promoted, by its tag there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from guards.artifact import RELEASE
from guards.cut import Cut, OpenPull, Rider
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.judge import Answer, Guard, Judgement
from guards.policy import Policy
from guards.review import owned, pulled, reviewed, ticketed
from guards.source import checked, protected
from guards.unread import Absent, Unread
from guards.vcs import Check, CheckState, Protection, Span
from guards.version import Artifact, Evidence
from guards.vocabulary import Action, Requirement

GUARDS: tuple[Guard, ...] = (checked, pulled, ticketed, reviewed, owned, protected)
"""What a cutoff commit is held to: green, and traceable to reviewed pull requests with tickets on a protected branch (TRN-07)."""

_LATER = "it was merged after the cutoff"
_OPEN = "it is not merged"


@dataclass(frozen=True, slots=True)
class Source:
    """What was read of one repository for its cut.

    Args:
        repository: `owner/name`.
        services: those of the train whose work is in it, at least one.
        main: name of the branch that releases come from.
        commit: the commit to cut.
        chosen: a person named the commit.
        on_main: where the commit and main part; the commit itself when it is on main. None unless somebody chose it.
        evidence: of the commit: checks, the work since what production runs, CODEOWNERS, the protection of main.
        base: the commit that production runs; None when nothing runs.
        version: the release that it makes, or why that is not known.
        branch: of the release; "" when the train cuts none.
        there: the commit that this branch names already.
        parts: where that commit and the head of main part.
        waiting: what is open into main.
        later: what came onto main after the commit; None when nothing did.
    """

    repository: str
    services: tuple[str, ...]
    main: str
    commit: str | Absent | Unread
    chosen: bool = False
    on_main: str | Absent | Unread | None = None
    evidence: Evidence = Evidence()
    base: str | None = None
    version: str | Refuse = ""
    branch: str = ""
    there: str | Absent | Unread | None = None
    parts: str | Absent | Unread | None = None
    waiting: tuple[OpenPull, ...] | Unread = ()
    later: Span | Absent | Unread | None = None


def cuttable(source: Source, facts: Facts) -> Judgement:
    """Whether this commit can be cut; each reason against it is told.

    Args:
        source: what was read.
        facts: gives the moment, the policy and the exceptions.
    """
    answers = [Answer("named", _named(source))]
    if isinstance(source.commit, str):
        for service in source.services:
            request, seen = about(source, service, facts)
            answers += [Answer(guard.__name__, guard(request, seen)) for guard in GUARDS]
        answers += [Answer("branched", _branched(source, facts)), Answer("listed", _listed(source))]
    return Judgement(tuple(answers), facts.at, frozenset())


def about(source: Source, service: str, facts: Facts) -> tuple[Request, Facts]:
    """What the evidence guards are asked about a commit that is no version yet."""
    assert isinstance(source.commit, str)
    known = facts.policy.services[service].model_copy(update={"repositories": ()})
    policy = facts.policy.model_copy(update={"services": {**facts.policy.services, service: known}})
    artifact = Artifact(service, "", "", source.commit)
    request = Request(Action.CUT, Unread("who asks", "the clock does"), service, facts.policy.bound_for(service))
    return request, replace(facts, policy=policy, artifact=artifact, evidence=source.evidence)


def _named(source: Source) -> Decision:
    commit, on_main = source.commit, source.on_main
    if isinstance(commit, Unread):
        return Unsure(commit.what, commit.why)
    if isinstance(commit, Absent):
        return Refuse(
            Refusal.NOT_ON_MAIN, f"There is no {commit.what}.", f"Push {source.main} to {source.repository}, or name the commit to cut."
        )
    if source.chosen and on_main != commit:
        if isinstance(on_main, Unread) or on_main is None:
            return Unsure(on_main.what if on_main else f"whether {commit[:12]} is on {source.main}", on_main.why if on_main else "")
        return Refuse(
            Refusal.NOT_ON_MAIN,
            f"{commit[:12]} is not on {source.main} of {source.repository}.",
            f"Name a commit that is on {source.main}.",
        )
    return Allow(f"{commit[:12]} is on {source.main} of {source.repository}")


def _branched(source: Source, facts: Facts) -> Decision:
    """Whether the release branch can begin at the commit (TRN-08)."""
    if not source.branch and not isinstance(source.version, Refuse):
        return Allow("the train cuts no branch")
    if isinstance(source.version, Refuse):
        return source.version
    if not any(re.fullmatch(pattern, source.branch) for pattern in facts.policy.naming.release_branch):
        return Refuse(
            Refusal.NO_CUT_VERSION,
            f"{source.branch} is no name of a release branch; the policy has {' or '.join(facts.policy.naming.release_branch)}.",
            "Change `naming.release_branch` in the policy file.",
        )
    if isinstance(source.there, Absent):
        if workflow_of(source.services, facts.policy) is None:
            return Refuse(
                Refusal.NO_BRANCH_WORKFLOW,
                f"There is no {source.there.what}, and the policy names no workflow that makes it.",
                f"Make {source.branch} at {str(source.commit)[:12]}, or name `branch_workflow` in the policy file, then cut again.",
            )
        return Allow(f"{source.branch} is made at {str(source.commit)[:12]}")
    return _begins(source.branch, str(source.commit), source.there, source.parts)


def _begins(branch: str, commit: str, there: str | Absent | Unread | None, parts: str | Absent | Unread | None) -> Decision:
    for read in (there, parts):
        if isinstance(read, Unread):
            return Unsure(read.what, read.why)
    if there is None or isinstance(there, Absent):
        return Unsure(f"the branch {branch}", f"there is no {there.what}" if there else "nobody asked for it")
    if parts != commit:
        where = f"leaves main at {parts[:12]}" if isinstance(parts, str) else "shares no history with main"
        return Refuse(
            Refusal.BRANCH_ELSEWHERE,
            f"{branch} should begin at {commit[:12]}, and it {where}.",
            "Cut the commit at which it begins, say another version, or remove the branch.",
        )
    return Allow(f"{branch} begins at {commit[:12]}")


def _listed(source: Source) -> Decision:
    """What is in and out is part of the record, so it has to be known (TRN-13)."""
    for read in (source.evidence.work, source.waiting, source.later):
        if isinstance(read, Unread):
            return Unsure(read.what, read.why)
        if isinstance(read, Absent):
            return Unsure("what is in and what is out", f"there is no {read.what}")
    return Allow("what is in and what is out is known")


def begun(
    cut: Cut, there: str | Absent | Unread, parts: str | Absent | Unread | None, shield: Protection | Absent | Unread, facts: Facts
) -> Decision:
    """Whether the branch of a cut exists, begins at its commit and is protected (TRN-08).

    Args:
        cut: with a branch.
        there: the commit that the branch names.
        parts: where that commit and the head of main part.
        shield: what protects the branch.
        facts: gives the policy.
    """
    begins = _begins(cut.branch, cut.commit, there, parts)
    if not isinstance(begins, Allow) or not any(_protection_asked(service, facts.policy) for service in cut.services):
        return begins
    if isinstance(shield, Unread):
        return Unsure(shield.what, shield.why)
    if isinstance(shield, Absent) or not (shield.required_reviews and shield.required_checks):
        return Refuse(
            Refusal.UNPROTECTED_BRANCH,
            f"The branch {cut.branch} of {cut.repository} does not demand an approving review and a check before a merge.",
            "Protect all release branches by one ruleset for their pattern, then cut again.",
        )
    return Allow(f"{begins.why} and is protected")


def _protection_asked(service: str, policy: Policy) -> bool:
    return Requirement.PROTECTION in policy.required(service, policy.bound_for(service))


def workflow_of(services: Iterable[str], policy: Policy) -> tuple[str, str] | None:
    """The service whose CI makes the branch, and the workflow that does; None when the policy names none."""
    return next(((name, found) for name in services if (found := policy.services[name].branch_workflow)), None)


def next_version(running: Mapping[str, str | None], said: str) -> str | Refuse:
    """The release that a cut makes: what a person said, else the next minor version after what production runs (TRN-08).

    Args:
        running: service → the version that production runs; None when nothing runs.
        said: `v1.8.0`, or "".
    """
    remedy = "Say it: `/release train cut <run> version=v1.8.0`."
    if said:
        if RELEASE.fullmatch(said):
            return said
        return Refuse(Refusal.NO_CUT_VERSION, f"{said} is no version of a release.", remedy)
    found = {(f"v{m[1]}.{int(m[2]) + 1}.0" if (m := _MINOR.fullmatch(v or "")) else "") for v in running.values()}
    if len(found) == 1 and (only := found.pop()):
        return only
    ran = ", ".join(f"{service} {version or 'nothing'}" for service, version in sorted(running.items()))
    return Refuse(Refusal.NO_CUT_VERSION, f"Which version this makes does not follow from what production runs: {ran}.", remedy)


_MINOR = re.compile(r"v(\d+)\.(\d+)\.\d+")


def branch_of(version: str) -> str:
    """The release branch of a version: `release/1.8`."""
    major, minor, _ = version.removeprefix("v").split(".", 2)
    return f"release/{major}.{minor}"


def unfinished(source: Source, facts: Facts) -> bool:
    """Whether nothing stands against the commit but checks that are not over yet: then it is looked at again, and nobody has to act."""
    judgement = cuttable(source, facts)
    if {refused.code for refused in judgement.refusals} - {Refusal.CHECKS_NOT_PASSED}:
        return False
    wanted = {name for service in source.services for name in facts.policy.checks(service)}
    checks = source.evidence.checks
    over = {CheckState.FAILED, CheckState.SKIPPED}
    return not isinstance(checks, tuple) or not any(check.name in wanted and check.state in over for check in checks)


def green(services: Iterable[str], commit: str, checks: tuple[Check, ...] | Absent | Unread, facts: Facts) -> Decision:
    """Whether each required check passed on exactly this commit, for all of these services (TRN-07, TRN-11)."""
    source = Source("", tuple(services), "", commit, evidence=Evidence(checks=checks))
    answers = [checked(*about(source, service, facts)) for service in source.services]
    return next((answer for answer in answers if not isinstance(answer, Allow)), answers[0])


def riders(source: Source) -> tuple[tuple[Rider, ...], tuple[Rider, ...]]:
    """The pull requests that are in, and those that are out: merged into main after the commit, or still open into it (TRN-13)."""
    work, later, waiting = source.evidence.work, source.later, source.waiting
    inside = tuple(Rider(p.number, p.title, p.url, merged=p.merged) for p in work.pulls) if isinstance(work, Span) else ()
    merged = tuple(Rider(p.number, p.title, p.url, _LATER, p.merged) for p in later.pulls) if isinstance(later, Span) else ()
    still = tuple(Rider(p.number, p.title, p.url, _OPEN) for p in waiting) if isinstance(waiting, tuple) else ()
    return inside, (*merged, *still)
