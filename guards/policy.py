"""The policy file as typed, frozen models: everything that a guard may compare a fact with (POL-01, RBAC-11).

Invariant: a `Policy` that exists is consistent: every name that one part uses, another part defines. What it does not
grant is refused (CMD-09); there is no switch that turns a guard off (SEC-12).
"""

import hashlib
import json
from functools import cached_property
from typing import Self

from pydantic import model_validator

from guards.consistency import problems
from guards.incident_consistency import incident_problems
from guards.parts import Parts


class Policy(Parts):
    """The whole file. Two texts with the same meaning have the same `hash`."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if found := [*problems(self), *incident_problems(self)]:
            raise PolicyError(found)
        return self

    @cached_property
    def hash(self) -> str:
        """sha256 over the canonical form: what decisions cite as the policy version (POL-01)."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class PolicyError(ValueError):
    """The file's parts contradict each other: all contradictions at once.

    Args:
        problems: pairs of (path of keys, what is wrong).
    """

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(f"{'.'.join(map(str, path))}: {text}" for path, text in problems))
        self.problems = problems
