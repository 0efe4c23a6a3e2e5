"""What the requirements say may go out, told anew in a few small rules: the other opinion that the model test compares the bot with.

Invariant: written from the requirements and from nothing of the bot's: no guard, no noun, no policy file is imported. It knows people by
their handles and one production environment, and it never decides anything; it only says what speaks against a change at a moment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
PRODUCTION, STAGING = "production", "staging"
SOAK, LASTS, URGENT, LAPSES = timedelta(minutes=15), timedelta(hours=24), timedelta(hours=4), timedelta(hours=2)
"""How long a version runs in staging first, an approval counts, an emergency covers, and a freeze holds that nobody approved."""

AUTHORS = {"v1.4.0": {"dev"}, "v1.5.0": {"rita"}, "v1.6.0": {"carla"}}
REVIEWERS = {"v1.4.0": {"rob"}, "v1.5.0": {"rob", "olga"}, "v1.6.0": set[str]()}
SERVICES, VERSIONS = ("api", "web"), tuple(AUTHORS)
PEOPLE = ("carla", "dev", "rita", "rob", "olga", "audrey")

MAY = {
    "promote": {"developer", "captain"}, "approve": {"manager", "owner"}, "cancel": {"captain", "manager"},
    "freeze": {"captain", "manager"}, "lift": {"manager"}, "ask-exception": {"developer", "captain"},
    "approve-exception": {"manager", "owner"}, "declare": {"commander", "on-call"},
    "approve-emergency": {"owner", "manager", "commander", "on-call", "lead"},
}  # fmt: skip
AMONG = {"owner", "manager", "commander"}
"""One of these is among those who approve an emergency (CF-14)."""


@dataclass(frozen=True)
class File:
    """A policy file, as far as it differs from the others: who holds which role, how many approve, and when production is open."""

    name: str
    roles: dict[str, frozenset[str]]
    count: int = 2
    opens: int = 10
    closes: int = 16

    def open(self, at: datetime) -> bool:
        """Monday to Thursday, half-open, in Berlin (WIN-01, WIN-03, WIN-04)."""
        local = at.astimezone(BERLIN)
        return local.weekday() < 4 and self.opens <= local.hour < self.closes


def _roles(**changed: str) -> dict[str, frozenset[str]]:
    usual = {
        "captain": "carla", "developer": "dev carla", "manager": "rita", "owner": "olga", "commander": "carla rita", "on-call": "dev",
        "lead": "rob",
    }  # fmt: skip
    return {role: frozenset(people.split()) for role, people in (usual | changed).items()}


FILES = {
    "usual": File("usual", _roles()),
    "one is enough": File("one is enough", _roles(), count=1),
    "carla moved on": File("carla moved on", _roles(captain="dev", developer="dev", commander="rita"), count=1, opens=9, closes=12),
    "rita moved on": File("rita moved on", _roles(manager="audrey", commander="carla"), count=1),
}


@dataclass
class Approval:
    by: str
    at: datetime
    file: str  # what was approved holds the hash of the policy file (RSK-12)
    under: str | None = None  # the delegation by which it was given
    withdrawn: bool = False


@dataclass
class Change:
    id: str
    service: str
    environment: str
    version: str
    requester: str
    emergency: str | None = None
    approvals: list[Approval] = field(default_factory=list)
    over: bool = False
    ordered: datetime | None = None


@dataclass
class Freeze:
    id: str
    kind: str  # "holiday" lets emergencies pass, "lockdown" nothing; "sudden" counts before anybody approved it
    services: frozenset[str] | None
    start: datetime
    end: datetime
    since: datetime | None  # in force
    lapses: datetime | None = None

    def holds(self, service: str, at: datetime) -> bool:
        """Half-open, from when it is in force until it ends, is lifted or lapses (FRZ-01, FRZ-03, FRZ-07)."""
        reached = self.services is None or service in self.services
        return reached and self.since is not None and max(self.start, self.since) <= at < min(self.end, self.lapses or self.end)


@dataclass
class Delegation:
    id: str
    by: str
    to: str
    end: datetime


@dataclass
class Exempt:
    """Stands in for the soak."""

    id: str
    service: str
    version: str | None
    asker: str
    owner: str
    end: datetime
    once: bool
    approved: bool = False
    over: bool = False
    used: str | None = None


@dataclass
class Emergency:
    id: str
    service: str
    version: str
    declarer: str
    end: datetime
    approvals: list[str] = field(default_factory=list)
    approved: bool = False
    over: bool = False
    used: str | None = None


@dataclass
class Model:
    """The company as the requirements see it.

    Attributes:
        file: the policy file in force. group: who is in the Slack group that holds `manager` too. away: whose accounts are deactivated.
        ran: (service, environment) → (version, when), oldest first. at_work: (service, environment) → the change that CI has.
    """

    file: File = FILES["usual"]
    group: set[str] = field(default_factory=lambda: {"rob"})
    away: set[str] = field(default_factory=set)
    ran: dict[tuple[str, str], list[tuple[str, datetime]]] = field(default_factory=dict)
    at_work: dict[tuple[str, str], str] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)
    delegations: dict[str, Delegation] = field(default_factory=dict)
    exempts: dict[str, Exempt] = field(default_factory=dict)
    emergencies: dict[str, Emergency] = field(default_factory=dict)

    def last(self, service: str, version: str) -> bool:
        """Whether production runs this."""
        ran = self.ran.get((service, PRODUCTION), [])
        return bool(ran) and ran[-1][0] == version

    def until_edge(self, at: datetime, *, opening: bool) -> timedelta:
        """How long until the windows open, or close, next."""
        hour = self.file.opens if opening else self.file.closes
        edge = at.astimezone(BERLIN).replace(hour=hour, minute=0, second=0, microsecond=0)
        while edge <= at or edge.weekday() > 3:
            edge += timedelta(days=1)
        return edge - at

    # ------------------------------------------------------------ people

    def roles(self, person: str) -> set[str]:
        """In their own right; nobody who left holds any (RBAC-02, RBAC-09)."""
        if person in self.away:
            return set()
        own = {role for role, people in self.file.roles.items() if person in people}
        return own | ({"manager"} if person in self.group else set())

    def stands_for(self, person: str, at: datetime) -> list[Delegation]:
        """By which delegations somebody acts as a manager now: while they last, and their giver is one (RBAC-06, RBAC-09)."""
        if person in self.away:
            return []
        return [d for d in self.delegations.values() if d.to == person and at < d.end and "manager" in self.roles(d.by)]

    def may(self, person: str, what: str, at: datetime) -> bool:
        """Whether a role that somebody holds, or acts under, allows it in production (RBAC-02, RBAC-03)."""
        held = self.roles(person) | ({"manager"} if self.stands_for(person, at) else set())
        return bool(held & MAY[what])

    def has_part(self, person: str, change: Change) -> bool:
        """Who asked for it, or wrote of it (SOD-01, SOD-02)."""
        return person == change.requester or person in AUTHORS[change.version]

    def may_approve(self, person: str, change: Change, at: datetime) -> bool:
        """In their own right, or for somebody who has no part in it either (SOD-01, SOD-02, RBAC-06)."""
        able = self.roles(person) & MAY["approve"] or any(not self.has_part(d.by, change) for d in self.stands_for(person, at))
        return bool(able) and not self.has_part(person, change)

    # ------------------------------------------------------------ what speaks against a change

    def forbids(self, change: Change, at: datetime) -> list[str]:
        """Everything that speaks against handing a change to CI at a moment; empty when it may go (CMD-12)."""
        urgent, place = self._urgent(change, at), (change.service, change.environment)
        ran = self.ran.get(place, [])
        no = {
            "it is over": change.over,
            "it was handed over before": change.ordered is not None,
            "its place is taken": self.at_work.get(place, change.id) != change.id,  # PRM-21
            "it runs there": bool(ran) and ran[-1][0] == change.version,
            "its requester may not": not self._asks(change, at),
        }
        if change.environment == PRODUCTION:
            no |= {
                "it skipped staging": not any(v == change.version for v, _ in self.ran.get((change.service, STAGING), [])),  # PRM-01
                "no window is open": not urgent and not self.file.open(at),
                "it is frozen": any(
                    f.holds(change.service, at) and not (urgent and f.kind != "lockdown") for f in self.freezes.values()
                ),  # FRZ-03, FRZ-10, FRZ-12
                "it did not soak": not urgent and not self.soaks(change, at),
                "too few approved it": not (urgent if change.emergency else self._approved(change, at)),
            }  # fmt: skip
        return [reason for reason, so in no.items() if so]

    def _asks(self, change: Change, at: datetime) -> bool:
        if change.environment == STAGING:
            return "developer" in self.roles(change.requester)
        return self.may(change.requester, "declare" if change.emergency else "promote", at)

    def soaks(self, change: Change, at: datetime) -> bool:
        """A quarter of an hour since its newest success in staging, it ran in production before, or an exception (PRM-09, EXC-01)."""
        ran = self.ran.get((change.service, STAGING), [])
        over = max((when for v, when in ran if v == change.version), default=at) + SOAK
        return (at >= over and not self.cut_short(change)) or self._was_there(change) or self._exempt(change, at)

    def cut_short(self, change: Change) -> bool:
        """Whether another version took its place in staging before its quarter of an hour was over, which no time heals (PRM-09)."""
        ran = self.ran.get((change.service, STAGING), [])
        last = max((n for n, (v, _) in enumerate(ran) if v == change.version), default=None)
        return last is not None and last + 1 < len(ran) and ran[last + 1][1] < ran[last][1] + SOAK and not self._was_there(change)

    def _was_there(self, change: Change) -> bool:
        return any(v == change.version for v, _ in self.ran.get((change.service, PRODUCTION), []))

    def _exempt(self, change: Change, at: datetime) -> bool:
        """An exception that was approved for exactly this, lasts, and was not used up (EXC-01, EXC-05, EXC-06)."""
        return any(
            x.approved and not x.over and at < x.end and x.service == change.service and x.version in (None, change.version)
            and not (x.once and x.used not in (None, change.id))
            for x in self.exempts.values()
        )  # fmt: skip

    def counting(self, change: Change, at: datetime) -> set[str]:
        """Whose approvals count now (RBAC-09, RSK-12, SOD-06)."""
        return {
            a.by
            for a in change.approvals
            if not a.withdrawn and at < a.at + LASTS and a.file == self.file.name and self._still(a, change, at)
        }

    def lapsed(self, approval: Approval, at: datetime) -> bool:
        """Whether the delegation by which it was given is over (RBAC-06)."""
        return approval.under is not None and at >= self.delegations[approval.under].end

    def _still(self, approval: Approval, change: Change, at: datetime) -> bool:
        if self.has_part(approval.by, change):
            return False
        if approval.under is None:
            return bool(self.roles(approval.by) & MAY["approve"])
        return any(d.id == approval.under and not self.has_part(d.by, change) for d in self.stands_for(approval.by, at))

    def _approved(self, change: Change, at: datetime) -> bool:
        """Enough people, not only those who reviewed its code (SOD-03, SOD-04, SOD-06)."""
        people = self.counting(change, at)
        return len(people) >= self.file.count and not people <= REVIEWERS[change.version]

    def _urgent(self, change: Change, at: datetime) -> bool:
        """Whether its emergency covers exactly this, by two others who still may, and is not over or used by another (EMG-05, EMG-06)."""
        record = self.emergencies.get(change.emergency or "")
        if record is None or record.over or not record.approved or at >= record.end or record.used not in (None, change.id):
            return False
        if (record.service, record.version) != (change.service, change.version):
            return False
        apart = {record.declarer, change.requester} | AUTHORS[change.version]
        given = [p for p in record.approvals if p not in apart and self.roles(p) & MAY["approve-emergency"]]
        return len(given) >= 2 and any(self.roles(p) & AMONG for p in given)
