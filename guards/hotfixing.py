"""When a hotfix can be begun (HOT-01 … HOT-03, HOT-14, HOT-20, EXC-12).

Invariant: it begins from what production runs, read anew and confirmed by whoever begins it.
"""

import re

from guards.artifact import RELEASE, short
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.hotfix import UNDER_WAY, Ground, Hotfix, Scope
from guards.unread import Absent, Unread
from guards.vcs import Tag
from guards.version import Artifact, Deployment

_FORM = "Fill in the form of `/release hotfix start <service>`."
_REFERENCE = re.compile(r"https?://\S+|[A-Za-z][A-Za-z0-9_]*-?[0-9][0-9-]*|#[0-9]+")
"""A link, or an id with a number in it."""
_BY_CI = "Have CI deploy and report a version first."


def no_such_hotfix(hotfix: Absent | None) -> Refuse:
    """What is said of an id that names no hotfix."""
    what = hotfix.what if hotfix else "such hotfix"
    return Refuse(Refusal.NO_SUCH_HOTFIX, f"There is no {what}.", "`/release hotfix list` shows those that there are.")


def known_hotfix(request: Request, facts: Facts) -> Decision:
    """Whether there is such a hotfix."""
    return Allow(f"{facts.hotfix.id} is {facts.hotfix.state}") if isinstance(facts.hotfix, Hotfix) else no_such_hotfix(facts.hotfix)


# ---------------------------------------------------------------- beginning


def alone_under_way(request: Request, facts: Facts) -> Decision:
    """Whether no other hotfix of the service is on its way: two would be built from the same base, and one would take the other out."""
    known = facts.hotfixes
    if isinstance(known, Unread):
        return Unsure(known.what, known.why)
    other = next((one for one in known.live if one.state in UNDER_WAY), None)
    if other:
        return Refuse(
            Refusal.HOTFIX_UNDER_WAY,
            f"{other.id} ({other.version}, {other.scope.ticket}) by {other.by_name} is {other.state}.",
            f"Bring the fix into {other.branch}, wait until it runs, or give it up: `/release hotfix close {other.id} <reason>`.",
        )
    return Allow(f"no other hotfix of {request.service} is under way")


def grounded(request: Request, facts: Facts) -> Decision:
    """Whether tag, digest and commit of what production runs agree, a new version is free, and its branch begins there (HOT-01)."""
    ground, service = facts.ground, facts.policy.services.get(request.service or "")
    if service is not None and service.history is None:
        return Refuse(
            Refusal.NO_HISTORY,
            f"Nobody reads the history of {request.service}, so nothing shows where a hotfix begins.",
            "Name `history` for the service in the policy file.",
        )
    if ground is None:
        return Unsure(f"what {request.service} runs in production", "nobody asked for it")
    running = facts.running
    if isinstance(running, Unread):
        return Unsure(running.what, running.why)
    if running is None:
        return Refuse(Refusal.NOT_FROM_PRODUCTION, f"{request.service} runs nothing in {request.environment} that is on record.", _BY_CI)
    if running != ground.running:
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"{request.environment} changed to {running.version} while this was read.",
            "Look at what runs now, and begin again.",
        )
    return _as_recorded(running, ground) or _free(ground) or _branch(running, ground, facts)


def _as_recorded(running: Deployment, ground: Ground) -> Refuse | Unsure | None:
    """The tag and the registry still say what was deployed."""
    for read, what in ((ground.tag, f"the tag {running.version}"), (ground.artifact, f"the artifact of {running.version}")):
        if isinstance(read, Unread):
            return Unsure(read.what, read.why)
        if read is None:
            return Unsure(what, "nobody asked for it")
        if isinstance(read, Absent):
            return Refuse(
                Refusal.NOT_FROM_PRODUCTION, f"Production runs {running.version}, and there is no {read.what}.", "Find out who removed it."
            )
    assert isinstance(ground.tag, Tag)
    assert isinstance(ground.artifact, Artifact)
    if ground.tag.commit != running.commit or ground.artifact.digest != running.digest:
        return Refuse(
            Refusal.POINTER_MOVED,
            f"Production runs {running.version} at {running.commit[:12]} ({short(running.digest)}); now the tag names "
            f"{ground.tag.commit[:12]}, and the registry {short(ground.artifact.digest)}.",
            "Find out who moved it; a hotfix begins at what runs, which has no tag any more.",
        )
    return None


def _free(ground: Ground) -> Refuse | Unsure | None:
    if isinstance(ground.version, Unread):
        return Unsure(ground.version.what, ground.version.why)
    if ground.version is None:
        return Refuse(
            Refusal.NO_CUT_VERSION,
            "No next PATCH follows from what production runs: it is no vMAJOR.MINOR.PATCH, or too many that follow are taken.",
            "Have CI deploy a release.",
        )
    return None


def _branch(running: Deployment, ground: Ground, facts: Facts) -> Decision:
    service = facts.policy.services[running.service]
    patterns = facts.policy.naming.hotfix_branch
    if not ground.branch:
        return Allow(f"{ground.version} follows {running.version}")  # `scoped` asks for the ticket that names the branch
    if not any(re.fullmatch(pattern, ground.branch) for pattern in patterns):
        return Refuse(
            Refusal.INCOMPLETE,
            f"{ground.branch} is no name of a hotfix branch; the policy has {' or '.join(patterns)}.",
            "Name one that fits: `on=hotfix/…`.",
        )
    if isinstance(ground.there, Absent):
        if service.branch_workflow is None:
            return Refuse(
                Refusal.NO_BRANCH_WORKFLOW,
                f"There is no {ground.there.what}, and the policy names no workflow that makes it.",
                f"Make {ground.branch} at {running.commit[:12]}, or name `branch_workflow` in the policy file, then begin again.",
            )
        return Allow(f"{ground.branch} is made at {running.commit[:12]}")
    return rooted(ground.branch, running.commit, ground)


def rooted(branch: str, base: str, ground: Ground) -> Decision:
    """Whether a branch descends from a commit and holds nothing of main that the commit does not hold (HOT-01).

    Args:
        branch: its name.
        base: what production runs.
        ground: what was read of the branch.
    """
    if ground.there is None:
        return Unsure(f"the branch {branch}", "nobody asked for it")
    if isinstance(ground.there, Absent):
        return Unsure(f"the branch {branch}", f"there is no {ground.there.what}")
    for read in (ground.there, ground.begins, ground.parts, ground.line):
        if isinstance(read, Unread):
            return Unsure(read.what, read.why)
    if ground.begins != base:
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"{branch} does not descend from {base[:12]}, which production runs.",
            f"Remove it, and have it made at {base[:12]}.",
        )
    parts, line = (read if isinstance(read, str) else None for read in (ground.parts, ground.line))
    if parts != line:
        where = f"holds main up to {parts[:12]}" if parts else "shares no history with main"
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"{branch} {where}, beyond what production runs ({base[:12]}).",
            f"Remove it, and have it made at {base[:12]}; only the fix belongs on it.",
        )
    return Allow(f"{branch} descends from {base[:12]}")


def confirmed(request: Request, facts: Facts) -> Decision:
    """Whether the asker confirmed tag and digest of exactly what production runs now (HOT-02)."""
    running = facts.running
    if isinstance(running, Unread):
        return Unsure(running.what, running.why)
    if running is None:
        return Allow("there is nothing to confirm")  # `grounded` turns this away
    if request.version is None or request.digest is None:
        return Refuse(Refusal.INCOMPLETE, "Nobody confirmed what production runs.", _FORM)
    if (request.version, request.digest) != (running.version, running.digest):
        return Refuse(
            Refusal.NOT_FROM_PRODUCTION,
            f"You confirmed {request.version} ({short(request.digest)}); {request.environment} runs {running.version} "
            f"({short(running.digest)}) now.",
            "Look at what runs now, and begin again.",
        )
    return Allow(f"{running.version} ({short(running.digest)}) was confirmed")


def scoped(request: Request, facts: Facts) -> Decision:
    """Whether ticket, incident, severity, scope, impact, the way back, when it ships and why are said (HOT-14, HOT-20, EXC-12)."""
    said = request.hotfix or Scope()
    wanted = {
        "the ticket": said.ticket, "the severity": said.severity, "the incident": said.incident, "the scope": said.scope,
        "the impact": said.impact,
        "the way back": said.rollback, "whether it ships now or with a train": said.ships, "what waiting costs": said.delay,
        "what eases it meanwhile": said.mitigation, "who agreed": said.signed_off,
    }  # fmt: skip
    if lacking := [name for name, value in wanted.items() if not str(value or "").strip()]:
        return Refuse(Refusal.INCOMPLETE, f"The hotfix lacks {', '.join(lacking)}.", _FORM)
    if not _REFERENCE.fullmatch(said.incident.strip()):
        return Refuse(
            Refusal.INCOMPLETE,
            "What is given as the incident is neither a link nor an id.",
            "Give one, like `INC-7` or `https://…`; where no incident was opened, the ticket that stands for it.",
        )
    return Allow(f"{said.ticket}, {said.severity}, ships {said.ships}")


def next_patches(version: str, most: int) -> tuple[str, ...]:
    """The PATCH versions that follow a release, the nearest first; none for what is no release (NAM-03)."""
    found = RELEASE.fullmatch(version)
    if found is None:
        return ()
    major, minor, patch = found.groups()
    return tuple(f"v{major}.{minor}.{int(patch) + step}" for step in range(1, most + 1))


def branch_named(version: str, ticket: str) -> str:
    """The branch of a hotfix: `hotfix/1.4.1-PAY-12` (CF-02, CF-03)."""
    return f"hotfix/{version.removeprefix('v')}-{ticket}"
