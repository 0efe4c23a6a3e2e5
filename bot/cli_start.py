"""What every command of the console script starts with: the settings and the policy, or everything that is wrong with them.

Invariant: as in `bot.cli`, only typer and the standard library are imported before a command needs more.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.settings import Settings
    from guards.policy import Policy

INPUT = 2
"""The exit code when the input cannot be used."""

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", "-p", metavar="FILE", help="The policy file; SIGNALBOX_POLICY when left out.", show_default=False)
]


def stop(title: str, problems: Iterable[object]) -> NoReturn:
    """Say what is wrong in one block, and leave."""
    typer.echo("\n".join([f"signalbox: {title}", *(f"  {problem}" for problem in problems)]), err=True)
    raise typer.Exit(INPUT)


def counted(number: int) -> str:
    return "1 problem" if number == 1 else f"{number} problems"


def read_both(policy_file: Path | None, *, with_settings: bool = True, serve: bool = True) -> "tuple[Settings | None, Policy]":
    """The policy and the settings, or the end of the program with everything that is wrong with both."""
    from bot import policy_file as files
    from bot import settings as environment

    problems: list[object] = []
    settings = policy = None
    try:
        settings = environment.load() if with_settings else None
    except environment.SettingsError as error:
        problems += error.problems
    try:
        policy = files.load(policy_file or environment.policy_path())
    except files.PolicyFileError as error:
        problems += error.problems
    if settings and policy:
        problems += environment.missing(settings, policy, serve=serve)
    if problems or policy is None:
        stop(f"{counted(len(problems))} to mend", problems)
    return settings, policy


def ready(policy_file: Path | None, *, serve: bool = True) -> "tuple[Settings, Policy]":
    settings, policy = read_both(policy_file, serve=serve)
    assert settings is not None
    return settings, policy


def settings_of_environment() -> "Settings":
    from bot import settings as environment

    try:
        return environment.load()
    except environment.SettingsError as error:
        stop(f"{counted(len(error.problems))} to mend", error.problems)
