"""What is mutated and where: cosmic-ray's mutants of a module, and what each of them touches.

Invariant: a session belongs to one text of its module. When the module changes, its mutants are made anew.
"""

import ast
import hashlib
import importlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkItem, WorkResult

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "mutants"

SAME, LETTERS = "the same program", "of its kind by its letters"

Place = tuple[int, int]
Span = tuple[Place, Place]


@dataclass(frozen=True)
class Group:
    """Modules that the same tests cover.

    Args:
        modules: paths from the root.
        tests: files or folders of tests.
        options: of pytest.
        imports: what the tests need of others' packages, imported once.
        always: tests of what stands outside of functions, which no line tells.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    options: tuple[str, ...]
    imports: tuple[str, ...]
    always: tuple[str, ...] = ()


def _storage(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/storage/test_{name}.py" for name in names)


SLOW = ("--ignore=tests/guards/test_window_simulation.py", "-k", "not in_the_dark")
"""None of these ends within the budget of a mutant."""

GROUPS = (
    Group(
        tuple(sorted(f"guards/{path.name}" for path in (ROOT / "guards").glob("*.py"))),
        ("tests/guards",),
        ("--noconftest", *SLOW),
        ("cronsim", "hypothesis.strategies", "pydantic", "zoneinfo"),
        ("tests/guards/test_frozen.py", "tests/guards/test_policy_keys.py"),
    ),
    Group(
        tuple(f"storage/{name}.py" for name in ("audit", "chain", "checkpoints", "claims", "inbox", "outbox", "retention")),
        _storage(
            "audit",
            "chain",
            "changes",
            "checkpoints",
            "database",
            "decisions",
            "inbox",
            "nouns",
            "outbox",
            "retention",
            "tampering",
            "timers",
        ),
        ("-k", "not postgresql"),
        ("aiohttp.web", "alembic.command", "cryptography", "hypothesis.strategies", "pydantic", "sqlmodel", "structlog"),
    ),
)


def outermost(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module and the methods of its classes, not what stands inside of them."""
    found: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
    left: list[ast.stmt] = list(tree.body)
    while left:
        node = left.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node)
        elif isinstance(node, ast.ClassDef | ast.If):
            left += node.body
    return found


def _span(first: ast.expr | ast.stmt, last: ast.expr | ast.stmt | None = None) -> Span:
    last = last or first
    return (first.lineno, first.col_offset), (last.end_lineno or first.lineno, last.end_col_offset or 0)


class Source:
    """The text of a module, and what stands where in it.

    Args:
        path: from the root.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.text = (ROOT / path).read_text(encoding="utf-8")
        self.tree = ast.parse(self.text)
        self.name = path.removesuffix(".py").replace("/", ".")

    @cached_property
    def session(self) -> Path:
        """The file of its session; another text has another one."""
        return KEPT / f"{self.name}-{hashlib.sha256(self.text.encode()).hexdigest()[:8]}.sqlite"

    @cached_property
    def annotations(self) -> list[Span]:
        """Types: a mutant of one is no different program, or one that cannot be imported."""
        found: list[ast.expr | None] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(node.returns)
            elif isinstance(node, ast.arg | ast.AnnAssign):
                found.append(node.annotation)
        return [_span(node) for node in found if node]

    @cached_property
    def members(self) -> dict[Place, tuple[str, str]]:
        """Where members of enums begin that something is compared with: the enum and the member."""
        compares = (node for node in ast.walk(self.tree) if isinstance(node, ast.Compare))
        against = (other for node in compares for other in node.comparators if isinstance(other, ast.Attribute))
        return {
            (each.lineno, each.col_offset): (each.value.id, each.attr)
            for each in against
            if isinstance(each.value, ast.Name) and each.attr.isupper()
        }

    def nothing(self, spec: MutationSpec) -> str | None:
        """Why there is nothing to try about a mutant; None where there is."""
        if any(first <= spec.start_pos and spec.end_pos <= last for first, last in self.annotations):
            return "a type"
        row, column = spec.end_pos
        if spec.operator_name.endswith(("_Is_Eq", "_IsNot_NotEq")) and (row, column + 1) in self.members:
            return "a member of an enum"
        return None

    def same(self, spec: MutationSpec) -> str:
        """Why a mutant that survived is the same program: nothing comes before the first of an enum, and nothing after the last."""
        row, column = spec.end_pos
        name, member = self.members.get((row, column + 1), ("", ""))
        kind = getattr(importlib.import_module(self.name), name, None)
        if not (isinstance(kind, type) and issubclass(kind, StrEnum)):
            return ""
        if spec.operator_name.endswith(("_Is_LtE", "_IsNot_Gt")) and kind[member] == min(kind):
            return f"{SAME}: “{kind[member]}” is the first {LETTERS}"
        if spec.operator_name.endswith(("_Is_GtE", "_IsNot_Lt")) and kind[member] == max(kind):
            return f"{SAME}: “{kind[member]}” is the last {LETTERS}"
        return ""

    @cached_property
    def bodies(self) -> list[Span]:
        """Of the outermost functions."""
        return [_span(node.body[0], node.body[-1]) for node in outermost(self.tree)]

    def body(self, spec: MutationSpec) -> Span | None:
        """The outermost function's body that a mutant stands in; None where it stands in none."""
        return next((span for span in self.bodies if span[0] <= spec.start_pos and spec.end_pos <= span[1]), None)

    def lines(self, spec: MutationSpec) -> range:
        """The lines of the innermost statement around a mutant, without the statements inside of it."""
        best = range(spec.start_pos[0], spec.end_pos[0] + 1)
        for node in ast.walk(self.tree):
            if not isinstance(node, ast.stmt):
                continue
            inner = [part.lineno for name in ("body", "orelse", "handlers", "cases", "finalbody") for part in getattr(node, name, [])[:1]
                     if hasattr(part, "lineno")]  # fmt: skip
            end = min(inner) - 1 if inner else node.end_lineno or node.lineno
            if node.lineno <= spec.start_pos[0] <= end:
                best = range(node.lineno, end + 1)  # walked from the outside to the inside
        return best

    def mutated(self, spec: MutationSpec) -> str | None:
        """The whole text with this one mutation; None where cosmic-ray makes none."""
        operator = cosmic_ray.plugins.get_operator(spec.operator_name)
        made: str | None = mutate_code(self.text, operator(**spec.operator_args), spec.occurrence)
        return made


def opened(source: Source) -> WorkDB:
    """The session of a module, with all its mutants; those that are the same program are skipped."""
    KEPT.mkdir(parents=True, exist_ok=True)
    new = not source.session.exists()
    db = WorkDB(source.session, WorkDB.Mode.create)
    if new:
        init([Path(source.path)], db, {})
        for item in db.work_items:
            if why := source.nothing(item.mutations[0]):
                db.set_result(item.job_id, WorkResult(WorkerOutcome.SKIPPED, why))
    return db


def survived(db: WorkDB) -> list[WorkItem]:
    """The mutants that no test saw."""
    return [item for item, result in db.completed_work_items if result.test_outcome is TestOutcome.SURVIVED]


def tried(db: WorkDB) -> int:
    """How many mutants were killed, or survived."""
    return sum(result.worker_outcome is WorkerOutcome.NORMAL for _, result in db.results)
