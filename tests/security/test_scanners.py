"""The scanners of `make security` find what they are there for: each is shown something that it has to refuse (SEC-05, SEC-06)."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.security
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LOCK = ROOT / "requirements" / "runtime.txt"


def test_the_mutation_runner_is_tested_beside_this():
    assert find_spec("cosmic_ray")  # or conftest.py leaves its tests out


def run(*words: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([str(word) for word in words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("import subprocess\n\ndef go(what):\n    subprocess.run(what, shell=True)\n", "B602", id="a shell"),
        pytest.param("def go(tx, name):\n    return tx.execute('select * from change where id = ' + name)\n", "B608", id="SQL from words"),
        pytest.param(
            "import yaml\n\ndef go(text):\n    return yaml.load(text, Loader=yaml.Loader)\n", "B506", id="YAML that makes objects"
        ),
        pytest.param("import hashlib\n\ndef go(text):\n    return hashlib.md5(text)\n", "B324", id="a broken hash"),
    ],
)
def test_bandit_finds_what_no_room_may_do(tmp_path: Path, code: str, found: str) -> None:
    (tmp_path / "planted.py").write_text(code)
    scanned = run(BIN / "bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive", tmp_path)
    assert scanned.returncode == 1
    assert found in scanned.stdout


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        pytest.param(
            "notes.md", "our bot: " + "xoxb-" + "123456789012-123456789012-" + "aBcDeFgHiJkL" + "mNoPqRsTuVwX", "Slack Token", id="Slack"
        ),
        pytest.param("deploy.sh", "export TOKEN=" + "ghp_" + "aB3dE5fG7hI9" + "jK1lM3nO5pQ7" + "rS9tU1vW3xY5", "GitHub Token", id="GitHub"),
        pytest.param("key.pem", "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE", "Private Key", id="a private key"),
        pytest.param("compose.yaml", "url: postgresql://signalbox:" + "Tr0ub4dor@db/signalbox", "Basic Auth", id="a database"),
    ],
)
def test_detect_secrets_finds_what_no_tracked_file_may_hold(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text)
    scanned = run(sys.executable, "-m", "scripts.checks.secrets", name, folder=tmp_path)
    assert scanned.returncode == 1
    assert re.search(rf"{re.escape(name)}:1: .*{kind}", scanned.stdout)


def test_what_somebody_looked_at_is_still_there() -> None:
    """A line of the baseline that nothing has any more would let the same secret come back unseen."""
    known = set(json.loads((ROOT / ".secrets.baseline").read_text()).values())
    assert not [said for said in known if said.startswith("Private Key")]  # they all have one hash
    places = sorted({said.partition(", ")[2] for said in known})
    assert [place for place in places if not (ROOT / place).is_file()] == []


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        pytest.param("FROM python:latest", "DL3007", id="no version"),
        pytest.param("FROM python:3.11\nUSER root\n", "DL3002", id="root"),
        pytest.param("FROM python:3.11\nRUN sudo id\n", "DL3004", id="sudo"),
    ],
)
def test_hadolint_finds_what_no_image_may_do(tmp_path: Path, line: str, rule: str) -> None:
    (tmp_path / "Dockerfile").write_text(line)
    scanned = run(BIN / "hadolint", "--failure-threshold", "info", tmp_path / "Dockerfile")
    assert scanned.returncode == 1
    assert rule in scanned.stdout


@pytest.fixture(scope="module")
def bill() -> dict:
    from scripts.checks import sbom

    return json.loads(sbom.made(LOCK.read_text()))


def test_the_sbom_holds_what_is_locked_and_nothing_else(bill: dict) -> None:
    from scripts.checks.licences import locked

    listed = {component["name"]: component["version"] for component in bill["components"]}
    assert sorted(listed) == sorted({name.lower() for name in locked(LOCK.read_text())})
    assert (bill["specVersion"], bill["metadata"]["component"]["name"]) == ("1.6", "signalbox")
    for name, version in listed.items():
        assert re.search(rf"^{re.escape(name)}=={re.escape(version)}[ ;]", LOCK.read_text(), re.MULTILINE), name


def test_each_component_has_its_address_its_licence_and_its_hashes(bill: dict) -> None:
    for component in bill["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert component["licenses"], component["name"]
        hashes = {each["value"] for each in component["properties"]}
        assert hashes
        assert all(f"--hash={each}" in LOCK.read_text() for each in hashes), component["name"]


def test_the_sbom_tells_what_needs_what(bill: dict) -> None:
    needs = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}
    reached, left = set[str](), ["signalbox"]
    while left:
        left += [each for each in needs[left.pop()] if each not in reached and not reached.add(each)]  # type: ignore[func-returns-value]
    assert reached == {component["bom-ref"] for component in bill["components"]}
    assert any(each.startswith("pkg:pypi/psycopg-binary@") for each in needs["signalbox"])


def test_the_same_lock_gives_the_same_bytes() -> None:
    again = [
        run(sys.executable, "-c", f"from scripts.checks import sbom; print(sbom.made(open({str(LOCK)!r}).read()))").stdout for _ in "ab"
    ]
    assert again[0] == again[1] != ""
    assert os.fspath(ROOT) not in again[0]


def test_another_version_than_the_locked_one_makes_no_sbom() -> None:
    from scripts.checks import sbom

    with pytest.raises(ValueError, match=r"idna .* is installed, the lock has 1\.0"):
        sbom.made(re.sub(r"^idna==\S+", "idna==1.0", LOCK.read_text(), flags=re.MULTILINE))
