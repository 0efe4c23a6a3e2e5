"""/release exception request: ask that something goes out without one piece of evidence, with all that this takes (EXC-01, EXC-02)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from commands.core import bodies, exempt, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.exempt_card import title
from commands.core.fields import EmergencyId, EnvironmentNames, ListedPerson, MomentWord, RequirementWord, ServiceNames
from commands.core.tell import exception_card_of
from commands.core.text import Code, Form, Input
from commands.core.words import Arguments, Named, VersionWord
from guards.authorization import authorized
from guards.decision import Refusal
from guards.exceptions import complete_exception, waivable
from guards.exemption import STANDS_FOR, Exemption, ExemptionKind
from guards.facts import Facts
from guards.roles import own_roles
from guards.sections import Person
from guards.vocabulary import Action, Requirement
from storage import exceptions

ALL = "all"
"""The word for all versions."""


class RequestException(Arguments):
    """All fields of an exception; the form asks for those that are missing."""

    requirement: RequirementWord
    services: ServiceNames
    environments: EnvironmentNames
    version: VersionWord
    kind: Annotated[Literal["temporary", "permanent", "emergency"], Named()]
    owner: Annotated[ListedPerson, Named()]
    until: Annotated[MomentWord, Named()]
    risk: Annotated[str, Named()]
    controls: Annotated[str, Named()]
    containment: Annotated[str, Named()]
    evidence: Annotated[str, Named()]
    remediation: Annotated[str, Named()] = ""
    infeasible: Annotated[str, Named()] = ""
    reconsider: Annotated[str, Named()] = ""
    review: Annotated[MomentWord | None, Named()] = None
    once: Annotated[Literal["yes", "no"], Named()] = "no"
    emergency: Annotated[EmergencyId | None, Named()] = None


def ask(args: RequestException, asker: Asker) -> Ask:
    """The exception as it would stand; its id and its owner's roles come when it is recorded."""
    until = datetime.fromisoformat(args.until)
    review = datetime.fromisoformat(args.review) if args.review else exempt.review_before(asker.at, until)
    return Ask(
        emergency=args.emergency,
        wanted=Exemption(
            id="", requester=asker.person.id, requester_name=asker.person.name, requested=asker.at, owner=args.owner,
            owner_name=asker.policy.by_id[args.owner].name, owner_roles=(), kind=ExemptionKind(args.kind),
            requirement=Requirement(args.requirement), services=tuple(args.services.split(",")),
            environments=tuple(args.environments.split(",")), version=None if args.version.lower() == ALL else args.version, risk=args.risk,
            controls=args.controls, containment=args.containment, evidence=args.evidence, remediation=args.remediation,
            infeasible=args.infeasible, reconsider=args.reconsider, until=until, review=review, once=args.once == "yes",
            emergency=args.emergency,
        )
    )  # fmt: skip


def request(work: Work[RequestException]) -> Reply:
    """Record the exception and show it to those who approve it; it counts for nothing until they did."""
    draft = work.request.exception
    assert draft is not None
    owner = work.policy.by_id[draft.owner]
    roles = own_roles(owner, draft.services[0], draft.environments[-1], work.facts)[0]
    exemption = replace(draft, id=exceptions.next_id(work.tx, work.at.date()), requested=work.at, owner_roles=tuple(sorted(roles)))
    exceptions.add(work.tx, exemption)
    exempt.set_timers(work.tx, exemption)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    name = title(exemption, work.policy)
    record.write(
        work.tx, "exception:requested", actor, work.facts, work.correlation, subject=exemption.id, title=name,
        **bodies.exception_body(exemption),
    )  # fmt: skip
    exception_card_of(work.tx, exemption, work.facts, work.correlation)
    return Reply(note(f"📝 {name}", (Code(exemption.id), " waits for people who neither asked for it nor answer for it.")))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of an exception, prefilled with what was refused."""
    policy = facts.policy
    waived = tuple((r.value, f"{r} ({STANDS_FOR[r]})") for r in policy.exceptions.waivable)

    def text(name: str, label: str, hint: str = "", optional: bool = False) -> Input:
        shortest = 0 if optional else 3
        return Input(name, label, "text", initial=fields.get(name, ""), hint=hint, optional=optional, shortest=shortest, longest=1000)

    return Form(
        title="Ask for an exception",
        word="exception request",
        submit="Ask",
        inputs=(
            Input("requirement", "Which evidence is missing?", "choice", waived, fields.get("requirement", "")),
            Input("services", "Services", initial=fields.get("services", ""), hint="Several with commas between them."),
            Input("environments", "Environments", initial=fields.get("environments", ""), hint="Several with commas between them."),
            Input("version", "Version", initial=fields.get("version", ""), hint="One version of one service, or all.", longest=128),
            Input("kind", "Type", "choice", tuple((k.value, k.value) for k in ExemptionKind), fields.get("kind", "")),
            Input("emergency", "Emergency", initial=fields.get("emergency", ""), hint="Of type emergency: its id.", optional=True),
            Input(
                "once", "Used up by the first change?", "choice", (("yes", "Yes"), ("no", "No, it counts until its end")),
                fields.get("once", ""), optional=True,
            ),
            Input(
                "owner", "Who answers for it?", "choice", tuple((p.id, p.name) for p in policy.people[:100]), fields.get("owner", ""),
            ),
            Input(
                "until", "Until", "moment", initial=fields.get("until", ""), hint="When it expires; a permanent one is reconsidered then.",
            ),
            Input("review", "Review", "moment", initial=fields.get("review", ""), hint="Left open: shortly before its end.", optional=True),
            text("risk", "Risk assessment", "Impact, likelihood, customers, money, compliance."),
            text("controls", "Compensating controls", "What is done instead?"),
            text("containment", "Rollback or containment", "How do we go back, or keep the damage small?"),
            text("evidence", "Evidence", "Links to pull requests, builds, incidents."),
            text("remediation", "Remediation plan", "Unless permanent: which steps end it, by whom?", optional=True),
            text("infeasible", "Why can it not end?", "If permanent.", optional=True),
            text("reconsider", "What would make us reconsider?", "If permanent.", optional=True),
        ),
        known={},
        lines=(("Somebody else approves it: neither you, nor its owner, nor an author of the version.",),),
    )  # fmt: skip


command = Command(
    name="exception request",
    summary="Ask that something may go out without one piece of evidence.",
    examples=(
        "exception request tickets api production v1.4.0 kind=temporary owner=rita@example.com until=2026-12-24T18:00 "
        'risk="low: one wording" controls="two reviews" containment="promote v1.3.2 again" '
        'evidence="https://example.com/pull/12" remediation="Ada links the ticket by Friday"',
    ),
    action=Action.REQUEST_EXCEPTION,
    guards=(authorized, waivable, complete_exception),
    arguments=RequestException,
    ask=ask,
    run=request,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
