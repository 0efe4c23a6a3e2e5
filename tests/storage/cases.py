"""Nouns to remember: one good example of each; a test changes what it is about with `replace`."""

from datetime import UTC, datetime, timedelta

from guards.change import Approval, Change, Verdict
from guards.content import Content
from guards.exemption import Exemption, ExemptionKind
from guards.freeze_record import Freeze
from guards.lifecycle import State
from guards.version import Artifact, Deployment
from guards.vocabulary import Blocked, ChangeType, Fate, Requirement, Role
from storage.audit import Entry

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DIGEST = "sha256:" + "1f" * 32
OTHER_DIGEST = "sha256:" + "9c" * 32
COMMIT = "ab" * 20

CONTENT = Content("api", "production", "v1.4.0", DIGEST, COMMIT, ChangeType.NORMAL, migration=None, policy="p" * 64)
CHANGE = Change("CR-2026-1121-001", CONTENT, State.AWAITING, "cara@example.com", "Cara", AT)
APPROVAL = Approval(
    "rob@example.com",
    "Rob",
    frozenset({Role.RELEASE_MANAGER, Role.REVIEWER}),
    Verdict.APPROVED,
    "looks good",
    CONTENT.hash,
    AT,
    AT + HOUR,
)
ARTIFACT = Artifact("api", "v1.4.0", DIGEST, COMMIT, frozenset({"dev@example.com"}), frozenset())
DEPLOYMENT = Deployment("api", "production", "v1.4.0", DIGEST, COMMIT, AT)
FREEZE = Freeze(
    "FRZ-2026-1121-001",
    "holiday",
    (Blocked.DEPLOYMENTS,),
    (ChangeType.EMERGENCY,),
    None,
    ("production",),
    AT,
    AT + 24 * HOUR,
    "quarter end",
    "books closed",
    "resume Monday",
    "rob@example.com",
    "Rob",
    "vera@example.com",
    Fate.HOLD,
    None,
    AT,
    AT,
    "vera@example.com",
)
EXEMPTION = Exemption(
    id="EXC-2026-1121-001", requester="cara@example.com", requester_name="Cara", requested=AT, owner="vera@example.com", owner_name="Vera",
    owner_roles=(Role.SERVICE_OWNER,), kind=ExemptionKind.TEMPORARY, requirement=Requirement.TICKETS, services=("api",),
    environments=("production",), version="v1.4.0", risk="low", controls="two reviews", containment="promote v1.3.2", evidence="INC-7",
    remediation="link it by Friday", infeasible="", reconsider="", until=AT + 24 * HOUR, review=AT + HOUR, once=True,
)  # fmt: skip
ENTRY = Entry(
    AT,
    "promote:asked",
    "cara@example.com",
    "Cara Müller",
    ("developer", "release_captain"),
    CHANGE.id,
    "api",
    "production",
    "c-1",
    "p" * 64,
    {"rationale": "ship it “now” \U0001f682", "seen": [1, None, True]},
)


def change(number: int, **content: object) -> Change:
    """A change with an id of its own, for a version of its own."""
    from dataclasses import replace

    return replace(CHANGE, id=f"CR-2026-1121-{number:03d}", content=replace(CONTENT, **{"version": f"v1.4.{number}", **content}))
