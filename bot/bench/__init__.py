"""`signalbox bench`: how fast it is and how much it takes, side by side in one run, on scratch databases.

Invariant: nothing is measured against a stored number; what is compared runs in the same run, in turns.
"""

import asyncio
import json
import os
import shlex
import tempfile
from pathlib import Path

from rich.console import Console

from bot.adapters.clock import MachineClock
from bot.bench.figures import Report
from bot.bench.plan import FULL, QUICK, measure
from bot.log import set_up

PAGE, PICTURES = Path("docs/benchmarks.md"), Path("docs/pictures")


def run(*, quick: bool, json_file: Path | None, write_docs: bool) -> int:
    """Measure and tell.

    Args:
        quick: a short form with a small history, to see that all of it runs.
        json_file: where the figures go as JSON.
        write_docs: write docs/benchmarks.md and its pictures.

    Returns:
        0 when every target was met, else 1.
    """
    set_up("ERROR")
    console, load = Console(), os.getloadavg()[0]
    words = ["signalbox", "bench", *(["--quick"] if quick else []), *(["--write-docs"] if write_docs else [])]
    with tempfile.TemporaryDirectory(prefix="signalbox-bench-") as folder:
        figures, curves, skipped = asyncio.run(measure(QUICK if quick else FULL, Path(folder), console.log))
    report = Report(MachineClock().now(), shlex.join(words), tuple(figures), tuple(skipped), load, tuple(curves))
    report.show(console)
    if json_file:
        json_file.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if write_docs:
        PAGE.write_text(report.page(), encoding="utf-8")
        for curve in curves:
            (PICTURES / curve.file).write_text(curve.svg(), encoding="utf-8")
    return 1 if any(figure.met is False for figure in figures) else 0
