"""Owners of paths, by the rules of GitHub, "About code owners" (EVD-13, EVD-15)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.codeowners import CodeOwners, Rule
from guards.patterns import Patterns

# GitHub's documentation explains each of these; the file is ours.
FILE = CodeOwners.read(
    ".github/CODEOWNERS",
    r"""
# whoever is not named below
*                 @default @octo/everybody
*.js              @js #inline
*.go              go@example.com
*.txt             @octo/texts
/build/logs/      @logs
docs/*            docs@example.com
apps/             @apps
/generated/       @machine
/scripts/         @left @right
**/journals       @journals
/apps/github
/apps/github/doctocat @doctocat
with\ blank/      @blank
""",
)


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README", ("@default", "@octo/everybody")),
        ("deep/below/thing", ("@default", "@octo/everybody")),
        ("web/a.js", ("@js",)),
        ("web/a.jsx", ("@default", "@octo/everybody")),
        ("main.go", ("go@example.com",)),
        ("a/b.txt", ("@octo/texts",)),
        ("build/logs/x/y", ("@logs",)),
        ("sub/build/logs/x", ("@default", "@octo/everybody")),
        ("docs/start.md", ("docs@example.com",)),
        ("docs/build-app/trouble.md", ("@default", "@octo/everybody")),
        ("sub/docs/start.md", ("@default", "@octo/everybody")),
        ("apps/web/x", ("@apps",)),
        ("sub/apps/x", ("@apps",)),
        ("generated/x.js", ("@machine",)),
        ("scripts/x.txt", ("@left", "@right")),
        ("build/journals/x", ("@journals",)),
        ("deep/down/journals", ("@journals",)),
        ("apps/github/x", ()),
        ("apps/github/doctocat/x", ("@doctocat",)),
        ("with blank/x", ("@blank",)),
        ("Docs/start.md", ("@default", "@octo/everybody")),
    ],
)
def test_the_last_line_that_matches_names_the_owners(path, owners):
    assert FILE.owners(path) == owners
    assert FILE.skipped == ()


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("pay", ["pay", "pay/x", "a/pay", "a/pay/x/y"], ["pays", "a/pay.py", "x"]),
        ("/pay", ["pay", "pay/x/y"], ["a/pay", "pays"]),
        ("pay/", ["pay/x", "a/pay/x/y"], ["pay", "a/pay", "a/b"]),
        ("/pay/", ["pay/x"], ["pay", "a/pay/x"]),
        ("pay/core", ["pay/core", "pay/core/x"], ["a/pay/core", "pay/cores"]),
        ("/*", ["x"], ["x/y"]),
        ("*", ["x", "x/y/z"], []),
        ("**", ["x", "x/y/z"], []),
        ("/*/", ["x/y", "x/y/z"], ["x"]),
        ("p*", ["pay", "a/pay/x"], ["a/b", "apay"]),
        ("p*/", ["pay/x", "a/pay/x"], ["pay"]),
        ("pay/*.py", ["pay/x.py"], ["pay/a/x.py", "a/pay/x.py"]),
        ("pay/*/x", ["pay/a/x", "pay/a/x/y"], ["pay/x", "pay/a/b/x"]),
        ("pay/**", ["pay/x", "pay/x/y"], ["pay", "a/pay/x"]),
        ("pay/**/x", ["pay/x", "pay/a/b/x", "pay/a/x/y"], ["x", "a/pay/x"]),
        ("pay/**/", ["pay/x", "pay/x/y"], ["pay"]),
        ("**/pay/x", ["pay/x", "a/pay/x", "a/b/pay/x/y"], ["pay/a/x"]),
        ("**/*pay*", ["pay", "a/repay", "a/b/payer"], ["a/b"]),
        ("p?y", ["pay", "a/pay"], ["py", "paay", "p/y"]),
        (r"p\*y", ["p*y"], ["pay"]),
        (r"p\?y", ["p?y"], ["pay"]),
        ("a.c", ["a.c"], ["abc"]),
        ("*.PY", ["x.PY"], ["x.py"]),
    ],
)
def test_patterns(pattern, yes, no):
    rule = Rule(1, pattern, ())
    assert [path for path in (*yes, *no) if rule.matches(path)] == yes


@pytest.mark.parametrize("line", ["!docs/ @a", "[ab].py @a", r"\#x @a", "/ @a", "docs/ nobody", "docs/ @a @-b", "docs/ @a/b/c"])
def test_a_line_that_github_skips_leaves_the_one_before_in_force(line):
    owners = CodeOwners.read("CODEOWNERS", f"* @default\n{line}\n")
    assert owners.owners("docs/x") == ("@default",)
    assert owners.skipped == (2,)


def test_a_file_of_comments_names_nobody():
    owners = CodeOwners.read("CODEOWNERS", "# * @a\n\n   \n\t# x\n")
    assert (owners.rules, owners.owners("x")) == ((), ())


def test_no_pattern_is_slow():
    rule = Rule(1, "**/".join(["a"] * 12) + "/" + "*a" * 40 + "b", ())
    assert not rule.matches("/".join(["a" * 200] * 60))  # one that goes back to every star would outlast the test's time limit by ages


def by_the_book(pattern: str, text: str) -> bool:
    """One segment, as gitignore(5) says it, without any thought about time."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(by_the_book(pattern[1:], text[i:]) for i in range(len(text) + 1))
    if pattern[0] == "\\":
        return len(pattern) > 1 and text[:1] == pattern[1] and by_the_book(pattern[2:], text[1:])
    return bool(text) and pattern[0] in {"?", text[0]} and by_the_book(pattern[1:], text[1:])


@given(st.text("ab*?\\.", min_size=1, max_size=8).filter(lambda p: p != "**"), st.text("ab.", min_size=1, max_size=8))
def test_a_segment_matches_by_the_book(pattern: str, text: str) -> None:
    assert Rule(0, f"/{pattern}", ()).matches(text) == by_the_book(pattern, text)


def test_many_patterns_say_of_many_files_what_each_says_of_each() -> None:
    patterns = ("db/", "*.tf", "/src/*.py", "**/locales/**")
    paths = ("src/a.py", "db/7.sql", "x/db/8.sql", "net/a.tf", "a/locales/de.po", "README")
    asked = Patterns(patterns)
    for path in (*paths, *paths):
        assert asked.covering(path) == tuple(p for p in patterns if Rule(0, p, ()).matches(path))
    assert asked.first(paths) == {"db/": "db/7.sql", "*.tf": "net/a.tf", "/src/*.py": "src/a.py", "**/locales/**": "a/locales/de.po"}
    assert list(asked.first(tuple(reversed(paths)))) == list(patterns)
    assert asked.first(("README",)) == {}
