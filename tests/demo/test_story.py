"""`signalbox demo --once` exits 0 only if all of the story happened (issue 2, "What a user gets", 1)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.demo import story
from bot.demo.ci_runs import Shop
from bot.demo.development import SERVICE
from bot.demo.registry_store import layer_of
from bot.demo.story_asking import NEW

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]  # it starts two programs and waits for both; machines differ


def play(tmp_path: Path, *words: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The demo as a program, with its temporary folder below `tmp_path`."""
    return subprocess.run(
        [sys.executable, "-m", "bot", "demo", *words],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path), "COLUMNS": "100", **environment}, input=typed,
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def test_the_story_happens_and_leaves_nothing_behind(tmp_path):
    """In a narrow terminal, on a machine with the settings of a real bot."""
    real = {"SLACK_APP_TOKEN": "xapp-1-real", "SLACK_BOT_TOKEN": "xoxb-1-real", "SIGNALBOX_PORT": "1", "SIGNALBOX_HOST": "192.0.2.1"}
    done = play(tmp_path, "--once", COLUMNS="80", GITHUB_TOKEN="ghp_real", GITHUB_APP_ID="1", **real)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""  # the bot's log is not part of the story
    assert "✘" not in done.stdout
    assert "In a browser" not in done.stdout  # nobody is there to open it
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "[ Approve ]  [ Reject ]  [ Cancel request ]" in done.stdout
    told = " ".join(done.stdout.split())
    for proved in (
        "✔ carla was told the reason pointer-moved",
        "✔ the ledger has the refusal: environment-skipped, pointer-moved, digest-mismatch,",
        "✔ the release record is complete, and on record",
        "✔ #alerts was told that a fixed pointer moved",
        "✔ the ledger has the refusal: no-sbom",
        "✔ refused: own-request",
        "✔ refused: own-work",
        "✔ that it is not enough is on record: sole-reviewer",
        "✔ CI holds exactly one order for it",
        "✔ production/ holds the same bytes as staging/ and dev/, hashed anew",
        "✔ audit verify: 36 entries, each follows from the one before",
        "✔ it was judged by Monday's facts: window open, no freeze, approvals that still count",
        "✔ production/ holds v1.5.0, hashed anew",
        "✔ window, freeze and incident gave way to this record",
        "✔ production/ holds v1.6.0",
        "✔ ines was told the reason wrong-state",
        "✔ all 7 follow-ups are done, each with what shows it",
    ):
        assert proved in told
    assert list(tmp_path.iterdir()) == []


def test_without_git_it_says_so_and_exits_with_1(tmp_path):
    done = play(tmp_path, "--once", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "The demo cannot go on: git is not installed." in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- when a step does not happen


def broken(monkeypatch, step: str, sabotage) -> None:
    """Have something go wrong just before a step of the story."""
    told = getattr(story.Story, step)

    async def wrong(self) -> None:
        await sabotage(self.company)
        await told(self)

    monkeypatch.setattr(story.Story, step, wrong)


async def ci_fails(company) -> None:
    await company.ci.misbehave("fail")


async def registry_loses_everything(company) -> None:
    shutil.rmtree(company.ci.root / "registry")


async def tag_stays(company) -> None:
    async def nothing(version, by) -> None: ...

    company.development.move_tag = nothing


async def sbom_fits(company) -> None:
    build = company.development.builds.build
    company.development.builds.build = lambda service, version, sbom_of=None: build(service, version)


async def artifact_is_tampered_with(company) -> None:
    registry = Shop(company.ci.root, frozenset()).registry(SERVICE)
    layer = layer_of(registry.manifest(NEW)).removeprefix("sha256:")
    (registry.root / "blobs" / layer).write_bytes(b"something else")


async def folder_is_tampered_with(company) -> None:
    (company.ci.root / "production" / SERVICE / "artifact.tar.gz").write_bytes(b"something else")


async def slack_opens_no_form(company) -> None:
    company.slack.faults.fail("views.open", "expired_trigger_id")


@pytest.mark.parametrize(
    ("step", "sabotage", "said"),
    [
        ("dev_moves_the_tag", tag_stays, "carla was told the reason pointer-moved"),
        ("a_new_version_has_another_builds_sbom", sbom_fits, "dev was told the reason no-sbom"),
        ("staging_first", ci_fails, "staging/ holds the same bytes as dev/"),
        ("rita_approves", artifact_is_tampered_with, "the run run-[0-9a-f]+ succeeded"),
        ("ci_deploys_once", folder_is_tampered_with, "production/ holds the same bytes as staging/ and dev/, hashed anew"),
        ("rita_approves", slack_opens_no_form, "a form opened before Rita"),
        ("carla_asks_again", registry_loses_everything, "the request became a change|waits for approval|one answer"),
    ],
    ids=[
        "the tag stays",
        "the SBOM fits",
        "CI fails",
        "the artifact was tampered with",
        "the folder was tampered with",
        "Slack opens no form",
        "the registry is empty",
    ],
)
def test_it_stops_with_1_at_the_step_that_did_not_happen(monkeypatch, capsys, tmp_path, at_once, step, sabotage, said):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    broken(monkeypatch, step, sabotage)

    assert story.run(once=True) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(f"✘ The story stops here, because this is not so: .*({said})", told)
    assert "audit verify" not in told
    assert list(tmp_path.iterdir()) == []
