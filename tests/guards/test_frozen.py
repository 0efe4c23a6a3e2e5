"""What is judged cannot be changed while it is judged: every noun of `guards/` is frozen, and takes no attribute that it does not name."""

import dataclasses
import importlib
import pkgutil
from typing import Any

import pytest
from pydantic import ValidationError

import guards
from guards.facts import Facts
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


def test_facts_and_policy_refuse_to_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FACTS.freezes = ()  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        POLICY.closed_weekdays = ()


def test_the_nouns_are_found() -> None:
    assert Facts in NOUNS
    assert len(NOUNS) > 15
