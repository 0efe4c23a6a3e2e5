"""Reads what production runs and where a hotfix of it would begin (HOT-01, HOT-02, HOT-03).

Invariant: tag, registry and branches are asked anew; what fails or comes too late is `Unread`.
"""

import asyncio
from collections.abc import Collection
from dataclasses import replace

from commands.core.ports.artifacts import Artifacts
from commands.core.trains.read import Look
from guards.hotfix import Ground
from guards.hotfixing import branch_named, next_patches
from guards.policy import Policy
from guards.unread import Unread
from guards.vcs import Tag
from guards.version import Deployment
from storage import artifacts, hotfixes
from storage.database import Tx

MOST = 9
"""So many PATCH versions are tried for one that is free."""


def taken(tx: Tx, running: Deployment | None) -> frozenset[str]:
    """The versions next to what runs that the bot knows already: built, or being made by a hotfix."""
    following = next_patches(running.version, MOST) if running else ()
    service = running.service if running else ""
    return frozenset(v for v in following if artifacts.registered(tx, service, v) or hotfixes.makes(tx, service, v))


async def read_ground(
    look: Look, source: Artifacts, policy: Policy, running: Deployment | None, known: Collection[str], ticket: str, on: str
) -> Ground:
    """What a hotfix is begun from.

    Args:
        look: at version control, with its deadline.
        source: the registry of the service.
        policy: in force.
        running: what production runs, as it is on record.
        known: versions that are taken.
        ticket: of the hotfix; "" while nobody named one.
        on: the branch that somebody named, or "".
    """
    if running is None:
        return Ground(None)
    service = running.service
    tag, artifact, version = await asyncio.gather(
        look.tag(service, running.version),
        look.within(f"the artifact of {service} {running.version}", source.find, service, running.version),
        _free(look, running, known),
    )
    branch = on or (branch_named(version, ticket) if isinstance(version, str) and ticket else "")
    ground = Ground(running, tag, artifact, version, branch)
    return await read_branch(look, policy, ground, service, running.commit) if branch else ground


async def _free(look: Look, running: Deployment, known: Collection[str]) -> str | Unread | None:
    for version in next_patches(running.version, MOST):
        if version in known:
            continue
        tag = await look.tag(running.service, version)
        if isinstance(tag, Unread):
            return tag
        if not isinstance(tag, Tag):
            return version
    return None


async def read_branch(look: Look, policy: Policy, ground: Ground, service: str, base: str) -> Ground:
    """The same with where the branch begins.

    Args:
        look, policy: as above.
        ground: names the branch.
        service: whose.
        base: the commit that it has to begin at.
    """
    there, main = await asyncio.gather(look.head(service, ground.branch), look.head(service, policy.services[service].branch))
    if not isinstance(there, str):
        return replace(ground, there=there)
    begins, parts, line = await asyncio.gather(
        look.parts(service, there, base), look.parts(service, there, main), look.parts(service, base, main)
    )  # fmt: skip
    return replace(ground, there=there, begins=begins, parts=parts, line=line)
