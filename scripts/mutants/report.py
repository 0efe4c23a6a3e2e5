"""Writes docs/mutants.md: what was killed in each module, and each survivor with its reason.

Invariant: the figures are those of the sessions in build/mutants that belong to the modules as they stand; a module that was not tried is
said to be so, and a survivor without a reason is told as open. Reasons stand in scripts/mutants/reasons.toml, by module, operator and the
text of the line, so that they do not follow a line that says something else.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome

from scripts.mutants.work import GROUPS, ROOT, Source

PAGE = ROOT / "docs" / "mutants.md"
REASONS = Path(__file__).with_name("reasons.toml")

HEAD = """# Mutation tests

What the tests of the guards, and of claims, inbox, outbox and ledger, would notice: cosmic-ray changes one operator, number or keyword at
a time, and a change that no test notices survives. `make mutants` fills the sessions in `build/mutants` (hours; `ARGS=guards/freeze.py` one
module, `ARGS="--again guards/freeze.py"` those that survived there, with every test that runs their line), and `make mutants ARGS=--report`
writes this page from them. How it is done: `scripts/mutants`; why so: [decisions.md](decisions.md).

A mutant is tried with the tests that run its line, the module's own file first, for at most six seconds of tests; `--again` tries all.
Mutants of type annotations, and `is` for `==` against a member of an enum, are the same program and are not counted.

"""


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test saw."""

    module: str
    line: int
    operator: str
    text: str
    reason: str


def _reasons() -> list[dict[str, str]]:
    found: list[dict[str, str]] = tomllib.loads(REASONS.read_text(encoding="utf-8")).get("survivor", [])
    return found


def _why(reasons: list[dict[str, str]], module: str, operator: str, text: str) -> str:
    fits = (r["why"] for r in reasons if r["module"] == module and operator in r["operators"].split() and text == r["line"])
    return next(fits, "")


def gathered() -> tuple[list[tuple[str, Counter[str]]], list[Survivor]]:
    """For each module how many were killed, survived, are the same program, and are left; and the survivors."""
    reasons, figures, survivors = _reasons(), [], list[Survivor]()
    for path in (path for group in GROUPS for path in group.modules):
        source, counts = Source(path), Counter[str]()
        if source.session.exists():
            db = WorkDB(source.session, WorkDB.Mode.open)
            done = dict(db.results)
            for item in db.work_items:
                result, spec = done.get(item.job_id), item.mutations[0]
                if result is None:
                    counts["left"] += 1
                elif result.worker_outcome in (WorkerOutcome.SKIPPED, WorkerOutcome.NO_TEST):
                    counts["same"] += 1
                elif result.test_outcome is TestOutcome.SURVIVED:
                    counts["survived"] += 1
                    line, operator = source.text.splitlines()[spec.start_pos[0] - 1].strip(), spec.operator_name.removeprefix("core/")
                    survivors.append(Survivor(path, spec.start_pos[0], operator, line, source.same(spec) or _why(reasons, path, operator, line)))
                else:
                    counts["killed"] += 1
            db.close()
        figures.append((path, counts))
    return figures, sorted(survivors, key=lambda each: (each.module, each.line, each.operator))


def _share(killed: int, survived: int) -> str:
    return f"{100 * killed / (killed + survived):.1f} %" if killed + survived else ""


def page() -> str:
    """The text of docs/mutants.md."""
    figures, survivors = gathered()
    tried = [(path, counts) for path, counts in figures if counts["killed"] + counts["survived"]]
    whole = sum((counts for _, counts in tried), Counter[str]())
    same = sum(1 for each in survivors if each.reason.startswith("the same"))
    lines = [
        HEAD,
        f"**{whole['killed']} of {whole['killed'] + whole['survived']} mutants were killed ({_share(whole['killed'], whole['survived'])}) "
        f"in {len(tried)} of {len(figures)} modules.** {same} of the {len(survivors)} survivors are the same program; "
        f"{sum(not each.reason for each in survivors)} are open.\n",
        "| module | killed | survived | share | left to try |\n| --- | --- | --- | --- | --- |",
        *(
            f"| `{path}` | {n['killed']} | {n['survived']} | {_share(n['killed'], n['survived'])} | {n['left'] or ''} |"
            for path, n in tried
        ),
        "\nNot tried yet: " + (", ".join(f"`{path}`" for path, n in figures if not n["killed"] + n["survived"]) or "none") + ".\n",
        "## Survivors\n\n| line | mutants | text | reason |\n| --- | --- | --- | --- |",
    ]
    for (module, line, text, reason), same_line in groupby(survivors, key=attrgetter("module", "line", "text", "reason")):
        operators = ", ".join(sorted({each.operator.removeprefix("Replace") for each in same_line}))
        shown = text.replace("|", "\\|").replace("`", "'")
        lines.append(f"| `{module}:{line}` | {operators} | `{shown}` | {reason or '**open**'} |")
    return "\n".join(lines) + "\n"
