"""What the machine it runs on tells Signalbox: addresses, tokens and secrets, from the environment only (OPS-14).

Invariant: no secret is ever part of a message, a `repr` or an exception; all mistakes are told at once, by the variable's name.

Each secret can also come from a file: `<NAME>_FILE` holds its path (container secrets), and giving both is a mistake.
"""

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from bot.setting_types import (
    Api,
    AppId,
    AppToken,
    BotToken,
    Collector,
    Commit,
    Database,
    LogLevel,
    Port,
    PrivateKey,
    Secret,
    SigningKey,
    bare,
)
from guards.policy import Policy

_LARGEST_SECRET: Final = 64 * 1024
_GITHUB, _GITHUB_API = "https://github.com", "https://api.github.com"


class SettingsError(Exception):
    """The environment cannot be used.

    Args:
        problems: everything that was found, each `NAME: what is wrong, what to do`; at least one.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """The environment, checked. Make it with `load`."""

    model_config = SettingsConfigDict(frozen=True, case_sensitive=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    policy: Path = Field(Path("signalbox.yaml"), validation_alias="SIGNALBOX_POLICY", description="The policy file.")
    database_url: Database = Field(
        SecretStr("sqlite:///signalbox.db"),
        validation_alias="SIGNALBOX_DATABASE_URL",
        description="Where everything is remembered: sqlite:///file for one process, postgresql://user:password@host/name for several.",
    )
    host: str = Field(
        "127.0.0.1",
        min_length=1,
        validation_alias="SIGNALBOX_HOST",
        description="Address to listen on. This machine only, unless set; the container image sets 0.0.0.0.",
    )
    port: Port = Field(3000, validation_alias="SIGNALBOX_PORT", description="Port for Slack and for webhooks.")
    internal_port: Port = Field(
        3001, validation_alias="SIGNALBOX_INTERNAL_PORT", description="Port for health details and metrics; never publish it (OPS-02)."
    )
    slack_bot_token: BotToken | None = Field(None, validation_alias="SLACK_BOT_TOKEN", description="Bot token, xoxb-…; always needed.")
    slack_signing_secret: Secret | None = Field(
        None,
        validation_alias="SLACK_SIGNING_SECRET",
        description="Proves that a request comes from Slack; needed unless Socket Mode is used.",
    )
    slack_app_token: AppToken | None = Field(
        None, validation_alias="SLACK_APP_TOKEN", description="App-level token, xapp-…; when it is given, Socket Mode is used."
    )
    slack_api_url: Api = Field("https://slack.com/api", validation_alias="SLACK_API_URL", description="Slack's Web API.")
    github_api_url: Api = Field(
        _GITHUB_API, validation_alias="GITHUB_API_URL", description="GitHub's API; https://<host>/api/v3 on Enterprise Server."
    )
    github_url: Api = Field(
        _GITHUB,
        validation_alias="GITHUB_URL",
        description="GitHub's site, where people sign in; for Enterprise Server its host.",
    )
    github_client_id: AppId | None = Field(
        None,
        validation_alias="GITHUB_CLIENT_ID",
        description="Client ID of a GitHub App or OAuth App with the device flow enabled; without it nobody links an account.",
    )
    github_app_id: AppId | None = Field(
        None, validation_alias="GITHUB_APP_ID", description="App ID or Client ID of the GitHub App; together with its private key."
    )
    github_app_private_key: PrivateKey | None = Field(
        None, validation_alias="GITHUB_APP_PRIVATE_KEY", description="The GitHub App's private key, PEM."
    )
    github_token: Secret | None = Field(
        None, validation_alias="GITHUB_TOKEN", description="Fine-grained token with Actions read and write; instead of a GitHub App."
    )
    github_webhook_secret: Secret | None = Field(
        None,
        validation_alias="GITHUB_WEBHOOK_SECRET",
        description="Proves that a webhook comes from GitHub; without it runs are only looked up.",
    )
    signing_key: SigningKey | None = Field(
        None,
        validation_alias="SIGNALBOX_SIGNING_KEY",
        description="Signs evidence bundles and checkpoints of the ledger: an Ed25519 private key, PEM, from `signalbox evidence keygen`; "
        "without it bundles are unsigned, and there are no checkpoints.",
    )
    log_level: LogLevel = Field("info", validation_alias="SIGNALBOX_LOG_LEVEL", description="debug, info, warning or error.")
    otel_endpoint: Collector | None = Field(
        None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT", description="OpenTelemetry collector over HTTP; without it nothing is traced."
    )

    git_sha: Commit | None = Field(
        None, validation_alias="SIGNALBOX_GIT_SHA", description="The commit that runs, for `/health`; the image is built with it (OPS-02)."
    )

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached over Socket Mode instead of HTTP."""
        return self.slack_app_token is not None

    def secret(self, name: str) -> SecretStr:
        """A secret that the policy names (`ci.*.secret`, `artifacts.*.secret`, `artifacts.*.password`, `incidents.intake.*.secret`).

        Args:
            name: of the environment variable; `<name>_FILE` is read too.

        Raises:
            SettingsError: it is not set, or cannot be read.
        """
        try:
            text = _secret(name)
            if text is not None:
                return bare(SecretStr(text))
        except ValueError as error:
            raise SettingsError([f"{name}: {error}"]) from None
        raise SettingsError([f"{name}: is not set; set it or {name}_FILE"])


class Stated(Settings):
    """Settings that are said by the program itself, for the demo and the bench: nothing of the machine's own bot gets in."""

    @override
    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: PydanticBaseSettingsSource, **__: object
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is stated, and neither the environment nor a file."""
        return (init_settings,)


VARIABLES: Final = {field: str(info.validation_alias) for field, info in Settings.model_fields.items()}
"""Field of `Settings` → environment variable."""

SECRETS: Final = tuple(VARIABLES[f] for f, info in Settings.model_fields.items() if "SecretStr" in str(info.annotation))
"""Variables that can also be given as `<NAME>_FILE`."""


def load() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: for every variable that cannot be used.
    """
    found: dict[str, Any] = {}  # Any: mypy takes a star argument for each of the fields
    problems: list[str] = []
    for name in SECRETS:
        try:
            text = _secret(name)
        except ValueError as error:
            problems.append(f"{name}: {error}")
        else:
            if text is not None:
                found[name] = text
    settings = None
    try:
        settings = Settings(**found)
    except ValidationError as error:
        told = {problem.partition(":")[0] for problem in problems}
        for details in error.errors(include_url=False, include_input=False):
            name = str(details["loc"][0])
            if name not in told:
                problems.append(f"{name}: {details.get('ctx', {}).get('error') or details['msg']}")
    problems += _contradictions(settings)
    if problems or settings is None:
        raise SettingsError(problems)
    return settings


def policy_path() -> Path:
    """Where the policy file is, also when other settings cannot be used."""
    return Path(os.environ.get(VARIABLES["policy"]) or Settings.model_fields["policy"].get_default())


def _given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _contradictions(settings: Settings | None) -> Iterator[str]:
    app_id, key, token = (_given(name) for name in ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_TOKEN"))
    if app_id != key:
        absent, present = ("GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_ID") if app_id else ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY")
        yield f"{absent}: is not set although {present} is; a GitHub App takes both"
    if token and (app_id or key):
        yield "GITHUB_TOKEN: is given beside a GitHub App; keep one of the two"
    if settings and settings.github_client_id and (settings.github_url == _GITHUB) != (settings.github_api_url == _GITHUB_API):
        yield "GITHUB_URL: names another GitHub than GITHUB_API_URL; people would sign in to the one and be looked for in the other"
    if settings and settings.port == settings.internal_port != 0:
        yield "SIGNALBOX_INTERNAL_PORT: is the same as SIGNALBOX_PORT; health details and metrics take a port of their own"


def _secret(name: str) -> str | None:
    """The secret's text, or None when it is not set.

    Raises:
        ValueError: in words that fit after `NAME: `.
    """
    direct, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if direct and path:
        raise ValueError(f"is given twice; keep {name} or {name}_FILE")
    if not path:
        return direct or None
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST_SECRET + 1).decode()
    except UnicodeDecodeError:
        raise ValueError(f"the file that {name}_FILE names is not text") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no such path"
        raise ValueError(f"the file that {name}_FILE names cannot be read ({reason})") from None
    if len(text) > _LARGEST_SECRET:
        raise ValueError(f"the file that {name}_FILE names is too large for a secret")
    text = re.sub(r"\r?\n\Z", "", text)
    if not text:
        raise ValueError(f"the file that {name}_FILE names is empty")
    return text


# ---------------------------------------------------------------- what this policy takes


def named_secrets(policy: Policy) -> dict[str, list[str]]:
    """Each environment variable that the policy names → the keys that name it."""
    named: dict[str, list[str]] = {}
    for section, sources in (("ci", policy.ci), ("artifacts", policy.artifacts)):
        for source, form in sources.items():
            for key in ("secret", "password"):
                if name := getattr(form, key, None):
                    named.setdefault(name, []).append(f"{section}.{source}.{key}")
    for source, intake in policy.incidents.intake.items():
        named.setdefault(intake.secret, []).append(f"incidents.intake.{source}.secret")
    return named


def _uses_github(policy: Policy) -> bool:
    return any(ci.kind == "github" for ci in policy.ci.values())


def _reads_github(policy: Policy) -> bool:
    return _uses_github(policy) or any("github" in {service.history, service.publish} for service in policy.services.values())


def missing(settings: Settings, policy: Policy, serve: bool = True) -> list[str]:
    """What is not set although it is needed.

    Args:
        settings: what is set.
        policy: decides which neighbours there are.
        serve: True for the bot itself; False for a command that reads CI and artifacts but never speaks with Slack.

    Returns:
        `NAME: what is wrong, what to do` for each.
    """
    found: list[str] = []
    if serve and settings.slack_bot_token is None:
        found.append("SLACK_BOT_TOKEN: is not set; copy it from the app's OAuth & Permissions page")
    if serve and settings.slack_signing_secret is None and not settings.socket_mode:
        found.append(
            "SLACK_SIGNING_SECRET: is not set; copy it from the app's Basic Information page, or set SLACK_APP_TOKEN for Socket Mode"
        )
    if _reads_github(policy) and settings.github_app_id is None and settings.github_token is None:
        found.append("GITHUB_APP_ID: is not set; give it with GITHUB_APP_PRIVATE_KEY, or give GITHUB_TOKEN: the policy uses GitHub")
    for name, keys in named_secrets(policy).items():
        try:
            settings.secret(name)
        except SettingsError as error:
            found += [f"{problem} ({', '.join(keys)})" for problem in error.problems]
    return found


def warnings(settings: Settings, policy: Policy) -> list[str]:
    """What works, but perhaps not as meant; in the form of `missing`."""
    found: list[str] = []
    if _uses_github(policy) and settings.github_webhook_secret is None:
        found.append("GITHUB_WEBHOOK_SECRET: is not set; webhooks are refused, and a run is only looked up every `limits.look_again`")
    if settings.signing_key is None:
        found.append("SIGNALBOX_SIGNING_KEY: is not set; no checkpoints of the ledger are made, and evidence bundles are unsigned")
    found += _misspelt(os.environ, {*VARIABLES.values(), *(f"{name}_FILE" for name in SECRETS), *named_secrets(policy)})
    return found


def _misspelt(names: Iterable[str], known: set[str]) -> Iterator[str]:
    for name in sorted(names):
        if name.startswith("SIGNALBOX_") and name not in known and (close := get_close_matches(name, sorted(known), n=1, cutoff=0.85)):
            yield f"{name}: is not read; did you mean {close[0]}?"
