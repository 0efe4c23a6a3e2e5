"""The console script: what it prints, where, and with which exit code (POL-01, OPS-14)."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from click.testing import Result
from inline_snapshot import snapshot
from typer.testing import CliRunner

from bot import docs
from bot.cli import app
from bot.policy_file import load
from bot.strict_yaml import Document
from tests.world.signing import SIGNING_KEY

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "signalbox.yaml"
SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "signing",
    "GITHUB_TOKEN": "token",
    "GITHUB_WEBHOOK_SECRET": "hook",
    "SHOP_CI_SECRET": "shop",
    "REGISTRY_PASSWORD": "registry",
    "SIGNALBOX_SIGNING_KEY": SIGNING_KEY,
}

HEAVY = {
    *("pydantic", "pydantic_settings", "yaml", "sqlmodel", "sqlalchemy", "alembic", "slack_bolt", "slack_sdk"),
    *("aiohttp", "httpx", "apscheduler", "structlog", "guards", "storage"),
}

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the script in an empty directory with nothing of ours in the environment but what is given."""
    for name in os.environ:
        if name.startswith(("SIGNALBOX_", "SLACK_", "GITHUB_", "OTEL_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str | Path, given: dict[str, str] | None = None, typed: str = "") -> Result:
        return CliRunner(env=given or {}).invoke(app, [str(argument) for argument in arguments], input=typed)

    return invoke


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Puts a recorder where a command hands over; `called["answer"]` is what it returns."""
    seen: dict[str, Any] = {"answer": 0}

    def recorder(name: str) -> Callable[..., int]:
        def record(*arguments: Any, **named: Any) -> int:
            seen[name] = (arguments, named)
            return int(seen["answer"])

        return record

    for module, functions in {
        "bot.serve": ["run"],
        "bot.explain": ["run"],
        "bot.audit": ["verify", "export", "checkpoint"],
        "bot.audit_show": ["show"],
        "bot.purge": ["run"],
        "bot.demo.story": ["run"],
        "bot.bench": ["run"],
        "storage.migrations": ["upgrade"],
    }.items():
        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{name: recorder(f"{module}.{name}") for name in functions}))
    return seen


# ---------------------------------------------------------------- help


def test_help_imports_no_heavy_library() -> None:
    script = (
        "import sys\nfrom bot.cli import main\nsys.argv = ['signalbox', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert "audit" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["explain"],
        ["audit", "verify"],
        ["audit", "show"],
        ["audit", "export"],
        ["db", "upgrade"],
        ["demo"],
        ["bench"],
        ["init"],
        ["check"],
        ["schema"],
        ["docs"],
    ],
)
def test_every_command_helps(run: Run, words: list[str]) -> None:
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def test_the_version(run: Run) -> None:
    assert run("--version").stdout.startswith("signalbox")


@pytest.mark.parametrize(
    "words", [["promot"], ["check", "--bogus"], ["audit", "show", "--since", "yesterday"], ["explain", "help"], ["docs", "--root", "none"]]
)
def test_bad_usage_exits_with_2(run: Run, words: list[str]) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")


# ---------------------------------------------------------------- init


def test_init_writes_a_policy_that_passes_check(run: Run) -> None:
    done = run("init", "--defaults")
    assert (done.exit_code, done.stdout) == (
        0,
        snapshot("""\
Wrote signalbox.yaml. Next:
  1. Read it, change what does not fit, and put it into a repository where changes are reviewed.
  2. Set SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET, GITHUB_TOKEN (or a GitHub App) and GITHUB_WEBHOOK_SECRET: docs/settings.md explains each.
  3. signalbox check --policy signalbox.yaml
  4. signalbox serve --policy signalbox.yaml
"""),
    )
    assert run("check", "--policy-only").exit_code == 0


def test_init_never_replaces_a_policy_unless_told_to(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "signalbox.yaml"
    mine.write_text("mine", encoding="utf-8")
    refused = run("init", "--defaults")
    assert (refused.exit_code, refused.stderr, mine.read_text(encoding="utf-8")) == (
        2,
        snapshot("""\
signalbox: signalbox.yaml is already there
  give another name, or --overwrite to replace it
"""),
        "mine",
    )
    assert run("init", "--defaults", "--overwrite").exit_code == 0
    load(mine)


def test_init_says_where_it_cannot_write(run: Run) -> None:
    done = run("init", "none/signalbox.yaml", "--defaults")
    assert (done.exit_code, done.stderr) == (
        2,
        snapshot("""\
signalbox: none/signalbox.yaml cannot be written
  No such file or directory
"""),
    )


def test_init_asks_until_each_answer_fits(run: Run, tmp_path: Path) -> None:
    typed = [
        "acme", "T0ACME", "C0ALERTS", "Berlin", "Europe/Berlin", "Shop", "shop", "acme/shop", "C0SHOP", "jenkins", "http",
        "ci.acme.example", "https://ci.acme.example:8443/ci",
        "Zoë 😀 \"O'Neil\"", "zoe", "zoe@acme.example", "@zoe", "U0ZOE", "boss", "release_manager",
        "Max", "zoe@acme.example", "max@acme.example", "U0ZOE", "U0MAX", "release_captain",
        "n",
    ]  # fmt: skip
    done = run("init", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == snapshot(
        [
            "  write a Slack workspace id, like `T024BE7LD`, or an organisation id, like `E024BE7LD`",
            "  'Berlin' is no IANA time zone; write one like `Europe/Berlin`",
            "  write lower-case letters, digits and inner hyphens, at most 40 characters, like `billing-api`",
            "  write one of github, http",
            "  write an address that begins with http:// or https://, without a user name, a query or a slash at the end",
            "  write an e-mail address, like `ada@example.com`",
            "  write a Slack user id, like `U024BE7LH` (profile → ⋮ → Copy member ID)",
            "  write one of release_manager, release_captain, developer",
            "  somebody has that already",
            "  somebody has that already",
        ]
    )
    policy = load(tmp_path / "signalbox.yaml")
    assert policy.people[0].name == 'Zoë 😀 "O\'Neil"'
    assert [grant.people for grant in policy.roles["release_captain"]] == [("max@acme.example",)]
    assert policy.ci["actions"].url == "https://ci.acme.example:8443/ci"


def test_init_leaves_nothing_behind_when_the_answers_end(run: Run, tmp_path: Path) -> None:
    assert run("init", typed="T0ACME\n").exit_code == 1
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- check


def test_check_sums_up_a_sound_policy(run: Run) -> None:
    done = run("check", "--policy", EXAMPLE, given=SECRETS)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "\n".join(line.rstrip() for line in done.stdout.splitlines()[1:]) == snapshot("""\
Services
name         way                                 CI        owners
billing-api  development → staging → production  actions   Ada Lovelace
web-shop     staging → production                in-house  Grace Hopper, Ada Lovelace
Production
environment  may promote                       may approve                                                                                approvals
production   release_captain, release_manager  release_manager, service_owner, qa, developer, tech_lead, product, security, ops, on_call  2, among them qa and release_manager, and what its risk takes
Windows (closed: Fri, Sat, Sun)
name         opens                                                         for
weekdays     Mon Tue Wed Thu 10:00–16:00 America/New_York / Europe/Berlin  all services
shop-nights  Tue 22:00–02:00 America/New_York                              web-shop\
""")


def test_check_finds_the_file_by_the_environment(run: Run) -> None:
    assert run("check", given=SECRETS | {"SIGNALBOX_POLICY": str(EXAMPLE)}).exit_code == 0
    assert run("check", given=SECRETS | {"SIGNALBOX_POLICY": "none.yaml"}).exit_code == 2


def test_check_tells_the_mistakes_of_the_file_and_of_the_environment_together(run: Run, tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    (tmp_path / "signalbox.yaml").write_text(text.replace("count: 2", "count: two"), encoding="utf-8")
    done = run("check", given={"SIGNALBOX_PORT": "http"})
    assert (done.exit_code, done.stdout, done.stderr) == (
        2,
        "",
        snapshot("""\
signalbox: 2 problems to mend
  SIGNALBOX_PORT: write a port from 1 to 65535, or 0 for any that is free
  signalbox.yaml:204:12: approvals.production.count: write a whole number, not 'two'
"""),
    )


def test_check_tells_what_this_policy_needs(run: Run) -> None:
    given = {name: value for name, value in SECRETS.items() if name != "REGISTRY_PASSWORD"}
    done = run("check", "-p", EXAMPLE, given=given)
    assert (done.exit_code, done.stderr) == (
        2,
        snapshot("""\
signalbox: 1 problem to mend
  REGISTRY_PASSWORD: is not set; set it or REGISTRY_PASSWORD_FILE (artifacts.images.password)
"""),
    )


def test_check_warns_and_passes(run: Run) -> None:
    given = {name: value for name, value in SECRETS.items() if name not in {"GITHUB_WEBHOOK_SECRET", "SIGNALBOX_SIGNING_KEY"}}
    done = run("check", "-p", EXAMPLE, given=given)
    assert (done.exit_code, done.stderr) == (
        0,
        snapshot(
            """\
warning: GITHUB_WEBHOOK_SECRET: is not set; webhooks are refused, and a run is only looked up every `limits.look_again`
warning: SIGNALBOX_SIGNING_KEY: is not set; no checkpoints of the ledger are made, and evidence bundles are unsigned
"""
        ),
    )


def test_a_policy_can_be_checked_where_no_secrets_are(run: Run, tmp_path: Path) -> None:
    assert run("check", "-p", EXAMPLE).exit_code == 2
    assert run("check", "-p", EXAMPLE, "--policy-only", given={"SIGNALBOX_PORT": "http"}).exit_code == 0
    assert run("check", "-p", tmp_path, "--policy-only").exit_code == 2


# ---------------------------------------------------------------- schema and docs


def test_the_schema_takes_the_example_and_refuses_what_the_models_refuse(run: Run) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(run("schema").stdout))
    validator.check_schema(validator.schema)
    data: Any = Document(EXAMPLE.read_bytes()).data
    assert list(validator.iter_errors(data)) == []
    for path, wrong in {
        ("zone",): 1,
        ("services", "billing-api", "colour"): "red",
        ("services", "No Name"): {},
        ("limits", "run"): "1 hour",
    }.items():
        broken: Any = json.loads(json.dumps(data))
        at = broken
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = wrong
        assert len(list(validator.iter_errors(broken))) >= 1, path


def test_the_committed_pages_say_what_the_code_says(run: Run) -> None:
    assert run("docs", "--check", "--root", ROOT).exit_code == 0


def test_a_page_that_differs_is_told_and_written(run: Run, tmp_path: Path) -> None:
    told = run("docs", "--check")
    assert (told.exit_code, told.stderr.splitlines()) == (
        1,
        [f"{page.path} differs from the code; run `signalbox docs`" for page in docs.PAGES],
    )
    assert run("docs").stdout.splitlines() == [f"wrote {page.path}" for page in docs.PAGES]
    assert run("docs", "--check").exit_code == 0
    (tmp_path / docs.PAGES[0].path).write_text("by hand", encoding="utf-8")
    assert run("docs", "--check").exit_code == 1


@pytest.mark.parametrize("page", [page for page in docs.PAGES if not page.part], ids=lambda page: page.path)
def test_every_row_of_a_page_is_complete(page: docs.Page) -> None:
    rows = [line for line in page.render().splitlines() if line.startswith(("| `", "| [`"))]
    assert rows
    for row in rows:
        cells = [cell.strip() for cell in row.replace("\\|", "").strip("|").split("|")]
        assert all(cells[:3]), row
        assert "PydanticUndefined" not in row


# ---------------------------------------------------------------- what the other commands hand over


def test_serve_starts_with_a_sound_policy_and_not_without(run: Run, called: dict[str, Any]) -> None:
    refused = run("serve", "-p", EXAMPLE)
    assert (refused.exit_code, "bot.serve.run" in called) == (2, False)
    assert run("serve", "-p", EXAMPLE, given=SECRETS).exit_code == 0
    (settings, policy), _ = called["bot.serve.run"]
    assert (settings.port, policy) == (3000, load(EXAMPLE))


def test_explain_takes_a_known_person_and_needs_no_slack(run: Run, called: dict[str, Any]) -> None:
    given = {name: value for name, value in SECRETS.items() if not name.startswith("SLACK")}
    command = ("explain", "-p", EXAMPLE, "promote", "billing-api", "v1.4.0", "production", "--as")
    unknown = run(*command, "eda@example.com", given=given)
    assert (unknown.exit_code, unknown.stderr) == (
        2,
        snapshot("signalbox: unknown person 'eda@example.com', did you mean 'ada@example.com'?\n"),
    )
    called["answer"] = 1
    assert run(*command, "Ada@example.com", given=given).exit_code == 1
    _, named = called["bot.explain.run"]
    assert named == {"person": "ada@example.com", "words": ["promote", "billing-api", "v1.4.0", "production"]}


def test_audit_verify_reads_the_database_or_a_file_and_passes_the_answer_on(run: Run, called: dict[str, Any], tmp_path: Path) -> None:
    called["answer"] = 1
    assert run("audit", "verify").exit_code == 1
    assert called["bot.audit.verify"][0][0].database_url.get_secret_value() == "sqlite:///signalbox.db"

    (tmp_path / "ledger.jsonl").write_text("", encoding="utf-8")
    called["answer"] = 0
    offline = run("audit", "verify", "--export", "ledger.jsonl", given={"SIGNALBOX_DATABASE_URL": "nonsense"})
    assert (offline.exit_code, called["bot.audit.verify"]) == (
        0,
        ((None,), {"export_file": Path("ledger.jsonl"), "checkpoints_file": None, "key_files": ()}),
    )
    signed = ("audit", "verify", "--export", "ledger.jsonl", "--checkpoints", "ledger.jsonl")
    assert run(*signed).exit_code == 2  # by whom?
    assert run(*signed, "--key", "one.pem", "--key", "two.pem").exit_code == 0
    assert called["bot.audit.verify"][1]["key_files"] == [Path("one.pem"), Path("two.pem")]
    assert run("audit", "verify", "--export", "none.jsonl").exit_code == 2


def test_audit_show_filters(run: Run, called: dict[str, Any]) -> None:
    assert (
        run(
            "audit", "show", "--change", "CR-1", "--person", "ada@example.com", "--tag", "go", "--since", "2026-11-20", "--limit", "5"
        ).exit_code
        == 0
    )
    assert called["bot.audit_show.show"][1] == {
        "change": "CR-1",
        "person": "ada@example.com",
        "tag": "go",
        "since": datetime(2026, 11, 20, tzinfo=UTC),
        "limit": 5,
    }


def test_audit_purge_removes_nothing_unless_it_is_told_to(run: Run, called: dict[str, Any]) -> None:
    for words, wanted in (((), False), (("--carry-out",), True)):
        assert run("audit", "purge", "-p", EXAMPLE, *words, given=SECRETS).exit_code == 0
        (settings, policy), named = called.pop("bot.purge.run")
        assert (named, policy, settings.port) == ({"carry_out": wanted}, load(EXAMPLE), 3000)
    assert run("audit", "purge", "-p", "none.yaml", given=SECRETS).exit_code == 2
    assert "bot.purge.run" not in called


def test_audit_checkpoint_needs_no_policy(run: Run, called: dict[str, Any]) -> None:
    called["answer"] = 2
    assert run("audit", "checkpoint").exit_code == 2
    assert called["bot.audit.checkpoint"][0][0].database_url.get_secret_value() == "sqlite:///signalbox.db"


def test_audit_export_never_replaces_evidence(run: Run, called: dict[str, Any], tmp_path: Path) -> None:
    assert run("audit", "export", "--to", "new.jsonl").exit_code == 0
    assert called.pop("bot.audit.export")[1] == {"to": Path("new.jsonl"), "checkpoints_to": None}
    (tmp_path / "old.jsonl").write_text("evidence", encoding="utf-8")
    assert run("audit", "export", "--to", "old.jsonl").exit_code == 2
    assert run("audit", "export", "--to", "new.jsonl", "--checkpoints", "old.jsonl").exit_code == 2
    assert "bot.audit.export" not in called


def test_the_database_is_upgraded_where_the_settings_say(run: Run, called: dict[str, Any]) -> None:
    assert run("db", "upgrade", given={"SIGNALBOX_DATABASE_URL": "postgresql://db/x"}).exit_code == 0
    assert called["storage.migrations.upgrade"] == (("postgresql://db/x",), {})
    refused = run("db", "upgrade", given={"SIGNALBOX_DATABASE_URL": "mysql://bot:hunter2@db/x"})
    assert refused.exit_code == 2
    assert "hunter2" not in refused.stderr


def test_a_database_that_does_not_answer_is_told_in_a_sentence(run: Run) -> None:
    refused = run("db", "upgrade", given={"SIGNALBOX_DATABASE_URL": "sqlite:///none/signalbox.db"})
    assert (refused.exit_code, refused.stderr) == (
        2,
        snapshot("""\
signalbox: the database cannot be upgraded
  the database's folder none does not exist
"""),
    )


def test_the_demo_and_the_bench_need_no_settings(run: Run, called: dict[str, Any]) -> None:
    broken = {"SIGNALBOX_PORT": "http"}
    assert run("demo", "--once", given=broken).exit_code == 0
    assert called["bot.demo.story.run"] == ((), {"once": True, "story": False})
    assert run("bench", "--quick", "--json", "figures.json", given=broken).exit_code == 0
    assert called["bot.bench.run"] == ((), {"quick": True, "json_file": Path("figures.json"), "write_docs": False})
