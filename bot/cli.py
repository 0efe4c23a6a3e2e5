"""`signalbox`: the console script (POL-01, OPS-14).

Invariant: this module and its parts (`cli_*`) import only typer and the standard library, so `signalbox --help` answers at once; each
command imports what it needs. Exit codes: 0 all is well, 1 the answer is no (a broken ledger, a stale page), 2 the input cannot be used.
"""

import json
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from bot.cli_audit import audit
from bot.cli_evidence import evidence
from bot.cli_start import PolicyOption, read_both, ready, settings_of_environment, stop

app = typer.Typer(
    name="signalbox",
    help="A ChatOps release bot for Slack: people ask, guards decide, CI acts, and everything is on record.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
db = typer.Typer(name="db", help="The database that remembers everything.", no_args_is_help=True)
app.add_typer(audit)
app.add_typer(evidence)
app.add_typer(db)


def main() -> None:
    """The entry point of the console script."""
    app()


def _version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(f"signalbox {metadata.version('signalbox')}")
        except metadata.PackageNotFoundError:
            typer.echo("signalbox (run from its source tree)")
        raise typer.Exit


@app.callback()
def signalbox(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False,
) -> None:
    """Only for `--version`; the commands follow."""


# ---------------------------------------------------------------- the policy file


@app.command()
def init(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("signalbox.yaml"),
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing; write example values to edit.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
) -> None:
    """Write a first policy file: asks a few questions, or none with --defaults."""
    from bot import questions, starter

    if target.exists() and not overwrite:
        stop(f"{target} is already there", ["give another name, or --overwrite to replace it"])
    answers = starter.Answers() if defaults else questions.ask()
    try:
        target.write_text(starter.render(answers), encoding="utf-8")
    except OSError as error:
        stop(f"{target} cannot be written", [error.strerror or error])
    typer.echo(starter.next_steps(answers, target))


@app.command()
def check(
    policy: PolicyOption = None,
    policy_only: Annotated[
        bool, typer.Option("--policy-only", help="Leave the environment out: for reviewing a policy where no secrets are.")
    ] = False,
) -> None:
    """Read the policy file and the settings, and tell everything that is wrong with them."""
    settings, read = read_both(policy, with_settings=not policy_only)
    from bot import settings as environment
    from bot.summary import show

    show(read)
    if settings:
        for warning in environment.warnings(settings, read):
            typer.echo(f"warning: {warning}", err=True)


@app.command()
def schema() -> None:
    """Print the policy file's JSON Schema (draft 2020-12), for editors."""
    from bot import docs as pages

    typer.echo(json.dumps(pages.schema(), indent=2, ensure_ascii=False))


@app.command()
def docs(
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 if a page differs.")] = False,
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="The repository.", file_okay=False, exists=True)] = Path(),
) -> None:
    """Write the pages under docs/ that are made from the code."""
    from bot import docs as pages

    changed = pages.differing(root) if check_only else pages.write(root)
    for path in changed:
        typer.echo(f"{path} differs from the code; run `signalbox docs`" if check_only else f"wrote {path}", err=check_only)
    raise typer.Exit(1 if check_only and changed else 0)


# ---------------------------------------------------------------- the bot


@app.command()
def serve(policy: PolicyOption = None) -> None:
    """Run the bot until SIGTERM or SIGINT; it does not start with an invalid policy or setting (exit 2).

    A SQLite database is created, and brought to this version's tables, by itself. A PostgreSQL database, which several programs may
    share, is only changed by `signalbox db upgrade`. Exits with 1 when it cannot start: no database, a port in use.
    """
    from bot import garbage

    garbage.pause()
    settings, read = ready(policy)
    from bot.serve import run

    raise typer.Exit(run(settings, read))


@app.command()
def explain(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND...", help="As in Slack: promote billing-api v1.4.0 production")],
    person: Annotated[str, typer.Option("--as", metavar="PERSON", help="Who asks: an e-mail address from `people`.")],
    policy: PolicyOption = None,
) -> None:
    """Tell what the guards would answer to a command now, and why; nothing is done. Exits with 1 if they would refuse."""
    settings, read = ready(policy, serve=False)
    if person.lower() not in read.by_id:
        from guards.consistency import nearest

        stop(f"unknown person {person!r}{nearest(person.lower(), read.by_id)}", [])
    from bot.explain import run

    raise typer.Exit(run(settings, read, person=person.lower(), words=words))


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Tell its stories (a release, a train, a Friday, an emergency) here, and exit.")
    ] = False,
    story: Annotated[bool, typer.Option("--story", help="Tell those stories first, then stay up.")] = False,
    policy: Annotated[
        Path | None, typer.Option("--policy", "-p", metavar="FILE", help="Your own policy file, with invented facts.", show_default=False)
    ] = None,
) -> None:
    """Show it all on this machine: a small Slack in your browser, a CI that really deploys, and a tour through it."""
    if policy:
        if once or story:
            stop("--policy plays your own policy; the story is of another one", [])
        _, read = read_both(policy, with_settings=False)
        from bot.demo import trial

        raise typer.Exit(trial.run(read))
    from bot.demo.story import run

    raise typer.Exit(run(once=once, story=story))


@app.command()
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="A short form, to see that it runs; its figures mean little.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures as JSON, too.", dir_okay=False)
    ] = None,
    write_docs: Annotated[bool, typer.Option("--write-docs", help="Write docs/benchmarks.md from this run.")] = False,
) -> None:
    """Measure speed and size on scratch databases; takes some minutes and 2 GB. Exits with 1 if a target is missed."""
    from bot.bench import run

    raise typer.Exit(run(quick=quick, json_file=json_file, write_docs=write_docs))


# ---------------------------------------------------------------- the database


@db.command()
def upgrade() -> None:
    """Bring the database to this version's tables; safe to repeat."""
    settings = settings_of_environment()
    from storage.errors import StorageError
    from storage.migrations import upgrade as run

    try:
        run(settings.database_url.get_secret_value())
    except StorageError as error:
        stop("the database cannot be upgraded", [error])
    typer.echo("The database is up to date.")
