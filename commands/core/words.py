"""One grammar for every command: words in order, `name=value` pairs, and for some commands a last free text (CMD-02).

Invariant: what a person typed becomes a validated field of one command or a sentence that says why not; nothing is guessed,
dropped or passed on as it came.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, ValidationInfo

from guards.artifact import DIGEST
from guards.consistency import nearest
from guards.policy import Policy

LONGEST = 2000
"""Characters of one command; Slack allows more, nobody needs more."""

LONGEST_ANSWER = 3000
"""Characters of one answer in a form: as many as Slack's inputs take."""

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Named:
    """Marks a field that is written as `name=value`."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Marks the last field, which takes all words that are left."""


class Arguments(BaseModel):
    """The typed words of one command; fields without a marker are taken in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NoArguments(Arguments):
    """For commands that take no words."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Words that make no command.

    Args:
        said: what is wrong, one sentence for each mistake.
        nearest: the command that was probably meant, by name, or None.
    """

    said: tuple[str, ...]
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A command whose words are right so far, but not complete.

    Args:
        names: the fields that are missing, in order.
    """

    names: tuple[str, ...]


def policy_of(info: ValidationInfo) -> Policy:
    """The policy with which a word is validated."""
    policy = (info.context or {}).get("policy")
    assert isinstance(policy, Policy), "words are bound with the policy at hand"
    return policy


def _service(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).services
    if word not in known:
        raise ValueError(f"there is no service {shown(word)}{nearest(word, known)}")
    return word


def _environment(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).environment_names
    if word.lower() not in known:
        raise ValueError(f"there is no environment {shown(word)}{nearest(word.lower(), known)}")
    return known[word.lower()]


def _version(word: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,127}", word):
        raise ValueError(f"{shown(word)} is no version; write one like v1.4.0")
    return word


def _digest(word: str) -> str:
    if not DIGEST.fullmatch(word):
        length = len(word.removeprefix("sha256:"))
        raise ValueError(f"a digest is `sha256:` and 64 hex digits in lower case; this one has {length} characters after the prefix")
    return word


def numbered(prefix: str, noun: str) -> AfterValidator:
    """A word that is the id of something, like `CR-2026-1121-001`.

    Args:
        prefix: of the id.
        noun: what it names.
    """

    def read(word: str) -> str:
        if not re.fullmatch(rf"{prefix}-[0-9]{{4}}-[0-9]{{4}}-[0-9]{{3,6}}", word.upper()):
            raise ValueError(f"{shown(word)} is no {noun}; write one like {prefix}-2026-1121-001")
        return word.upper()

    return AfterValidator(read)


def _change_or_set(word: str) -> str:
    if not re.fullmatch(r"(CR|SET)-[0-9]{4}-[0-9]{4}-[0-9]{3,6}", word.upper()):
        raise ValueError(f"{shown(word)} is no change; write one like CR-2026-1121-001, or a set promotion like SET-2026-1121-001")
    return word.upper()


ServiceName = Annotated[str, AfterValidator(_service)]
EnvironmentName = Annotated[str, AfterValidator(_environment)]
VersionWord = Annotated[str, AfterValidator(_version)]
DigestWord = Annotated[str, AfterValidator(_digest)]
ChangeId = Annotated[str, numbered("CR", "change")]
FreezeId = Annotated[str, numbered("FRZ", "freeze")]
ExceptionId = Annotated[str, numbered("EXC", "exception")]
SetId = Annotated[str, numbered("SET", "set promotion")]
ChangeOrSet = Annotated[str, AfterValidator(_change_or_set)]


def shown(word: str) -> str:
    """A word for a sentence: quoted, and cut when it is long."""
    return repr(word if len(word) <= 60 else word[:57] + "…")


def _has_controls(text: str) -> bool:
    """Whether something in it is neither seen nor a blank; the joiners are, but scripts and emoji need them."""
    return any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in "\n\r\t\u200c\u200d" for c in text)


def split(text: str) -> list[str] | Problem:
    """The words of a text; double quotes keep blanks together.

    Args:
        text: as typed, without Slack's escapes.
    """
    if len(text) > LONGEST:
        return Problem((f"That is {len(text):,} characters long; a command has at most {LONGEST:,}.",))
    if _has_controls(text):
        return Problem(("There are control characters in that; type it again, without pasting.",))
    text = text.translate(_QUOTES)
    if text.count('"') % 2:
        return Problem(("A quotation mark is not closed.",))
    return [quoted.group(0).replace('"', "") for quoted in re.finditer(r'(?:[^\s"]|"[^"]*")+', text)]


def match(words: Sequence[str], names: Sequence[str]) -> tuple[str, list[str]] | Problem:
    """Which command the first words name, and the words that are left.

    Args:
        words: at least one.
        names: every command that can be typed; some have two words (`freeze lift`).
    """
    lowered = [w.lower() for w in words[:2]]
    for length in (2, 1):
        name = " ".join(lowered[:length])
        if len(lowered) >= length and name in names:
            return name, list(words[length:])
    first = lowered[0]
    below = [name for name in names if name.startswith(first + " ")]
    if below:
        choices = " or ".join(f"`{name}`" for name in below)
        return Problem((f"`{first}` takes one more word: {choices}.",), below[0])
    close = get_close_matches(" ".join(lowered), names, n=1) or get_close_matches(first, names, n=1)
    return Problem((f"There is no command {shown(words[0])}.",), close[0] if close else None)


def assign(model: type[Arguments], words: Sequence[str]) -> dict[str, str] | Problem:
    """Give each word to a field of the command: pairs by name, the others in order.

    Unknown, surplus and doubled words are refused, all at once.
    """
    named = {n for n, f in model.model_fields.items() if any(isinstance(m, Named) for m in f.metadata)}
    rest = next((n for n, f in model.model_fields.items() if any(isinstance(m, Rest) for m in f.metadata)), None)
    in_order = [n for n in model.model_fields if n not in named]
    fields: dict[str, str] = {}
    wrong: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        filling_rest = rest in fields or (rest is not None and in_order and all(n in fields for n in in_order if n != rest))
        if equals and key.lower() in named:
            if key.lower() in fields:
                wrong.append(f"`{key.lower()}=` is given twice.")
            fields[key.lower()] = value
        elif rest and filling_rest:
            fields[rest] = f"{fields[rest]} {word}" if rest in fields else word
        elif equals and re.fullmatch(r"[a-z_]+", key):
            known = f"; it takes {', '.join(f'`{n}=`' for n in sorted(named))}" if named else ""
            wrong.append(f"It takes no `{key[:40]}=`{known}.")
        else:
            free = next((n for n in in_order if n not in fields), None)
            if free is None:
                wrong.append(f"{shown(word)} is one word too many.")
            else:
                fields[free] = word
    return Problem(tuple(wrong[:6])) if wrong else fields


def bind(model: type[Arguments], fields: Mapping[str, str], policy: Policy) -> Arguments | Missing | Problem:
    """Validate the fields of a command.

    Args:
        model: the command's arguments.
        fields: words by name, from typing, a button or a form; an empty one counts as not given.
        policy: which services and environments there are.
    """
    given = {name: value for name, value in fields.items() if value.strip()}
    if hidden := [name for name, value in given.items() if len(value) > LONGEST_ANSWER or _has_controls(value)]:
        return Problem(
            tuple(f"{name[:40]}: it is longer than {LONGEST_ANSWER:,} characters or holds control characters." for name in hidden[:6])
        )
    missing = tuple(n for n, f in model.model_fields.items() if f.is_required() and n not in given)
    if missing:
        wrong = _problems(model, given, policy, ignore=frozenset(missing))
        return Problem(wrong) if wrong else Missing(missing)
    try:
        return model.model_validate(given, context={"policy": policy})
    except ValidationError:
        return Problem(_problems(model, given, policy))


def _problems(model: type[Arguments], given: Mapping[str, str], policy: Policy, ignore: frozenset[str] = frozenset()) -> tuple[str, ...]:
    try:
        model.model_validate(given, context={"policy": policy})
    except ValidationError as error:
        return tuple(_sentence(e) for e in error.errors(include_url=False) if not (e["loc"] and e["loc"][0] in ignore))
    return ()


def _sentence(error: Any) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    text = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {text}." if name else f"{text}."


def usage(name: str, model: type[Arguments]) -> str:
    """How a command is written: `promote <service> <version> <environment> [digest=…]`."""
    words = [name]
    pair = {field: any(isinstance(m, Named) for m in info.metadata) for field, info in model.model_fields.items()}
    for field, info in sorted(model.model_fields.items(), key=lambda item: pair[item[0]]):
        if pair[field]:
            word = f"{field}=…"
        elif any(isinstance(m, Rest) for m in info.metadata):
            word = f"<{field} …>"
        else:
            word = f"<{field}>"
        words.append(word if info.is_required() else f"[{word}]")
    return " ".join(words)
