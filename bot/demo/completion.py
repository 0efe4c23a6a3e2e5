"""The bot's own command table, as the message box completes it.

Invariant: what is offered is what the bot's grammar takes: the same table, the same arguments, the same policy.
"""

from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from bot.workspace.text import Json
from commands import COMMANDS
from commands.core.command import AnyCommand
from commands.core.words import EnvironmentName, Named, Rest, ServiceName, usage
from guards.policy import Policy


def words(policy: Policy) -> list[Json]:
    """Every command that can be typed, in help order.

    Args:
        policy: names services and environments.
    """
    return [_command(each, policy) for each in COMMANDS]


def _command(command: AnyCommand, policy: Policy) -> Json:
    fields = command.arguments.model_fields
    return {
        "name": command.name,
        "summary": command.summary,
        "example": f"/release {command.examples[0]}",
        "usage": f"/release {usage(command.name, command.arguments)}",
        "arguments": [
            {
                "name": name,
                "named": _marked(info, Named),
                "rest": _marked(info, Rest),
                "options": _options(info.rebuild_annotation(), policy),
            }
            for name, info in fields.items()
        ],
    }


def _marked(info: FieldInfo, marker: type) -> bool:
    return any(isinstance(each, marker) for each in info.metadata)


def _options(kind: Any, policy: Policy) -> list[str]:
    """What a word can be, where that is a closed list."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(each.value) for each in kind]
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return [str(each) for each in inner]
    if get_origin(kind) is Annotated:
        validators = {each.func for each in kind.__metadata__ if hasattr(each, "func")}
        if validators & _validators(ServiceName):
            return list(policy.services)
        if validators & _validators(EnvironmentName):
            return list(dict.fromkeys(policy.environment_names.values()))
        return _options(inner[0], policy)
    if get_origin(kind) is Union or type(kind).__name__ == "UnionType":
        return [option for each in inner for option in _options(each, policy)]
    return []


def _validators(kind: Any) -> set[Any]:
    return {each.func for each in get_args(kind)[1:] if hasattr(each, "func")}
