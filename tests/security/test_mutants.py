"""The mutation runner says killed and survived where they are so, in both of its ways, and changes no file (`make mutants`)."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from cosmic_ray.work_item import MutationSpec

from scripts.mutants import tries, work
from scripts.mutants.tries import KILLED, SURVIVED, TIMEOUT

pytestmark = pytest.mark.security

GUARD = '''"""A guard to mutate."""

LIMIT = 3


def enough(count: int, wanted: int | None = None) -> bool:
    while count < 0:
        count += 1
    return count >= (wanted or LIMIT)
'''
TESTS = """from subject import enough


def test_enough():
    assert enough(4) and not enough(2)
    assert enough(-1, 0) is False
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[work.Source]:
    (tmp_path / "subject.py").write_text(GUARD)
    (tmp_path / "test_subject.py").write_text(TESTS)
    for module in (work, tries):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(work, "KEPT", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield work.Source("subject.py")
    assert (tmp_path / "subject.py").read_text() == GUARD


def mutants(source: work.Source) -> dict[tuple[str, int], MutationSpec]:
    db = work.opened(source)
    found = {(i.mutations[0].operator_name.removeprefix("core/"), i.mutations[0].start_pos[0]): i.mutations[0] for i in db.work_items}
    db.close()
    return found


@pytest.mark.parametrize(
    ("operator", "line", "verdict"),
    [
        pytest.param("ReplaceComparisonOperator_GtE_Lt", 9, KILLED, id="a test fails"),
        pytest.param("ReplaceComparisonOperator_GtE_Gt", 9, SURVIVED, id="nobody asks for exactly as many"),
        pytest.param("ReplaceBinaryOperator_Add_Mul", 8, None, id="an operator that is not there is no mutant"),
        pytest.param("ReplaceComparisonOperator_Lt_NotEq", 7, TIMEOUT, id="it turns in circles"),
        pytest.param("NumberReplacer", 3, KILLED, id="outside of functions"),
    ],
)
def test_what_becomes_of_a_mutant(source: work.Source, operator: str, line: int, verdict: str | None) -> None:
    spec = mutants(source).get((operator, line))
    assert (spec is None) == (verdict is None)
    if spec:
        text = source.mutated(spec)
        assert text not in (None, GUARD)
        group = SimpleNamespace(options=("--noconftest", "--rootdir", str(source_root(source)), "--import-mode=prepend"))
        assert tries.anew(group, source, text, ["test_subject.py::test_enough"], cpu=2) == verdict  # type: ignore[arg-type]


def source_root(source: work.Source) -> Path:
    return source.session.parent


def test_types_are_not_mutated_and_what_stands_in_a_function_is_known(source: work.Source) -> None:
    found = mutants(source)
    assert source.nothing(found["ReplaceBinaryOperator_BitOr_Add", 6]) == "a type"
    assert source.nothing(found["ReplaceComparisonOperator_GtE_Gt", 9]) is None
    assert source.body(found["NumberReplacer", 3]) is None
    assert source.body(found["NumberReplacer", 8]) == ((7, 4), (9, 37))
    assert source.lines(found["ReplaceComparisonOperator_Lt_NotEq", 7]) == range(7, 8)


def test_a_module_that_changed_has_another_session(source: work.Source, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(GUARD.replace("3", "4"))
    assert work.Source("other.py").session.stem.split("-")[1] != source.session.stem.split("-")[1]


def test_the_code_of_a_function_is_replaced_and_nothing_else(source: work.Source) -> None:
    spec = mutants(source)["ReplaceComparisonOperator_GtE_Lt", 9]
    [(before, after)] = [pair for pair in tries._replaced(source, source.mutated(spec) or "").items() if pair[0].co_name == "enough"]
    assert (before.co_name, before != after) == ("enough", True)


def test_every_reason_is_of_a_line_that_is_there() -> None:
    from scripts.mutants.report import _reasons

    for reason in _reasons():
        lines = [line.strip() for line in (work.Path(__file__).parents[2] / reason["module"]).read_text().splitlines()]
        assert reason["line"] in lines, reason
        assert reason["why"], reason
