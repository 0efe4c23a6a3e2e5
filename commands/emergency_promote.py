"""/release emergency promote <emergency> [answers=…] …: have the one version go that an approved emergency covers (EMG-05)."""

from collections.abc import Mapping

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.declare import Assessing, questions
from commands.core.dispatch import advance
from commands.core.emergency.card import text_lines
from commands.core.fields import EmergencyId
from commands.core.tell import card_of
from commands.core.text import Code, Form
from commands.promote import added
from guards.approvals import approved
from guards.artifact import pinned, same_artifact
from guards.authorization import authorized
from guards.decided import decided
from guards.decision import Refusal
from guards.emergencies import deploys, known_emergency, same_version
from guards.emergency import Emergency
from guards.facts import Facts
from guards.flight import alone, asked_once
from guards.freeze import not_frozen
from guards.incidents import no_incident
from guards.order import in_order
from guards.policy import Policy
from guards.requirements import EVIDENCE
from guards.sections import Person
from guards.vocabulary import Action, ChangeType
from guards.window import in_window


class PromoteEmergency(Assessing):
    """An emergency; where it goes and what, it says itself."""

    emergency: EmergencyId


def ask(args: PromoteEmergency, asker: Asker) -> Ask:
    """It is about what the emergency covers; that it is one comes from its record alone."""
    return Ask(emergency=args.emergency, change_type=ChangeType.EMERGENCY, migration=args.migration, said=args.declared)


def promote(work: Work[PromoteEmergency]) -> Reply:
    """Record the change by its emergency, and judge it once more in the dispatch, which uses the emergency up."""
    held = work.facts.emergency
    assert isinstance(held, Emergency)
    change = added(work, work.request, work.facts, emergency=held.id)
    change = advance(work.tx, change, work.facts, work.correlation)
    card_of(work.tx, change, work.facts, work.correlation)
    return Reply(note(f"🚨 {held.what} by {held.id}", ("Its card is in the release channel: ", Code(change.id), f", {change.state}.")))


def wants_form(args: PromoteEmergency, policy: Policy) -> bool:
    """Where risk is assessed somewhere, the form is looked at: only the record tells whether that is here."""
    return policy.assesses(None, None) and not args.complete


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks the questions about its risk; nothing where the place asks for none."""
    held = facts.emergency
    if not isinstance(held, Emergency) or not facts.policy.assesses(held.service, held.environment):
        return None
    return Form(
        title="Promote by an emergency",
        word="emergency promote",
        submit="Promote",
        inputs=questions(fields, facts, held.service, held.environment, kinds=False),
        known={"emergency": held.id},
        lines=text_lines(held, facts),
    )


command = Command(
    name="emergency promote",
    summary="Have the version go that an approved emergency covers; that uses it up.",
    examples=(
        "emergency promote EMG-2026-1121-001",
        'emergency promote EMG-2026-1121-001 migration=no answers=none customers="logins work" downtime=none data=none',
    ),
    action=Action.DECLARE_EMERGENCY,
    guards=(
        authorized,
        known_emergency,
        deploys,
        same_version,
        approved,
        pinned,
        in_order,
        same_artifact,
        *EVIDENCE,
        asked_once,
        alone,
        not_frozen,
        no_incident,
        in_window,
        decided,
    ),
    arguments=PromoteEmergency,
    ask=ask,
    run=promote,
    form=form,
    wants_form=wants_form,
    form_after=frozenset({Refusal.NOT_ASSESSED}),
)
