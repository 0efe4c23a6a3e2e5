"""What a manifest that is to be built must be: each service of the train once, its breaking steps explained (MAN-01, MAN-11).

Invariant: a manifest that one would have to guess at is not built.
"""

from guards.artifact import RELEASE
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.set_promotion import no_such_run
from guards.train import OPEN_RUN, Stage, Train, TrainRun
from guards.unread import Absent, Unread

_TOO_LATE = frozenset({Stage.DEPARTING, Stage.DEPARTED})


def composed(request: Request, facts: Facts) -> Decision:
    """Whether the entries are the services of the run's train, each once, and say something new (MAN-01, MAN-07)."""
    run, train = facts.run, facts.train
    if not isinstance(run, TrainRun) or not isinstance(train, Train):
        return no_such_run(run if isinstance(run, Absent) else None)
    if run.stage in _TOO_LATE or run.stage not in OPEN_RUN:
        return Refuse(
            Refusal.WRONG_STATE, f"{run.id} is {run.stage}: its set is not changed any more.", "Have it ride the next run of the train."
        )
    rides, given = set(train.services), set(request.entries)
    said = f"{train.id} brings {', '.join(train.services)}"
    if foreign := sorted(given - rides):
        return Refuse(Refusal.MANIFEST_INCOMPLETE, f"{', '.join(foreign)} does not ride it; {said}.", "Leave it out, or amend the train.")
    if lacking := [service for service in train.services if service not in given]:
        return Refuse(Refusal.MANIFEST_INCOMPLETE, f"It pins nothing for {', '.join(lacking)}; {said}.", "Name a version for each.")
    if gone := [service for service in train.services if service not in facts.policy.services]:
        return Refuse(Refusal.MANIFEST_INCOMPLETE, f"The policy file has no service {', '.join(gone)}.", "Amend the train.")
    newest = facts.set.manifest if facts.set and not isinstance(facts.set, Absent) else None
    if newest and dict(newest.versions) == dict(request.entries) and newest.breaking == request.breaking:
        return Refuse(Refusal.ALREADY_REQUESTED, f"Manifest {newest.number} of {run.id} pins that already.", "Nothing is left to do.")
    return Allow(f"{', '.join(train.services)} are pinned, each once")


def major(was: str, now: str) -> bool:
    """Whether a version breaks what its users of another version rely on: by its first number (MAN-11)."""
    before, after = RELEASE.match(was), RELEASE.match(now)
    return bool(before and after and int(after[1]) > int(before[1]))


def breaking_said(request: Request, facts: Facts) -> Decision:
    """Whether each major step says what its users have to do, until when, and who told them (MAN-11)."""
    steps = []
    for part in facts.parts.values():
        running, artifact = part.running, part.artifact
        if isinstance(running, Unread):
            return Unsure(running.what, running.why)
        if isinstance(artifact, Unread):
            return Unsure(artifact.what, artifact.why)
        if running and not isinstance(artifact, Absent) and major(running.version, artifact.version):
            steps.append(f"{artifact.service} {running.version} → {artifact.version}")
    if steps and not request.breaking.strip():
        return Refuse(
            Refusal.INCOMPLETE,
            f"{', '.join(steps)} is a major step, and nothing says what it asks of its users.",
            'Say how to move, until when the old one works, and who was told: `breaking="…"`.',
        )
    return Allow(f"{', '.join(steps)} explained" if steps else "no major step is in it")
