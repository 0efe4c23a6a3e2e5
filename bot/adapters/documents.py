"""Reads documents that somebody else wrote and a registry merely keeps.

Invariant: nothing here raises for what is in them.
"""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.adapters.answers import plain

M = TypeVar("M", bound=BaseModel)


def document(model: type[M], content: bytes) -> M | str:
    """The content as `model`, or a clause that says what is wrong with it.

    Args:
        model: the shape that is needed; surplus fields are ignored.
        content: JSON.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if first["type"] == "json_invalid":
            return "it is not valid JSON"
        place = plain(".".join(str(part) for part in first["loc"]))
        return f"it lacks “{place}”" if first["type"] == "missing" else f"“{place or 'it'}” is not what was agreed"
