"""One look at each of Slack's model classes for all that is built of it.

The SDK goes through every name of an object to find what validates it, and through all classes to find the one of an element, each time.
That was a seventh of what a story took.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks.block_elements import BlockElement


def looked_at_once(patch: pytest.MonkeyPatch) -> None:
    """Have the models validate and be parsed as before, by what was found at the first look."""
    patch.setattr(JsonObject, "validate_json", _validate)
    patch.setattr(BlockElement, "_get_sub_block_elements", classmethod(_all_below))


@cache
def _validators(kind: type[JsonObject]) -> tuple[str, ...]:
    names = (name for name in dir(kind) if not name.startswith("__"))
    return tuple(name for name in names if hasattr(getattr(kind, name, None), "validator"))


def _validate(model: JsonObject) -> None:
    for name in _validators(type(model)):
        getattr(model, name)()


@cache
def _all_below(kind: Any) -> tuple[type[BlockElement], ...]:
    return tuple(_below(kind))


def _below(kind: type[BlockElement]) -> Iterator[type[BlockElement]]:
    for each in kind.__subclasses__():
        if hasattr(each, "type"):
            yield each
        yield from _below(each)
