"""Which tests run which lines, and how long each takes: from one run of a group's tests under coverage.

Invariant: a line that ran while modules were imported or tests were collected has the context "" too. What such a line makes may stand in
a constant of a test, so its mutants are tried in a process that imports everything anew.
"""

import hashlib
import json
import os
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData
from hypothesis import HealthCheck, Phase, settings

from scripts.mutants.work import KEPT, ROOT, Group

QUIET = (
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-p",
    "no:pytest_cov",
    "--no-header",
    "--timeout=0",
    "--assert=plain",  # nobody reads how a test failed, and to tell it costs more than the test
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)


@dataclass(frozen=True)
class Cover:
    """Of one group.

    Args:
        seconds: of each test, by its id.
        data: the lines of each.
    """

    seconds: dict[str, float]
    data: CoverageData

    def of(self, path: str) -> dict[int, set[str]]:
        """The tests that run each line of a module; "" for the imports."""
        return {line: set(contexts) for line, contexts in self.data.contexts_by_lineno(str(ROOT / path)).items()}

    def ordered(self, tests: Iterable[str], path: str, budget: float) -> list[str]:
        """Those of the module's own file of tests first, then what is quick, as many as the time allows.

        Args:
            tests: those that run a line.
            path: of the module.
            budget: seconds, as they were measured; the own file's tests are never left out.
        """
        own = f"/test_{Path(path).stem}.py::"
        spent, found = 0.0, []
        for test in sorted(tests, key=lambda test: (own not in test, self.seconds[test])):
            spent += self.seconds[test]
            if spent > budget and own not in test:
                break
            found.append(test)
        return found


def steady() -> None:
    """Hypothesis tries the same examples for each mutant, none of an earlier run, and looks for no smaller one."""
    phases, checks = (Phase.explicit, Phase.generate), list(HealthCheck)
    settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases, suppress_health_check=checks)
    settings.load_profile("mutants")


class _Measuring:
    def __init__(self, cover: Coverage) -> None:
        self.cover, self.seconds = cover, dict[str, float]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self.cover.switch_context(item.nodeid)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - began
            self.cover.switch_context("")


def _digest(group: Group) -> str:
    folders = {Path(test).parent if test.endswith(".py") else Path(test) for test in group.tests}
    files = [*group.modules, *sorted(str(path.relative_to(ROOT)) for folder in folders for path in (ROOT / folder).glob("*.py"))]
    return hashlib.sha256(b"\0".join((ROOT / file).read_bytes() for file in files)).hexdigest()[:8]


def cover(group: Group) -> Cover:
    """Measured in a process of its own, once for each text of modules and tests.

    Raises:
        RuntimeError: a test fails without any mutant.
    """
    stem = KEPT / f"cover-{Path(group.modules[0]).parent}-{_digest(group)}"
    data, seconds = stem.with_suffix(".coverage"), stem.with_suffix(".json")
    KEPT.mkdir(parents=True, exist_ok=True)
    if not seconds.exists():
        child = os.fork()
        if not child:
            os._exit(_measure(group, data, seconds))
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise RuntimeError("the tests have to pass without a mutant first")
    read = CoverageData(str(data))
    read.read()
    return Cover(json.loads(seconds.read_text()), read)


def _measure(group: Group, data: Path, seconds: Path) -> int:
    data.unlink(missing_ok=True)
    measured = Coverage(data_file=str(data), include=[str(ROOT / module) for module in group.modules], config_file=False, branch=False)
    plugin = _Measuring(measured)
    steady()
    measured.start()
    said = pytest.main([*group.tests, *group.options, *QUIET], plugins=[plugin])
    measured.stop()
    measured.save()
    if said == pytest.ExitCode.OK:
        seconds.write_text(json.dumps(plugin.seconds))
    return int(said)
