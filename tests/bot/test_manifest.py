"""manifest.yml asks Slack for what the code uses, and for nothing else (RBAC-10)."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from bot.demo.company import Company
from bot.slack.intake import COMMAND
from bot.workspace import installed
from bot.workspace.api import METHODS
from tests.world.world import World

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "manifest.yml").read_text(encoding="utf-8")
MANIFEST = yaml.safe_load(TEXT)

NOT_THE_BOT = {"workspace", "demo", "bench"}
CODE = [
    path
    for path in (ROOT / "bot").rglob("*.py")
    if not NOT_THE_BOT & set(path.parts) and "AsyncWebClient" in path.read_text(encoding="utf-8")
]
"""The files that hold a client of Slack's Web API."""


def called() -> set[str]:
    """Each Web API method that the code calls, as Slack names it."""
    names = {method.replace(".", "").lower(): method for method in METHODS}
    calls = [
        node.func.attr
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "self._client"
    ]
    return {names[call.replace("_", "").lower()] for call in calls}


def needed() -> set[str]:
    """The scopes of those methods; channels are public or private ones."""
    scopes = {METHODS[method].scope for method in called()} - {""}
    kinds = {scope for scope in scopes if scope.startswith("*")}
    return scopes - kinds | {kind + scope[1:] for scope in kinds for kind in ("channels", "groups")} | {"commands"}


def test_the_scopes_are_those_of_the_methods_that_the_code_calls():
    assert {"chat.postMessage", "users.info", "views.open"} <= called()
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed()


@pytest.mark.parametrize("scope", MANIFEST["oauth_config"]["scopes"]["bot"])
def test_each_scope_says_why(scope):
    [line] = [line for line in TEXT.splitlines() if line.strip().startswith(f"- {scope} ")]
    assert line.partition("  # ")[2]


def stated() -> dict[str, set[str]]:
    """What docs/security.md says of each scope: the methods that need it."""
    table = (ROOT / "docs" / "security.md").read_text(encoding="utf-8").partition("## What the Slack app may")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    assert all(without.strip() for *_, without in rows)
    return {
        scope: set(re.findall(r"`([a-zA-Z]+\.[a-zA-Z.]+)`", needs))
        for scopes, needs, _ in rows
        for scope in re.findall(r"`([^`]+)`", scopes)
    }


def test_the_page_tells_of_each_scope_which_calls_need_it():
    told = stated()
    assert set(told) == set(MANIFEST["oauth_config"]["scopes"]["bot"])
    needs: dict[str, set[str]] = {scope: set() for scope in told}
    for method in called():
        scope = METHODS[method].scope
        for name in [f"{kind}{scope[1:]}" for kind in ("channels", "groups")] if scope.startswith("*") else [scope] if scope else []:
            needs[name].add(method)
    needs["users:read.email"].add("users.info")  # its answer has the address with this scope only
    assert told == needs


def test_the_command_and_the_addresses_are_those_that_are_listened_to():
    [command] = MANIFEST["features"]["slash_commands"]
    assert command["command"] == COMMAND
    listening = MANIFEST["settings"]
    addresses = {command["url"], listening["interactivity"]["request_url"], listening["event_subscriptions"]["request_url"]}
    assert {address.partition("example.com")[2] for address in addresses} == {"/slack/events"}
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True


def test_the_events_that_are_asked_for_are_those_that_are_acted_on():
    heard = ast.parse((ROOT / "bot" / "slack" / "intake.py").read_text(encoding="utf-8"))
    listened = {
        node.func.args[0].value
        for node in ast.walk(heard)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call) and ast.unparse(node.func.func) == "self.bolt.event"
        if isinstance(node.func.args[0], ast.Constant)
    }
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == listened == {"app_home_opened"}


def test_the_small_slack_of_stories_and_demo_has_the_app_of_the_manifest(tmp_path):
    app = installed()
    assert app.scopes == set(MANIFEST["oauth_config"]["scopes"]["bot"])
    assert app.commands == {COMMAND}
    assert app.home_tab is MANIFEST["features"]["app_home"]["home_tab_enabled"]
    assert World("sqlite://").slack.state.app == Company(tmp_path).slack.state.app == app


def test_who_installs_the_github_app_is_told_each_permission():
    """docs/github-actions.md says what each is for; an App that lacks one can verify nothing of what it is for."""
    table = (ROOT / "docs" / "github-actions.md").read_text(encoding="utf-8").partition("## What is read about a release")[2]
    needed = set(re.findall(r"^\| ([A-Z][a-z ]+) \| (?!for)", table.partition("\n## ")[0], re.MULTILINE)) - {"Metadata"}  # every App has it
    steps = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8").partition("with `history: github` also, each")[2]
    assert needed == set(re.findall(r"\*([A-Z][a-z ]+)\*", steps.partition("([what for]")[0]))
    assert "Administration" in needed
