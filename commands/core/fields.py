"""The types of words that several commands take beside those of the grammar: moments, people, roles, logins, lists of places.

Invariant: a moment without an offset is one in the policy's zone; a person is named by an address, never by a display name.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from commands.core.past import YEARS, past
from commands.core.words import numbered, policy_of, shown
from guards.attestation import Word
from guards.checklist import Area, Item
from guards.consistency import nearest
from guards.go import Say
from guards.hotfix import Ships
from guards.moments import doubt
from guards.policy import Policy
from guards.vocabulary import Blocked, Requirement, Role


def _moment(word: str, info: ValidationInfo) -> str:
    zone = policy_of(info).zone
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise ValueError(f"{shown(word)} is no moment; write 2026-12-24T18:00, it is read in {zone}") from error
    if found.year not in YEARS:
        raise ValueError(f"{shown(word)} is too far away; name a moment in the years {YEARS[0]} to {YEARS[-1]}")
    what = None if found.tzinfo else doubt(found.date(), found.time(), zone)
    if what == "skipped":
        raise ValueError(f"{shown(word)} does not exist in {zone}, the clocks skip it; name another time")
    if what == "repeated":
        raise ValueError(f"{shown(word)} comes twice in {zone}, the clocks repeat it; write it with its offset, like {word}+02:00")
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC).isoformat()


def _past(words: str, info: ValidationInfo) -> str:
    if past(words, datetime(2026, 1, 1, tzinfo=UTC), policy_of(info).zone) is None:  # any "now" tells whether it can be read
        raise ValueError(f"{shown(words)} is no moment; write `14:30`, `yesterday 14:30`, `2h`, or 2026-12-24T18:00")
    return words


def _listed(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).by_id
    if word.lower() not in known:
        raise ValueError(f"{shown(word)} is nobody in the policy file{nearest(word.lower(), known)}")
    return word.lower()


def colleague(word: str, info: ValidationInfo) -> str:
    """Somebody by any of their addresses; raises ValueError with a sentence for nobody."""
    policy = policy_of(info)
    if known := policy.by_email.get(word.lower()):
        return known.id
    return policy.of_ours(word) or _listed(word, info)


def _role(word: str) -> str:
    roles = [role.value for role in Role if role is not Role.EVERYONE]
    if word.lower() not in roles:
        raise ValueError(f"there is no role {shown(word)}{nearest(word.lower(), roles)}")
    return word.lower()


def _commits(words: str) -> str:
    for word in words.split(","):
        if not re.fullmatch(r"(?:[a-z0-9-]{1,40}@)?[0-9a-f]{40}", word):
            raise ValueError(f"{shown(word)} is no commit; write all 40 digits, `api@<commit>,web@<commit>` for several repositories")
    return words


def _commit_begins(word: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{7,40}", word):
        raise ValueError(f"{shown(word)} is no commit; write at least 7 of its digits")
    return word


def _ticket(word: str, info: ValidationInfo) -> str:
    if not re.fullmatch(rf"(?:{policy_of(info).naming.ticket})|[\w.-]+/[\w.-]+#[0-9]+", word):
        raise ValueError(f"{shown(word)} is no ticket; write one like PAY-12")
    return word


def _ships(word: str) -> str:
    if word.lower() not in list(Ships):
        raise ValueError(f"{shown(word)} is neither now nor train")
    return word.lower()


def _login(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", word):
        raise ValueError(f"{shown(word)} is no GitHub login")
    return word


def _requirement(word: str) -> str:
    known = tuple(requirement.value for requirement in Requirement)
    if word.lower() not in known:
        raise ValueError(f"there is no requirement {shown(word)}{nearest(word.lower(), known)}")
    return word.lower()


def _evidence_item(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).evidence.items
    if word.lower() not in known:
        raise ValueError(f"there is no item of evidence {shown(word)}{nearest(word.lower(), known)}")
    return word.lower()


def _attested(word: str) -> str:
    if word.lower() not in list(Word):
        raise ValueError(f"{shown(word)} says nothing of it; write holds, not-applicable or fails")
    return word.lower()


def _incident(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._#-]{0,79}", word):
        raise ValueError(f"{shown(word)} is no incident; write one like INC-2026-1121-001, or as its source names it")
    return word


def _severity(word: str, info: ValidationInfo) -> str:
    names = [severity.name for severity in policy_of(info).incidents.severities]
    found = next((name for name in names if name.lower() == word.lower()), None)
    if found is None:
        raise ValueError(f"there is no severity {shown(word)}{nearest(word.upper(), names)}")
    return found


def _record(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", word):
        raise ValueError(f"{shown(word)} is no id; write one like CR-2026-1121-001 or weekly-2026-12-01")
    return word


def _area(word: str) -> str:
    if word.lower() not in list(Area):
        raise ValueError(f"there is no area {shown(word)}{nearest(word.lower(), map(str, Area))}")
    return word.lower()


def _say(word: str) -> str:
    if word.lower() not in list(Say):
        raise ValueError(f"{shown(word)} is no answer; write go, no-go or condition")
    return word.lower()


def _branches(words: str) -> str:
    given = tuple(dict.fromkeys(word.strip() for word in words.split(",") if word.strip()))
    if not given:
        raise ValueError("name at least one branch")
    for word in given:
        if not re.fullmatch(r"[A-Za-z0-9._/*-]{1,100}", word):
            raise ValueError(f"{shown(word)} is no branch; write main, or release/* for several")
    return ",".join(given)


def _items(words: str) -> tuple[Item, ...]:
    given = [word.strip().lower() for word in words.split(",") if word.strip()]
    if unknown := [word for word in given if word not in list(Item)]:
        raise ValueError(f"there is no item {shown(unknown[0])}{nearest(unknown[0], map(str, Item))}")
    return tuple(item for item in Item if item in given)


def _each(noun: str, names: Callable[[Policy], Mapping[str, str]]) -> Callable[[str, ValidationInfo], str]:
    """Reads `a,b` as canonical names, each once, in the policy's order."""

    def read(words: str, info: ValidationInfo) -> str:
        known = names(policy_of(info))
        given = [word.strip().lower() for word in words.split(",") if word.strip()]
        if not given:
            raise ValueError(f"name at least one {noun}")
        for word in given:
            if word not in known:
                raise ValueError(f"there is no {noun} {shown(word)}{nearest(word, known)}")
        chosen = {known[word] for word in given}
        return ",".join(name for name in dict.fromkeys(known.values()) if name in chosen)

    return read


def _blocked(_: Policy) -> Mapping[str, str]:
    return {what.value: what.value for what in Blocked}


MomentWord = Annotated[str, AfterValidator(_moment)]
PastWord = Annotated[str, AfterValidator(_past)]
"""A moment that has been, as people name it; kept as it was written, because only the asker's own moment tells which it is."""
ListedPerson = Annotated[str, AfterValidator(_listed)]
"""Somebody whom the policy file lists, by corporate id."""
Colleague = Annotated[str, AfterValidator(colleague)]
"""Somebody whom the policy file lists, by any of their addresses, or who has an address of a domain in `slack.domains`."""
AreaWord = Annotated[str, AfterValidator(_area)]
SayWord = Annotated[str, AfterValidator(_say)]
ItemWords = Annotated[tuple[Item, ...], BeforeValidator(_items)]
"""Items of the go/no-go checklist, with commas between."""
RoleName = Annotated[str, AfterValidator(_role)]
DelegationId = Annotated[str, numbered("DLG", "delegation")]
EmergencyId = Annotated[str, numbered("EMG", "emergency")]
GrantId = Annotated[str, numbered("BGL", "access")]
BlockerId = Annotated[str, numbered("BLK", "blocker")]
CommitWords = Annotated[str, AfterValidator(_commits)]
CommitBegins = Annotated[str, AfterValidator(_commit_begins)]
TicketWord = Annotated[str, AfterValidator(_ticket)]
HotfixId = Annotated[str, numbered("HOT", "hotfix")]
ShipsWord = Annotated[str, AfterValidator(_ships)]
ObligationId = Annotated[str, numbered("OBL", "follow-up")]
IncidentWord = Annotated[str, AfterValidator(_incident)]
"""What people call an incident: our reference, or the name that its source gave it."""
SeverityWord = Annotated[str, AfterValidator(_severity)]
RecordId = Annotated[str, AfterValidator(_record)]
EvidenceItemName = Annotated[str, AfterValidator(_evidence_item)]
AttestedWord = Annotated[str, AfterValidator(_attested)]
Login = Annotated[str, AfterValidator(_login)]
RequirementWord = Annotated[str, AfterValidator(_requirement)]
ServiceNames = Annotated[str, AfterValidator(_each("service", lambda policy: {name: name for name in policy.services}))]
TeamNames = Annotated[str, AfterValidator(_each("team", lambda policy: {name: name for name in policy.teams}))]
BlockedWords = Annotated[str, AfterValidator(_each("kind of change", _blocked))]
"""What a freeze holds back, with commas between."""
BranchWords = Annotated[str, AfterValidator(_branches)]
"""Patterns of branches, with commas between."""
EnvironmentNames = Annotated[str, AfterValidator(_each("environment", lambda policy: policy.environment_names))]
