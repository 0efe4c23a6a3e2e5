"""What the app may do in a workspace, as Slack reads it from an app manifest.

Invariant: what the manifest does not ask for is not granted; without a manifest everything that this workspace knows is.
Source: Slack, "App manifest reference" (features.app_home, features.slash_commands, oauth_config.scopes.bot,
settings.event_subscriptions.bot_events).
"""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

SCOPES = frozenset(
    {"chat:write", "commands", "files:write", "im:write", "pins:write", "pins:read", "usergroups:read", "users:read", "users:read.email"}
    | {f"{kind}:{what}" for kind in ("channels", "groups", "im", "mpim") for what in ("read", "history")}
)
"""Every scope that a method here can need, but `chat:write.public`."""


@dataclass(frozen=True, slots=True)
class App:
    """An installed app.

    Args:
        scopes: of the bot token.
        events: those that it is sent; None for all.
        home_tab: whether people see a Home tab, and the bot may publish one.
        commands: its slash commands.
        should_escape: whether its commands get `<@U…|carla>` for `@carla`.
    """

    scopes: frozenset[str] = SCOPES
    events: frozenset[str] | None = None
    home_tab: bool = True
    commands: frozenset[str] = frozenset({"/release"})
    should_escape: bool = False


EVERYTHING = App()
"""An app with every scope that a method here can need, which hears every event."""

OURS = Path(__file__).parents[2] / "manifest.yml"
"""The bot's own; a wheel does not bring it along."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Home(_Part):
    home_tab_enabled: bool = False


class _Command(_Part):
    command: str
    should_escape: bool = False


class _Features(_Part):
    app_home: _Home = _Home()
    slash_commands: list[_Command] = Field(default_factory=list)


class _Scopes(_Part):
    bot: list[str] = Field(default_factory=list)


class _OAuth(_Part):
    scopes: _Scopes


class _Events(_Part):
    bot_events: list[str] = Field(default_factory=list)


class _Settings(_Part):
    event_subscriptions: _Events = _Events()


class _Manifest(_Part):
    features: _Features
    oauth_config: _OAuth
    settings: _Settings = _Settings()


def installed(manifest: Path = OURS) -> App:
    """The app as this manifest has it.

    Args:
        manifest: a file like `manifest.yml`; the bot's own when left out.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no manifest.
    """
    read = _Manifest.model_validate(yaml.safe_load(manifest.read_text(encoding="utf-8")))
    features = read.features
    return App(
        scopes=frozenset(read.oauth_config.scopes.bot),
        events=frozenset(read.settings.event_subscriptions.bot_events),
        home_tab=features.app_home.home_tab_enabled,
        commands=frozenset(each.command for each in features.slash_commands),
        should_escape=any(each.should_escape for each in features.slash_commands),
    )
