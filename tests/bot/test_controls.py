"""docs/controls.md claims nothing that is not there (DOC-09)."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from commands import COMMANDS
from commands.core import dispatch
from commands.core.ports.ci import RunState

ROOT = Path(__file__).parents[2]
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in (ROOT / "docs" / "controls.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| [A-Z]{2,4}-\d\d \|", line)
]
GUARDS = {guard.__name__ for command in COMMANDS for guard in (*command.guards, *command.whole, *dispatch.GUARDS)}

GROUPS = {
    "CMD": 19, "RBAC": 16, "SOD": 16, "WIN": 18, "FRZ": 16, "PRM": 28, "EVD": 31, "TRN": 30, "GNG": 15, "EMG": 25, "HOT": 21, "RBK": 21,
    "CAN": 13, "FLG": 13, "MAN": 12, "REC": 19, "AUD": 14, "EXC": 13, "MET": 11, "RSK": 14, "DBM": 13, "PDV": 10, "INC": 9, "NAM": 11,
    "POL": 9, "OPS": 15, "SEC": 12, "DOC": 10, "ORG": 10,
}  # fmt: skip
"""The requirement register: group → number of its rows."""


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    return (ROOT / path).is_file() and (not name or name in functions_of(path))


def test_the_page_has_rows_and_each_requirement_once():
    ids = [row[0] for row in ROWS]
    assert len(ids) > 50
    assert len(set(ids)) == len(ids)


COVERED = ("EVD", "SOD", "RBAC", "RSK", "REC", "NAM", "EXC", "PRM")
"""Groups of which each row is held, or said not to be."""


def not_held() -> list[str]:
    """What the page says that nothing holds, each with a reason."""
    page = (ROOT / "docs" / "controls.md").read_text(encoding="utf-8").partition("\n## Not held, and why\n")[2]
    return [name for names in re.findall(r"^- ([^:]+): \S", page, re.MULTILINE) for name in re.findall(r"[A-Z]{2,4}-\d\d", names)]


def test_no_row_of_a_group_that_is_covered_is_silent():
    held, lacking = {row[0] for row in ROWS}, not_held()
    asked = {f"{group}-{number:02}" for group in COVERED for number in range(1, GROUPS[group] + 1)}
    assert asked - held - set(lacking) == set()
    assert held & set(lacking) == set()
    assert len(set(lacking)) == len(lacking)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_requirement_is_in_the_register_and_its_row_is_complete(row):
    group, _, number = row[0].partition("-")
    assert 1 <= int(number) <= GROUPS[group]
    assert len(row) == 4
    assert all(row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_test_that_is_named_exists(row):
    named = quoted(row[2])
    assert named
    assert [test for test in named if not exists(test)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_guard_and_file_that_is_named_exists(row):
    named = [name for name in quoted(row[1]) if name != "authors_known"]
    assert [name for name in named if name not in GUARDS and not (ROOT / name).exists()] == []


def test_every_ledger_tag_that_is_named_is_written():
    code = "\n".join(path.read_text(encoding="utf-8") for room in ("commands", "storage") for path in (ROOT / room).rglob("*.py"))
    words = {command.name.replace(" ", "-") for command in COMMANDS} | {"stranger"}
    known = set(re.findall(r'"([a-z]+:[a-z-]+)"', code))
    known |= {f"{word}:{outcome}" for word in words for outcome in ("accepted", "refused", "unsure")} | {
        f"run:{state}" for state in RunState
    }
    named = {tag for row in ROWS for tag in re.findall(r"`([a-z]+:[a-z-]+)`", row[3])}
    assert named
    assert named - known == set()


@pytest.mark.parametrize("page", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_test_and_page_that_a_page_names_exists(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert [test for test in re.findall(r"`(tests/[^`]+)`", text) if not exists(test)] == []
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith(("http", "mailto"))]
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_the_files_that_a_repository_has_to_have_are_there():
    for name in (
        "CODEOWNERS", "SECURITY.md", "RELEASE.md", "CHANGELOG.md", "LICENSE", ".github/pull_request_template.md", "docs/repo-metadata.yml",
        "docs/audit/applicability.md",
    ):  # fmt: skip
        assert (ROOT / name).read_text(encoding="utf-8").strip(), name
    assert "/guards/" in (ROOT / "CODEOWNERS").read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", sorted(path.stem for path in (ROOT / "requirements").glob("*.txt")))
def test_every_package_is_locked_by_its_hash(lock):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z0-9])", text)
    assert packages[0]
    assert all(re.match(r"[a-z0-9.-]+==", package) and "--hash=sha256:" in package for package in packages)


@pytest.mark.parametrize(("lock", "extras"), [("runtime", ["otel"]), ("dev", ["otel", "dev"])])
def test_every_package_that_is_asked_for_is_locked(lock, extras):
    """Otherwise a fresh clone lacks what works here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    names = {re.split(r"[\[<>=~!; ]", line)[0].lower() for line in asked}
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert names - locked == set()
