"""Tries a mutant: a forked process has it, runs the tests that may see it, and stops at the first that fails.

Invariant: no file is changed. A mutant inside a function replaces the code of that function in a process that has collected the tests
already; where modules were imported with the function, or it is no function's, a process imports everything anew, from the mutated text.
"""

import functools
import gc
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType

import pytest

from scripts.mutants.cover import QUIET, steady
from scripts.mutants.work import ROOT, Group, Source

KILLED, SURVIVED, TIMEOUT, NONE = "killed", "survived", "timeout", "no mutant"
GIGABYTES = 6
_SURVIVED, _KILLED, _NONE = 0, 1, 77


def forked(work: Callable[[], int], cpu: float) -> str:
    """What a process of its own says of a mutant.

    Args:
        work: `_SURVIVED`, `_KILLED` or `_NONE`.
        cpu: seconds that it may take of the processor; whoever takes more turns in circles.
    """
    child = os.fork()
    if not child:
        code = _KILLED
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            for known in (0, 1, 2):
                os.dup2(nothing, known)
            resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 2))
            resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES << 30, GIGABYTES << 30))
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + 20 * cpu + 30  # who waits takes no processor
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TIMEOUT
        time.sleep(0.005)
    said = os.waitstatus_to_exitcode(status)
    return TIMEOUT if said in (-signal.SIGXCPU, -signal.SIGKILL) else {_SURVIVED: SURVIVED, _NONE: NONE}.get(said, KILLED)


class Collected:
    """Tests that were collected once; each mutant is tried in a copy of this process.

    Args:
        session: of pytest, after its collection.
    """

    def __init__(self, session: pytest.Session) -> None:
        self._items = {item.nodeid: item for item in session.items}
        gc.collect()
        inside = f"{ROOT}{os.sep}"
        self._functions = [it for it in gc.get_objects() if type(it) is FunctionType and it.__code__.co_filename.startswith(inside)]
        self._caches = [it for it in gc.get_objects() if isinstance(it, functools._lru_cache_wrapper)]
        gc.freeze()

    def attempt(self, source: Source, text: str, tests: Sequence[str], cpu: float) -> str | None:
        """What became of a mutant; None where its function is not found, so that it has to be tried the other way."""
        pairs = _replaced(source, text)
        found = [(function, pairs[function.__code__]) for function in self._functions if function.__code__ in pairs]
        if not found or any(len(f.__code__.co_freevars) != len(code.co_freevars) for f, code in found):
            return None

        def work() -> int:
            for function, code in found:
                function.__code__ = code
            for cache in self._caches:
                cache.cache_clear()
            return self._run([self._items[test] for test in tests])

        return forked(work, cpu)

    def _run(self, items: list[pytest.Item]) -> int:
        config = items[0].config
        config.pluginmanager.register(_Seen())
        for item, following in zip(items, [*items[1:], None], strict=True):
            config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        return _SURVIVED


class _Seen:
    """Ends the process at the first failure."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            os._exit(_KILLED)


def _replaced(source: Source, text: str) -> dict[CodeType, CodeType]:
    """The code of each function that the mutation changed, by the code before; empty when more than functions changed."""
    path = str(ROOT / source.path)
    pairs: dict[CodeType, CodeType] = {}

    def walk(old: CodeType, new: CodeType) -> None:
        olds, news = ([part for part in code.co_consts if isinstance(part, CodeType)] for code in (old, new))
        for before, after in zip(olds, news, strict=True):
            if before != after:
                pairs[before] = after
                walk(before, after)

    try:
        walk(compile(source.text, path, "exec"), compile(text, path, "exec"))
    except (SyntaxError, ValueError):
        return {}
    return pairs


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, source: Source, text: str) -> None:
        self.source, self.text = source, text

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if fullname != self.source.name:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self.source.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:  # noqa: ARG002
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.text, str(ROOT / self.source.path), "exec"), module.__dict__)  # noqa: S102


class _Only:
    """Of what is collected, these tests in this order."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.rank = {test: rank for rank, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])


def anew(group: Group, source: Source, text: str, tests: Sequence[str], cpu: float) -> str:
    """What becomes of a mutant in a process that imports everything anew.

    Raises:
        RuntimeError: no test was run.
    """

    def work() -> int:
        assert source.name not in sys.modules
        sys.meta_path.insert(0, _Mutated(source, text))
        steady()
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        said = pytest.main([*files, "-x", *group.options, *QUIET], plugins=[_Only(tests), _Seen()])
        return _NONE if said == pytest.ExitCode.NO_TESTS_COLLECTED else _KILLED if said else _SURVIVED

    return forked(work, cpu)
