"""No log holds a secret: what every test wrote to standard error, logged, or had a process write, is looked through when it ends (SEC-03).

Invariant: nobody keeps a list of the secrets. Whatever becomes a `SecretStr` anywhere in a run is one, and so is whatever has the form of a
token or a key; a test fails that leaves one of them in a log. `tests/bot/test_hush.py` shows that it does.
"""

import re
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

SHORTEST = 12
"""A shorter word may stand in a log by chance."""

FORMS = re.compile(
    r"xox[a-z]-[\w-]{6}|xapp-[\w-]{6}|gh[a-z]_\w{16}|github_pat_\w{16}|whsec_\w{8}|(?i:bearer|basic) [\w+/=.-]{8}|-BEGIN [A-Z ]*PRIVATE KEY"
    r"|v0=[0-9a-f]{64}|://[^\s/:@]+:[^\s/@*]+@"
)
"""Tokens of Slack and GitHub, secrets of webhooks, credentials in a header or an address, private keys, signatures."""

PUBLIC = ("sqlite://",)
"""The address of a file is kept like a secret, because another database's has a password in it."""

_secrets: defaultdict[str, set[str]] = defaultdict(set)
"""By their beginnings."""

_heard: list[str] = []


def heard(text: str) -> str:
    """Take down what a process or a captured stream wrote; returns it."""
    _heard.append(text)
    return text


def leaked(text: str) -> str | None:
    """A secret that stands in a text, shortened so that a report does not publish it; None when there is none."""
    found = FORMS.search(text)
    secret = found[0] if found else next((secret for secret in _begun(text) if secret in text), None)
    return secret and f"{secret[:6]}…"


def _begun(text: str) -> Iterator[str]:
    """The secrets whose beginning stands in a text: a run makes thousands, and each test's logs are held against all of them."""
    for place in range(len(text) - SHORTEST + 1):
        yield from _secrets.get(text[place : place + SHORTEST], ())


def _registers(made: Any) -> Any:
    def init(self: SecretStr, secret_value: str) -> None:
        made(self, secret_value)
        if isinstance(secret_value, str) and len(secret_value.strip()) >= SHORTEST and not secret_value.startswith(PUBLIC):
            _secrets[secret_value.strip()[:SHORTEST]].add(secret_value.strip())

    return init


def _overhears(read: Any) -> Any:
    def readouterr(self: Any) -> Any:
        said = read(self)
        heard(said.err if isinstance(said.err, str) else said.err.decode(errors="replace"))
        return said

    return readouterr


def pytest_configure(config: pytest.Config) -> None:
    """Listen, before any module of tests is imported."""
    patch = pytest.MonkeyPatch()
    patch.setattr(SecretStr, "__init__", _registers(SecretStr.__init__))
    patch.setattr(pytest.CaptureFixture, "readouterr", _overhears(pytest.CaptureFixture.readouterr))
    config.add_cleanup(patch.undo)


@pytest.fixture(autouse=True)
def _files(request: pytest.FixtureRequest) -> Iterator[None]:
    """Takes down what started processes wrote into files; it is set up before they are, so it ends after them."""
    folder: Path | None = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    for file in folder.rglob("*.log") if folder else ():
        with suppress(OSError):  # one that a test locked away or took back
            heard(file.read_text(errors="replace"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """At the end of each test, look at all of it."""
    report = yield
    if report.when == "teardown":
        streams = (text for name, text in report.sections if "stderr" in name or "log" in name)
        found = next(filter(None, map(leaked, (*streams, *_heard))), None)
        _heard.clear()
        if found and report.outcome != "failed":
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: a log holds a secret: {found}"
    return report
