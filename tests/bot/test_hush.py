"""That no log holds a secret is looked at after every test of the run; here it finds what it has to (SEC-03, SEC-09)."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import hush

ROOT = Path(__file__).parents[2]

LEAKS = """
    import logging, subprocess, sys
    from pathlib import Path
    import pytest
    from pydantic import BaseModel, SecretStr
    from bot import log as logs

    class Settings(BaseModel):
        password: SecretStr

    MINE = Settings(password="zebra-crossing-at-noon").password

    def test_ours(): logs.log.info("started", header=MINE.get_secret_value())
    def test_words_that_were_read(capsys):
        logs.log.info("started", header=MINE.get_secret_value())
        assert capsys.readouterr().err
    def test_a_library(): logging.getLogger("slack_sdk").warning("sent %s", MINE.get_secret_value())
    def test_on_standard_error(): print(MINE.get_secret_value(), file=sys.stderr)
    def test_a_process(): subprocess.run([sys.executable, "-c", "import sys; print('ghs_0123456789abcdefgh', file=sys.stderr)"])
    def test_a_process_with_a_file(tmp_path): (tmp_path / "ci.log").write_text("GET https://me:" + "whatever@ci.example/")
    def test_a_key(): logs.log.error("broken", found="-----BEGIN EC PRIVATE KEY-----")

    def fine_the_secret_itself(): logs.log.info("started", header=MINE, settings=repr(Settings(password="zebra-crossing-at-noon")))
    def fine_what_is_no_log(): print(MINE.get_secret_value())
    def fine_a_fault():
        try: raise ValueError(MINE.get_secret_value())
        except ValueError: logs.log.exception("broken")
"""


def test_a_secret_in_any_log_fails_its_test(tmp_path: Path) -> None:
    lines = (re.sub("^    ", "", line) for line in LEAKS.splitlines())
    (tmp_path / "test_leaks.py").write_text("\n".join(lines).replace("def fine_", "def test_fine_"))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.world.hush", "-p", "no:cacheprovider", "-q", "-rA", "--tb=line", "--no-header", "."],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    tests = re.findall(r"def (?:test_)?(\w+)", LEAKS)
    assert {name for name in tests if f"test_{name}: a log holds a secret" in ran.stdout} == {
        name for name in tests if not name.startswith("fine_")
    }, ran.stdout
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED
    assert "zebra-crossing-at-noon" not in ran.stdout.partition("a log holds a secret")[2].splitlines()[0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("token xoxb-signalbox-1", "xoxb-s…", id="of Slack's bot"),
        pytest.param("xapp-signalbox-1", "xapp-s…", id="of Slack's app"),
        pytest.param("a ghs_0123456789abcdef", "ghs_01…", id="of a GitHub App"),
        pytest.param("Authorization: Bearer abcdefgh", "Bearer…", id="in a header"),
        pytest.param("postgresql://signalbox:hunter2@db/signalbox", "://sig…", id="a password in an address"),
        pytest.param("v0=" + "a1" * 32, "v0=a1a…", id="Slack's signature"),
        pytest.param("SLACK_BOT_TOKEN: write xoxb-…", None, id="how a token begins"),
        pytest.param("postgresql://signalbox:***@db/signalbox", None, id="a password that is not shown"),
        pytest.param("bearer of news", None, id="a word of people"),
    ],
)
def test_what_has_the_form_of_a_secret_is_one(text: str, found: str | None) -> None:
    assert hush.leaked(text) == found
