"""Where a version comes from: a tag that CI signed and nobody moved, checks on exactly its commit, a branch that is protected.

Invariant: each answer is about the artifact's own commit, never about the head of a branch or an earlier run (EVD-16).
"""

from collections.abc import Sequence

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.unread import Absent, Unread
from guards.vcs import Check, CheckState, Protection, Tag
from guards.version import Artifact
from guards.vocabulary import Requirement

_RERUN = 3
"""From so many attempts on, a check that passed is named as one that did not pass at once (EVD-21)."""


@asks_for(Requirement.TAG)
def tagged(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether CI's release identity signed the tag, and it is the tag that was seen first (PRM-05, PRM-07, EVD-11, EVD-12)."""
    tag, first = facts.evidence.tag, facts.registered
    if tag is None:
        return Unsure(f"the tag {artifact.version}", "nobody asked for it")
    if isinstance(tag, Unread):
        return Unsure(tag.what, tag.why)
    if isinstance(first, Unread):
        return Unsure(first.what, first.why)
    if isinstance(tag, Absent):
        return Refuse(Refusal.UNTRUSTED_TAG, f"There is no {tag.what}.", "Have CI tag the release; a version without its tag is none.")
    if first and (moved := _moved(tag, first)):
        return moved
    if tag.commit != artifact.commit:
        return Refuse(
            Refusal.POINTER_MOVED,
            f"The tag {tag.name} names commit {tag.commit[:12]}; the artifact was built from {artifact.commit[:12]}.",
            "Have CI tag and build a new version from one commit.",
        )
    for other in facts.evidence.beside:
        if isinstance(other.tag, Unread):
            return Unsure(other.tag.what, other.tag.why)
        if isinstance(other.tag, Absent):
            return Refuse(Refusal.UNTRUSTED_TAG, f"There is no {other.tag.what}.", f"Have CI tag the version in {other.repository} too.")
        if said := _untrusted(other.tag, facts.policy.evidence.taggers):
            return said
    return _untrusted(tag, facts.policy.evidence.taggers) or Allow(
        f"tag {tag.name} at {tag.commit[:12]} is signed by {tag.tagger.name or tag.tagger.id if tag.tagger else 'CI'}"
    )


def _moved(tag: Tag, first: Artifact) -> Refuse | None:
    if tag.commit == first.commit and first.tag in {None, tag.object}:
        return None
    if tag.commit != first.commit:
        why = f"The tag {tag.name} named commit {first.commit[:12]} when it was first seen; now it names {tag.commit[:12]}."
    else:
        why = f"The tag {tag.name} was made again: when it was first seen it was {(first.tag or '')[:12]}, now it is {tag.object[:12]}."
    return Refuse(
        Refusal.POINTER_MOVED,
        why,
        "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
    )


def _untrusted(tag: Tag, taggers: tuple[str, ...]) -> Refuse | None:
    names = [name.lower() for name in (tag.tagger.login, tag.tagger.email) if name] if tag.tagger else []
    if not tag.annotated:
        why = f"The tag {tag.name} of {tag.repository} is not annotated, so nobody signed it."
    elif not tag.verified:
        why = f"The signature of the tag {tag.name} of {tag.repository} is not valid: {tag.reason.replace('_', ' ')}."
    elif not any(name.lower() in names for name in taggers):
        who = (tag.tagger.name or tag.tagger.id) if tag.tagger else None
        made = f"The tag {tag.name} of {tag.repository} was made by {who or 'nobody that can be told'}"
        why = f"{made}; releases are tagged by {' or '.join(taggers)}."
    else:
        return None
    return Refuse(Refusal.UNTRUSTED_TAG, why, "Have CI's release workflow make a new version with a signed, annotated tag.")


@asks_for(Requirement.CHECKS)
def checked(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each required check passed on exactly the commit of each repository (EVD-01, EVD-16, EVD-25, SOD-13)."""
    beside = {other.repository: other for other in facts.evidence.beside}
    answers = [_checked(artifact.commit, "", facts.evidence.checks, facts.policy.checks(artifact.service), facts)]
    for repository in facts.policy.services[artifact.service].repositories:
        other, wanted = beside.get(repository), facts.policy.checks(artifact.service, repository)
        if other is None:
            answers.append(Unsure(f"the checks of {repository}", "nobody asked for them"))
        elif isinstance(other.tag, Tag):
            answers.append(_checked(other.tag.commit, f" of {repository}", other.checks, wanted, facts))
        else:
            answers.append(_checked("", f" of {repository}", other.tag, wanted, facts))
    if bad := next((answer for answer in answers if not isinstance(answer, Allow)), None):
        return bad
    return Allow("; ".join(answer.why for answer in answers if isinstance(answer, Allow)))


def _checked(
    commit: str, where: str, checks: tuple[Check, ...] | Absent | Unread | None, wanted: tuple[str, ...], facts: Facts
) -> Decision:  # fmt: skip
    """The same for one repository.

    Args:
        commit: 40 hex digits; "" while nobody knows it.
        where: " of acme/config" for another repository than the service's own.
        checks: all of that commit, or why there are none.
        wanted: names of those that must have passed.
        facts: whose results count.
    """
    sources = facts.policy.evidence.check_sources
    if checks is None:
        return Unsure(f"the checks of {commit[:12]}{where}", "nobody asked for them")
    if isinstance(checks, Unread):
        return Unsure(checks.what, checks.why)
    if isinstance(checks, Absent):
        return Refuse(Refusal.CHECKS_NOT_PASSED, f"There is no {checks.what}.", "Push the commit, and let CI check it.")
    short = [said for name in wanted if (said := _lacking(name, [c for c in checks if c.name == name], sources))]
    if short:
        return Refuse(
            Refusal.CHECKS_NOT_PASSED,
            f"On commit {commit[:12]}{where}: {'; '.join(short)}.",
            "Let CI finish or mend it; a fix is a new commit and a new version.",
        )
    often = [f"{c.name} at attempt {c.attempts}" for c in checks if c.attempts >= _RERUN and c.name in wanted]
    return Allow(
        f"{len(wanted)} check{'' if len(wanted) == 1 else 's'} passed on {commit[:12]}{where}"
        + (f"; only again and again: {', '.join(often)}" if often else "")
    )


def _lacking(name: str, found: Sequence[Check], sources: tuple[str, ...]) -> str | None:
    """What is missing of a check, None when nothing is. A name passed when every check that carries it did."""
    believed = [c for c in found if c.by in sources] if sources else found
    for check in believed:
        if check.state is not CheckState.PASSED:
            return f"{name} {_STATE[check.state]}"
    if believed:
        return None
    others = sorted({c.by or "nobody" for c in found})
    return f"{name} was reported by {', '.join(others)}, not by {' or '.join(sources)}" if others else f"{name} did not run"


_STATE = {CheckState.FAILED: "failed", CheckState.SKIPPED: "was skipped", CheckState.WAITING: "is not finished"}


@asks_for(Requirement.PROTECTION)
def protected(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether the branch that releases come from demands reviews and checks, in each repository (EVD-15, SOD-13)."""
    service, beside = facts.policy.services[artifact.service], {other.repository: other for other in facts.evidence.beside}
    answers = [_protected(service.branch, service.repository, facts.evidence.protection)]
    for repository in service.repositories:
        other = beside.get(repository)
        answers.append(_protected(service.branch_of(repository), repository, other.protection if other else None))
    if bad := next((answer for answer in answers if not isinstance(answer, Allow)), None):
        return bad
    return Allow("; ".join(answer.why for answer in answers if isinstance(answer, Allow)))


def _protected(branch: str, repository: str, protection: Protection | Absent | Unread | None) -> Decision:
    """The same for one repository."""
    if protection is None:
        return Unsure(f"the protection of branch {branch} of {repository}", "nobody asked for it")
    if isinstance(protection, Unread):
        return Unsure(protection.what, protection.why)
    lacks = []
    if isinstance(protection, Absent) or not protection.required_reviews:
        lacks.append("an approving review")
    if isinstance(protection, Absent) or not protection.required_checks:
        lacks.append("a check")
    if isinstance(protection, Absent) or lacks:
        return Refuse(
            Refusal.UNPROTECTED_BRANCH,
            f"The branch {branch} of {repository} does not demand {' or '.join(lacks)} before a merge.",
            "Protect the branch: require pull requests with reviews, and status checks.",
        )
    return Allow(
        f"branch {branch} demands approving reviews ({protection.required_reviews}) and checks ({len(protection.required_checks)})"
        + ("" if protection.enforce_admins is not False else "; administrators are not bound")
    )
