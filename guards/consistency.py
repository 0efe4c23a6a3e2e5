"""Whether the parts of a policy file fit together: every name that is used is defined, and no rule contradicts another.

Invariant: all contradictions are found in one pass, each with the path of keys at which it stands.
"""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from guards.sections import Parts
from guards.vocabulary import Weekday

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
    yield from _roles(policy)
    yield from _windows(policy)


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
    for name in policy.approvals:
        if name not in names:
            yield ("approvals", name), f"unknown environment {name!r}{nearest(name, names)}"
    for name in sorted(policy.production):
        if policy.approval_rule(name).count < 1:
            at = ("approvals", name, "count") if name in policy.approvals else ("approvals",)
            yield at, f"{name} is production: it takes a rule with a count of at least 1 (CMD-11)"


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
    if service.ci not in policy.ci:
        yield (*at, "ci"), f"unknown CI {service.ci!r}{nearest(service.ci, policy.ci)}"
    if service.artifacts not in policy.artifacts:
        yield (*at, "artifacts"), f"unknown artifact source {service.artifacts!r}{nearest(service.artifacts, policy.artifacts)}"
    elif policy.artifacts[service.artifacts].kind == "oci" and not service.coordinates:
        yield at, "`coordinates` must name the repository in the OCI registry"
    for environment in service.workflows:
        if environment not in names:
            yield (*at, "workflows", environment), f"unknown environment {environment!r}{nearest(environment, names)}"
    for environment in chain:
        if environment in names and environment not in service.workflows:
            yield (*at, "workflows"), f"no workflow for {environment}"


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
