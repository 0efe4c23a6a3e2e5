"""The image and its composition: no engine is here to build them, so what can be told from their text is held."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from bot.settings import SECRETS, VARIABLES

ROOT = Path(__file__).parents[2]
READ = {*VARIABLES.values(), *(f"{name}_FILE" for name in SECRETS)}
"""Every variable that the bot reads whatever its policy says."""


@pytest.fixture
def stages():
    """The Dockerfile's instructions, a list for each stage, comments and continuations undone."""
    text = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE))
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM" or not found:
            found.append([])
        found[-1].append((word, re.sub(r"\s+", " ", rest)))
    return found


@pytest.fixture
def composed():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


def test_what_the_image_copies_is_there_and_gets_past_the_ignore_file(stages):
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    copied = {source for stage in stages for word, rest in stage if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]}
    assert copied == {line.removeprefix("!") for line in ignored if line.startswith("!")}
    for source in copied:
        assert (ROOT / source).exists(), source
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert copied >= {*packages, "requirements", "pyproject.toml"}


def test_whatever_is_installed_is_locked_by_its_hash(stages):
    installs = [each for stage in stages for word, rest in stage if word == "RUN" for each in rest.split("&&") if "pip install" in each]
    assert len(installs) == 3
    for each in installs:
        assert "--no-deps" in each
        assert "--require-hashes" in each or "--no-index" in each
        for lock in re.findall(r"-r (\S+)", each):
            locked = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
            assert all("--hash=sha256:" in entry for entry in locked if not entry.startswith("#")), lock


def test_the_bot_runs_as_nobody_in_particular_and_knows_no_secret(stages):
    *_, last = stages
    users = [rest for word, rest in last if word == "USER"]
    assert users == ["10001"]
    assert any(word == "RUN" and "useradd" in rest and "--uid 10001" in rest for word, rest in last)
    after = last[[word for word, _ in last].index("USER") :]
    assert not [word for word, _ in after if word in {"RUN", "COPY", "ADD"}]  # nothing is written once it is the bot's
    named = {name for stage in stages for word, rest in stage if word in {"ENV", "ARG"} for name in re.findall(r"(\w+)=", rest)}
    assert not named & (set(SECRETS) - {"SIGNALBOX_DATABASE_URL"})
    assert {name for name in named if name.startswith("SIGNALBOX_")} <= READ
    (default,) = {rest.partition("=")[2] for word, rest in stages[0] if word == "ARG"}
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", default)  # CI pins it by digest


def test_the_image_answers_a_health_check_and_stops_as_it_should(stages):
    *_, last = stages
    words = dict(last)
    assert words["STOPSIGNAL"] == "SIGTERM"
    assert "/health/live" in words["HEALTHCHECK"]
    assert words["ENTRYPOINT"] == '["signalbox"]'
    assert words["CMD"] == '["serve"]'


def test_the_composition_gives_the_bot_what_it_reads_and_nothing_more(composed):
    for name in ("bot", "upgrade"):
        service = composed["services"][name]
        assert set(service["environment"]) <= READ
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"privileged", "network_mode", "pid", "user"}.isdisjoint(service)
        for variable, value in service["environment"].items():
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], variable
            elif variable in SECRETS:
                assert value == "", variable
    used = {secret for service in composed["services"].values() for secret in service.get("secrets", ())}
    assert used == set(composed["secrets"])
    assert all(each["file"] == f"secrets/{name}" for name, each in composed["secrets"].items())
    assert "secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_nothing_but_the_public_door_is_published_and_to_this_host_alone(composed):
    published = {port for service in composed["services"].values() for port in service.get("ports", ())}
    assert published == {"127.0.0.1:3000:3000"}
    assert {"postgres:17-bookworm", "signalbox"} == {service["image"] for service in composed["services"].values()}
