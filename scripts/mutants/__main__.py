"""`python -m scripts.mutants [--most=N] [--again] [--report] [MODULE …]`: mutation tests of what decides and of what is remembered.

cosmic-ray makes the mutants and keeps the sessions in build/mutants, one for each module; `cr-report`, `cr-html` and `cr-rate` read them.
What was tried is not tried again: a run that was stopped goes on, and several may run beside each other on different modules. `--most`
stops in each module when so many were tried, drawn at random, so that a short run says something about every module. `--again` tries those
anew that survived, after tests were added, and `--report` writes docs/mutants.md.
"""

import importlib
import os
import random
import sys
import time
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

import pytest
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult

from scripts.mutants import report
from scripts.mutants.cover import QUIET, Cover, cover, steady
from scripts.mutants.tries import KILLED, NONE, SURVIVED, TIMEOUT, Collected, anew
from scripts.mutants.work import GROUPS, ROOT, Group, Source, opened, survived, tried

RESULTS = {
    KILLED: WorkResult(WorkerOutcome.NORMAL, KILLED, TestOutcome.KILLED),
    SURVIVED: WorkResult(WorkerOutcome.NORMAL, SURVIVED, TestOutcome.SURVIVED),
    TIMEOUT: WorkResult(WorkerOutcome.NORMAL, TIMEOUT, TestOutcome.KILLED),
    NONE: WorkResult(WorkerOutcome.NO_TEST, NONE),
}


BUDGET = 6.0
"""Seconds of tests for one mutant, as they were measured; the module's own file is never left out."""


class Zygote:
    """A process that has collected a group's tests and tries mutants in copies of itself."""

    def __init__(self, group: Group) -> None:
        here, there = Pipe()
        self._pipe = here
        self._child = os.fork()
        if not self._child:
            here.close()
            steady()
            os._exit(int(pytest.main([*group.tests, *group.options, *QUIET], plugins=[_Serving(there)])))
        there.close()

    def attempt(self, path: str, text: str, tests: list[str], cpu: float) -> str | None:
        """As `Collected.attempt`."""
        self._pipe.send((path, text, tests, cpu))
        said: str | None = self._pipe.recv()
        return said

    def close(self) -> None:
        """End it."""
        self._pipe.close()
        os.waitpid(self._child, 0)


class _Serving:
    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        collected, sources = Collected(session), dict[str, Source]()
        while True:
            try:
                path, text, tests, cpu = self.pipe.recv()
            except EOFError:
                return True
            source = sources.setdefault(path, Source(path))
            self.pipe.send(collected.attempt(source, text, tests, cpu))


class _Idle:
    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool:
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool:
        return True


def warm(group: Group) -> None:
    """Import what the tests need of others' packages, pytest and its plugins too, so that no copy of this process has to."""
    for name in group.imports:
        importlib.import_module(name)
    pytest.main([*QUIET, "--noconftest"], plugins=[_Idle()])


class Runner:
    """Tries the mutants of a group's modules.

    Args:
        group: which.
        again: whether those are tried that survived.
        most: how many of a module are tried, with those that were tried before.
    """

    def __init__(self, group: Group, *, again: bool, most: int | None) -> None:
        self._group, self._again, self._most = group, again, most
        self._cover: Cover = cover(group)
        self._zygote = Zygote(group)

    def close(self) -> None:
        """End its processes."""
        self._zygote.close()

    def module(self, path: str) -> None:
        """Try what is left of one module, or what survived there."""
        source = Source(path)
        db = opened(source)
        todo = survived(db) if self._again else list(db.pending_work_items)
        random.Random(path).shuffle(todo)  # noqa: S311  # what is stopped early says something about all of it
        if self._most is not None and not self._again:
            todo = todo[: max(0, self._most - tried(db))]
        if not todo:
            db.close()
            return
        lines, began, counts = self._cover.of(path), time.monotonic(), dict.fromkeys(RESULTS, 0)
        for item in todo:
            said = self._one(source, item, lines)
            counts[said] += 1
            db.set_result(item.job_id, RESULTS[said])
        killed = counts[KILLED] + counts[TIMEOUT]
        print(f"{path}: {killed} killed, {counts[SURVIVED]} survived, {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
        db.close()

    def _one(self, source: Source, item: WorkItem, lines: dict[int, set[str]]) -> str:
        spec = item.mutations[0]
        text = source.mutated(spec)
        if text is None or text == source.text:
            return NONE
        body = source.body(spec)
        inside = {line: lines.get(line, set()) for line in range(body[0][0], body[1][0] + 1)} if body else {}
        imported = not body or any("" in contexts for contexts in inside.values())
        if not imported:
            tests = set().union(*(lines.get(line, set()) for line in source.lines(spec))) or set().union(*inside.values())
            if not tests:
                return SURVIVED  # no test runs it
            ordered = self._cover.ordered(tests, source.path, BUDGET)
            said = self._zygote.attempt(source.path, text, ordered, self._cpu(ordered))
            if said is not None:
                return said
        return self._anew(source, text, set().union(*lines.values()) - {""})

    def _anew(self, source: Source, text: str, tests: set[str]) -> str:
        """First what looks at all modules, then the module's own file, then whatever else runs a line of it, or all where none runs."""
        ordered = self._cover.ordered(tests or self._cover.seconds, source.path, BUDGET)
        own = [test for test in ordered if f"/test_{Path(source.path).stem}.py::" in test]
        always = [test for test in self._cover.seconds if test.partition("::")[0] in self._group.always]
        for part in (always + own, ordered[len(own) :]):
            said = anew(self._group, source, text, part, self._cpu(part) + 20) if part else SURVIVED
            if said != SURVIVED:
                return said
        return SURVIVED

    def _cpu(self, tests: list[str]) -> float:
        return 2 * sum(self._cover.seconds[test] for test in tests) + 5  # they were measured under coverage, which is slow


def main(words: list[str]) -> None:
    again, most = "--again" in words, next((word.removeprefix("--most=") for word in words if word.startswith("--most=")), None)
    if most is not None and not most.isdecimal():
        sys.exit(f"--most takes a number, not {most!r}")
    asked = [word for word in words if not word.startswith("-")]
    if unknown := set(asked) - {path for group in GROUPS for path in group.modules}:
        sys.exit(f"no modules of ours: {', '.join(sorted(unknown))}")
    os.chdir(ROOT)
    if "--report" in words:
        report.PAGE.write_text(report.page(), encoding="utf-8")
        return
    for group in GROUPS:
        modules = [path for path in (asked or group.modules) if path in group.modules]
        if not modules:
            continue
        warm(group)
        runner = Runner(group, again=again, most=int(most) if most else None)
        for path in modules:
            runner.module(path)
        runner.close()


if __name__ == "__main__":
    main(sys.argv[1:])
