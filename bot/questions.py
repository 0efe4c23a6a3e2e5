"""The questions of `signalbox init`, asked at the terminal, each until its answer fits."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from pydantic import AfterValidator, StringConstraints, TypeAdapter, ValidationError

from bot.starter import ROLES, Answers, Member
from guards.values import IN_WORDS, Email, Name, Repository, SlackChannel, SlackTeam, SlackUser, Url, Zone


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write letters, digits and spaces only")
    return text


_PersonName = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_printable)]


def ask() -> Answers:
    """Ask everything that a first policy takes.

    Raises:
        typer.Abort: when the input ends.
    """
    team = _asked("Slack workspace id (T…)", SlackTeam)
    alerts = _asked("Slack channel id for alerts (C…)", SlackChannel)
    zone = _asked("Time zone", Zone, "Europe/Berlin")
    service = _asked("First service, by the name people will type", Name)
    repository = _asked("Its repository, owner/name", Repository)
    channel = _asked("Slack channel id for its change cards (C…)", SlackChannel)
    ci = _chosen("What deploys it", ("github", "http"))
    address = (
        {"ci_url": _asked("Address of that CI", Url)}
        if ci == "http"
        else {"registry": _asked("OCI registry", Url, "https://registry.example.com")}
    )
    typer.echo("\nPeople. Whoever asks for a production change cannot approve it, so give at least two.")
    people: list[Member] = []
    while len(people) < 2 or typer.confirm("One more person?", default=False):
        people.append(_person(people))
    return Answers(team, alerts, zone, service, repository, channel, ci, people=tuple(people), **address)


def _person(others: list[Member]) -> Member:
    def fresh(key: str) -> Callable[[str], str | None]:
        return lambda value: "somebody has that already" if value in [getattr(other, key) for other in others] else None

    return Member(
        name=_asked("  Name", _PersonName),
        email=_asked("  E-mail address", Email, refuse=fresh("email")),
        slack=_asked("  Slack user id (U…)", SlackUser, refuse=fresh("slack")),
        role=_chosen("  Role", tuple(ROLES)),
    )


def _asked(question: str, form: Any, default: str | None = None, refuse: Callable[[str], str | None] = lambda _: None) -> str:
    while True:
        answer: str = typer.prompt(question, default=default)
        try:
            value: str = TypeAdapter(form).validate_python(answer.strip())
        except ValidationError as error:
            details = error.errors()[0]
            ctx = details.get("ctx", {})
            wrong = f"write {IN_WORDS[ctx['pattern']]}" if "pattern" in ctx else str(ctx.get("error") or details["msg"])
        else:
            if (wrong := refuse(value) or "") == "":
                return value
        typer.echo(f"  {wrong}", err=True)


def _chosen(question: str, options: tuple[str, ...]) -> str:
    while True:
        answer: str = typer.prompt(f"{question} ({', '.join(options)})", default=options[0])
        if answer.strip() in options:
            return answer.strip()
        typer.echo(f"  write one of {', '.join(options)}", err=True)
