"""/release changes <service> <base> <version>: what is in one version and not in another: pull requests, authors, tickets (REC-07)."""

from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.release_cards import changes_card
from commands.core.words import Arguments, ServiceName, VersionWord
from guards.authorization import authorized
from guards.notes import comparable
from guards.vocabulary import Action


class Changes(Arguments):
    """Two versions of a service, the older one first."""

    service: ServiceName
    base: VersionWord
    version: VersionWord


def ask(args: Changes, asker: Asker) -> Ask:
    """A comparison is about no environment."""
    return Ask(service=args.service, version=args.version, base=args.base)


def changes(work: Work[Changes]) -> Reply:
    """Each pull request, each commit without one, and the diff."""
    args = work.args
    return Reply(changes_card(args.service, args.base, args.version, work.policy.services[args.service], work.facts.evidence))


command = Command(
    name="changes",
    summary="What lies between two versions: pull requests, authors, tickets.",
    examples=("changes api v1.3.2 v1.4.0",),
    action=Action.READ,
    guards=(authorized, comparable),
    arguments=Changes,
    ask=ask,
    run=changes,
)
