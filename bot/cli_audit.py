"""`signalbox audit verify | checkpoint | show | export | purge` (AUD-01, AUD-02, AUD-08).

Invariant: as in `bot.cli`, only typer and the standard library are imported before a command needs more.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_start import PolicyOption, ready, settings_of_environment, stop

audit = typer.Typer(name="audit", help="Prove, sign, read and export the ledger, and remove what is past its time.", no_args_is_help=True)


@audit.command()
def verify(
    export_file: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Verify an exported JSONL file instead of the database.", exists=True, dir_okay=False
        ),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints", metavar="FILE", help="Signed checkpoints that were kept elsewhere: a cut end and a rewritten past show.",
            exists=True, dir_okay=False,
        ),
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="PUBLIC.PEM", help="The public key of whoever signed them; again for each that was in use."),
    ] = None,
) -> None:  # fmt: skip
    """Prove that no entry was changed, removed or added; exits with 1 and names the first bad entry otherwise."""
    if export_file and checkpoints and not key:
        stop("nothing shows who signed the checkpoints", ["give --key with the public key; `signalbox evidence keygen` printed it"])
    settings = None if export_file else settings_of_environment()
    from bot.audit import verify as run

    raise typer.Exit(run(settings, export_file=export_file, checkpoints_file=checkpoints, key_files=key or ()))


@audit.command()
def checkpoint() -> None:
    """Sign how long the ledger is and what its last entry is, and print the line; append it to a file that is kept elsewhere."""
    settings = settings_of_environment()
    from bot.audit import checkpoint as run

    raise typer.Exit(run(settings))


@audit.command()
def show(
    change: Annotated[str | None, typer.Option(metavar="CR-…", help="Only this change.")] = None,
    person: Annotated[str | None, typer.Option(metavar="E-MAIL", help="Only what this person did.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Only entries with this tag, like promote:refused.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], help="Only from this moment on, UTC.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, the latest ones.")] = 50,
) -> None:
    """Read entries of the ledger."""
    settings = settings_of_environment()
    from bot.audit_show import show as run

    raise typer.Exit(run(settings, change=change, person=person, tag=tag, since=since and since.replace(tzinfo=UTC), limit=limit))


@audit.command()
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file; one that is there is never replaced.", dir_okay=False)],
    checkpoints: Annotated[
        Path | None,
        typer.Option("--checkpoints", metavar="FILE", help="Write the signed checkpoints too, into this new file.", dir_okay=False),
    ] = None,
) -> None:
    """Write the whole ledger as JSONL, which `audit verify --export` proves offline."""
    for file in filter(None, (to, checkpoints)):
        if file.exists():
            stop(f"{file} is already there", ["give another name; an export is evidence and is never replaced"])
    settings = settings_of_environment()
    from bot.audit import export as run

    raise typer.Exit(run(settings, to=to, checkpoints_to=checkpoints))


@audit.command()
def purge(
    carry_out: Annotated[bool, typer.Option("--carry-out", help="Remove it; without this it is only told.")] = False,
    policy: PolicyOption = None,
) -> None:
    """Tell what is past its retention, or replace it by tombstones: the chain goes on through them, and the ledger says who did it."""
    settings, read = ready(policy, serve=False)
    from bot.purge import run

    raise typer.Exit(run(settings, read, carry_out=carry_out))
