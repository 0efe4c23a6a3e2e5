"""Whatever a policy file holds, it loads or every mistake is named at its line and column (POL-01, OPS-14)."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from bot.policy_file import PolicyFileError, load, parse
from bot.strict_yaml import MOST_BYTES, Document
from guards.policy import Policy
from tests.world.examples import examples

EXAMPLE = Path(__file__).parents[2] / "examples" / "signalbox.yaml"
TEXT = EXAMPLE.read_text(encoding="utf-8")


def told(text: str | bytes) -> str:
    """What is said about a file that does not load."""
    with pytest.raises(PolicyFileError) as caught:
        parse(text.encode() if isinstance(text, str) else text, "p.yaml")
    return str(caught.value)


def edited(*edits: tuple[str, str]) -> str:
    """The example with some of its text replaced; each piece must be there."""
    text = TEXT
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_the_example_loads() -> None:
    policy = load(EXAMPLE)
    assert list(policy.services) == ["billing-api", "web-shop"]
    assert policy.production == {"production"}
    assert policy.windows["weekdays"].start.isoformat() == "10:00:00"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = edited(
        ("zone: Europe/Berlin", "zone: Berlin"),
        ("  alerts:", "  alert:"),
        ("    production: true ", "    production: yes "),
        ("    owners: [ada@example.com]", "    owners: ada@example.com"),
        ("  release_captain:\n", "  release_captian:\n"),
        ("    start: 10:00", "    start: 25:00"),
        ("    days: [Tue]", "    days: [Tuesday]"),
        ("    count: 2", "    count: 11"),
        ("    kind: github", "    kind: gihtub"),
        ("    secret: SHOP_CI_SECRET  ", "    secret: hunter2  "),
        ("  run: 45m", "  run: 45"),
    )
    assert told(text) == snapshot("""\
p.yaml:4:7: zone: 'Berlin' is no IANA time zone; write one like `Europe/Berlin`
p.yaml:6:1: slack.alerts: is missing
p.yaml:8:3: slack.alert: unknown key 'alert', did you mean 'alerts'?
p.yaml:19:17: environments.2.production: write true or false, not 'yes'
p.yaml:25:13: services.billing-api.owners: write a list, like [one, two], not 'ada@example.com'
p.yaml:80:3: roles.release_captian: 'release_captian' is not known, did you mean 'release_captain'?
p.yaml:167:12: windows.weekdays.start: write a time of day, like `10:00` or `09:30`
p.yaml:172:12: windows.shop-nights.days.0: 'Tuesday' is not known, did you mean 'Tue'?
p.yaml:204:12: approvals.production.count: 11 is too large; at most 10
p.yaml:239:11: ci.actions.kind: 'gihtub' is not known, did you mean 'github'?
p.yaml:243:13: ci.in-house.secret: what stands here does not fit; write the name of a variable, like `CI_SECRET`, never the secret itself
p.yaml:309:8: limits.run: write a number and its unit (s, m, h or d), like `30m`\
""")


def test_a_key_that_is_in_the_wrong_section_gets_the_keys_of_that_section() -> None:
    assert told(edited(("    url: https://ci", "    username: x\n    urll: https://ci"))) == snapshot("""\
p.yaml:240:3: ci.in-house.url: is missing
p.yaml:242:5: ci.in-house.username: unknown key 'username' (known: kind, secret, url)
p.yaml:243:5: ci.in-house.urll: unknown key 'urll', did you mean 'url'?\
""")
    assert told(edited(("    lifetime: 24h", "    life_time: 24h"))) == snapshot(
        "p.yaml:206:5: approvals.production.life_time: unknown key 'life_time', did you mean 'lifetime'?"
    )


def test_parts_that_do_not_fit_together_are_told_at_their_places() -> None:
    text = edited(
        ("    owners: [ada@example.com]", "    owners: [eda@example.com]"),
        ("    ci: actions", "    ci: action"),
        (
            "    production: [release_manager, service_owner, qa, developer, tech_lead, product, security, ops, on_call]",
            "    produktion: [release_manager]",
        ),
        ("    days: [Mon, Tue, Wed, Thu]", "    days: [Mon, Fri]"),
        ("      production: deploy-production.yml\n", ""),
    )
    assert told(text) == snapshot("""\
p.yaml:25:14: services.billing-api.owners.0: unknown person 'eda@example.com', did you mean 'ada@example.com'?
p.yaml:26:9: services.billing-api.ci: unknown CI 'action', did you mean 'actions'?
p.yaml:32:7: services.billing-api.workflows: no workflow for production
p.yaml:120:17: allow.approve.produktion: unknown environment 'produktion', did you mean 'production'?
p.yaml:165:17: windows.weekdays.days.1: Fri is closed by `closed_weekdays`; take it out of one of the two (WIN-03)
p.yaml:220:3: risk: production asks for risk-assessment, and nobody who may approve there holds the role developer, the role tech_lead, the role product, the role on_call, the role security, the role qa, the CAB's seat engineering, the CAB's seat product, the CAB's seat ops: grant it in `roles` and open `allow.approve.production` for it, change `risk`, or ask for less in `evidence`\
""")


def test_calendars_that_nobody_knows_are_told_at_their_places() -> None:
    """A country that is none is no country without holidays (WIN-13)."""
    text = edited(
        ("closed_weekdays: [Fri, Sat, Sun]\n", "closed_weekdays: [Fri, Sat, Sun]\nholidays: [DE-BY, XX]\n"),
        ("    start: 22:00\n", "    start: 22:00\n    holidays: [XNYX]\n"),
        ("    ci: actions\n", "    ci: actions\n    holidays: [US-XX, US-NY]\n"),
    )
    assert told(text) == snapshot("""\
p.yaml:27:16: services.billing-api.holidays.0: US has no subdivision 'XX' (known: AK, AL, AR, AS, AZ, CA, CO, CT, DC, DE, FL, GA, GU, HI, IA, ID, IL, IN, KS, KY, LA, MA, MD, ME, MI, MN, MO, MP, MS, MT, NC, ND, NE, NH, NJ, NM, NV, NY, OH, OK, OR, PA, PR, RI, SC, SD, TN, TX, UM, UT, VA, VI, VT, WA, WI, WV, WY)
p.yaml:175:16: windows.shop-nights.holidays.0: no holidays are known of an exchange 'XNYX', did you mean 'XNYS'?
p.yaml:184:19: holidays.1: no holidays are known of a country 'XX'; write its ISO 3166-1 code, like 'DE'\
""")
    assert told(edited(("closed_weekdays: [Fri, Sat, Sun]\n", "closed_weekdays: [Fri, Sat, Sun]\nholidays: [germany]\n"))) == snapshot(
        "p.yaml:182:12: holidays.0: 'germany' does not fit; write a country (`DE`), a country with its subdivision (`DE-BY`), or an exchange by its ISO 10383 code (`XNYS`)"
    )


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        pytest.param(b"", snapshot("p.yaml:1:1: is empty; `signalbox init` writes a first one"), id="empty"),
        pytest.param(b"# later\n", snapshot("p.yaml:1:1: is empty; `signalbox init` writes a first one"), id="only a comment"),
        pytest.param(b"- one\n- two\n", snapshot("p.yaml:1:1: write keys with values under it, not a list"), id="a list at the top"),
        pytest.param(b"just words", snapshot("p.yaml:1:1: write keys with values under it, not 'just words'"), id="text at the top"),
        pytest.param(b"slack:\n\tteams: []\n", snapshot("p.yaml:2:1: a tab cannot indent in YAML; use spaces"), id="a tab"),
        pytest.param(
            "zone: Zürich\n".encode("latin-1"), snapshot("p.yaml:1:8: is not UTF-8 text from here on; save it as UTF-8"), id="Latin-1"
        ),
        pytest.param(
            "version: 1\n".encode("utf-16"), snapshot("p.yaml:1:1: is not UTF-8 text from here on; save it as UTF-8"), id="UTF-16"
        ),
        pytest.param(
            b"version: 1\nzone: \x00\n",
            snapshot("p.yaml:2:7: the character U+0000 has no place in a text file; take it out"),
            id="a control character",
        ),
        pytest.param(
            b"version: 1\nversion: 1\n", snapshot("p.yaml:2:1: version: stands twice (first in line 1); keep one"), id="a key twice"
        ),
        pytest.param(
            b"version: [1\n",
            snapshot("p.yaml:2:1: this is not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'"),
            id="an open bracket",
        ),
        pytest.param(b"version: 1: 2\n", snapshot("p.yaml:1:11: this is not YAML: mapping values are not allowed here"), id="two colons"),
        pytest.param(
            b"version: 1\n---\nversion: 1\n",
            snapshot("p.yaml:2:1: a second document begins here (`---`); the policy is one"),
            id="two documents",
        ),
        pytest.param(
            b"a: &a [x, x]\nb: &b [*a, *a]\n",
            snapshot("p.yaml:1:4: anchors (&) and aliases (*) are not read; write the value out here"),
            id="a bomb of aliases",
        ),
        pytest.param(
            b"a: *nobody\n",
            snapshot("p.yaml:1:4: anchors (&) and aliases (*) are not read; write the value out here"),
            id="an alias to nothing",
        ),
        pytest.param(
            b"a: !!python/object/apply:os.system [id]\n",
            snapshot("p.yaml:1:4: tags like 'tag:yaml.org,2002:python/object/apply:os.system' are not read; take it out"),
            id="a tag that would run something",
        ),
        pytest.param(b"? [a, b]\n: c\n", snapshot("p.yaml:1:3: a key must be plain text"), id="a list for a key"),
        pytest.param(
            b'a: "\\ud800"\n',
            snapshot("p.yaml:1:4: a: holds half of a character (a lone surrogate); write the character itself"),
            id="half a character",
        ),
        pytest.param(b"[" * 100_000, snapshot("p.yaml:1:21: this is nested deeper than 20 levels"), id="nested without end"),
        pytest.param(b"#" * (MOST_BYTES + 1), snapshot("p.yaml:1:1: is larger than 1024 KiB; a policy is a short text"), id="too large"),
    ],
)
def test_a_text_that_is_no_policy_at_all_gets_one_clear_sentence(raw: bytes, answer: str) -> None:
    assert told(raw) == answer


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse(b"\xef\xbb\xbf" + TEXT.encode(), "p.yaml") == load(EXAMPLE)


def test_windows_line_ends_are_no_mistake_and_do_not_move_the_positions() -> None:
    assert parse(TEXT.replace("\n", "\r\n").encode(), "p.yaml") == load(EXAMPLE)
    broken = edited(("  run: 45m", "  run: 45"))
    assert told(broken.replace("\n", "\r\n")) == told(broken)


def test_values_mean_what_they_say_and_not_what_yaml_1_1_makes_of_them() -> None:
    read = Document(b"a: on\nb: no\nc: 10:00\nd: 2026-12-24\ne: 010\nf: 1_000\ng: true\nh: 12\ni: ~\nj:\nk: -3\nl: .inf\nm: '12'\n").data
    assert read == {
        "a": "on", "b": "no", "c": "10:00", "d": "2026-12-24", "e": "010", "f": "1_000", "g": True, "h": 12, "i": None, "j": None, "k": -3,
        "l": ".inf", "m": "12",
    }  # fmt: skip


@pytest.mark.parametrize("quoted", ['"10:00"', "'10:00'", "10:00"])
def test_a_time_may_stand_in_quotes_or_bare(quoted: str) -> None:
    assert parse(edited(("    start: 10:00", f"    start: {quoted}")).encode(), "p.yaml") == load(EXAMPLE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("    count: 2", "    count: true", id="true for one"),
        pytest.param("    count: 2", "    count: '2'", id="text for a number"),
        pytest.param("    production: true ", "    production: 1 ", id="one for true"),
        pytest.param("    production: true ", "    production: 'true' ", id="text for true"),
        pytest.param("    lifetime: 24h", "    lifetime: 24:00", id="a time of day for a duration"),
    ],
)
def test_nothing_is_converted_silently(old: str, new: str) -> None:
    assert told(edited((old, new))).startswith("p.yaml:")


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError) as caught:
        load(tmp_path / "none.yaml")
    assert str(caught.value).removeprefix(str(tmp_path)) == snapshot(
        "/none.yaml: cannot be read (No such file or directory); `signalbox init` writes a first one"
    )
    with pytest.raises(PolicyFileError, match="cannot be read"):
        load(tmp_path)


# ---------------------------------------------------------------- whatever is done to the example


def loads_or_tells(raw: bytes) -> None:
    """The promise: a policy, or problems with places that are in the file."""
    try:
        assert isinstance(parse(raw, "p.yaml"), Policy)
    except PolicyFileError as error:
        lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", raw.decode(errors="replace"))
        assert error.problems
        for problem in error.problems:
            assert problem.text
            assert problem.place is not None
            assert 1 <= problem.place.line <= len(lines)
            assert 1 <= problem.place.column <= len(lines[problem.place.line - 1]) + 1, (problem, lines[problem.place.line - 1])


def paths(data: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path of keys in the data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [*([here] if here else []), *(path for key, value in inner for path in paths(value, (*here, key)))]


DATA = Document(TEXT.encode()).data
PATHS = paths(DATA)
words = st.text(alphabet="abcAZ019-_./:@ '\"#é\n", max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)


def parent_of(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path[:-1]:
        data = data[key]
    return data


@settings(max_examples=examples(150))
@given(path=st.sampled_from(PATHS), how=st.sampled_from(["drop", "rename", "replace", "add"]), value=values, word=words)
def test_one_changed_key_or_value_loads_or_is_told(path: tuple[str | int, ...], how: str, value: object, word: str) -> None:
    data = deepcopy(DATA)
    parent, key = parent_of(data, path), path[-1]
    match how:
        case "drop":
            del parent[key]
        case "rename" if isinstance(parent, dict):
            parent[word] = parent.pop(key)
        case "add" if isinstance(parent, dict):
            parent[word] = value
        case _:
            parent[key] = value
    loads_or_tells(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode())


@settings(max_examples=examples(100))
@given(at=st.integers(0, len(TEXT.encode()) - 1), length=st.integers(0, 5), put=st.binary(max_size=6))
def test_bytes_changed_anywhere_load_or_are_told(at: int, length: int, put: bytes) -> None:
    raw = TEXT.encode()
    loads_or_tells(raw[:at] + put + raw[at + length :])


@settings(max_examples=examples(200))
@given(raw=st.binary(max_size=80) | st.text(alphabet="abk:- \n\t[]{},&*!?|>'\"#%@`~1.0\r\x85\u2028\ufeff<=", max_size=40).map(str.encode))
def test_any_bytes_at_all_load_or_are_told(raw: bytes) -> None:
    loads_or_tells(raw)
