"""`signalbox evidence export | verify | keygen` (AUD-03, AUD-08).

Invariant: as in `bot.cli`, only typer and the standard library are imported before a command needs more.
"""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli_start import PolicyOption, ready, stop

evidence = typer.Typer(name="evidence", help="Everything that proves a version, in one signed file.", no_args_is_help=True)


@evidence.command()
def export(
    service: Annotated[str, typer.Option(metavar="NAME", help="A service of the policy file.")],
    version: Annotated[str, typer.Option(metavar="TAG", help="Its version, like v1.4.0.")],
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file; one that is there is never replaced.", dir_okay=False)],
    policy: PolicyOption = None,
) -> None:
    """Collect the evidence of a version into one zip, signed with SIGNALBOX_SIGNING_KEY, and record that it was made."""
    if to.exists():
        stop(f"{to} is already there", ["give another name; a bundle is evidence and is never replaced"])
    settings, read = ready(policy, serve=False)
    from commands.core.words import Missing, Problem, bind
    from commands.evidence import Evidence

    words = bind(Evidence, {"service": service, "version": version}, read)
    if isinstance(words, Problem | Missing):
        stop("this cannot be exported", words.said if isinstance(words, Problem) else words.names)
    from bot.evidence.export import run

    raise typer.Exit(run(settings, read, service=service, version=version, to=to))


@evidence.command()
def verify(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE.ZIP", help="Made by `export` or by /release evidence.")],
    key: Annotated[Path | None, typer.Option("--key", metavar="PUBLIC.PEM", help="The public key of whoever signed it.")] = None,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Be content when the hashes fit, although nobody signed them.")
    ] = False,
) -> None:
    """Prove offline that nothing in a bundle was changed, and who signed it; exits with 1 and names the first bad thing otherwise."""
    from bot.evidence.command import verify as run

    raise typer.Exit(run(bundle, key_file=key, allow_unsigned=allow_unsigned))


@evidence.command()
def keygen(
    to: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file for the private key; only its owner can read it.")] = Path(
        "signing-key.pem"
    ),
) -> None:
    """Make a key that signs bundles; the public key, for those who verify, is printed."""
    from bot.evidence.command import keygen as run

    raise typer.Exit(run(to=to))
