"""What was measured: figures with their targets, as a table, as JSON and as a page.

Invariant: a figure that missed its target is shown like the others; nothing here rounds a value into its target.
"""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.bench.curves import Curve, digits, size

_PARTS = ("slack-bolt", "aiohttp", "sqlalchemy", "pydantic", "cedarpy")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Args:
        group: heading under which it stands.
        name: what was measured.
        value: in `unit`.
        unit: like `ms`.
        below, above: the bound that it is to keep; None for a figure that is only told.
        note: what a reader must know to judge it.
    """

    group: str
    name: str
    value: float
    unit: str
    below: float | None = None
    above: float | None = None
    note: str = ""

    @property
    def target(self) -> str:
        """The bound in words."""
        if self.below is not None:
            return f"< {self.below:g} {self.unit}"
        return f"≥ {self.above:g} {self.unit}" if self.above is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        if self.below is not None:
            return self.value < self.below
        return self.value >= self.above if self.above is not None else None

    @property
    def shown(self) -> str:
        """The value with its unit, three digits that count."""
        return f"{digits(self.value)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Report:
    """One run.

    Args:
        at: when it ended, aware.
        command: as it was typed.
        figures: in the order of the run.
        skipped: what was not measured, and why.
        load: the machine's load average over a minute before the run began: above its processors, others were at work too.
        curves: how figures grow with the history.
    """

    at: datetime
    command: str
    figures: tuple[Figure, ...]
    skipped: tuple[str, ...] = ()
    load: float | None = None
    curves: tuple[Curve, ...] = ()

    @property
    def machine(self) -> dict[str, str]:
        """What it ran on."""
        return {
            "processors": f"{os.cpu_count()} × {_processor()}",
            "load before the run": "not known" if self.load is None else f"{self.load:.1f}",
            "system": f"{platform.system()} {platform.release()}",
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            **{name: _version(name) for name in _PARTS},
        }

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        figures = [{**asdict(figure), "target": figure.target, "met": figure.met} for figure in self.figures]
        return {
            "at": self.at.isoformat(timespec="seconds"), "command": self.command, "machine": self.machine, "figures": figures,
            "curves": [asdict(curve) for curve in self.curves], "skipped": list(self.skipped),
        }  # fmt: skip

    def show(self, console: Console) -> None:
        """Print it as a table."""
        table = Table(title="signalbox bench", title_justify="left")
        for heading, side in (("", "left"), ("measured", "right"), ("target", "right"), ("", "left")):
            table.add_column(heading, justify=side)  # type: ignore[arg-type]
        for group in _groups(self.figures):
            table.add_section()
            table.add_row(f"[bold]{group}[/bold]", "", "", "")
            for figure in (f for f in self.figures if f.group == group):
                table.add_row(f"  {figure.name}", figure.shown, figure.target, _mark(figure))
        console.print(table)
        for text in self.skipped:
            console.print(f"not measured: {text}", markup=False)

    def page(self) -> str:
        """docs/benchmarks.md."""
        lines = [
            "# Benchmarks",
            "",
            f"<!-- Made by `{self.command}`; do not edit. -->",
            "",
            f"One run of `{self.command}` on {self.at:%Y-%m-%d}. Everything is measured side by side in that run, on one machine that runs",
            "the servers and the load together: read ratios and CPU times first, elapsed times second. Servers have processes of their",
            "own; what is compared takes turns, round by round; ratios are medians over the rounds. Databases sync every commit to disk.",
            "",
            "| machine | |",
            "| --- | --- |",
            *(f"| {name} | {value} |" for name, value in self.machine.items()),
        ]
        for group in _groups(self.figures):
            lines += ["", f"## {group}", "", "| figure | measured | target | met |", "| --- | ---: | ---: | --- |"]
            mine = [f for f in self.figures if f.group == group]
            lines += [f"| {f.name} | {f.shown} | {f.target} | {_word(f)} |" for f in mine]
            notes = [f"- {f.name}: {f.note}" for f in mine if f.note]
            lines += ["", *notes] if notes else []
        lines += self._growth() if self.curves else []
        lines += ["", *(f"Not measured: {text}" for text in self.skipped)] if self.skipped else []
        return "\n".join(lines) + "\n"

    def _growth(self) -> list[str]:
        sizes = [size(entries) for entries, _ in self.curves[0].points]
        return [
            "", "## Growth with the history", "",
            f"| ledger entries | {' | '.join(sizes)} |", "| --- |" + " ---: |" * len(sizes),
            *(f"| {c.name} | {' | '.join(f'{digits(value)} {c.unit}' for _, value in c.points)} |" for c in self.curves),
            "", *(f"- {c.name}: {c.note}" for c in self.curves if c.note),
            "", *(f"![{c.name}, by ledger entries](pictures/{c.file})" for c in self.curves),
        ]  # fmt: skip


def _groups(figures: Sequence[Figure]) -> list[str]:
    return list(dict.fromkeys(figure.group for figure in figures))


def _mark(figure: Figure) -> str:
    return {None: "", True: "[green]✓[/green]", False: "[red]missed[/red]"}[figure.met]


def _word(figure: Figure) -> str:
    return {None: "", True: "yes", False: "**no**"}[figure.met]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123 - not everywhere a file
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), platform.machine())
    except OSError:
        return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
