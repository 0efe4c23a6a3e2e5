"""What asking and amending share: the words about type, risk and impact of a change, and the questions of their form.

Invariant: what a form was sent with is said; what was not asked or not typed stays unsaid (None).
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from commands.core.text import NONE, Input
from commands.core.words import Arguments, Named, policy_of, shown
from guards.assessment import Declared
from guards.consistency import nearest
from guards.content import Content
from guards.facts import Facts
from guards.migration import declared_by
from guards.policy import Policy
from guards.risk import found_yes, history_of
from guards.vocabulary import ChangeType, Migration, Question, Risk


def _type(word: str, info: ValidationInfo) -> str:
    kind, _, entry = word.partition(":")
    catalogue = policy_of(info).risk.catalogue
    if kind == ChangeType.STANDARD and entry not in catalogue:
        raise ValueError(f"the catalogue has no standard change {shown(entry)}{nearest(entry, catalogue)}; write standard:<name>")
    if kind == ChangeType.EMERGENCY:
        raise ValueError("an emergency is declared by its own record, never by a word")
    if kind != ChangeType.STANDARD and word != ChangeType.NORMAL:
        raise ValueError(f"{shown(word)} is no type of change; write normal or standard:<name>")
    return word


def _answers(word: str) -> frozenset[Question]:
    said = [part.strip().lower() for part in word.split(",") if part.strip()]
    if said == [NONE]:
        return frozenset()
    if unknown := [part for part in said if part not in list(Question)]:
        raise ValueError(f"{shown(unknown[0])} is no risk question{nearest(unknown[0], map(str, Question))}")
    return frozenset(map(Question, said))


def _impact(text: str) -> str:
    if len(text) > 300:
        raise ValueError("say it in at most 300 characters")
    return text.strip()


TypeWord = Annotated[str, AfterValidator(_type)]
Impact = Annotated[str, AfterValidator(_impact)]


class Assessing(Arguments):
    """Words that say what a change may do to whom (RSK-02, RSK-11, DBM-01)."""

    risk: Annotated[Risk | None, Named()] = None
    answers: Annotated[frozenset[Question] | None, BeforeValidator(_answers), Named()] = None
    migration: Annotated[Migration | None, Named()] = None
    customers: Annotated[Impact | None, Named()] = None
    downtime: Annotated[Impact | None, Named()] = None
    data: Annotated[Impact | None, Named()] = None

    @property
    def declared(self) -> Declared:
        """What is said about risk and impact."""
        return Declared(self.answers, self.risk, self.customers, self.downtime, self.data)

    @property
    def complete(self) -> bool:
        """Whether everything is said that an assessment takes."""
        return None not in {self.answers, self.migration, self.customers, self.downtime, self.data}


class Declaring(Assessing):
    """The same, and what kind of change it is (RSK-01)."""

    type: Annotated[TypeWord | None, Named()] = None

    @property
    def change_type(self) -> ChangeType | None:
        """The type, when one is said."""
        return ChangeType(self.type.partition(":")[0]) if self.type else None

    @property
    def entry(self) -> str | None:
        """The entry of the catalogue, for a standard change."""
        return self.type.partition(":")[2] or None if self.type else None


def typed(content: Content) -> dict[str, str]:
    """What a change says, as the words that say it."""
    said = content.declared
    words = {
        "type": f"{content.change_type}:{content.entry}" if content.entry else content.change_type.value,
        "risk": said.level,
        "answers": None if said.answers is None else ",".join(sorted(said.answers)) or NONE,
        "migration": content.migration,
        "customers": said.customers,
        "downtime": said.downtime,
        "data": said.data,
    }
    return {name: str(word) for name, word in words.items() if word is not None}


def questions(
    fields: Mapping[str, str], facts: Facts, service: str | None, environment: str | None, *, kinds: bool = True
) -> tuple[Input, ...]:  # fmt: skip
    """The questions of a form, prefilled with what was typed, and where nothing was with what labels and files tell.

    Args:
        fields: words by name.
        facts: `evidence` is prefilled from, as far as it was read.
        service, environment: the place, when it is known; no question about risk is asked where none is assessed.
        kinds: whether the type of change is asked for.
    """
    policy = facts.policy
    asked = () if not policy.assesses(service, environment) else _assessment(fields, facts, service, certain=bool(service and environment))
    needed = policy.assesses(service, environment) and bool(service and environment)
    works = history_of(service, facts)
    told = declared_by(works) if isinstance(works, tuple) else None
    return (*(_types(fields, policy) if kinds else ()), *asked, _migration(fields, told, needed))


def _types(fields: Mapping[str, str], policy: Policy) -> tuple[Input, ...]:
    if not policy.risk.catalogue:
        return ()
    standard = ((f"{ChangeType.STANDARD}:{name}", f"Standard: {entry.summary}") for name, entry in policy.risk.catalogue.items())
    options = ((ChangeType.NORMAL.value, "Normal"), *standard)
    return (Input("type", "Type of change", "choice", options, fields.get("type", ChangeType.NORMAL.value)),)


def _migration(fields: Mapping[str, str], told: Migration | None, needed: bool) -> Input:
    options = (
        (Migration.NONE.value, "No"),
        (Migration.EXPAND.value, "Yes, it only adds (expand)"),
        (Migration.CONTRACT.value, "Yes, it removes what is no longer used (contract)"),
        (Migration.OTHER.value, "Yes, of another kind, or one that cannot be undone"),
    )
    hint = "" if needed else "Left open, it counts as yes where that matters."
    if told and "migration" not in fields:
        hint = f"Chosen from what the pull requests declare. {hint}".strip()
    return Input(
        "migration",
        "Does it carry a database migration?",
        "choice",
        options,
        fields.get("migration", told or ""),
        hint,
        optional=not needed,
    )


def _assessment(fields: Mapping[str, str], facts: Facts, service: str | None, *, certain: bool) -> tuple[Input, ...]:
    found = found_yes(service, facts)
    ticked = fields.get("answers") or ",".join(question for question in Question if question in found)
    read = "; ".join(found.values())
    hint = f"Ticked from the work in it: {read}." if found and "answers" not in fields else "What labels and files tell counts besides."
    levels = tuple((risk.value, risk.value.capitalize()) for risk in Risk)
    return (
        Input("answers", "What does it touch?", "choices", tuple(_ASKED.items()), ticked, hint[:500], optional=True),
        Input(
            "risk",
            "How risky is it, as you see it?",
            "choice",
            levels,
            fields.get("risk", ""),
            "The highest that is found counts.",
            optional=True,
        ),
        Input("customers", "Which customers notice it, and how?", initial=fields.get("customers", ""), optional=not certain, longest=300),
        Input("downtime", "Planned downtime", initial=fields.get("downtime", NONE), optional=not certain, longest=300),
        Input("data", "Which data does it touch?", initial=fields.get("data", NONE), optional=not certain, longest=300),
    )


_ASKED: Mapping[str, str] = {
    Question.DB_SCHEMA.value: "The database schema",
    Question.BREAKING_API.value: "An API, in a way that breaks its users",
    Question.INFRASTRUCTURE.value: "Infrastructure",
    Question.THIRD_PARTY.value: "An integration with a third party",
    Question.SECURITY.value: "Security",
    Question.PERFORMANCE.value: "A place where performance is critical",
    Question.CUSTOMER_VISIBLE.value: "What customers see",
}
