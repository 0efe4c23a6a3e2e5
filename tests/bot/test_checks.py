"""What `make security` and `make audit` look at by our own code: licences, and known vulnerabilities without a network (SEC-05)."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scripts.checks import advisories, licences

ROOT = Path(__file__).parents[2]


def test_every_package_that_is_shipped_has_a_licence_that_somebody_looked_at() -> None:
    names = licences.locked((ROOT / "requirements" / "runtime.txt").read_text())
    assert {"slack-bolt", "sqlmodel", "psycopg"} <= set(names)
    assert licences.problems(names) == []
    assert set(licences.NAMED) <= set(names)  # whoever is not shipped any more needs no exemption


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        pytest.param("MIT", True, id="permissive"),
        pytest.param("Apache-2.0 AND BSD-2-Clause", True, id="both are"),
        pytest.param("GPL-3.0-only OR MIT", True, id="one of two is enough where there is a choice"),
        pytest.param("Apache-2.0 AND GPL-2.0-only", False, id="one of two is not where there is none"),
        pytest.param("AGPL-3.0-only", False, id="copyleft over a network"),
        pytest.param("MIT WITH Something-Odd", False, id="an exception is for people to read"),
        pytest.param("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False, id="parentheses too"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_what_is_not_known_to_be_fine_is_not(expression: str, fine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert licences.allowed(expression) is fine
    monkeypatch.setattr(licences, "licence", lambda _: expression)
    assert len(licences.problems(["somebody-new"])) == (not fine)


def test_a_package_that_was_looked_at_may_not_change_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licences, "licence", lambda _: "SSPL-1.0")
    [said] = licences.problems(["psycopg"])
    assert said.startswith("psycopg: its licence 'SSPL-1.0' is not one that we looked at")


def test_what_another_platform_installs_is_not_looked_at_here() -> None:
    lock = "colorama==0.4.6 ; sys_platform == 'nowhere' \\\n    --hash=sha256:00\nidna==3.20 \\\n    --hash=sha256:00\n"
    assert licences.locked(lock) == ["idna"]


LOCK = {"aiohttp": "3.14.5", "pyyaml": "6.0.3"}


def advisory(*events: dict[str, str], name: str = "aiohttp", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}
    return {"id": "PYSEC-1", "modified": "2026-11-20T00:00:00Z", "affected": [affected], **more}


BEGUN, OLDER, NEWER = {"introduced": "0"}, {"fixed": "3.14.5"}, {"fixed": "3.14.6"}


@pytest.mark.parametrize(
    ("known", "hit"),
    [
        pytest.param(advisory(BEGUN, NEWER), "aiohttp 3.14.5: PYSEC-1, fixed in 3.14.6", id="before it was fixed"),
        pytest.param(advisory(BEGUN, OLDER), None, id="the locked version fixes it"),
        pytest.param(advisory(BEGUN), "aiohttp 3.14.5: PYSEC-1, not fixed yet", id="not fixed yet"),
        pytest.param(advisory({"introduced": "3.15"}), None, id="it came later"),
        pytest.param(advisory({"introduced": "3.14.5"}), "aiohttp 3.14.5: PYSEC-1, not fixed yet", id="it came with this version"),
        pytest.param(advisory(BEGUN, {"last_affected": "3.14.5"}), "aiohttp 3.14.5: PYSEC-1, not fixed yet", id="the last that it is in"),
        pytest.param(advisory(BEGUN, {"last_affected": "3.14.4"}), None, id="one after the last that it is in"),
        pytest.param(
            advisory(BEGUN, {"fixed": "2.0"}, {"introduced": "3.14"}, NEWER),
            "aiohttp 3.14.5: PYSEC-1, fixed in 2.0, 3.14.6",
            id="it came back",
        ),
        pytest.param(advisory(BEGUN, name="PyYAML"), "pyyaml 6.0.3: PYSEC-1, not fixed yet", id="names are compared as the index does"),
        pytest.param(advisory(BEGUN, name="flask"), None, id="of something else"),
        pytest.param(advisory(BEGUN, withdrawn="2026-01-01T00:00:00Z"), None, id="withdrawn"),
    ],
)
def test_an_advisory_hits_the_versions_that_it_is_about(known: dict[str, Any], hit: str | None) -> None:
    assert [str(found) for found in advisories.hits([known], LOCK)] == ([hit] if hit else [])


def test_versions_that_are_listed_one_by_one_are_hit() -> None:
    listed = {"id": "GHSA-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "aiohttp"}, "versions": ["3.14.4", "3.14.5"]}]}
    assert [hit.advisory for hit in advisories.hits([listed], LOCK)] == ["GHSA-1"]
    other = {"id": "GHSA-2", "affected": [{"package": {"ecosystem": "npm", "name": "aiohttp"}, "versions": ["3.14.5"]}]}
    assert advisories.hits([other], LOCK) == []


@pytest.mark.parametrize(
    ("known", "code", "said"),
    [
        pytest.param(advisory(BEGUN), 1, "not fixed yet", id="a hit fails"),
        pytest.param(advisory({"introduced": "99"}), 0, "1 advisories, the newest of 2026-11-20T00:00:00Z: 0 hits", id="none passes"),
        pytest.param(advisory(BEGUN, name="left-pad"), 2, "is it OSV's zip for PyPI?", id="a zip about nothing of ours proves nothing"),
    ],
)
def test_the_locked_packages_are_looked_up_in_the_zip(
    known: dict[str, Any], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("PYSEC-1.json", json.dumps(known))
    assert advisories.main(tmp_path / "all.zip") == code
    assert said in "".join(capsys.readouterr())


def test_a_zip_that_cannot_be_read_is_no_clean_bill(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(b"<html>not found</html>")
    with pytest.raises(zipfile.BadZipFile):
        advisories.main(tmp_path / "all.zip")
