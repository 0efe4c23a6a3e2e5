"""The version names one artifact, the same as when it was first seen and the same as in the environment before (PRM-02, -04, -06, -07).

Invariant: equality is judged on digests that were read, never on what somebody typed.
"""

import re
from collections.abc import Iterator

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.policy import Policy
from guards.unread import Absent, Unread
from guards.vcs import Tag
from guards.version import Artifact, Pin

_NUMBER = r"(0|[1-9][0-9]{0,8})"  # not \d, which takes the digits of every script
RELEASE = re.compile(rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
_IDENTIFIERS = r"[0-9A-Za-z-]{1,40}(?:\.[0-9A-Za-z-]{1,40}){0,9}"
VERSION = re.compile(rf"{RELEASE.pattern}(?:-{_IDENTIFIERS})?(?:\+{_IDENTIFIERS})?")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def pinned(request: Request, facts: Facts) -> Decision:
    """Whether the version is a fixed one, and a release where production is asked for (PRM-06, PRM-07, PRM-23, NAM-04)."""
    version = request.version or ""
    if RELEASE.fullmatch(version):
        return Allow(f"{version} is a fixed version")
    if not VERSION.fullmatch(version):
        return Refuse(
            Refusal.FLOATING_REFERENCE,
            f"{version!r} is no version; branches, `latest` and other names that move are not promoted.",
            "Name a release like v1.4.0.",
        )
    if name := _built_for(version, facts.policy):
        return Refuse(
            Refusal.ENVIRONMENT_BUILD,
            f"{version} is named for {name}; one build goes through all environments, and what differs between them is configuration.",
            "Have CI build one version for all of them.",
        )
    if request.environment in facts.policy.production:
        return Refuse(
            Refusal.PRE_RELEASE,
            f"{version} is a pre-release; {request.environment} takes vMAJOR.MINOR.PATCH only.",
            "Have CI tag a release, and promote that.",
        )
    return Allow(f"{version} is a fixed version")


def _built_for(version: str, policy: Policy) -> str | None:
    """The environment after the first that a part of a version's name is, if one is: a `dev` build is an early one, a `prod` build is no
    other's (PRM-23).
    """
    first = policy.environments[0].name
    parts = re.split(r"[-+.]", version.lower())[3:]  # the numbers are no names
    return next((policy.environment_names[part] for part in parts if policy.environment_names.get(part, first) != first), None)


def same_artifact(request: Request, facts: Facts) -> Decision:
    """Whether the digest is the one registered, the one named, and the one that the environment before proved."""
    artifact, first, below = facts.artifact, facts.registered, facts.before
    if isinstance(artifact, Unread):
        return Unsure(artifact.what, artifact.why)
    if isinstance(first, Unread):
        return Unsure(first.what, first.why)
    if isinstance(below, Unread):
        return Unsure(below.what, below.why)
    if isinstance(artifact, Absent):
        return no_artifact(artifact)
    if first and (first.digest, first.commit) != (artifact.digest, artifact.commit):
        return Refuse(
            Refusal.POINTER_MOVED,
            f"{artifact.version} was {short(first.digest)} at commit {first.commit[:12]} when it was first seen; "
            f"now it is {short(artifact.digest)} at {artifact.commit[:12]}.",
            "A version is a fixed pointer: have CI build a new version, and find out who moved this one.",
        )
    if first and artifact.pins and (other := next(_moved_beside(first, artifact), None)):
        was, now = other
        again = f"was made again: it was {was.object[:12]}, now it is {now.object[:12]}"
        elsewhere = f"named commit {was.commit[:12]} when it was first seen; now it names {now.commit[:12]}"
        return Refuse(
            Refusal.POINTER_MOVED,
            f"The tag {artifact.version} of {was.repository} {again if was.commit == now.commit else elsewhere}.",
            "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
        )
    if request.digest and request.digest != artifact.digest:
        return Refuse(
            Refusal.DIGEST_MISMATCH,
            f"You asked for {short(request.digest)}; {artifact.version} is {short(artifact.digest)}.",
            "Check which artifact you mean.",
        )
    if below and below.digest != artifact.digest:
        return Refuse(
            Refusal.DIGEST_MISMATCH,
            f"{below.environment} ran {short(below.digest)} as {below.version}, you asked for {short(artifact.digest)}.",
            f"Promote the artifact to {below.environment} again, or have CI build a new version.",
        )
    return Allow(f"{artifact.version} is {short(artifact.digest)}" + (f", as in {below.environment}" if below else ""))


def _moved_beside(first: Artifact, artifact: Artifact) -> Iterator[tuple[Pin, Pin]]:
    """Tags of the service's other repositories that are not what they were at first: as they were, and as they are."""
    were = {pin.repository: pin for pin in first.pins}
    yield from ((were[pin.repository], pin) for pin in artifact.pins if were.get(pin.repository, pin) != pin)


def moved_to(facts: Facts) -> tuple[str, ...]:
    """What a version's pointers name now that they did not name at first; empty when nothing moved (PRM-05)."""
    first, now, tag = facts.registered, facts.artifact, facts.evidence.tag
    if not isinstance(first, Artifact) or not isinstance(now, Artifact):
        return ()
    pairs = [("digest", first.digest, now.digest), ("commit", first.commit, now.commit)]
    if isinstance(tag, Tag):
        pairs += [("tag", first.tag or tag.object, tag.object), ("tagged commit", first.commit, tag.commit)]
    found = [f"{what} {is_now}" for what, was, is_now in pairs if was != is_now]
    return (*found, *(f"tag of {pin.repository} {pin.object} {pin.commit}" for _, pin in _moved_beside(first, now)))


def built(request: Request, facts: Facts) -> Decision:
    """Whether the version was built: nothing is written about one that was not."""
    artifact = facts.artifact
    if isinstance(artifact, Unread):
        return Unsure(artifact.what, artifact.why)
    if isinstance(artifact, Absent):
        return no_artifact(artifact)
    return Allow(f"{artifact.version} is {short(artifact.digest)}")


def no_artifact(artifact: Absent) -> Refuse:
    """The refusal of a version that was never built; every guard that needs the artifact says the same."""
    return Refuse(
        Refusal.NO_ARTIFACT,
        f"There is no {artifact.what}.",
        "Check the version; if it is right, have CI build and publish it once.",
    )


def short(digest: str) -> str:
    """A digest for sentences: enough to compare by eye."""
    return digest[:19] + "…"
