"""Whether the part of the policy file about incidents fits the rest (POL-01, INC-07).

Invariant: every severity, service and environment that it names is defined.
"""

from collections.abc import Iterator

from guards.consistency import Path, Problem, nearest
from guards.incident import HERE
from guards.parts import Parts


def incident_problems(policy: Parts) -> Iterator[Problem]:
    """Pairs of (path of keys, what is wrong there)."""
    rules = policy.incidents
    names, environments = [severity.name for severity in rules.severities], [e.name for e in policy.environments]
    if len({name.lower() for name in names}) < len(names):
        yield ("incidents", "severities"), "name each severity once"
    uses: list[tuple[Path, str]] = []
    for environment, name in rules.blocks.items():
        at: Path = ("incidents", "blocks", environment)
        uses.append((at, name))
        if environment not in environments:
            yield at, f"unknown environment {environment!r}{nearest(environment, environments)}"
    if HERE in rules.intake:
        yield ("incidents", "intake", HERE), "give it another name: this one stands for what people open here"
    for source, intake in rules.intake.items():
        here: Path = ("incidents", "intake", source)
        uses += [((*here, "severities", word), name) for word, name in intake.severities.items()]
        uses += [((*here, "severity"), intake.severity)] if intake.severity else []
        for word, services in intake.services.items():
            for index, service in enumerate(services):
                if service not in policy.services:
                    yield (*here, "services", word, index), f"unknown service {service!r}{nearest(service, policy.services)}"
    for path, name in uses:
        if name not in names:
            yield path, f"unknown severity {name!r}{nearest(name, names)}"
