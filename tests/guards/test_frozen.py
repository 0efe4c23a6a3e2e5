"""What is judged cannot be changed while it is judged: every noun of `guards/` is frozen, and takes no attribute that it does not name."""

import dataclasses
import importlib
import pkgutil
from enum import Enum
from typing import Any, Protocol

import pytest
from pydantic import BaseModel, ValidationError

import guards
from guards.access import GrantState
from guards.assessment import Declared
from guards.emergency import EmergencyKind, EmergencyState
from guards.exemption import ExemptionState
from guards.facts import Facts
from guards.unread import Unread
from guards.version import Evidence
from guards.vocabulary import ChangeType
from tests.guards.cases import FACTS, POLICY

MODULES = [importlib.import_module(f"guards.{module.name}") for module in pkgutil.iter_modules(guards.__path__)]
NOUNS = sorted(
    {
        noun
        for module in MODULES
        for noun in vars(module).values()
        if isinstance(noun, type) and noun.__module__ == module.__name__ and dataclasses.is_dataclass(noun)
    },
    key=lambda noun: noun.__name__,
)


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_is_frozen_and_closed(noun: Any) -> None:
    assert noun.__dataclass_params__.frozen
    assert "__dict__" not in dir(noun)


def test_a_class_is_a_noun_or_says_what_else_it_is() -> None:
    """A class that is no dataclass by accident would compare by identity, and could be changed."""
    classes = {
        kind for module in MODULES for kind in vars(module).values() if isinstance(kind, type) and kind.__module__ == module.__name__
    }
    others = (Enum, BaseModel, Exception, Protocol, tuple)
    known = {kind for kind in classes if kind in NOUNS or "__init__" in vars(kind) or any(other in kind.__mro__ for other in others)}
    assert classes - known == set()


def test_facts_and_policy_refuse_to_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FACTS.freezes = ()  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        POLICY.closed_weekdays = ()


def test_the_nouns_are_found() -> None:
    assert Facts in NOUNS
    assert len(NOUNS) > 15


def test_what_nobody_fills_in_is_empty_or_unread_but_for_this() -> None:
    filled = {
        f"{noun.__name__}.{field.name}": field.default
        for noun in NOUNS
        for field in dataclasses.fields(noun)
        if field.default not in (dataclasses.MISSING, Declared(), Evidence()) and not isinstance(field.default, Unread) and field.default
    }
    assert filled == {
        "Alone.number": 1,
        "Checked.by": "signalbox",
        "Commit.parents": 1,
        "Emergency.kind": EmergencyKind.DEPLOYMENT,
        "Emergency.state": EmergencyState.DECLARED,
        "Exemption.state": ExemptionState.REQUESTED,
        "Finding.by": "signalbox",
        "Grant.state": GrantState.REQUESTED,
        "Linking.interval": 5.0,
        "Request.change_type": ChangeType.NORMAL,
        "TrainRule.closing": 5,
        "TrainRule.retrospective": 2,
    }


def test_what_was_concluded_makes_no_two_of_the_same_facts() -> None:
    assert dataclasses.replace(FACTS) == FACTS
    assert dataclasses.replace(FACTS.evidence) == FACTS.evidence
    assert "memo" not in repr(FACTS)
