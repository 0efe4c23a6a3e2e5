"""What people can ask: the closed list of commands, in help order (CMD-01).

Invariant: a command exists when it stands in this tuple, and nowhere else; extending it is a reviewed change (CMD-19).
"""

from commands import (
    amend,
    approve,
    cancel,
    delegate,
    evidence,
    exception_decide,
    exception_list,
    exception_request,
    explain,
    freeze,
    help,  # noqa: A004
    link,
    promote,
    reject,
    status,
    whoami,
    window,
    withdraw,
)
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
    exception_request.command,
    exception_decide.exception_approve,
    exception_decide.exception_reject,
    exception_decide.exception_revoke,
    exception_list.exception_list,
    exception_list.exception_show,
    evidence.command,
    delegate.delegate_to,
    delegate.delegate_list,
    delegate.delegate_end,
    link.link_show,
    link.link_github,
    link.link_confirm,
    link.link_cancel,
    link.link_remove,
    whoami.command,
    help.command,
)
