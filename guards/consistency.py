"""Whether the parts of a policy file fit together: every name that is used is defined, and no rule contradicts another.

Invariant: all contradictions are found in one pass, each with the path of keys at which it stands.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from guards.manifest import needs
from guards.matrix import Approvers, LeadTime, RiskRules
from guards.parts import Parts
from guards.vocabulary import Action, Requirement, Role, Weekday

FROM_HISTORY = frozenset(
    {
        Requirement.TAG,
        Requirement.CHECKS,
        Requirement.PULL_REQUESTS,
        Requirement.TICKETS,
        Requirement.REVIEWS,
        Requirement.CODE_OWNERS,
        Requirement.SPECIALISTS,
        Requirement.PROTECTION,
        Requirement.RISK_LABEL,
    }
)
"""What only version control can tell."""

FROM_REGISTRY = frozenset({Requirement.SBOM, Requirement.PROVENANCE, Requirement.SIGNATURE})
"""What only an OCI registry can tell, once it is said whose signatures count."""

Path = tuple[str | int, ...]
Problem = tuple[Path, str]


def nearest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'x'?` when something known is near, else the list of what is known."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f", did you mean {close[0]!r}?" if close else f" (known: {', '.join(names) or 'none'})"


def problems(policy: Parts) -> Iterator[Problem]:
    """Pairs of (path of keys, what is wrong there)."""
    yield from _environments(policy)
    yield from _people(policy)
    for name in policy.services:
        yield from _service(policy, name)
    yield from _evidence(policy)
    yield from _roles(policy)
    yield from _windows(policy)
    yield from _supported(policy)
    yield from _calendars(policy)
    yield from _risk(policy)
    yield from _held(policy)


def _unknown(path: Path, used: Iterable[str] | None, known: Collection[str], noun: str) -> Iterator[Problem]:
    for index, word in enumerate(used or ()):
        if word not in known:
            yield (*path, index), f"unknown {noun} {str(word)!r}{nearest(str(word), known)}"


def _names(policy: Parts) -> list[str]:
    return [e.name for e in policy.environments]


def _environments(policy: Parts) -> Iterator[Problem]:
    names = _names(policy)
    taken: dict[str, str] = {}
    for i, environment in enumerate(policy.environments):
        for word in (environment.name, *environment.aliases):
            if word in taken:
                yield ("environments", i), f"the name {word!r} is already used by {taken[word]}"
            taken.setdefault(word, environment.name)
    if not policy.production:
        yield ("environments",), "mark at least one with `production: true`"
    for action, table in policy.allow.items():
        for name in table:
            if name not in names:
                yield ("allow", action.value, name), f"unknown environment {name!r}{nearest(name, names)}"
    yield from _deciders(policy)
    for name in policy.approvals:
        if name not in names:
            yield ("approvals", name), f"unknown environment {name!r}{nearest(name, names)}"
    for name in sorted(policy.production):
        if policy.approval_rule(name).count < 1:
            at = ("approvals", name, "count") if name in policy.approvals else ("approvals",)
            yield at, f"{name} is production: it takes a rule with a count of at least 1 (CMD-11)"


def _deciders(policy: Parts) -> Iterator[Problem]:
    for name, roles in policy.allow.get(Action.DECIDE, {}).items():
        if others := [role.value for role in roles if role is not Role.RELEASE_MANAGER]:
            said = f"go/no-go is decided by {Role.RELEASE_MANAGER} alone, or by whom they delegate to (RBAC-05)"
            yield ("allow", Action.DECIDE.value, name), f"{said}; take out {', '.join(others)}"


def _people(policy: Parts) -> Iterator[Problem]:
    taken: dict[tuple[str, str], str] = {}
    for i, person in enumerate(policy.people):
        accounts = {"id": (person.id,), "emails": person.emails, "slack": person.slack, "github": (person.github,) if person.github else ()}
        for key, values in accounts.items():
            kind = "id" if key == "emails" else key  # an address is one address, wherever it stands
            for account in values:
                if first := taken.get((kind, account.lower())):
                    yield ("people", i, key), f"{account!r} is already given to {first}; one account belongs to one person, once (RBAC-01)"
                taken.setdefault((kind, account.lower()), person.id)


def _service(policy: Parts, name: str) -> Iterator[Problem]:
    service, names, at = policy.services[name], _names(policy), ("services", name)
    yield from _unknown((*at, "owners"), service.owners, policy.by_id, "person")
    yield from _unknown((*at, "chain"), service.chain, names, "environment")
    chain = names if service.chain is None else list(service.chain)
    if not chain or len(set(chain)) != len(chain):
        yield (*at, "chain"), "name at least one environment, each once"
    elif [e for e in names if e in chain] != [e for e in chain if e in names]:
        yield (*at, "chain"), f"keep the order of `environments`: {', '.join(names)}"
    if service.repositories and service.history is None:
        yield (*at, "repositories"), "takes `history`: nothing else tells whose work is in them"
    if service.freeze_status and service.history is None:
        yield (*at, "freeze_status"), "takes `history`: nothing else says where statuses stand"
    if len({service.repository, *service.repositories}) <= len(service.repositories):
        yield (*at, "repositories"), "name each repository once, and not `repository` again"
    if service.ci not in policy.ci:
        yield (*at, "ci"), f"unknown CI {service.ci!r}{nearest(service.ci, policy.ci)}"
    if service.artifacts not in policy.artifacts:
        yield (*at, "artifacts"), f"unknown artifact source {service.artifacts!r}{nearest(service.artifacts, policy.artifacts)}"
    elif policy.artifacts[service.artifacts].kind == "oci" and not service.coordinates:
        yield at, "`coordinates` must name the repository in the OCI registry"
    for repository in service.repository_rules:
        if repository not in service.repositories:
            yield (*at, "repository_rules", repository), f"{repository} is not among its `repositories`"
    yield from _unknown((*at, "depends_on"), service.depends_on, policy.services, "service")
    depends_on = {each: known.depends_on for each, known in policy.services.items()}
    if name in needs(name, depends_on):
        yield (*at, "depends_on"), f"{name} depends on itself, by way of {' and '.join(service.depends_on)}"
    for environment in service.workflows:
        if environment not in names:
            yield (*at, "workflows", environment), f"unknown environment {environment!r}{nearest(environment, names)}"
    for environment in chain:
        if environment in names and environment not in service.workflows:
            yield (*at, "workflows"), f"no workflow for {environment}"


def _evidence(policy: Parts) -> Iterator[Problem]:
    names = _names(policy)
    for name, item in policy.evidence.items.items():
        yield from _unknown(("evidence", "items", name, "services"), item.services, policy.services, "service")
        yield from _unknown(("evidence", "items", name, "environments"), item.environments, names, "environment")
    for name, own in policy.evidence.environments.items():
        at = ("evidence", "environments", name)
        if name not in names:
            yield at, f"unknown environment {name!r}{nearest(name, names)}"
        if both := sorted(set(own.add) & set(own.omit)):
            yield at, f"{both[0]} is both added and omitted"
    places = [(name, e) for name in policy.services for e in policy.chain(name)]
    for requirement in policy.evidence.reasons:
        if all(requirement in policy.required(*place) for place in places):
            yield (
                ("evidence", "reasons", requirement.value),
                f"{requirement} is asked for everywhere: there is nothing to give a reason for",
            )
    for name in policy.services:
        asked = {r: e for e in policy.chain(name) if e in names for r in policy.required(name, e) if r not in _told(policy, name)}
        if asked:
            lacking = [r.value for r in Requirement if r in asked]
            source = "`history: github`" if FROM_HISTORY & asked.keys() else ""
            signed = "an OCI registry with `signers` as its `artifacts`" if FROM_REGISTRY & asked.keys() else ""
            yield (
                ("services", name),
                f"{next(iter(asked.values()))} asks for {', '.join(lacking)}, which nothing can tell of this service: give it "
                f"{' and '.join(filter(None, (source, signed)))}, `omit` it for this service, or ask for less in `evidence` "
                "(`profile: starter` asks for none)",
            )


def _held(policy: Parts) -> Iterator[Problem]:
    """A hold that names a service wrongly would hold nothing."""
    for name, hold in policy.ledger.retention.holds.items():
        yield from _unknown(("ledger", "retention", "holds", name, "services"), hold.services, policy.services, "service")


def _told(policy: Parts, name: str) -> frozenset[Requirement]:
    """The evidence that can be read for a service."""
    service = policy.services[name]
    registry = policy.artifacts.get(service.artifacts)
    told = frozenset(Requirement) - FROM_HISTORY - FROM_REGISTRY
    if service.history:
        told |= FROM_HISTORY
    if registry is None or (registry.kind == "oci" and registry.signers):
        told |= FROM_REGISTRY
    return told


def _roles(policy: Parts) -> Iterator[Problem]:
    for role, grants in policy.roles.items():
        for i, grant in enumerate(grants):
            at = ("roles", role.value, i)
            yield from _unknown((*at, "people"), grant.people, policy.by_id, "person")
            yield from _unknown((*at, "services"), grant.services, policy.services, "service")
            yield from _unknown((*at, "environments"), grant.environments, _names(policy), "environment")


def _windows(policy: Parts) -> Iterator[Problem]:
    for name, window in policy.windows.items():
        at = ("windows", name)
        yield from _unknown((*at, "services"), window.services, policy.services, "service")
        yield from _unknown((*at, "environments"), window.environments, _names(policy), "environment")
        if window.owner not in policy.by_id:
            yield (*at, "owner"), f"unknown person {window.owner!r}{nearest(window.owner, policy.by_id)}"
        for i, day in enumerate(window.days):
            if day in policy.closed_weekdays:
                yield (*at, "days", i), f"{day} is closed by `closed_weekdays`; take it out of one of the two (WIN-03)"
        for i, date in enumerate(window.dates):
            if (day := Weekday.of(date)) in policy.closed_weekdays:
                yield (*at, "dates", i), f"{date} is a {day}, which `closed_weekdays` closes; take one of the two out (WIN-03)"


def _supported(policy: Parts) -> Iterator[Problem]:
    for i, kept in enumerate(policy.stabilization.supported):
        at = ("stabilization", "supported", i)
        yield from _unknown((*at, "services"), kept.services, policy.services, "service")
        if kept.owner not in policy.by_id:
            yield (*at, "owner"), f"unknown person {kept.owner!r}{nearest(kept.owner, policy.by_id)}"


def _calendars(policy: Parts) -> Iterator[Problem]:
    for name, calendar in policy.freeze_calendars.items():
        at = ("freeze_calendars", name)
        yield from _unknown((*at, "environments"), calendar.environments, _names(policy), "environment")
        yield from _unknown((*at, "services"), calendar.services, policy.services, "service")
        if calendar.kind not in policy.freeze_kinds:
            yield (*at, "kind"), f"unknown kind of freeze {calendar.kind!r}{nearest(calendar.kind, policy.freeze_kinds)}"
        if calendar.approver not in policy.by_id:
            yield (*at, "approver"), f"unknown person {calendar.approver!r}{nearest(calendar.approver, policy.by_id)}"
        if calendar.good_for <= calendar.every:
            yield (*at, "good_for"), "what was read must be good for longer than until it is read again"


def _risk(policy: Parts) -> Iterator[Problem]:
    """Whatever the rules can ask for, somebody can give: a change that nobody may ever approve is found here, not at midnight."""
    rules, names = policy.risk, _names(policy)
    for name, entry in rules.catalogue.items():
        at = ("risk", "catalogue", name)
        yield from _unknown((*at, "services"), entry.services, policy.services, "service")
        yield from _unknown((*at, "environments"), entry.environments, names, "environment")
    asking = [e for e in names if policy.assesses(None, e)]
    matrix = rules.model_copy(update={"catalogue": {}, "lead_time": LeadTime()})
    if not asking and matrix != RiskRules():
        yield ("risk",), "no environment asks for `risk-assessment`: add it to `evidence`, or leave the matrix out"
    tables: tuple[Mapping[Any, Approvers], ...] = (rules.levels, rules.releases, rules.questions, rules.labels)
    findings = [finding for table in tables for finding in table.values()]
    roles = dict.fromkeys(role for finding in findings for role in finding.roles)
    wanted: list[tuple[str, tuple[Role, ...]]] = [(f"the role {role}", (role,)) for role in roles]
    if any(finding.cab for finding in findings):
        wanted += [(f"the CAB's seat {seat}", takes) for seat, takes in rules.cab.seats.items()]
    for environment in asking:
        may = policy.allow.get(Action.APPROVE, {}).get(environment, ())
        lacking = [noun for noun, takes in wanted if not any(role in may and _granted(policy, role, environment) for role in takes)]
        if lacking:
            yield (
                ("risk",),
                f"{environment} asks for risk-assessment, and nobody who may approve there holds {', '.join(lacking)}: "
                f"grant it in `roles` and open `allow.approve.{environment}` for it, change `risk`, or ask for less in `evidence`",
            )


def _granted(policy: Parts, role: Role, environment: str) -> bool:
    grants = [grant for grant in policy.roles.get(role, ()) if grant.environments is None or environment in grant.environments]
    return role in {Role.EVERYONE, Role.SERVICE_OWNER} or any(grant.people or grant.groups for grant in grants)
