"""Words that are read against the policy file and are more than a name: moments, people, lists of places.

Invariant: as in `words`: a word becomes a validated value, or a sentence that says why not.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ValidationInfo

from commands.core.words import shown
from guards.consistency import nearest
from guards.policy import Policy
from guards.vocabulary import Requirement


def _policy(info: ValidationInfo) -> Policy:
    policy: Policy = (info.context or {})["policy"]
    return policy


def _moment(word: str, info: ValidationInfo) -> str:
    zone = _policy(info).zone
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise ValueError(f"{shown(word)} is no moment; write 2026-12-24T18:00, it is read in {zone}") from error
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC).isoformat()


def _person(word: str, info: ValidationInfo) -> str:
    known = _policy(info).by_id
    if word.lower() not in known:
        raise ValueError(f"{shown(word)} is nobody in the policy file{nearest(word.lower(), known)}")
    return word.lower()


def _requirement(word: str) -> str:
    known = tuple(requirement.value for requirement in Requirement)
    if word.lower() not in known:
        raise ValueError(f"there is no requirement {shown(word)}{nearest(word.lower(), known)}")
    return word.lower()


def _each(noun: str, names: Callable[[Policy], Mapping[str, str]]) -> Callable[[str, ValidationInfo], str]:
    """Reads `a,b` as canonical names, each once, in the policy's order."""

    def read(words: str, info: ValidationInfo) -> str:
        known = names(_policy(info))
        given = [word.strip().lower() for word in words.split(",") if word.strip()]
        if not given:
            raise ValueError(f"name at least one {noun}")
        for word in given:
            if word not in known:
                raise ValueError(f"there is no {noun} {shown(word)}{nearest(word, known)}")
        chosen = {known[word] for word in given}
        return ",".join(name for name in dict.fromkeys(known.values()) if name in chosen)

    return read


MomentWord = Annotated[str, AfterValidator(_moment)]
PersonWord = Annotated[str, AfterValidator(_person)]
RequirementWord = Annotated[str, AfterValidator(_requirement)]
ServiceNames = Annotated[str, AfterValidator(_each("service", lambda policy: {name: name for name in policy.services}))]
EnvironmentNames = Annotated[str, AfterValidator(_each("environment", lambda policy: policy.environment_names))]
