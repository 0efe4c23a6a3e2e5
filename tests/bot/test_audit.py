"""`signalbox audit`: the ledger proved, read and exported from the command line (AUD-01, AUD-08)."""

import asyncio
import json
import sqlite3
from dataclasses import replace

import pytest

from bot import audit, audit_show
from bot.settings import Settings
from storage import audit as ledger
from storage import retention
from storage.database import Store
from tests.storage.cases import AT, ENTRY, HOUR

ALL = {"change": None, "person": None, "tag": None, "since": None, "limit": 50}
REFUSED = replace(
    ENTRY, at=AT + HOUR, tag="promote:refused", actor="dev@example.com", actor_name="Dev", subject=None,
    body={"answers": [
        {"guard": "authorized", "answer": "allow", "why": "Dev is developer"},
        {"guard": "in_order", "answer": "refuse", "code": "environment-skipped", "why": "it has not run in staging", "until": None},
        {"guard": "not_frozen", "answer": "unsure", "missing": "the freeze table", "why": "no answer"},
    ], "seen": {"artifact": None}, "typed": "[bold]\x1b[2Jpromote"},
)  # fmt: skip


def settings_of(url):
    return Settings.model_validate({"SIGNALBOX_DATABASE_URL": url})


@pytest.fixture
async def settings(store, database_url):
    """A database with two entries."""
    for entry in (ENTRY, REFUSED):
        await store.write(lambda tx, entry=entry: ledger.append(tx, entry))
    return settings_of(database_url)


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")


def exported(settings, tmp_path):
    path = tmp_path / "ledger.jsonl"
    assert audit.export(settings, to=path) == 0
    return path


def tampered(path, number, **changed):
    """The same export with one entry changed by hand."""
    lines = path.read_text().splitlines()
    lines[number - 1] = json.dumps(json.loads(lines[number - 1]) | changed)
    path.write_text("\n".join(lines) + "\n")


# ---------------------------------------------------------------- verify


def test_a_sound_ledger_is_proved(settings, capsys):
    assert audit.verify(settings, export_file=None) == 0
    assert "2 entries of the ledger are as they were written" in capsys.readouterr().out


def test_a_ledger_that_was_changed_under_our_feet_names_the_entry(tmp_path, sqlite_template, capsys):
    path = tmp_path / "changed.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = settings_of(f"sqlite:///{path}")
    write(path, ENTRY, REFUSED)
    assert audit.verify(settings, export_file=None) == 0

    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("UPDATE ledger SET actor_name = 'Somebody else' WHERE seq = 2")
    connection.close()
    assert audit.verify(settings, export_file=None) == 1
    assert "entry 2 was changed" in capsys.readouterr().out


def write(path, *entries):
    async def run():
        store = Store(f"sqlite:///{path}")
        for entry in entries:
            await store.write(lambda tx, entry=entry: ledger.append(tx, entry))
        await store.close()

    asyncio.run(run())


def test_a_database_that_is_not_there_is_unusable_and_not_broken(tmp_path, capsys):
    assert audit.verify(settings_of(f"sqlite:///{tmp_path}/none/ledger.db"), export_file=None) == 2
    assert audit.verify(settings_of(f"sqlite:///{tmp_path}/new.db"), export_file=None) == 2
    assert "signalbox db upgrade" in capsys.readouterr().err


# ---------------------------------------------------------------- export

on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the rest is about a file


def test_an_export_is_proved_without_settings_and_without_a_database(settings, tmp_path, capsys):
    path = exported(settings, tmp_path)
    assert audit.verify(None, export_file=path) == 0
    last = json.loads(path.read_text().splitlines()[-1])
    assert capsys.readouterr().out.count(last["hash"]) == 2  # told when it was written, and again when it was proved


@on_one_database
@pytest.mark.parametrize(
    ("number", "changed", "said"),
    [
        (1, {"actor": "someone@example.com"}, "entry 1 was changed"),
        (2, {"prev": "0" * 64}, "entry 2 does not follow entry 1"),
        (2, {"seq": 7}, "entry 2 is missing"),
        (2, {"more": 1}, "entry 2 cannot be read"),
    ],
)
def test_an_export_that_was_changed_names_the_first_bad_entry(settings, tmp_path, capsys, number, changed, said):
    path = exported(settings, tmp_path)
    tampered(path, number, **changed)
    assert audit.verify(None, export_file=path) == 1
    assert said in capsys.readouterr().out


@on_one_database
@pytest.mark.parametrize("line", [b"not json\n", b"[]\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n"])
def test_a_line_that_is_no_entry_is_named(settings, tmp_path, capsys, line):
    path = exported(settings, tmp_path)
    path.write_bytes(path.read_bytes() + line)
    assert audit.verify(None, export_file=path) == 1
    assert "entry 3 cannot be read" in capsys.readouterr().out


@on_one_database
def test_an_export_replaces_nothing_and_leaves_no_part_behind(settings, tmp_path, capsys):
    path = tmp_path / "ledger.jsonl"
    path.write_text("evidence")
    assert audit.export(settings, to=path) == 2
    assert path.read_text() == "evidence"
    assert audit.export(settings, to=tmp_path / "none" / "ledger.jsonl") == 2
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".part")] == []


# ---------------------------------------------------------------- show


def test_entries_are_shown_newest_last_with_the_guards_that_said_no(settings, capsys):
    assert audit_show.show(settings, **ALL) == 0
    shown = capsys.readouterr().out
    assert shown.index("#1 ") < shown.index("#2 ")
    assert "Cara Müller <cara@example.com> as developer, release_captain" in shown
    assert "3 guards asked, 2 against it" in shown
    assert "⛔ in_order: it has not run in staging" in shown
    assert "could not read the freeze table (no answer)" in shown


async def test_what_was_removed_is_shown_as_that(settings, store, capsys):
    def remove(tx):
        retention.bury(tx, retention.standing(tx, [1]))
        ledger.append(tx, replace(ENTRY, tag="ledger:purged", body={"removed": [[1, 1]]}))

    await store.write(remove)
    await asyncio.to_thread(audit_show.show, settings, **ALL)
    shown = capsys.readouterr().out
    assert "#1  removed after its retention" in shown
    assert "#3 " in shown


@on_one_database
def test_what_people_typed_is_shown_and_not_obeyed(settings, capsys):
    audit_show.show(settings, **ALL)
    shown = capsys.readouterr().out
    assert "\x1b[2J" not in shown
    assert "[bold]\\u001b[2Jpromote" in shown


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ({"change": "CR-2026-1121-001"}, "#1"),
        ({"person": "Dev@example.com"}, "#2"),
        ({"tag": "promote:ref"}, "#2"),
        ({"since": AT + HOUR}, "#2"),
        ({"limit": 1}, "#2"),
    ],
)
def test_entries_can_be_chosen(settings, capsys, wanted, seen):
    assert audit_show.show(settings, **(ALL | wanted)) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if line.startswith("#")] == [seen]
    assert audit_show.show(settings, **(ALL | {"person": "nobody@example.com"})) == 0
    assert "No entry fits." in capsys.readouterr().out
