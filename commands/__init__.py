"""What people can ask: the closed list of commands, in help order (CMD-01).

Invariant: a command exists when it stands in this tuple, and nowhere else; extending it is a reviewed change (CMD-19).
"""

from commands import amend, approve, cancel, explain, freeze, help, promote, reject, status, whoami, window, withdraw  # noqa: A004
from commands.core.command import AnyCommand

COMMANDS: tuple[AnyCommand, ...] = (
    promote.command,
    approve.command,
    reject.command,
    withdraw.command,
    amend.command,
    cancel.command,
    status.command,
    explain.command,
    window.window_list,
    window.window_next,
    freeze.declare_freeze,
    freeze.freeze_list,
    freeze.freeze_lift,
    whoami.command,
    help.command,
)
