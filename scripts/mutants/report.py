"""Writes docs/mutants.md: what was killed in each module, and each survivor with its reason.

Invariant: the figures are those of the sessions in build/mutants that belong to the modules as they stand; a module that was not tried is
said to be so, and a survivor without a reason is told as open. Reasons stand in scripts/mutants/reasons.toml, by module, operator and the
text of the line, so that they do not follow a line that says something else.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkerOutcome

from scripts.mutants.work import GROUPS, LETTERS, ROOT, SAME, Source

PAGE = ROOT / "docs" / "mutants.md"
REASONS = Path(__file__).with_name("reasons.toml")
ENOUGH = 95

HEAD = """# Mutation tests

What the tests of the guards, and of claims, inbox, outbox and ledger, would notice: cosmic-ray changes one operator, number or keyword at
a time, and a change that no test notices survives. `make mutants` fills the sessions in `build/mutants` (hours; `ARGS=--most=20` tries
twenty of each module, drawn at random; `ARGS=guards/freeze.py` one module, `ARGS="--again guards/freeze.py"` those that survived there),
and `make mutants ARGS=--report` writes this page from them. How it is done: `scripts/mutants`; why so: [decisions.md](decisions.md).

A mutant is tried with the tests that run its line, the module's own file first, for at most six seconds of tests, so that this page knows
too many survivors rather than too few. Mutants of type annotations, and `==` for `is` with a member of an enum, are the same program and
are not counted; a survivor that was judged to be the same program is counted and told, and is left out of the shares.

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
                    why = source.same(spec) or _why(reasons, path, operator, line)
                    counts["alike"] += why.startswith(SAME)
                    survivors.append(Survivor(path, spec.start_pos[0], operator, line, why))
                else:
                    counts["killed"] += 1
            db.close()
        figures.append((path, counts))
    return figures, sorted(survivors, key=lambda each: (each.module, each.line, each.operator))


def _share(n: Counter[str]) -> float:
    """Of the mutants that are another program, the part that was killed, in percent."""
    return 100 * n["killed"] / (n["killed"] + n["survived"] - n["alike"] or 1)


def _of(n: Counter[str]) -> str:
    tried = n["killed"] + n["survived"]
    return f"{tried} of {tried + n['left']}"


def page() -> str:
    """The text of docs/mutants.md."""
    figures, survivors = gathered()
    tried = [(path, n) for path, n in figures if n["killed"] + n["survived"]]
    whole = sum((n for _, n in figures), Counter[str]())
    clean = [(path, n) for path, n in tried if n["survived"] == n["alike"]]
    low = [path for path, n in tried if _share(n) < ENOUGH]
    empty = [path for path, n in figures if n and not n["killed"] + n["survived"] + n["left"]]
    never = [path for path, n in figures if path not in dict(tried) and path not in empty]
    told = [each for each in survivors if each.reason and not each.reason.endswith(LETTERS)]
    lines = [
        HEAD,
        f"**Of {len(tried)} of the {len(figures)} modules, {_of(whole)} mutants were tried; {whole['killed']} were killed and "
        f"{whole['survived']} survived, {whole['alike']} of which are the same program: {_share(whole):.1f} % of the others were killed.** "
        f"{sum(not each.reason for each in survivors)} survivors are open; {len(low)} modules are below {ENOUGH} %.\n",
        "| module | tried | killed | survived | the same program | share |\n| --- | --- | --- | --- | --- | --- |",
        *(
            f"| `{path}` | {_of(n)} | {n['killed']} | {n['survived']} | {n['alike']} | {_share(n):.1f} % |"
            for path, n in sorted(tried, key=lambda each: _share(each[1]))
            if (path, n) not in clean
        ),
        "\nAll that were tried and are another program were killed: " + _listed((f"`{path}` ({_of(n)})" for path, n in clean)),
        "\nNothing to change: " + _listed(f"`{path}`" for path in empty),
        "\nNot tried yet: " + _listed(f"`{path}`" for path in never),
        "\n## Survivors with a reason\n",
        f"{sum(each.reason.endswith(LETTERS) for each in survivors)} more ask whether a member of an enum comes before or after the first "
        "or the last by its letters, which is whether it is that one.\n",
        *_table(told),
        "\n## Open survivors\n",
        *_table([each for each in survivors if not each.reason]),
    ]
    return "\n".join(lines) + "\n"


def _listed(paths: Iterable[str]) -> str:
    return (", ".join(paths) or "none") + "."


def _table(survivors: list[Survivor]) -> Iterator[str]:
    reasoned = any(each.reason for each in survivors)
    yield "| line | mutants | text |" + (" reason |" if reasoned else "")
    yield "| --- | --- | --- |" + (" --- |" if reasoned else "")
    for (module, line, text, reason), same_line in groupby(survivors, key=attrgetter("module", "line", "text", "reason")):
        operators = ", ".join(sorted({each.operator.removeprefix("Replace") for each in same_line}))
        shown = text.replace("|", "\\|").replace("`", "'")
        yield f"| `{module}:{line}` | {operators} | `{shown}` |" + (f" {reason} |" if reasoned else "")
