"""The world in which every guard allows: each test changes one fact of it.

Invariant: `REQUEST` with `FACTS` is allowed by every guard of a promotion, so a refusal is caused by the one changed fact.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from guards.assessment import Declared
from guards.calendar_rules import FreezeCalendar, Window
from guards.change import Approval, Change, Verdict
from guards.content import Content
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.emergency import Classification, Criterion, Emergency, EmergencyApproval, EmergencyState
from guards.evidence_rules import Evidence
from guards.exemption import Exemption, ExemptionDecision, ExemptionKind, ExemptionState, Ruling
from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.holiday import Holidays
from guards.hotfix import Hotfix, HotfixFacts, HotfixState, Scope, Ships
from guards.identity import Delegation, OnBehalf
from guards.lifecycle import State
from guards.neighbours import GitHubCI, OciRegistry
from guards.policy import Policy
from guards.release import Promotion
from guards.sections import ApprovalRule, Environment, Person, RoleGrant, Service, Slack
from guards.verified import Verification
from guards.version import Artifact, Deployment
from guards.vocabulary import Action, Blocked, ChangeType, Fate, Migration, Profile, Requirement, Role, Weekday

REMY = Person(id="remy@example.com", name="Remy", slack=("U0REMY",), github="remy-c")  # release captain: asks
MARA = Person(id="mara@example.com", name="Mara", slack=("U0MARA", "U0MARA2"), github="mara-m")  # release manager: approves
RAVI = Person(id="ravi@example.com", name="Ravi", slack=("U0RAVI",), github="ravi-r")  # release manager who reviewed the code
QUINN = Person(id="quinn@example.com", name="Quinn", slack=("U0QUINN",))  # quality, by Slack group
OTTO = Person(id="otto@example.com", name="Otto", slack=("U0OTTO",))  # owns api
DANA = Person(id="dana@example.com", name="Dana", slack=("U0DANA",), github="Dana-D")  # developer who wrote it
THEO = Person(id="theo@example.com", name="Theo", slack=("U0THEO",))  # tech lead of web only

AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""A Tuesday, 12:00 in Berlin: the window is open."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

WEEKDAYS = Window(days=(Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU), start=time(10), end=time(16), owner=MARA.id)


def _service(owner: Person, **more: Any) -> Service:
    workflows = {"dev": "deploy.yml", "staging": "deploy.yml", "production": "deploy.yml"}
    return Service(
        repository="example/repo", channel="C0RELEASE", owners=(owner.id,), ci="actions", artifacts="images", coordinates="example/x",
        workflows=workflows, **more,
    )  # fmt: skip


POLICY = Policy(
    version=1,
    zone="Europe/Berlin",
    slack=Slack(teams=("T0EXAMPLE",), alerts="C0ALERTS"),
    environments=(Environment(name="dev"), Environment(name="staging", aliases=("stg",)), Environment(name="production", production=True)),
    services={
        "api": _service(OTTO),
        "web": _service(THEO, chain=("staging", "production"), zone="America/New_York", actions=(Action.APPROVE, Action.CANCEL)),
    },
    people=(REMY, MARA, RAVI, QUINN, OTTO, DANA, THEO),
    roles={
        Role.RELEASE_CAPTAIN: (RoleGrant(people=(REMY.id,)),),
        Role.RELEASE_MANAGER: (RoleGrant(people=(MARA.id, RAVI.id)),),
        Role.QA: (RoleGrant(groups=("S0QUALITY",)),),
        Role.DEVELOPER: (RoleGrant(people=(DANA.id,), environments=("dev", "staging")),),
        Role.TECH_LEAD: (RoleGrant(people=(THEO.id,), services=("web",)),),
    },
    allow={
        Action.PROMOTE: {
            "dev": (Role.EVERYONE,),
            "staging": (Role.DEVELOPER, Role.RELEASE_CAPTAIN),
            "production": (Role.RELEASE_CAPTAIN, Role.QA),
        },
        Action.APPROVE: {"production": (Role.RELEASE_MANAGER, Role.QA, Role.SERVICE_OWNER, Role.TECH_LEAD)},
        Action.CANCEL: {"production": (Role.RELEASE_CAPTAIN,), "staging": ()},
        Action.FREEZE: {"staging": (Role.RELEASE_MANAGER, Role.TECH_LEAD), "production": (Role.RELEASE_MANAGER,)},
        Action.LIFT: {"production": (Role.RELEASE_MANAGER,)},
        Action.RECORD: {"production": (Role.RELEASE_CAPTAIN,)},
        Action.REQUEST_EXCEPTION: {"production": (Role.RELEASE_CAPTAIN,)},
        Action.APPROVE_EXCEPTION: {"production": (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)},
        Action.DECLARE_EMERGENCY: {"production": (Role.QA, Role.RELEASE_CAPTAIN)},
        Action.APPROVE_EMERGENCY: {"production": (Role.RELEASE_MANAGER, Role.QA, Role.SERVICE_OWNER)},
    },
    windows={"weekdays": WEEKDAYS},
    approvals={"production": ApprovalRule(count=1, authors_known=True)},
    ci={"actions": GitHubCI(kind="github")},
    evidence=Evidence(profile=Profile.STARTER),
    artifacts={"images": OciRegistry(kind="oci", url="https://registry.example.com")},
)


def policy(**sections: Any) -> Policy:
    """The policy with other sections, checked anew."""
    return Policy(**{name: getattr(POLICY, name) for name in Policy.model_fields} | sections)


def two_of(*roles: Role, count: int = 2) -> Policy:
    """The policy with more approvals for production."""
    return policy(approvals={"production": ApprovalRule(count=count, roles=roles, authors_known=True)})


def again(text: str) -> str:
    """The same text as another object, as it comes from another read: equality must be judged, never identity."""
    return "".join(list(text))


ARTIFACT = Artifact(
    service="api",
    version="v1.4.0",
    digest="sha256:" + "1f" * 32,
    commit="9fceb02d0ae598e95dc970b74767f19372d61af8",
    authors=frozenset({"dana-d"}),
    reviewers=frozenset({"RAVI-R"}),
)
OTHER_DIGEST = "sha256:" + "9c" * 32
OTHER_COMMIT = "0" * 40
STAGED = Deployment(again("api"), again("staging"), again("v1.4.0"), again(ARTIFACT.digest), again(ARTIFACT.commit), AT - DAY)
LOOKED = Verification(
    "CR-2026-1123-001", "OBL-2026-1123-001", STAGED.at, STAGED.at + 4 * HOUR, STAGED.at + HOUR, OTTO.id, OTTO.name,
    frozenset({Role.SERVICE_OWNER}), "smoke tests and the error rate",
)  # fmt: skip
PROMOTED = Promotion(again("staging"), again(STAGED.digest), again(STAGED.commit), STAGED.at, "CR-2026-1123-001", (MARA.name,))
RUNNING = Deployment(again("api"), again("production"), again("v1.3.0"), again(OTHER_DIGEST), again(OTHER_COMMIT), AT - 7 * DAY)


DECLARED = Declared(frozenset(), customers="a new button", downtime="none", data="none")
"""Every question is answered, and nothing is touched."""


def content(under: Policy = POLICY, **parts: Any) -> Content:
    """What an approver saw."""
    seen = Content(
        again("api"),
        again("production"),
        again("v1.4.0"),
        again(ARTIFACT.digest),
        again(ARTIFACT.commit),
        ChangeType.NORMAL,
        Migration.NONE,
        under.hash,
    )
    return replace(seen, **({"declared": DECLARED} | parts))


def change(under: Policy = POLICY, **parts: Any) -> Change:
    """Remy's change of api to production."""
    return replace(Change("CR-2026-1124-001", content(under), State.AWAITING, again(REMY.id), REMY.name, AT - HOUR), **parts)


def approval(by: Person = MARA, under: Policy = POLICY, **parts: Any) -> Approval:
    """An approval given half an hour ago, good for a day."""
    given = AT - HOUR / 2
    return replace(
        Approval(
            again(by.id),
            by.name,
            frozenset({Role.RELEASE_MANAGER}),
            Verdict.APPROVED,
            "smoke tests are green",
            content(under).hash,
            given,
            given + DAY,
        ),
        **parts,
    )


def delegation(**parts: Any) -> Delegation:
    """Mara, the release manager, lets Dana act for her since yesterday, for a day more."""
    whole = Delegation(
        "DLG-2026-1124-001", Role.RELEASE_MANAGER, again(MARA.id), MARA.name, again(DANA.id), DANA.name, None, None, AT - DAY, AT + DAY,
        "on leave",
    )  # fmt: skip
    return replace(whole, **parts)


def on_behalf(under: Delegation | None = None) -> OnBehalf:
    """What an approval under a delegation carries."""
    one = under or delegation()
    return OnBehalf(again(one.id), again(one.by), one.by_name, one.role, one.end)


COMPANY_CALENDAR = FreezeCalendar(
    url="https://calendar.example.com/freezes.ics", kind="holiday", environments=("production",), approver=MARA.id, exit="all are back",
    plan="resume",
)  # fmt: skip


def freeze(**parts: Any) -> Freeze:
    """A freeze of production that holds now, for an hour more."""
    whole = Freeze(
        id="FRZ-2026-1124-001", kind="holiday", blocks=(Blocked.DEPLOYMENTS,), passes=(ChangeType.EMERGENCY,), services=None,
        environments=("production",), start=AT - DAY, end=AT + HOUR, reason="quarter end", exit_criteria="the books are closed",
        plan="promote what waits", by=again(MARA.id), by_name=MARA.name, approver=again(OTTO.id),
        fate=Fate.HOLD, in_force=AT - 365 * DAY, approved=AT - 365 * DAY, approved_by=again(MARA.id),
    )  # fmt: skip
    return replace(whole, **parts)


EXEMPTED = ExemptionDecision(again(MARA.id), MARA.name, frozenset({Role.RELEASE_MANAGER}), Ruling.APPROVED, "the risk is small", AT - HOUR)


def exemption(**parts: Any) -> Exemption:
    """Remy's exception from tickets for api in production, approved by Mara, good for a day more."""
    whole = Exemption(
        id="EXC-2026-1121-001", requester=again(REMY.id), requester_name=REMY.name, requested=AT - DAY, owner=again(OTTO.id), owner_name=OTTO.name,
        owner_roles=(Role.SERVICE_OWNER,), kind=ExemptionKind.TEMPORARY, requirement=Requirement.TICKETS, services=(again("api"),),
        environments=(again("production"),), version=None, risk="low", controls="two reviews", containment="promote v1.3.0",
        evidence="INC-7", remediation="Dana links it by Friday", infeasible="", reconsider="", until=AT + DAY, review=AT + HOUR,
        once=False, state=ExemptionState.APPROVED, decisions=(EXEMPTED,),
    )  # fmt: skip
    return replace(whole, **parts)


def aye(by: Person, *roles: Role, **parts: Any) -> EmergencyApproval:
    """An approval of the emergency, given half an hour ago."""
    return replace(EmergencyApproval(again(by.id), by.name, frozenset(roles), "diff read", again(ARTIFACT.digest), AT - HOUR / 2), **parts)


def emergency(**parts: Any) -> Emergency:
    """Quinn's emergency for api in production, declared an hour ago, approved by Mara and Otto, good for three hours more."""
    whole = Emergency(
        id="EMG-2026-1124-001", declarer=again(QUINN.id), declarer_name=QUINN.name, declared=AT - HOUR, criterion=Criterion.PRODUCTION_DOWN,
        classification=Classification.EMERGENCY, severity=2, service=again("api"), environment=again("production"), version=again("v1.4.0"),
        digest=again(ARTIFACT.digest), commit=again(ARTIFACT.commit), reason="logins fail", waiting="nobody can log in until Monday",
        rollback="promote v1.3.0", follow_ups="alert before keys run out", incident="INC-7", until=AT + 3 * HOUR,
        state=EmergencyState.APPROVED, approvals=(aye(MARA, Role.RELEASE_MANAGER), aye(OTTO, Role.SERVICE_OWNER)),
    )  # fmt: skip
    return replace(whole, **parts)


WORKING = Holidays("DE", {}, date(2024, 1, 1), date(2033, 12, 31))
"""A country that never rests."""


def facts(under: Policy = POLICY, **parts: Any) -> Facts:
    """Everything was read, and nothing speaks against it."""
    people = {p.id: p.model_copy() for p in under.people}
    read = Facts(
        at=AT, policy=under, groups={"S0QUALITY": frozenset({"U0QUINN"})}, people=people, artifact=ARTIFACT,
        registered=ARTIFACT, before=STAGED, looked=LOOKED, replaced=None, running=RUNNING, change=change(under), approvals=(approval(under=under),), in_flight=None,
        duplicate=None, freezes=(), holidays={"DE": WORKING}, shared={"company": AT}, exceptions=(), delegations=(), links={}, record=None,
        notes=None, promotions=(PROMOTED,), rides=(), hotfixes=HotfixFacts(), incidents=(),
    )  # fmt: skip
    return replace(read, **parts)


def request(**parts: Any) -> Request:
    """Remy promotes api to production."""
    asked = Request(
        action=Action.PROMOTE, by=REMY, service=again("api"), environment=again("production"), version=again("v1.4.0"), migration=Migration.NONE, declared=DECLARED
    )  # fmt: skip
    return replace(asked, **parts)


def built(under: Policy = POLICY, **parts: Any) -> Facts:
    """The same with other parts of the artifact."""
    return facts(under, artifact=replace(ARTIFACT, **parts))


def utc(text: str) -> datetime:
    """A moment by its UTC date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str, *days: Weekday, **more: Any) -> Window:
    """A window by its clock times and weekdays."""
    return Window(days=days, start=time.fromisoformat(start), end=time.fromisoformat(end), owner=MARA.id, **more)


def windowed(*windows: Window, closed: tuple[Weekday, ...] = (Weekday.FRI,), **more: Any) -> Policy:
    """The policy with these windows, `w0`, `w1`, …, even on closed weekdays: a file may not say so, the guard holds by itself."""
    sections = {"windows": {f"w{i}": w for i, w in enumerate(windows)}, "closed_weekdays": closed} | more
    return Policy.model_construct(**{name: getattr(POLICY, name) for name in Policy.model_fields} | sections)


HOTFIX = Hotfix(
    "HOT-2026-1124-001", again("api"), again("production"), "example/repo", "v1.3.0", again(OTHER_DIGEST), again(OTHER_COMMIT), again("v1.4.0"), "hotfix/1.4.0-PAY-12",
    Scope("PAY-12", "SEV-3", "INC-7", "one line", "two customers", "v1.3.0", Ships.NOW, "it hurts", "by hand", again(OTTO.id)), HotfixState.OPEN, again(DANA.id), DANA.name,
    AT - HOUR,
)  # fmt: skip
"""What makes v1.4.0 of what production runs."""

REQUEST, FACTS, CHANGE, FREEZE = request(), facts(), change(), freeze()

Expected = type[Allow] | type[Unsure] | Refusal


def said(decision: Decision) -> Expected:
    """A decision without its sentences: Allow, Unsure or the code of the refusal."""
    return decision.code if isinstance(decision, Refuse) else type(decision)


def told(decision: Decision) -> tuple[str, ...]:
    """What a person reads: why; what to do; from when on."""
    match decision:
        case Allow(why):
            return (why,)
        case Unsure(missing, why):
            return (f"could not read {missing}", why)
        case Refuse(_, why, remedy, until):
            return (why, remedy, f"from {until:%a %Y-%m-%d %H:%M} UTC") if until else (why, remedy)
