"""/release emergency declare <service> <version> <environment> …: declare the one audited way past the calendar, for exactly one action.

With `kind=` it is a setting, a flag or an API's deprecation that is changed, and its name stands where a version would (EMG-22, EMG-24).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.emergency import life, redraw, tell
from commands.core.emergency.card import CRITERIA
from commands.core.fields import IncidentWord, SeverityWord
from commands.core.incidents import bound
from commands.core.text import Form, Input, Line
from commands.core.words import Arguments, EnvironmentName, Named, ServiceName, VersionWord
from guards.authorization import authorized
from guards.classified import classified
from guards.decision import Refusal
from guards.emergencies import declarable, pinned_by, pinned_if_deployed
from guards.emergency import Classification, Criterion, Emergency, EmergencyKind
from guards.facts import Facts
from guards.incident import Incident
from guards.sections import Person
from guards.vocabulary import Action
from storage import emergencies


class Declare(Arguments):
    """All fields of an emergency; the form asks for those that are missing (EMG-01 … EMG-04, EMG-14)."""

    service: ServiceName
    version: VersionWord
    environment: EnvironmentName
    criterion: Annotated[Literal["production-down", "security-incident", "data-at-risk", "sla-breach"], Named()]
    classification: Annotated[Literal["hotfix", "emergency", "both"], Named()]
    incident: Annotated[IncidentWord, Named()]
    reason: Annotated[str, Named()]
    waiting: Annotated[str, Named()]
    rollback: Annotated[str, Named()]
    after: Annotated[str, Named()]
    severity: Annotated[SeverityWord | None, Named()] = None
    kind: Annotated[Literal["deployment", "configuration", "flag", "api-deprecation"], Named()] = "deployment"
    action: Annotated[str, Named()] = ""


def ask(args: Declare, asker: Asker) -> Ask:
    """The emergency as it would stand; its id and its artifact come when it is recorded."""
    severity = asker.policy.incidents.number(args.severity) if args.severity else 0  # 0: as its incident says
    draft = Emergency(
        id="", declarer=asker.person.id, declarer_name=asker.person.name, declared=asker.at, criterion=Criterion(args.criterion),
        classification=Classification(args.classification), severity=severity, service=args.service,
        environment=args.environment, version=args.version, digest=None, commit=None, reason=args.reason, waiting=args.waiting,
        rollback=args.rollback, follow_ups=args.after, incident=args.incident, until=asker.at + asker.policy.emergency.lifetime,
        kind=EmergencyKind(args.kind), action=args.action.strip() if args.kind != "deployment" else "",
    )  # fmt: skip
    return Ask(service=args.service, environment=args.environment, version=args.version if draft.deploys else None, urgent=draft)


def declare(work: Work[Declare]) -> Reply:
    """Record the emergency, show it to those who approve it, and tell who has to know at once; nothing goes out by it yet."""
    draft, facts, cited = work.request.emergency, work.facts, work.facts.cited
    assert draft is not None
    known = cited if isinstance(cited, Incident) else None
    digest, commit = pinned_by(draft, facts) if draft.deploys else (None, None)
    made = replace(
        draft, id=emergencies.next_id(work.tx, work.at.date()), declared=work.at, until=work.at + work.policy.emergency.lifetime,
        severity=draft.severity or (known.severity if known else 0), incident=known.reference if known else draft.incident,
        digest=digest, commit=commit,
    )  # fmt: skip
    emergencies.add(work.tx, made)
    life.set_timer(work.tx, made)
    told = tell.at_once(work.tx, made, facts, work.correlation)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, facts)
    record.write(
        work.tx, "emergency:declared", actor, facts, work.correlation, subject=made.id, service=made.service,
        environment=made.environment, told=told, **bodies.emergency_body(made),
    )  # fmt: skip
    if known:
        bound(work.tx, known, made.id, actor, facts, work.correlation)
    redraw.card_of(work.tx, made.id, made.service, facts, work.correlation)
    return Reply(note(f"🚨 {made.id} is declared", *_said(made, known, facts)))


def _said(made: Emergency, known: Incident | None, facts: Facts) -> tuple[Line, ...]:
    """What the declarer has to know beside the card."""
    lines: list[Line] = [("It covers ", made.what, f" once {facts.policy.emergency.count} others approved it.")]
    if known is None:
        lines.append((f"⚠️ No incident {made.incident} is known here; it stands on record as you wrote it.",))
    if made.deploys and made.digest is None:
        lines.append(("⚠️ The version is not built yet, or could not be read: it can be approved when it is.",))
    return tuple(lines)


_KINDS = (
    ("deployment", "A deployment"), ("configuration", "A configuration change"), ("flag", "A feature flag"),
    ("api-deprecation", "A shorter deprecation of an API"),
)  # fmt: skip


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for every field of an emergency."""
    policy = facts.policy
    typed = fields.get("environment", "").lower()
    severities = tuple((s.name, s.name) for s in policy.incidents.severities)

    def text(name: str, label: str, hint: str = "") -> Input:
        return Input(name, label, "text", initial=fields.get(name, ""), hint=hint, shortest=3, longest=1000)

    return Form(
        title="Declare an emergency",
        word="emergency declare",
        submit="Declare",
        inputs=(
            Input("service", "Service", "choice", tuple((s, s) for s in policy.services), fields.get("service", "")),
            Input("kind", "What kind of change is it?", "choice", _KINDS, fields.get("kind", "deployment")),
            Input("version", "Version", initial=fields.get("version", ""), shortest=2, longest=128,
                  hint="A release tag, like v1.4.1; of a setting, a flag or an API its name."),
            Input("action", "What is changed, and how?", "text", initial=fields.get("action", ""), longest=1000, optional=True,
                  hint="Of a setting, a flag or an API; a deployment says it by its version."),
            Input(
                "environment", "Environment", "choice", tuple((e.name, e.name) for e in policy.environments),
                policy.environment_names.get(typed, min(policy.production)),
            ),
            Input("criterion", "What makes it one?", "choice", tuple((c.value, said) for c, said in CRITERIA.items()),
                  fields.get("criterion", "")),
            Input("classification", "What is it?", "choice", (
                ("hotfix", "A hotfix"), ("emergency", "An emergency change"), ("both", "Both")), fields.get("classification", "")),
            Input("incident", "Incident", initial=fields.get("incident", ""), hint="Its reference, like INC-2026-1121-001.",
                  shortest=2, longest=100),
            Input("severity", "Severity", "choice", severities, fields.get("severity", ""),
                  hint="Left open: as the incident says.", optional=True),
            text("reason", "What is wrong, and what does it change?"),
            text("waiting", "Why can it not wait?", "What does waiting for the next window cost, against the risk of going now?"),
            text("rollback", "How is it rolled back?"),
            text("after", "What is to be done afterwards?"),
        ),
        known={},
        lines=(
            ("It relaxes window, freeze, open incidents, lead time, soak and go/no-go, for this version and once.",),
            ("Tests, digest and signature stand.",),
        ),
    )  # fmt: skip


command = Command(
    name="emergency declare",
    summary="Declare an emergency change: one version, setting or flag, past window and freeze, once two others approved it.",
    examples=(
        "emergency declare api v1.4.1 production criterion=production-down classification=emergency incident=INC-2026-1121-001 "
        'severity=SEV-1 reason="logins fail, it renews the key" waiting="nobody can log in until Monday" rollback="promote v1.4.0" '
        'after="alert before keys run out"',
        "emergency declare api new-checkout production kind=flag action=off criterion=data-at-risk classification=emergency "
        'incident=INC-2026-1121-001 severity=SEV-1 reason="orders are lost" waiting="each hour loses orders" rollback="on again" '
        'after="a test of the checkout"',
    ),
    action=Action.DECLARE_EMERGENCY,
    guards=(authorized, pinned_if_deployed, classified, declarable),
    arguments=Declare,
    ask=ask,
    run=declare,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE, Refusal.NO_SUCH_INCIDENT, Refusal.WRONG_STATE}),
)
