"""/release evidence <service> <version>: everything that proves a version, as one file that proves itself (AUD-03, AUD-08)."""

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.record import actor_of
from commands.core.text import Bold
from commands.core.words import Arguments, ServiceName, VersionWord
from guards.authorization import authorized
from guards.vocabulary import Action
from storage import outbox


class Evidence(Arguments):
    """One version of one service."""

    service: ServiceName
    version: VersionWord


def ask(args: Evidence, asker: Asker) -> Ask:
    """It is about a version, wherever it runs; what proves it is read when the bundle is made."""
    return Ask(service=args.service, version=args.version)


def evidence(work: Work[Evidence]) -> Reply:
    """Have the bundle made; that takes longer than an answer may."""
    service, version, at = work.args.service, work.args.version, work.at
    actor = actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    payload = {
        "service": service, "version": version, "by": actor.id, "name": actor.name, "roles": list(actor.roles), "user": work.asker.slack,
    }  # fmt: skip
    lane = f"evidence:{work.asker.slack}"  # one at a time for each person, and no answer waits behind it
    outbox.add(work.tx, outbox.Message("evidence", payload, lane=lane, correlation=work.correlation), at)
    what = Bold(f"{service} {version}")
    return Reply(note("📦 Collecting the evidence", ("Everything about ", what, " is being read; the file comes as a direct message.")))


command = Command(
    name="evidence",
    summary="Everything that proves a version, in one signed file.",
    examples=("evidence api v1.4.0",),
    action=Action.EVIDENCE,
    guards=(authorized,),
    arguments=Evidence,
    ask=ask,
    run=evidence,
)
